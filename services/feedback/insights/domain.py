"""Insights: which statements speak for which ideas and needs, in which of their words.

Whoever links or takes back holds the workspace, then the statements, then the ideas' demand, then the needs' totals.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.demand import domain as demand
from services.feedback.demand.domain import Ask
from services.feedback.ideas import domain as ideas
from services.feedback.insights import store
from services.feedback.needs import domain as needs
from shared.database import Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.ids import new_id
from shared.routes import require_version

Excerpt = tuple[int, int]
"""Characters (code points) from 0; the end is exclusive."""


class Link(NamedTuple):
    """A feedback speaks for an idea, or for a need."""

    workspace_id: UUID
    feedback_id: UUID
    idea_id: UUID | None
    linked_by: str
    traceparent: str = ""
    excerpt: Excerpt | None = None
    need_id: UUID | None = None
    confidence: float | None = None
    excerpt_hash: bytes | None = None
    """SHA-256 of the words that were meant, where a link is made again; else those that stand there now are."""


async def link(tx: Tx, links: Sequence[Link], *, seen: bool = True) -> dict[int, UUID]:
    """Store insights and count them; return the ids of those that are new by their position.

    The workspaces must be held, and statements that others know of locked. `seen`: a statement that was new in the
    inbox is linked now; whoever keeps the inbox by themselves says no.
    """
    if not links:
        return {}
    await _lock(tx, {each.idea_id for each in links}, {each.need_id for each in links})
    ids = [new_id() for _ in links]
    rows = await tx.all(
        store.LINK,
        ids,
        [each.workspace_id for each in links],
        [each.feedback_id for each in links],
        [each.idea_id for each in links],
        [each.need_id for each in links],
        [each.excerpt[0] if each.excerpt else None for each in links],
        [each.excerpt[1] if each.excerpt else None for each in links],
        [each.excerpt_hash for each in links],
        [each.confidence for each in links],
        [each.linked_by for each in links],
        seen,
    )
    stored = {row["id"]: row["contact_id"] for row in rows}
    fresh = [(position, each) for position, each in enumerate(links) if ids[position] in stored]
    await demand.count(
        tx,
        [
            Ask(each.workspace_id, each.idea_id, stored[ids[position]], 0, 1, each.traceparent, each.feedback_id)
            for position, each in fresh
            if each.idea_id is not None
        ],
    )
    spoken = {each.need_id: each.traceparent for _, each in fresh if each.need_id is not None}
    if spoken:
        await needs.count_insights(tx, [each.need_id for _, each in fresh if each.need_id is not None], 1, spoken)
    return {position: ids[position] for position, _ in fresh}


async def _lock(tx: Tx, idea_ids: set[UUID | None], need_ids: set[UUID | None]) -> None:
    if wanted := {id for id in idea_ids if id is not None}:
        await demand.lock(tx, wanted)
    if wanted := {id for id in need_ids if id is not None}:
        await needs.lock(tx, wanted)


async def create(
    tx: Tx,
    workspace_id: UUID,
    feedback_id: UUID,
    linked_by: str,
    *,
    idea: str | None,
    need: str | None,
    excerpt: Excerpt | None,
    confidence: float | None,
) -> tuple[asyncpg.Record, bool]:
    """Link a feedback to an idea or a need; the one that stands already when there is one. The flag: it is new."""
    await demand.hold(tx, [workspace_id])
    text = await tx.value(store.LOCK_TEXT, workspace_id, feedback_id)
    if text is None:
        raise Invalid(errors=[FieldError("/body/feedback_id", "no feedback by that id")])
    _require_within(text, excerpt)
    idea_id, need_id = await target(tx, workspace_id, idea, need)
    fresh = await link(
        tx,
        [Link(workspace_id, feedback_id, idea_id, linked_by, "", excerpt, need_id, confidence)],
    )
    insight = await tx.one(store.STANDING, workspace_id, feedback_id, idea_id, need_id)
    assert insight is not None  # stored just now or before
    return insight, bool(fresh)


async def target(tx: Tx, workspace_id: UUID, idea: str | None, need: str | None) -> tuple[UUID | None, UUID | None]:
    """The idea or the need by that id or key, the other None. Invalid when there is none."""
    if idea is not None:
        idea_id = (await ideas.find(tx, [(workspace_id, idea)])).get((workspace_id, idea))
        if idea_id is None:
            raise Invalid(errors=[FieldError("/body/idea_id", "no idea by that id or key")])
        return idea_id, None
    assert need is not None  # one of the two is given
    need_id = (await needs.find(tx, [(workspace_id, need)])).get((workspace_id, need))
    if need_id is None:
        raise Invalid(errors=[FieldError("/body/need_id", "no need by that id or key")])
    return None, need_id


def _require_within(text: str, excerpt: Excerpt | None) -> None:
    if excerpt is not None and not 0 <= excerpt[0] < excerpt[1] <= len(text):
        raise Invalid(errors=[FieldError("/body/excerpt", f"must lie within the text's {len(text)} characters")])


async def edit(
    tx: Tx, workspace_id: UUID, insight_id: UUID, expected: int | None, changes: Mapping[str, Any]
) -> asyncpg.Record:
    """Change what is given of `excerpt` and `confidence`; None takes it away.

    An excerpt is checked against the text of now, and stale no longer. NotFound, Invalid, or PreconditionFailed.
    """
    old = await tx.one(store.LOCK, workspace_id, insight_id)
    if old is None:
        raise NotFound("No insight by that id.")
    require_version(expected, old["version"])
    before = (old["excerpt_start"], old["excerpt_end"]) if old["excerpt_start"] is not None else None
    excerpt: Excerpt | None = changes.get("excerpt", before)
    if "excerpt" in changes:
        _require_within(old["text"], excerpt)
    confidence = changes.get("confidence", old["confidence"])
    # The same place again counts as well: the words there may have changed, and are meant now.
    if "excerpt" in changes or confidence != old["confidence"]:
        start, end = excerpt or (None, None)
        await tx.run(store.EDIT, workspace_id, insight_id, start, end, confidence, "excerpt" in changes)
    row = await tx.one(store.GET, workspace_id, insight_id)
    assert row is not None  # locked above
    return row


async def unlink(tx: Tx, workspace_id: UUID, insight_id: UUID, unlinked_by: str) -> None:
    """Take a link back; demand follows. A statement that nothing links is new again. NotFound when there is none."""
    await demand.hold(tx, [workspace_id])
    if await tx.one(store.LOCK, workspace_id, insight_id) is None:
        raise NotFound("No insight by that id.")
    (row,) = await take_back(tx, workspace_id, await tx.all(store.BY_ID, workspace_id, [insight_id]))
    if row["bare"]:
        await tx.run(store.BACK, workspace_id, row["feedback_id"], unlinked_by)


async def between(
    tx: Tx, workspace_id: UUID, feedback_ids: Collection[UUID], idea_id: UUID | None, need_id: UUID | None
) -> list[asyncpg.Record]:
    """The links from these statements to an idea or a need."""
    return await tx.all(store.BETWEEN, workspace_id, feedback_ids, idea_id, need_id)


async def standing(tx: Tx, workspace_id: UUID, insight_ids: Collection[UUID]) -> list[asyncpg.Record]:
    """Those of these links that stand."""
    return await tx.all(store.BY_ID, workspace_id, insight_ids)


async def take_back(tx: Tx, workspace_id: UUID, links: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
    """Delete links, whose statements are locked; what they were, and whether nothing links their statement now."""
    if not links:
        return []
    await _lock(tx, {row["idea_id"] for row in links}, {row["need_id"] for row in links})
    gone = await tx.all(store.UNLINK, workspace_id, [row["id"] for row in links])
    await demand.count(
        tx,
        [
            Ask(workspace_id, row["idea_id"], row["contact_id"], insights=-1, feedback_id=row["feedback_id"])
            for row in gone
            if row["idea_id"] is not None
        ],
    )
    await needs.count_insights(tx, [row["need_id"] for row in gone if row["need_id"] is not None], -1)
    return gone


async def reassign(tx: Tx, rows: Sequence[asyncpg.Record]) -> None:
    """Somebody else said it after all: what the statements speak for is theirs now.

    `rows`: workspace_id, id, contact_id and, as `before`, who was thought to have said it.
    """
    if not rows:
        return
    spoken = {row["id"]: row for row in rows}
    columns = [row["workspace_id"] for row in rows], list(spoken)
    await demand.lock(tx, {row["idea_id"] for row in await tx.all(store.IDEAS_OF_FEEDBACK, *columns)})
    insights = await tx.all(store.REASSIGN, *columns, [row["contact_id"] for row in rows])
    await demand.count(
        tx,
        [
            Ask(spoken[row["feedback_id"]]["workspace_id"], row["idea_id"], contact, 0, step, "", row["feedback_id"])
            for row in insights
            if row["idea_id"] is not None
            for contact, step in (
                (spoken[row["feedback_id"]]["before"], -1),
                (spoken[row["feedback_id"]]["contact_id"], 1),
            )
        ],
    )
