"""What visitors do on a board: they see, bring ideas and comment, as far as the board lets them."""

from uuid import UUID

import asyncpg

from services.feedback.boards import domain as boards
from services.feedback.comments import domain as comments
from services.feedback.comments.domain import Draft
from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from services.feedback.portal import store
from services.feedback.portal.viewer import Viewer
from services.feedback.trust.levels import State
from shared.access.keys import Caller
from shared.database import Read, Tx
from shared.errors import Conflict, Forbidden, Moved, NotFound


async def board(read: Read, workspace_id: UUID, key: str, viewer: Viewer) -> asyncpg.Record:
    """The board, where this viewer may know of it; else NotFound, as if there were none."""
    row = await read.one(store.BOARD, *viewer.at(workspace_id, key))
    if row is None:
        raise NotFound("No board by that key.")
    return row


async def idea(
    read: Read, workspace_id: UUID, key: str, viewer: Viewer, idea_id: UUID, place: str = ""
) -> asyncpg.Record:
    """An idea on the board, where this viewer may see it; else NotFound.

    Moved when it was merged into one that they see, to the same `place` (`/comments`) of that one.
    """
    row = await read.one(store.IDEA, *viewer.at(workspace_id, key), idea_id)
    if row is None:
        root = await read.value(store.MOVED, *viewer.at(workspace_id, key), idea_id)
        if root is not None:
            raise Moved(f"/v1/boards/{key}/ideas/{root}{place}")
        raise NotFound("No idea by that id on this board.")
    return row


async def comment(read: Read, workspace_id: UUID, key: str, viewer: Viewer, comment_id: UUID) -> asyncpg.Record | None:
    """A comment on the board, where this viewer may see it."""
    return await read.one(store.COMMENT, *viewer.at(workspace_id, key), comment_id)


async def _visitor(tx: Tx, workspace_id: UUID, viewer: Viewer) -> UUID:
    if viewer.contact_id is None:
        raise Forbidden("Say who does it: with a visitor's token, or with contact_id.", code="visitor_needed")
    (contact_id,) = await customers.recognise(tx, [Person(workspace_id, id=viewer.contact_id)])
    if contact_id is None:
        raise Forbidden("The visitor is no contact any more.", code="visitor_needed")
    return contact_id


async def submit(tx: Tx, caller: Caller, key: str, viewer: Viewer, title: str, description: str) -> tuple[UUID, State]:
    """Bring an idea to the board. Forbidden to nobody in particular, Conflict where the board takes none."""
    at = await board(tx, caller.workspace_id, key, viewer)
    return await boards.submit(tx, caller, at, await _visitor(tx, caller.workspace_id, viewer), title, description)


async def say(
    tx: Tx, caller: Caller, key: str, viewer: Viewer, idea_id: UUID, text: str, parent_id: UUID | None
) -> asyncpg.Record:
    """Comment on an idea that the visitor sees."""
    seen = await idea(tx, caller.workspace_id, key, viewer, idea_id, "/comments")
    contact_id = await _visitor(tx, caller.workspace_id, viewer)
    if not seen["commentable"]:
        raise Conflict("This board takes no comments.", code="comments_closed")
    if parent_id is not None and await comment(tx, caller.workspace_id, key, viewer, parent_id) is None:
        raise NotFound("No comment by that id on this board.")
    draft = Draft(
        text=text,
        visibility="public",
        idea_id=idea_id,
        parent_id=parent_id,
        board=key,
        person=Person(caller.workspace_id, id=contact_id),
    )
    return await comments.add(tx, caller.workspace_id, caller.actor, draft)


async def reword(
    tx: Tx, caller: Caller, key: str, viewer: Viewer, idea_id: UUID, comment_id: UUID, text: str
) -> asyncpg.Record:
    """Put one's own comment in other words, which are looked at like new ones. NotFound for what is not one's own."""
    await _own(tx, caller, key, viewer, idea_id, comment_id)
    return await comments.edit(tx, caller.workspace_id, caller.actor, comment_id, None, text, judged=True)


async def take_back(tx: Tx, caller: Caller, key: str, viewer: Viewer, idea_id: UUID, comment_id: UUID) -> None:
    """Delete one's own comment. NotFound for what is not one's own."""
    await _own(tx, caller, key, viewer, idea_id, comment_id)
    await comments.delete(tx, caller.workspace_id, comment_id, None)


async def _own(tx: Tx, caller: Caller, key: str, viewer: Viewer, idea_id: UUID, comment_id: UUID) -> None:
    await idea(tx, caller.workspace_id, key, viewer, idea_id, f"/comments/{comment_id}")
    seen = await comment(tx, caller.workspace_id, key, viewer, comment_id)
    if seen is None or not seen["mine"] or seen["idea_id"] != idea_id:
        raise NotFound("No comment of yours by that id here.")
