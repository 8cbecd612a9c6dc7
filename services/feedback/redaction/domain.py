"""Somebody is blotted out of what others say and what the team notes: that alone, and the rest stays.

Of what customers say the address alone is searched for, since a name may be another's; in what the team writes the full
name too. Each function looks at a part of the rows, from a place on.
"""

from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.ideas import domain as ideas
from services.feedback.redaction import store
from shared.database import Tx
from shared.paging import FIRST

AT_ONCE = 1_000
"""Rows looked at in a transaction."""


class Sought(NamedTuple):
    """What is blotted out, as patterns for PostgreSQL. None: there is nothing to search for."""

    address: str | None
    in_the_teams_words: str | None


class Done(NamedTuple):
    """Rows changed by table, and where to go on; None when all have been looked at."""

    changed: dict[str, int]
    place: str | None = None


async def comments(tx: Tx, workspace_id: UUID, place: str, sought: Sought) -> Done:
    """Comments, and how they read before; in those of the team the full name too."""
    if sought.in_the_teams_words is None:
        return Done({})
    row = _there(await tx.one(store.COMMENTS, workspace_id, _after(place), sought.address, AT_ONCE, sought[1]))
    return Done({"comments": row["changed"]}, _further(row))


async def notes(tx: Tx, workspace_id: UUID, place: str, sought: Sought) -> Done:
    """What the team noted of others' statements."""
    if sought.in_the_teams_words is None:
        return Done({})
    row = _there(await tx.one(store.NOTES, workspace_id, _after(place), sought.in_the_teams_words, AT_ONCE))
    return Done({"triage": row["changed"], "triage_history": row["changed_before"]}, _further(row))


async def actions(tx: Tx, workspace_id: UUID, place: str, sought: Sought) -> Done:
    """The same of many statements at once."""
    if sought.in_the_teams_words is None:
        return Done({})
    row = _there(await tx.one(store.ACTIONS, workspace_id, _after(place), sought.in_the_teams_words, AT_ONCE))
    return Done({"inbox_actions": row["changed"]}, _further(row))


async def votes(tx: Tx, workspace_id: UUID, place: str, sought: Sought) -> Done:
    """Reasons of votes; where the team wrote one down, the full name too."""
    if sought.in_the_teams_words is None:
        return Done({})
    idea, _, vote = place.partition("/")
    at = (UUID(idea), UUID(vote)) if idea else (FIRST, FIRST)
    row = _there(await tx.one(store.VOTES, workspace_id, *at, AT_ONCE, *sought))
    return Done({"votes": row["changed"]}, _further(row))


async def submissions(tx: Tx, workspace_id: UUID, place: str, sought: Sought) -> Done:
    """Ideas that others brought to a board."""
    if sought.address is None:
        return Done({})
    row = _there(await tx.one(store.SUBMISSIONS, workspace_id, _after(place), sought.address, AT_ONCE))
    return Done({"board_submissions": row["changed"]}, _further(row))


async def decisions(tx: Tx, workspace_id: UUID, place: str, sought: Sought) -> Done:
    """Why moderators decided of others what they did."""
    if sought.in_the_teams_words is None:
        return Done({})
    row = _there(await tx.one(store.DECISIONS, workspace_id, _after(place), sought.in_the_teams_words, AT_ONCE))
    return Done({"moderation_decisions": row["changed"]}, _further(row))


async def told_ideas(tx: Tx, workspace_id: UUID, place: str, sought: Sought) -> Done:
    """What the team wrote of ideas, titles included: they are told anew."""
    if sought.in_the_teams_words is None:
        return Done({})
    changed, last = await ideas.blot(tx, workspace_id, _after(place), sought.in_the_teams_words, AT_ONCE)
    return Done({"ideas": changed}, None if last is None else str(last))


def _there(row: asyncpg.Record | None) -> asyncpg.Record:
    assert row is not None  # a statement of counts has a row
    return row


def _after(place: str) -> UUID:
    return UUID(place) if place else FIRST


def _further(row: asyncpg.Record) -> str | None:
    return str(row["last"]) if row["looked"] == AT_ONCE else None
