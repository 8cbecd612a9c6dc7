"""One request can be followed from its answer through the broker to what it caused elsewhere."""

import json
import logging
import re
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from shared.database import Database
from shared.telemetry import Once, accepted_traceparent, configure_logging, new_traceparent, request_id, traceparent
from tests.builders import Api, eventually

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GIVEN = f"00-{TRACE}-00f067aa0ba902b7-01"


async def traces(admin: Database, api: Api, schema: str) -> list[str]:
    """Trace ids of the workspace's events in a schema."""
    async with admin.system() as tx:
        rows = await tx.all(f"select traceparent from {schema}.events where workspace_id = $1", api.workspace_id)
    return [row["traceparent"][3:35] for row in rows]


async def test_a_trace_goes_with_the_event_into_the_next_service(api: Api, admin: Database) -> None:
    model = await api.scoring.post("/v1/models", json={"name": "RICE", "framework": "rice", "active": True})
    assert model.status_code == 201
    made = await api.feedback.post("/v1/ideas", json={"title": "Traced"}, headers={"traceparent": GIVEN})
    assert made.status_code == 201
    assert set(await traces(admin, api, "feedback")) == {TRACE}

    async def caused() -> bool:
        return TRACE in await traces(admin, api, "scoring")

    await eventually(caused)


async def test_a_request_without_a_trace_begins_one(api: Api, admin: Database) -> None:
    for given in ({}, {"traceparent": "nonsense"}):
        await api.feedback.post("/v1/ideas", json={"title": "Untraced"}, headers=given)
    found = await traces(admin, api, "feedback")
    assert len(set(found)) == len(found) >= 2
    assert all(re.fullmatch("[0-9a-f]{32}", trace) for trace in found)


@pytest.mark.parametrize(
    "given",
    ["", "00", GIVEN.upper(), GIVEN.replace(TRACE, "0" * 32), GIVEN + "0", f"{GIVEN}\n", GIVEN.replace("-", "_")],
)
def test_a_trace_that_is_none_is_replaced(given: str) -> None:
    accepted = accepted_traceparent(given)
    assert accepted != given
    assert accepted_traceparent(accepted) == accepted
    assert accepted_traceparent(GIVEN) == GIVEN


@contextmanager
def logged_as_a_service_does() -> Generator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("feedback", "INFO")
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def test_a_log_line_is_json_with_the_ids(capsys: pytest.CaptureFixture[str]) -> None:
    ids = request_id.set("request-1"), traceparent.set(GIVEN)
    try:
        with logged_as_a_service_does():
            try:
                raise ValueError("broken\nover lines")
            except ValueError:
                logging.getLogger("cairn.test").exception("it failed", extra={"path": "/v1/ideas"})
    finally:
        request_id.reset(ids[0])
        traceparent.reset(ids[1])
    # Services of other tests run in this process and log as well.
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("{") and '"cairn.test"' in line]
    record = json.loads(line)
    assert record.pop("at")
    assert "ValueError: broken" in record.pop("exception")
    assert record == {
        "level": "error",
        "service": "feedback",
        "logger": "cairn.test",
        "event": "it failed",
        "request_id": "request-1",
        "trace_id": TRACE,
        "path": "/v1/ideas",
    }


def test_a_log_line_has_no_field_that_another_library_added_for_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with logged_as_a_service_does():
        # As uvicorn says that it starts.
        logging.getLogger("uvicorn.error").info(
            "Started %s", "it", extra={"color_message": "Started \x1b[36m%s\x1b[0m"}
        )
        logging.getLogger("cairn.test").info("told", extra={"level": "mine", "service": "mine", "reason": "why"})
    lines = [
        line for line in capsys.readouterr().err.splitlines() if '"uvicorn.error"' in line or '"cairn.test"' in line
    ]
    theirs, ours = map(json.loads, lines)
    assert list(theirs) == ["at", "level", "service", "logger", "event"]
    assert theirs["event"] == "Started it"
    assert list(ours) == ["at", "level", "service", "logger", "event", "reason"]
    assert (ours["level"], ours["service"], ours["reason"]) == ("info", "feedback", "why")


def test_what_goes_on_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    once = Once(logging.getLogger("cairn.test"))
    once.over("all is well")
    for reason in ("not connected", "no answer"):
        once.say(logging.INFO, "it is away", reason=reason)
    once.say(logging.WARNING, "something else")
    once.over("all is well")
    once.over("all is well")
    once.say(logging.INFO, "it is away")
    said = [record.message for record in caplog.records if record.name == "cairn.test"]
    assert said == ["it is away", "something else", "all is well", "it is away"]


def test_a_new_trace_is_new() -> None:
    assert len({new_traceparent() for _ in range(100)}) == 100
