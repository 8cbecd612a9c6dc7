"""What PostgreSQL quotes of a row that it refuses is a customer's, and not for the log."""

import logging
import sys

import asyncpg
import pytest

from shared.database import Database
from shared.telemetry import configure_logging

ADDRESS = "ada@example.com"
ADD = "insert into feedback.contacts (id, workspace_id, email) values (gen_random_uuid(), $1::uuid, $2)"
WORKSPACE = "0197f3c1-6d0e-7cc1-8f6f-3f1d2b5a9e10"
REFUSED = (
    # The same address twice; text where there must be a number.
    (ADD, WORKSPACE, ADDRESS),
    (f"select '{ADDRESS}'::text::int",),
    ("select $1::int", ADDRESS),
)


async def refuse(admin: Database, statement: tuple[str, ...]) -> None:
    async with admin.system() as tx:
        await tx.run(ADD, WORKSPACE, ADDRESS)
        await tx.value(*statement)


@pytest.mark.parametrize("refused", REFUSED)
async def test_a_refused_row_is_not_logged(
    admin: Database, refused: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("feedback", "INFO")
    try:
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as found:
            await refuse(admin, refused)
        assert ADDRESS in str(found.value)
        logging.getLogger("cairn.test").error("it failed", exc_info=found.value)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    sys.stderr.flush()
    logged = capsys.readouterr().err
    assert type(found.value).__name__ in logged
    assert ADDRESS not in logged
