"""Rounds of estimating, as in planning poker: what each says stays hidden until it is revealed, and then stands.

open → revealed → closed. Values are given while a round is open, and shown from when it is revealed. What was agreed on
is written when it is closed, as estimates that name the round; from then on nothing of it changes. All of them are by
one estimator, so that a later round replaces what an earlier one agreed on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from services.scoring.estimates import domain as estimates
from services.scoring.estimates.domain import Draft
from services.scoring.rounds import store
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound

ESTIMATOR = "cairn:round"
MOST_PEOPLE = 50
"""In a round."""
Cell = tuple[UUID, str]
"""An idea and one of its inputs."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value for one input of one idea."""

    idea_id: UUID
    input: str
    value: float

    @property
    def cell(self) -> Cell:
        """What it is a value for."""
        return self.idea_id, self.input


async def get(read: Read, workspace_id: UUID, round_id: UUID) -> asyncpg.Record:
    """A round, or NotFound."""
    row = await read.one(store.GET, workspace_id, round_id)
    if row is None:
        raise NotFound("No round by that id.")
    return row


async def give(
    tx: Tx, workspace_id: UUID, round_id: UUID, estimator: str, discipline: str | None, figures: Sequence[Figure]
) -> int:
    """Store what somebody says, in place of what the same person said before; return how many values they have given.

    NotFound; Conflict when it is no longer open or full; Invalid for what the round does not ask.
    """
    row = await _lock(tx, workspace_id, round_id, ("open",))
    _require_asked(row, figures, "/body/values")
    people = {each["estimator"] for each in await tx.all(store.PROGRESS, workspace_id, round_id)}
    if estimator not in people and len(people) >= MOST_PEOPLE:
        raise Conflict(f"{MOST_PEOPLE} people take part already.", code="round_full")
    ideas = [each.idea_id for each in figures]
    inputs = [each.input for each in figures]
    values = [each.value for each in figures]
    await tx.run(store.GIVE, workspace_id, round_id, estimator, discipline, ideas, inputs, values)
    progress = await tx.all(store.PROGRESS, workspace_id, round_id)
    return next(each["given"] for each in progress if each["estimator"] == estimator)


async def reveal(tx: Tx, workspace_id: UUID, round_id: UUID) -> asyncpg.Record:
    """Let all values be seen; once is as good as twice. NotFound, or Conflict when it is closed."""
    row = await _lock(tx, workspace_id, round_id, ("open", "revealed"))
    if row["state"] == "open":
        await tx.run(store.REVEAL, workspace_id, round_id)
    return await get(tx, workspace_id, round_id)


async def close(tx: Tx, workspace_id: UUID, round_id: UUID, agreed: Sequence[Figure]) -> list[asyncpg.Record]:
    """Write what was agreed on as estimates, which moves the scores, and close the round; return the estimates.

    NotFound; Conflict unless it is revealed; Invalid for what the round did not ask.
    """
    row = await _lock(tx, workspace_id, round_id, ("revealed",))
    _require_asked(row, agreed, "/body/agreed")
    await tx.run(store.CLOSE, workspace_id, round_id)
    note = f"Agreed in the round {row['name']!r}."
    drafts = [Draft(each.idea_id, each.input, each.value, ESTIMATOR, None, note) for each in agreed]
    return await estimates.add(tx, workspace_id, drafts, round_id) if drafts else []


async def shown(read: Read, workspace_id: UUID, round_id: UUID) -> list[asyncpg.Record]:
    """Everybody's values. NotFound, or Conflict while they are hidden."""
    row = await get(read, workspace_id, round_id)
    if row["state"] == "open":
        raise Conflict("The values are hidden until the round is revealed.", code="round_hidden")
    return await read.all(store.VALUES, workspace_id, round_id)


async def _lock(tx: Tx, workspace_id: UUID, round_id: UUID, states: Collection[str]) -> asyncpg.Record:
    row = await tx.one(store.LOCK, workspace_id, round_id)
    if row is None:
        raise NotFound("No round by that id.")
    if row["state"] not in states:
        raise Conflict(f"The round is {row['state']}; it must be {' or '.join(states)}.", code=f"round_{row['state']}")
    return row


def _require_asked(row: asyncpg.Record, figures: Sequence[Figure], pointer: str) -> None:
    wrong: list[FieldError] = []
    seen: set[Cell] = set()
    for place, each in enumerate(figures):
        if each.idea_id not in row["idea_ids"]:
            wrong.append(FieldError(f"{pointer}/{place}/idea_id", "is not in the round"))
        elif each.input not in row["inputs"]:
            wrong.append(FieldError(f"{pointer}/{place}/input", "is not in the round"))
        elif each.cell in seen:
            wrong.append(FieldError(f"{pointer}/{place}", "the same input of the same idea is further up"))
        seen.add(each.cell)
    if wrong:
        raise Invalid(errors=wrong)
