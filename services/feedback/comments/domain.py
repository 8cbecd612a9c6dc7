"""Comments on ideas and feedback: written, answered, edited, buried, and counted where the public sees them."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.comments import store
from services.feedback.comments.mentions import contact_of, mentioned
from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from services.feedback.trust import domain as trust
from services.feedback.trust.domain import Source
from services.feedback.trust.levels import State
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, Moved, NotFound
from shared.events.feedback import CommentChanged
from shared.ids import new_id
from shared.outbox import emit
from shared.routes import require_version

Visibility = Literal["public", "internal"]


class Draft(NamedTuple):
    """A comment to be written. Exactly one of `idea_id` and `feedback_id` says what it is about."""

    text: str
    visibility: Visibility
    idea_id: UUID | None = None
    feedback_id: UUID | None = None
    parent_id: UUID | None = None
    board: str | None = None
    """Key of the one board that it is shown on; None: wherever the idea is."""
    person: Person | None = None
    """The customer who says it; None: somebody of the team."""
    signature: str | None = None
    channel: str | None = None
    """What it came through, when that is not the board."""


async def add(tx: Tx, workspace_id: UUID, actor: str, draft: Draft) -> asyncpg.Record:
    """Write a comment. What a customer says waits for a moderator unless it can be trusted.

    NotFound when there is nothing by that id to comment on, Moved when that was merged; Invalid when the rest does not
    fit it.
    """
    await _about(tx, workspace_id, draft)
    if draft.parent_id is not None and draft.idea_id is not None:
        # What answers a comment stays with it when two ideas are taken apart again.
        there = await tx.value(store.THREAD, workspace_id, draft.parent_id, draft.idea_id)
        draft = draft._replace(idea_id=there or draft.idea_id)
    parent = await _parent(tx, workspace_id, draft)
    contact_id: UUID | None = None
    if draft.person is not None:
        (contact_id,) = await customers.recognise(tx, [draft.person])
        if contact_id is None:
            raise _wrong("contact/id", "no contact by that id")
    board_id = await _board(tx, workspace_id, draft, contact_id)
    if parent is not None and parent["board_id"] is not None and draft.visibility == "public":
        if board_id not in (None, parent["board_id"]):
            raise _wrong("board", "must be the board of the comment that it answers")
        board_id = parent["board_id"]
    id = new_id()
    state: State = "shown"
    if contact_id is not None and draft.board is not None:
        source = Source("channel", draft.channel) if draft.channel else Source("board", draft.board)
        verdict = await trust.judge(tx, workspace_id, source, contact_id)
        state = verdict.state
        await trust.file(tx, workspace_id, "comment", id, contact_id, source, verdict)
    row = await tx.one(
        store.ADD,
        id,
        workspace_id,
        draft.idea_id,
        draft.feedback_id,
        board_id,
        draft.parent_id,
        draft.visibility,
        state,
        contact_id,
        actor,
        draft.signature,
        draft.text,
    )
    assert row is not None  # a new id
    await _mention(tx, workspace_id, id, draft.text)
    if draft.visibility == "public" and state == "shown" and (parent is None or parent["state"] == "shown"):
        await count(tx, workspace_id, {(row["idea_id"], row["board_id"] or NO_BOARD): 1})
    await tell(tx, workspace_id, [row])
    return row


NO_BOARD = UUID(int=0)


def _wrong(field: str, reason: str) -> Invalid:
    return Invalid(errors=[FieldError(f"/body/{field}", reason)])


async def _parent(tx: Tx, workspace_id: UUID, draft: Draft) -> asyncpg.Record | None:
    """The comment that this one answers, held until the transaction ends: what is seen of it decides on this one."""
    if draft.parent_id is None:
        return None
    rows = await tx.all(store.LOCK, workspace_id, [draft.parent_id])
    parent = next((row for row in rows if row["id"] == draft.parent_id), None)
    if parent is None:
        raise _wrong("parent_id", "no comment by that id")
    if (parent["idea_id"], parent["feedback_id"]) != (draft.idea_id, draft.feedback_id):
        raise _wrong("parent_id", "is about something else")
    if parent["parent_id"] is not None:
        raise _wrong("parent_id", "is an answer itself: answer the comment that it answers")
    if parent["deleted_at"] is not None:
        raise _wrong("parent_id", "is deleted")
    if draft.visibility == "public" and (parent["visibility"] != "public" or parent["state"] != "shown"):
        raise _wrong("parent_id", "is not public: what answers it cannot be either")
    return parent


async def _about(tx: Tx, workspace_id: UUID, draft: Draft) -> None:
    if draft.idea_id is not None:
        row = await tx.one(store.KNOWN_IDEA, workspace_id, draft.idea_id)
        if row is None:
            raise NotFound("No idea by that id.")
        if row["merged_root"] is not None:
            raise Moved(f"/v1/ideas/{row['merged_root']}/comments")
    elif await tx.value(store.KNOWN_FEEDBACK, workspace_id, draft.feedback_id) is None:
        raise NotFound("No feedback by that id.")


async def _board(tx: Tx, workspace_id: UUID, draft: Draft, contact_id: UUID | None) -> UUID | None:
    """The one board that it is shown on."""
    if draft.board is None:
        if contact_id is not None:
            raise _wrong("board", "name the board that the contact says it on")
        return None
    if draft.visibility == "internal":
        raise _wrong("board", "an internal comment is shown on none")
    board = await tx.one(store.PLACED, workspace_id, draft.board, draft.idea_id)
    if board is None or not board["placed"]:
        raise _wrong("board", "the idea is on no board by that key")
    if contact_id is not None and board["visibility"] == "one_way" and board["contact_id"] != contact_id:
        raise _wrong("board", "on a one-way board only who brought an idea can comment on it")
    return board["id"]


async def edit(
    tx: Tx, workspace_id: UUID, actor: str, comment_id: UUID, expected: int | None, text: str, *, judged: bool = False
) -> asyncpg.Record:
    """Reword a comment; how it read before is kept. With `judged`, its author did, and it is looked at again.

    NotFound, PreconditionFailed, or Conflict for one that is deleted.
    """
    await trust.hold(tx, workspace_id, comment_id)
    row = await _locked(tx, workspace_id, comment_id, expected)
    if row["deleted_at"] is not None:
        raise Conflict("The comment is deleted.", code="deleted")
    if row["text"] == text:
        return row
    state: State = row["state"]
    root = [row["parent_id"] or comment_id]
    before = await _shown(tx, workspace_id, root)
    if judged:
        state = await _judge_again(tx, workspace_id, row)
    await tx.run(store.KEEP, workspace_id, comment_id, row["version"], row["text"], actor)
    changed = await tx.one(store.EDIT, workspace_id, comment_id, text, state)
    assert changed is not None  # locked above
    await tx.run(store.FORGET_MENTIONS, workspace_id, comment_id)
    await _mention(tx, workspace_id, comment_id, text)
    await _recount(tx, workspace_id, root, before)
    await tell(tx, workspace_id, [changed])
    return changed


async def _judge_again(tx: Tx, workspace_id: UUID, row: asyncpg.Record) -> State:
    """Other words than a moderator saw. What was refused stays refused."""
    if row["state"] in {"rejected", "spam"}:
        return row["state"]
    # An imported one came through none: whoever edits it is judged by themselves.
    came = await tx.value(store.SOURCE, workspace_id, row["id"]) or "channel:import"
    kind, _, name = str(came).partition(":")
    source = Source("channel" if kind == "channel" else "board", name)
    verdict = await trust.judge(tx, workspace_id, source, row["contact_id"])
    await trust.file(tx, workspace_id, "comment", row["id"], row["contact_id"], source, verdict)
    return verdict.state


async def delete(tx: Tx, workspace_id: UUID, comment_id: UUID, expected: int | None) -> None:
    """Bury a comment: its words and how they read before are gone, a tombstone holds its answers together."""
    await trust.hold(tx, workspace_id, comment_id)
    row = await _locked(tx, workspace_id, comment_id, expected)
    if row["deleted_at"] is not None:
        return
    root = [row["parent_id"] or comment_id]
    before = await _shown(tx, workspace_id, root)
    buried = await tx.one(store.BURY, workspace_id, comment_id)
    assert buried is not None  # locked above
    await tx.run(store.FORGET_VERSIONS, workspace_id, comment_id)
    await tx.run(store.FORGET_MENTIONS, workspace_id, comment_id)
    await trust.withdraw(tx, workspace_id, comment_id)
    await _recount(tx, workspace_id, root, before)
    await tell(tx, workspace_id, [buried])


async def decide(tx: Tx, workspace_id: UUID, states: Mapping[UUID, State]) -> None:
    """Show comments or take them away, as a moderator says."""
    if not states:
        return
    rows = await tx.all(store.LOCK, workspace_id, list(states))
    roots = sorted({row["parent_id"] or row["id"] for row in rows if row["id"] in states})
    before = await _shown(tx, workspace_id, roots)
    changed = await tx.all(store.DECIDE, workspace_id, list(states), list(states.values()))
    await _recount(tx, workspace_id, roots, before)
    await tell(tx, workspace_id, changed)


async def history(read: Read, workspace_id: UUID, comment_id: UUID, before: int, limit: int) -> list[asyncpg.Record]:
    """How a comment read before it was edited, the newest first. NotFound when there is none."""
    if await read.one(store.GET, workspace_id, comment_id) is None:
        raise NotFound("No comment by that id.")
    return await read.all(store.HISTORY, workspace_id, comment_id, before, limit)


async def _locked(tx: Tx, workspace_id: UUID, comment_id: UUID, expected: int | None) -> asyncpg.Record:
    rows = await tx.all(store.LOCK, workspace_id, [comment_id])
    row = next((row for row in rows if row["id"] == comment_id), None)
    if row is None:
        raise NotFound("No comment by that id.")
    require_version(expected, row["version"])
    return row


async def _mention(tx: Tx, workspace_id: UUID, comment_id: UUID, text: str) -> None:
    names = mentioned(text)
    if names:
        await tx.run(store.MENTION, workspace_id, comment_id, names, [contact_of(name) for name in names])


Place = tuple[UUID, UUID]
"""An idea, and the board that its comments are on."""


async def _shown(tx: Tx, workspace_id: UUID, roots: Sequence[UUID]) -> dict[Place, int]:
    """How many comments of these threads the public sees. The threads are held by their roots."""
    rows = await tx.all(store.SHOWN, workspace_id, roots)
    return {(row["idea_id"], row["board_id"]): row["shown"] for row in rows}


async def _recount(tx: Tx, workspace_id: UUID, roots: Sequence[UUID], before: Mapping[Place, int]) -> None:
    now = await _shown(tx, workspace_id, roots)
    places = now.keys() | before.keys()
    await count(tx, workspace_id, {place: now.get(place, 0) - before.get(place, 0) for place in places})


async def count(tx: Tx, workspace_id: UUID, steps: Mapping[Place, int]) -> None:
    """Add to how many comments the public sees in these places."""
    moved = {place: step for place, step in steps.items() if step}
    if moved:
        await tx.run(
            store.COUNT,
            workspace_id,
            [idea_id for idea_id, _ in moved],
            [board_id for _, board_id in moved],
            list(moved.values()),
        )


async def tell(tx: Tx, workspace_id: UUID, rows: Sequence[asyncpg.Record]) -> None:
    """Publish these comments as they are now."""
    await emit(
        tx,
        [
            CommentChanged(
                workspace_id=workspace_id,
                comment_id=row["id"],
                version=row["version"],
                idea_id=row["idea_id"],
                feedback_id=row["feedback_id"],
                board_id=row["board_id"],
                parent_id=row["parent_id"],
                visibility=row["visibility"],
                state="deleted" if row["deleted_at"] is not None else row["state"],
                contact_id=row["contact_id"],
            )
            for row in rows
        ],
    )
