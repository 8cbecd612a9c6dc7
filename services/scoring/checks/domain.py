"""Asking for a check, in the transaction of what it is to look at; a worker makes it a moment later."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.scoring.checks import store
from shared.database import Tx
from shared.telemetry import traceparent

WORK = store.WORK
"""Whether any check waits, for whoever makes them."""
MOST = 500
"""Places that a change of a policy has checked again: the newest."""
Place = tuple[str, UUID]
"""A period and a team."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A check that somebody has asked for."""

    workspace_id: UUID
    period: str
    team_id: UUID
    asked_at: datetime
    traceparent: str


async def ask(tx: Tx, workspace_id: UUID, places: Collection[Place]) -> None:
    """These are to be looked at."""
    if places:
        periods, teams = [period for period, _ in places], [team for _, team in places]
        await tx.run(store.ASK, workspace_id, periods, teams, traceparent.get())


async def ask_for_ideas(tx: Tx, workspace_id: UUID, ideas: Collection[UUID]) -> None:
    """Wherever these ideas are promised is to be looked at."""
    await tx.run(store.ASK_FOR_IDEAS, workspace_id, list(set(ideas)), traceparent.get())


async def ask_for_all(tx: Tx, workspace_id: UUID, team_id: UUID | None, first: str) -> None:
    """The team, or all, is to be looked at in every period from `first` on, the newest `MOST` of them."""
    await tx.run(store.ASK_FOR_ALL, workspace_id, team_id, MOST, traceparent.get(), first)


async def next_one(tx: Tx) -> Asked | None:
    """Any check that waits."""
    row = await tx.one(store.PICK)
    return None if row is None else Asked(**row)


async def done(tx: Tx, asked: Asked) -> None:
    """It was made; one that was asked for again meanwhile stays."""
    await tx.run(store.DONE, asked.workspace_id, asked.period, asked.team_id, asked.asked_at)
