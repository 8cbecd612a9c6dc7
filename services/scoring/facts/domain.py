"""Facts read for those who score: of as many ideas at once as are scored, and only what their models ask for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.scoring.facts import store
from services.scoring.facts.known import NOTHING, Facts
from services.scoring.frameworks.alignment import Contributions, Objective, Strategy
from services.scoring.frameworks.parameters import AlignmentRule, CompetitionRule
from services.scoring.frameworks.parity import Cell, Decay
from shared.database import Read
from shared.errors import Moved, NotFound

DEFAULT = Decay()
"""How evidence grows old where a workspace has not said otherwise."""


def today() -> date:
    """Today in UTC, which all days are told in."""
    return datetime.now(UTC).date()


async def load(read: Read, subjects: Sequence[tuple[UUID, UUID]], kinds: Collection[type]) -> list[Facts]:
    """The facts of ideas, each named by its workspace and itself, that rules of these kinds are computed from.

    Two statements for each of alignment and competition where it is asked for, however many ideas.
    """
    if not {AlignmentRule, CompetitionRule} & set(kinds):
        return [NOTHING] * len(subjects)
    asked = [workspace for workspace, _ in subjects], [idea for _, idea in subjects]
    workspaces = list(set(asked[0]))
    strategies: Mapping[UUID, Strategy] = {}
    contributions: dict[int, Contributions] = {}
    if AlignmentRule in kinds:
        strategies = await _strategies(read, workspaces)
        for row in await read.all(store.CONTRIBUTIONS, *asked):
            said = Contributions(dict(zip(row["objective_ids"], row["weights"], strict=True)), row["version"])
            before = contributions.get(row["position"])
            if before is not None:
                said = said.over(before) if row["own"] else said.beside(before)
            contributions[row["position"]] = said
    decays: Mapping[UUID, Decay] = {}
    cells: dict[int, list[Cell]] = {}
    if CompetitionRule in kinds:
        decays = await _decays(read, workspaces)
        for row in await read.all(store.CELLS, *asked):
            cells.setdefault(row["position"], []).append(_cell(row))
    return [
        Facts(
            strategies.get(workspace),
            contributions.get(position),
            cells.get(position, ()),
            decays.get(workspace),
            today(),
        )
        for position, (workspace, _) in enumerate(subjects, start=1)
    ]


async def decay(read: Read, workspace_id: UUID) -> Decay:
    """How a workspace lets evidence grow old."""
    return (await _decays(read, [workspace_id]))[workspace_id]


async def seen(read: Read, workspace_id: UUID, evidence_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """What is told of evidence, by its id. No statement when none is named."""
    rows = await read.all(store.SEEN, workspace_id, evidence_ids) if evidence_ids else ()
    return {row["id"]: {name: value for name, value in row.items() if name != "id"} for row in rows}


async def title(read: Read, workspace_id: UUID, idea_id: UUID, place: str) -> str:
    """An idea's title. NotFound while scoring has not heard of it; Moved to the same `place` when it was merged."""
    found = await title_of(read, workspace_id, idea_id, place)
    if found is None:
        raise NotFound("No idea by that id, or none that scoring has heard of yet.")
    return found


async def title_of(read: Read, workspace_id: UUID, idea_id: UUID, place: str) -> str | None:
    """The same, with None while scoring has not heard of it."""
    row = await read.one(store.IDEA, workspace_id, idea_id)
    if row is not None and row["merged_into"] is not None:
        raise Moved(place.format(row["merged_into"]))
    return None if row is None else row["title"]


async def _strategies(read: Read, workspaces: Sequence[UUID]) -> dict[UUID, Strategy]:
    rows = await read.all(store.OBJECTIVES, workspaces)
    versions: dict[UUID, int] = {}
    found: dict[UUID, dict[UUID, Objective]] = {workspace: {} for workspace in workspaces}
    for row in rows:
        workspace = row["workspace_id"]
        versions[workspace] = max(versions.get(workspace, 0), row["strategy_version"])
        found[workspace][row["objective_id"]] = Objective(row["weight"], row["progress"], row["counts"])
    return {workspace: Strategy(versions.get(workspace, 0), held) for workspace, held in found.items()}


async def _decays(read: Read, workspaces: Sequence[UUID]) -> dict[UUID, Decay]:
    said = {
        row["workspace_id"]: Decay(row["half_life_days"], row["max_age_days"])
        for row in await read.all(store.DECAYS, workspaces)
    }
    return {workspace: said.get(workspace, DEFAULT) for workspace in workspaces}


def _cell(row: asyncpg.Record) -> Cell:
    return Cell(row["evidence_id"], row["ours"], row["theirs"], row["observed_on"], row["weight"])
