"""Boards: made, filled, opened to some; and what visitors bring to them, which is no idea before it is approved."""

from collections.abc import Collection, Mapping
from typing import Literal
from uuid import UUID

import asyncpg

from services.feedback.boards import store
from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from services.feedback.demand import domain as demand
from services.feedback.ideas import domain as ideas
from services.feedback.texts.redaction import redacted
from services.feedback.trust import domain as trust
from services.feedback.trust.domain import Source
from services.feedback.trust.levels import State
from services.feedback.votes import domain as votes
from services.feedback.votes.domain import Ballot
from shared.access.keys import Caller
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, Moved, NotFound
from shared.ids import new_id
from shared.routes import require_version
from shared.telemetry import traceparent

Visibility = Literal["public", "private", "one_way"]
TITLE = 300
"""Characters that an idea's title may have; what stands for something redacted can be longer than it was."""


async def create(
    tx: Tx,
    workspace_id: UUID,
    *,
    key: str,
    name: str,
    description: str,
    visibility: Visibility,
    submissions: bool,
    comments: bool,
    voting: bool = True,
) -> asyncpg.Record:
    """A new board with nothing on it. Conflict when its key is taken."""
    row = await tx.one(
        store.ADD, new_id(), workspace_id, key, name, description, visibility, submissions, comments, voting
    )
    if row is None:
        raise Conflict(
            f"There is a board {key!r} already.",
            code="key_taken",
            errors=[FieldError("/body/key", "is the key of another board")],
        )
    return row


async def get(read: Read, workspace_id: UUID, key: str) -> asyncpg.Record:
    """A board, or NotFound."""
    row = await read.one(store.GET, workspace_id, key)
    if row is None:
        raise NotFound("No board by that key.")
    return row


async def update(
    tx: Tx, workspace_id: UUID, key: str, expected: int | None, edits: Mapping[str, object]
) -> asyncpg.Record:
    """Set fields of a board, by name. What is set already changes nothing. NotFound, or PreconditionFailed."""
    row = await tx.one(store.LOCK, workspace_id, key)
    if row is None:
        raise NotFound("No board by that key.")
    require_version(expected, row["version"])
    new: dict[str, object] = {**row, **edits}
    if new == dict(row):
        return row
    names = ("name", "description", "visibility", "submissions", "comments", "archived", "voting")
    changed = await tx.one(store.UPDATE, workspace_id, key, *(new[name] for name in names))
    assert changed is not None  # locked above
    return changed


async def let_in(tx: Tx, workspace_id: UUID, key: str, member_id: UUID) -> None:
    """Show a private board to a contact, to an account's contacts, or to a segment. NotFound when there is none."""
    board = await get(tx, workspace_id, key)
    kind = await tx.value(store.KIND_OF, workspace_id, member_id)
    if kind is None:
        raise NotFound("No contact, account or segment by that id.")
    await tx.run(store.LET_IN, workspace_id, board["id"], member_id, kind)


async def put_out(tx: Tx, workspace_id: UUID, key: str, member_id: UUID) -> None:
    """Take a member's sight of a private board away. NotFound when it is none."""
    board = await get(tx, workspace_id, key)
    if not await tx.run(store.PUT_OUT, workspace_id, board["id"], member_id):
        raise NotFound("No member by that id.")


async def members(read: Read, workspace_id: UUID, key: str, after: UUID, limit: int) -> list[asyncpg.Record]:
    """Who may see a private board, by id."""
    board = await get(read, workspace_id, key)
    return await read.all(store.MEMBERS, workspace_id, board["id"], after, limit)


async def place(tx: Tx, workspace_id: UUID, key: str, idea_id: UUID) -> None:
    """Put an idea on a board, where it stays the one who brought it. NotFound, or Moved when the idea was merged."""
    board = await get(tx, workspace_id, key)
    await _unmerged(tx, workspace_id, key, idea_id)
    await tx.run(store.PLACE, workspace_id, [board["id"]], [idea_id], [None])
    await unite(tx, workspace_id, [idea_id])


