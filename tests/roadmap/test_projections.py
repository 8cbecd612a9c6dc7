"""Snapshots with versions: however events arrive, the projections end the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.roadmap.consumers import CONSUMERS, PROJECTED, PROJECTIONS
from services.roadmap.ideas import store
from services.roadmap.tables import metadata
from shared.database import Database
from shared.events.base import Event
from shared.events.feedback import DemandChanged, IdeaChanged
from shared.events.scoring import ScoreChanged
from shared.ids import new_id
from tests.depth import examples
from tests.roadmap.given import Databases, apply

COLUMNS = {
    "ideas": "idea_id, title, kind, archived, version",
    "demand": "idea_id, votes, contacts, accounts, version",
    "scores": "score_id, idea_id, model_id, model_version, state, value, version",
}
COUNTS = st.integers(0, 2**40)


@dataclass
class Delivery:
    """One batch. One that is interrupted is rolled back, and comes again."""

    events: Sequence[Event]
    interrupted: bool


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """A few aggregates of each type, each with its successive snapshots. Ids are made up afresh for every example."""
    workspace_id = new_id()
    events: list[Event] = []
    for _ in range(draw(st.integers(1, 3))):
        idea_id, score_id, model_id = new_id(), new_id(), new_id()
        for version in range(1, draw(st.integers(1, 4)) + 1):
            common: dict[str, Any] = {"workspace_id": workspace_id, "version": version}
            events.append(
                IdeaChanged(
                    **common,
                    idea_id=idea_id,
                    title=draw(st.text("ab é", min_size=1, max_size=5)),
                    kind=draw(st.sampled_from(["feature", "debt"])),
                    status="open",
                    archived=draw(st.booleans()),
                )
            )
            events.append(
                DemandChanged(
                    **common,
                    idea_id=idea_id,
                    votes=draw(COUNTS),
                    insights=0,
                    contacts=draw(COUNTS),
                    accounts=draw(COUNTS),
                    mrr=0,
                    currency="EUR",
                )
            )
            value = draw(st.none() | st.floats(allow_nan=False, allow_infinity=False))
            events.append(
                ScoreChanged(
                    **common,
                    score_id=score_id,
                    idea_id=idea_id,
                    model_id=model_id,
                    model_version=draw(st.integers(1, 9)),
                    state="not_scoreable" if value is None else "scored",
                    value=value,
                    cause="estimate",
                )
            )
    return events


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Event], list[Delivery]]:
    """A history, and a way for it to arrive: every event at least once, in any order, in any batches."""
    events = draw(histories())
    again = draw(st.lists(st.sampled_from(events), max_size=10))
    arriving = draw(st.permutations(events + again))
    batches: list[Delivery] = []
    while arriving:
        size = draw(st.integers(1, 12))
        batches.append(Delivery(arriving[:size], draw(st.booleans())))
        arriving = arriving[size:]
    return events, batches


class Interrupted(Exception):
    """The process dies between the work and its commit."""


async def deliver(database: Database, workspace_id: UUID, delivery: Delivery) -> None:
    if delivery.interrupted:
        try:
            async with database.transaction({workspace_id}) as tx:
                await apply(tx, delivery.events)
                raise Interrupted
        except Interrupted:
            pass
    async with database.transaction({workspace_id}) as tx:
        await apply(tx, delivery.events)


async def projections(database: Database, workspace_id: UUID) -> dict[str, list[tuple[Any, ...]]]:
    """Every projected row of a workspace."""
    async with database.read({workspace_id}) as read:
        return {
            table: [
                tuple(row)
                for row in await read.all(
                    f"select {COLUMNS[table]} from {table} where workspace_id = $1 order by {', '.join(key)}",
                    workspace_id,
                )
            ]
            for table, key in PROJECTED.items()
        }


def newest(events: Sequence[Event]) -> dict[str, list[tuple[Any, ...]]]:
    """What the projections must hold, said independently: the highest version of each aggregate."""
    last = {
        (type(event), event.aggregate_id): event for event in sorted(events, key=lambda event: event.version)
    }.values()
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for table, contract in (("ideas", IdeaChanged), ("demand", DemandChanged), ("scores", ScoreChanged)):
        names = COLUMNS[table].split(", ")
        rows[table] = sorted(
            tuple(getattr(event, name) for name in names) for event in last if isinstance(event, contract)
        )
    return rows


@examples(40)
@given(deliveries())
async def test_projections_do_not_depend_on_how_events_arrive(
    database: Databases, arrival: tuple[list[Event], list[Delivery]]
) -> None:
    events, batches = arrival
    roadmap = await database("roadmap")
    workspace_id = events[0].workspace_id

    for batch in batches:
        await deliver(roadmap, workspace_id, batch)

    assert await projections(roadmap, workspace_id) == newest(events)


async def test_without_the_version_check_a_late_arrival_wins(
    database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with its protection away, what the property forbids does happen."""
    workspace_id, idea_id = new_id(), new_id()
    new, old = (
        IdeaChanged(
            workspace_id=workspace_id, idea_id=idea_id, title=title, kind="feature", status="open", version=version
        )
        for title, version in (("new", 2), ("old", 1))
    )
    monkeypatch.setattr(store, "PROJECT_IDEAS", store.PROJECT_IDEAS.partition("where")[0])
    roadmap = await database("roadmap")
    async with roadmap.transaction({workspace_id}) as tx:
        await apply(tx, [new])
        await apply(tx, [old])
        assert await tx.value("select title from ideas where idea_id = $1", idea_id) == "old"


async def test_one_statement_projects_a_whole_batch(database: Databases) -> None:
    workspace_id = new_id()
    roadmap = await database("roadmap")
    events = [
        IdeaChanged(
            workspace_id=workspace_id, idea_id=new_id(), title="x", kind="feature", status="open", version=version
        )
        for version in range(1, 101)
    ]
    said: list[str] = []
    roadmap.observers.append(said.append)
    try:
        async with roadmap.transaction({workspace_id}) as tx:
            await apply(tx, events)
    finally:
        roadmap.observers.remove(said.append)
    assert len(said) == 1


def test_projections_are_listed_whole() -> None:
    assert PROJECTIONS.items() <= CONSUMERS.items()
    projected = {table for table in metadata.tables.values() if (table.comment or "").startswith("projection of")}
    assert {table.name: tuple(column.name for column in table.primary_key) for table in projected} == PROJECTED
