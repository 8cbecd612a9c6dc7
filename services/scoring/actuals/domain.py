"""Actuals: told once each by source and external id, replaced when told otherwise, taken back by null.

The sums by period, team, idea and skill are kept in the same transaction. The first time that anything is told of an
idea, the effort that was expected of it is put down: what it took is held against that, and not against hindsight.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

import asyncpg

from services.scoring.actuals import store
from services.scoring.checks import domain as checks
from services.scoring.teams import domain as teams
from shared.database import Read, Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.events.feedback import IdeaKind
from shared.ids import new_id

MOST_FINISHED = 2_000
"""Skills of shipped ideas that are looked at: the newest."""
Change = Literal["created", "replaced", "unchanged", "removed"]


@dataclass(frozen=True, slots=True)
class Draft:
    """Work to be put down; without an amount: taken back."""

    source: str
    external_id: str
    idea_id: UUID
    team_id: UUID
    period: str
    skill: str
    amount: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one."""

    id: UUID | None
    """None: there was nothing to take back."""
    change: Change


@dataclass(frozen=True, slots=True)
class Worked:
    """How much a team did for ideas of a kind in a period. `kind` None: scoring has not heard of them."""

    period: str
    team_id: UUID
    unit: str
    kind: IdeaKind | None
    amount: float
    ideas: int


@dataclass(frozen=True, slots=True)
class Finished:
    """One skill of a shipped idea: what was expected, what it took, and who did it."""

    idea_id: UUID
    skill: str
    expected: float
    actual: float
    teams: Sequence[UUID]


async def record(tx: Tx, workspace_id: UUID, drafts: Sequence[Draft], by: str) -> list[Told]:
    """Put work down: all or none. Invalid for unknown teams and for the same one twice."""
    names = [(draft.source, draft.external_id) for draft in drafts]
    if len(set(names)) < len(names):
        again = [place for place, name in enumerate(names) if name in names[:place]]
        raise Invalid(
            errors=[FieldError(f"/body/actuals/{place}/external_id", "is there further up already") for place in again]
        )
    pointers = {f"/body/actuals/{place}/team_id": draft.team_id for place, draft in enumerate(drafts)}
    units = {team.id: team.unit for team in (await teams.named(tx, workspace_id, pointers)).values()}
    await tx.value(store.LOCK, workspace_id)
    rows = await tx.all(store.HELD, workspace_id, [each[0] for each in names], [each[1] for each in names])
    held = {(row["source"], row["external_id"]): row for row in rows}
    told = [_change(held.get(name), draft, units) for name, draft in zip(names, drafts, strict=True)]
    written = [
        (each.id, draft)
        for each, draft in zip(told, drafts, strict=True)
        if each.change in {"created", "replaced"} and each.id is not None
    ]
    await tx.run(store.EXPECTED, workspace_id, list({draft.idea_id for _, draft in written}))
    if written:
        await tx.run(
            store.PUT,
            workspace_id,
            [id for id, _ in written],
            [draft.source for _, draft in written],
            [draft.external_id for _, draft in written],
            [draft.idea_id for _, draft in written],
            [draft.team_id for _, draft in written],
            [draft.period for _, draft in written],
            [draft.skill for _, draft in written],
            [units[draft.team_id] for _, draft in written],
            [draft.amount for _, draft in written],
            by,
        )
    if removed := [each.id for each in told if each.change == "removed"]:
        await tx.run(store.REMOVE, workspace_id, removed)
    gone = [held[name] for name, each in zip(names, told, strict=True) if each.change in {"replaced", "removed"}]
    await _add_up(tx, workspace_id, gone, [draft for _, draft in written], units)
    return told


def _change(row: asyncpg.Record | None, draft: Draft, units: Mapping[UUID, str]) -> Told:
    if row is None:
        return Told(None, "unchanged") if draft.amount is None else Told(new_id(), "created")
    if draft.amount is None:
        return Told(row["id"], "removed")
    held = tuple(row[name] for name in ("idea_id", "team_id", "period", "skill", "unit", "amount"))
    given = (draft.idea_id, draft.team_id, draft.period, draft.skill, units[draft.team_id], draft.amount)
    return Told(row["id"], "unchanged" if held == given else "replaced")


async def _add_up(
    tx: Tx, workspace_id: UUID, gone: Iterable[asyncpg.Record], come: Iterable[Draft], units: Mapping[UUID, str]
) -> None:
    changes = [
        ((row["period"], row["team_id"], row["idea_id"], row["skill"], row["unit"]), -Decimal(repr(row["amount"])))
        for row in gone
    ]
    changes += [
        ((draft.period, draft.team_id, draft.idea_id, draft.skill, units[draft.team_id]), Decimal(repr(draft.amount)))
        for draft in come
    ]
    if not changes:
        return
    columns = [[key[place] for key, _ in changes] for place in range(5)]
    await tx.run(store.ADD_UP, workspace_id, *columns, [amount for _, amount in changes])
    await tx.run(store.NOTHING_LEFT, workspace_id, *columns)
    await checks.ask(tx, workspace_id, {(key[0], key[1]) for key, _ in changes})


async def get(read: Read, workspace_id: UUID, actual_id: UUID) -> asyncpg.Record:
    """One of them, or NotFound."""
    row = await read.one(store.GET, workspace_id, actual_id)
    if row is None:
        raise NotFound("No actual by that id.")
    return row


async def by_kind(read: Read, workspace_id: UUID, periods: Sequence[str], team_ids: Sequence[UUID]) -> list[Worked]:
    """What teams did, by period and kind."""
    return [Worked(**row) for row in await read.all(store.BY_KIND, workspace_id, periods, team_ids)]


async def by_skill(
    read: Read, workspace_id: UUID, periods: Sequence[str], team_ids: Sequence[UUID], unit: str
) -> dict[tuple[str, str], float]:
    """What teams did, by period and skill, in one unit; what was told in another is not converted and left out."""
    rows = await read.all(store.BY_SKILL, workspace_id, periods, team_ids, unit)
    return {(row["period"], row["skill"]): row["amount"] for row in rows}


async def finished(read: Read, workspace_id: UUID) -> list[Finished]:
    """What shipped ideas took of each skill, where that was expected and told in one unit."""
    return [Finished(**row) for row in await read.all(store.FINISHED, workspace_id, MOST_FINISHED)]
