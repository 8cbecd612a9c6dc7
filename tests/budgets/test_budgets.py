"""The hot paths of ARCHITECTURE.md run as many statements as it says, for one request and for a crowd."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic_core import to_json

from services.feedback.customers.domain import Person
from services.feedback.inbox.domain import Statement, record, record_new
from services.feedback.intake.domain import Connection, Parcel, keep, process
from services.feedback.intake.signatures import SCHEMES, Verdict
from services.feedback.intake.store import TAKE
from services.feedback.votes.domain import Ballot, cast
from shared.database import Database, Lane, Tx
from shared.idempotency import asked
from shared.ids import new_id
from shared.outlines import Outlines
from tests.builders import Api
from tests.feedback.given import delighted, typeform

Databases = Callable[[str], Awaitable[Database]]
CROWD = 50
DELIVERED: dict[str, Callable[[str], object]] = {
    "typeform": typeform,
    "survicate": lambda name: {
        "event": {"questionAnswered": {"responseUuid": name, "question": {"id": 1}, "answer": "x"}}
    },
    "delighted": lambda name: delighted(name, updated_at=1_700_000_000),
    "surveymonkey": lambda name: {"object_id": name, "resources": {"survey_id": "1"}},
}


async def statements(database: Database, workspace_id: UUID, work: Callable[[Tx], Awaitable[object]]) -> list[str]:
    """The SQL that `work` runs in a transaction."""
    seen: list[str] = []
    database.observers.append(seen.append)
    try:
        async with database.transaction({workspace_id}) as tx:
            await work(tx)
    finally:
        database.observers.remove(seen.append)
    return seen


async def laned(database: Database, workspace_id: UUID, work: Callable[[Lane], Awaitable[object]]) -> list[str]:
    """The SQL that `work` runs on a lane."""
    seen: list[str] = []
    database.observers.append(seen.append)
    try:
        async with database.lane({workspace_id}) as lane:
            await work(lane)
    finally:
        database.observers.remove(seen.append)
    return seen


def said(api: Api, count: int, person: Person | None = None) -> list[Statement]:
    now = datetime.now(UTC)
    return [
        Statement(api.workspace_id, "api", "words", now, "key:test", external_id=str(new_id()), person=person)
        for _ in range(count)
    ]


@pytest.mark.parametrize("crowd", [1, CROWD])
async def test_feedback(api: Api, database: Databases, crowd: int) -> None:
    feedback = await database("feedback")
    ran = await statements(feedback, api.workspace_id, lambda tx: record(tx, said(api, crowd)))
    assert len(ran) == 1
    person = Person(api.workspace_id, None, "u1", "ada@example.com")
    await statements(feedback, api.workspace_id, lambda tx: record(tx, said(api, 1, person)))
    ran = await statements(feedback, api.workspace_id, lambda tx: record(tx, said(api, crowd, person)))
    assert len(ran) <= 2, "a contact that is known costs one look"


@pytest.mark.parametrize("crowd", [1, CROWD])
async def test_feedback_that_is_plain_and_new(api: Api, database: Databases, crowd: int) -> None:
    keys = [asked(Outlines("secret"), str(new_id()), "POST", "/v1/feedback", b"{}") for _ in range(crowd)]
    feedback = await database("feedback")
    ran = await laned(feedback, api.workspace_id, lambda lane: record_new(lane, said(api, crowd), keys))
    assert len(ran) == 1


@pytest.mark.parametrize("crowd", [1, CROWD])
async def test_votes(api: Api, database: Databases, crowd: int) -> None:
    feedback = await database("feedback")
    idea = (await api.feedback.post("/v1/ideas", json={"title": "Export"})).json()["id"]
    people = [Person(api.workspace_id, None, None, f"c{n}@example.com") for n in range(crowd)]
    for person in people:
        await statements(feedback, api.workspace_id, lambda tx, p=person: record(tx, said(api, 1, p)))
    ballots = [Ballot(idea, person, "important", False, api.key_id, None, None) for person in people]
    ran = await statements(feedback, api.workspace_id, lambda tx: cast(tx, ballots))
    assert len(ran) <= 6


@pytest.mark.parametrize("crowd", [1, CROWD])
async def test_deliveries(api: Api, database: Databases, crowd: int) -> None:
    feedback = await database("feedback")
    made = (await api.feedback.post("/v1/connections", json={"vendor": "tally", "name": "Survey"})).json()
    connection = Connection(UUID(made["id"]), api.workspace_id, "tally", ("x",), True, SCHEMES["tally"])
    bodies = [str(new_id()).encode() for _ in range(crowd)]
    parcels = [
        Parcel(connection, body.decode(), hashlib.sha256(body).digest(), Verdict.VERIFIED, "{}", body, "")
        for body in bodies
    ]
    ran = await laned(feedback, api.workspace_id, lambda lane: keep(lane, parcels))
    assert len(ran) == 1


@pytest.mark.parametrize("crowd", [1, CROWD])
@pytest.mark.parametrize(
    ("vendor", "most"),
    [("typeform", 5), ("delighted", 11), ("survicate", 7), ("surveymonkey", 4)],
    ids=["whole", "measured", "parts", "thin"],
)
async def test_reading_deliveries(api: Api, database: Databases, vendor: str, most: int, crowd: int) -> None:
    """What they are taken with, what their health is counted with, and whatever a vendor's kind of delivery needs."""
    feedback = await database("feedback")
    made = (await api.feedback.post("/v1/connections", json={"vendor": vendor, "name": "Survey"})).json()
    connection = Connection(UUID(made["id"]), api.workspace_id, vendor, ("x",), True, SCHEMES[vendor])
    bodies = [to_json(DELIVERED[vendor](str(new_id()))) for _ in range(crowd)]
    parcels = [
        Parcel(connection, str(new_id()), hashlib.sha256(body).digest(), Verdict.VERIFIED, "{}", body, "")
        for body in bodies
    ]

    async def read(tx: Tx) -> None:
        # Kept in the same transaction: once committed, the running product reads them first.
        await keep(tx, parcels)
        await process(tx, await tx.all(TAKE, [api.workspace_id], CROWD))

    ran = await statements(feedback, api.workspace_id, read)
    assert len(ran) <= most