async def take_off(tx: Tx, workspace_id: UUID, key: str, idea_id: UUID) -> None:
    """Take an idea off a board, with what was merged into it. NotFound when it is not there; Moved when merged."""
    board = await get(tx, workspace_id, key)
    await _unmerged(tx, workspace_id, key, idea_id)
    if not await tx.run(store.TAKE_OFF, workspace_id, [board["id"]], [idea_id]):
        raise NotFound("The idea is not on this board.")
    await unite(tx, workspace_id, [idea_id])


async def _unmerged(tx: Tx, workspace_id: UUID, key: str, idea_id: UUID) -> None:
    row = await tx.one(store.KNOWN_IDEA, workspace_id, idea_id)
    if row is None:
        raise NotFound("No idea by that id.")
    if row["merged_root"] is not None:
        raise Moved(f"/v1/boards/{key}/placements/{row['merged_root']}")


async def unite(tx: Tx, workspace_id: UUID, idea_ids: Collection[UUID]) -> None:
    """Let ideas stand where those that were merged into them were put: after a merge, and after it was taken back."""
    await tx.run(store.UNITE, workspace_id, idea_ids)


async def submit(
    tx: Tx, caller: Caller, board: asyncpg.Record, contact_id: UUID, title: str, description: str
) -> tuple[UUID, State]:
    """Bring an idea to a board. It waits for a moderator, or stands there at once; its id, and which of these."""
    if not board["submissions"]:
        raise Conflict("This board takes no ideas.", code="submissions_closed")
    await demand.hold(tx, [caller.workspace_id])
    source = Source("board", board["key"])
    verdict = await trust.judge(tx, caller.workspace_id, source, contact_id)
    id = new_id()
    await tx.run(store.SUBMIT, id, caller.workspace_id, board["id"], contact_id, title, description, "pending")
    await trust.file(tx, caller.workspace_id, "submission", id, contact_id, source, verdict)
    if verdict.state != "pending":
        await decide(tx, caller, {id: verdict.state})
    return id, verdict.state


async def decide(tx: Tx, caller: Caller, states: Mapping[UUID, State]) -> None:
    """Make submissions ideas on their boards, or take them off again. The workspace's demand is held.

    Who brought an idea wants it, and is its first vote. Taken off, it stays an idea: the team has it, and may archive
    it. Its title goes to other services, so what identifies a person is taken out of it.
    """
    if not states:
        return
    rows = await tx.all(store.LOCK_SUBMISSIONS, caller.workspace_id, list(states))
    became: dict[UUID, UUID | None] = {row["id"]: row["idea_id"] for row in rows}
    known = await customers.known_as(tx, caller.workspace_id, [row["contact_id"] for row in rows])
    for row in rows:
        if states[row["id"]] == "shown" and row["idea_id"] is None:
            idea = await ideas.create(
                tx,
                caller,
                key=None,
                title=redacted(row["title"], known[row["contact_id"]])[:TITLE],
                description=redacted(row["description"], known[row["contact_id"]]),
                kind="feature",
            )
            became[row["id"]] = idea["id"]
    shown = [row for row in rows if states[row["id"]] == "shown"]
    fresh = [row for row in shown if row["idea_id"] is None]
    columns = [row["board_id"] for row in shown], [became[row["id"]] for row in shown]
    await tx.run(store.PLACE, caller.workspace_id, *columns, [row["contact_id"] for row in shown])
    gone = [row for row in rows if states[row["id"]] != "shown" and row["idea_id"] is not None]
    await tx.run(
        store.TAKE_OFF, caller.workspace_id, [row["board_id"] for row in gone], [row["idea_id"] for row in gone]
    )
    await unite(tx, caller.workspace_id, [id for id in became.values() if id is not None])
    await tx.run(
        store.DECIDE,
        caller.workspace_id,
        [row["id"] for row in rows],
        [states[row["id"]] for row in rows],
        [became[row["id"]] for row in rows],
    )
    ballots = [
        Ballot(
            idea=str(became[row["id"]]),
            person=Person(caller.workspace_id, id=row["contact_id"]),
            importance="important",
            on_behalf=False,
            cast_by=caller.key_id,
            source_url=None,
            reason=None,
            traceparent=traceparent.get(),
            source="board",
        )
        for row in fresh
    ]
    for result in await votes.cast(tx, ballots) if ballots else ():
        if isinstance(result, Invalid):
            raise result
