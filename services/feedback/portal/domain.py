"""What visitors do on a board: they see, vote, follow, bring ideas and comment, as far as the board lets them."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import numpy as np

from services.feedback.boards import domain as boards
from services.feedback.comments import domain as comments
from services.feedback.comments.domain import Draft
from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from services.feedback.followers import domain as followers
from services.feedback.ideas import domain as ideas
from services.feedback.ideas import orders
from services.feedback.ideas.finding import RANKED, lookup
from services.feedback.portal import store
from services.feedback.portal.compared import Compared
from services.feedback.portal.store import Sort
from services.feedback.portal.viewer import TEAM, Sight, Viewer
from services.feedback.products import domain as products
from services.feedback.similar import domain as similar
from services.feedback.similar.domain import Among
from services.feedback.trust import domain as trust
from services.feedback.trust.domain import Source
from services.feedback.trust.levels import State
from services.feedback.votes import domain as votes
from services.feedback.votes.domain import Ballot
from shared.access.keys import Caller
from shared.database import Read, Tx
from shared.errors import Conflict, Forbidden, Invalid, Moved, NotFound
from shared.events.feedback import IdeaStatus
from shared.telemetry import traceparent

CHANNEL = "board"
"""Where votes of visitors come through, beside the channels that callers name themselves."""
MOST_COMPARED = 100_000
"""Ideas of a board, the newest, that a text is compared with."""

FEW = 4_000
"""Ideas of a workspace that have what is being typed, or the rarest word, and are looked at one by one."""
MIDDLING = 20_000
"""Of up to so many the newest are looked at: where a board has many of them, the first 500 are soon found."""
NEWEST = 1_500
WALKED = 1_000
"""Ideas, in order, that a list looks at one by one before it leaves it to the planner how to find the others."""


async def look(read: Read, workspace_id: UUID, key: str, viewer: Viewer) -> Sight:
    """The board by that key, as this viewer will see it, if at all. NotFound when there is none."""
    row = await boards.get(read, workspace_id, key)
    return Sight(workspace_id, row["id"], key, row["visibility"] == "one_way", viewer)


async def board(read: Read, sight: Sight) -> asyncpg.Record:
    """The board, where this viewer may know of it; else NotFound, as if there were none."""
    row = await read.one(store.BOARD, *sight.at)
    if row is None:
        raise NotFound("No board by that key.")
    return row


async def idea(read: Read, sight: Sight, idea_id: UUID, place: str = "") -> asyncpg.Record:
    """An idea on the board, where this viewer may see it; else NotFound.

    Moved when it was merged into one that they see, to the same `place` (`/comments`) of that one.
    """
    row = await read.one(store.IDEA, *sight.at, idea_id)
    if row is None:
        root = await read.value(store.MOVED, *sight.at, idea_id)
        if root is not None:
            raise Moved(f"/v1/boards/{sight.board_key}/ideas/{root}{place}")
        raise NotFound("No idea by that id on this board.")
    return row


class Asked(NamedTuple):
    """Which ideas of a board are asked for; what is left open asks for nothing."""

    q: str | None = None
    statuses: Sequence[IdeaStatus] = ()
    product: str | None = None
    """Its id or key."""
    mine: bool = False
    voted: bool = False
    follows: bool = False
    tied: bool = False
    """Whatever the viewer brought, voted for or follows."""


def _own_only(sight: Sight) -> bool:
    """Whether the filter leaves only what the viewer brought: that is looked up then, not searched for among all."""
    return sight.one_way and sight.viewer != TEAM


class Found(NamedTuple):
    """A page of ideas, and the cursor of the next, if there is one."""

    ideas: list[asyncpg.Record]
    following: str | None


async def find(read: Read, sight: Sight, asked: Asked, sort: Sort, cursor: str | None, limit: int) -> Found:
    """A page of what this viewer may see. NotFound when they may not see the board; Invalid on another's cursor."""
    listed = await _list(read, sight, asked, sort, orders.place(sort, cursor), limit + 1)
    if not listed:
        await board(read, sight)
        return Found([], None)
    ideas_of_page = await _these(read, sight, [row["id"] for row in listed[:limit]])
    return Found(ideas_of_page, orders.cursor(sort, listed[limit - 1]) if len(listed) > limit else None)


async def _list(
    read: Read, sight: Sight, asked: Asked, sort: Sort, place: Sequence[Any], limit: int
) -> list[asyncpg.Record]:
    words = await ideas.read_words(read, asked.q) if asked.q is not None else None
    if asked.q is not None and words is None:
        return []
    product_id = await products.find(read, sight.workspace_id, asked.product) if asked.product is not None else None
    if asked.product is not None and product_id is None:
        # Which products there are is not said outside: an unknown one is one that nothing here is for.
        return []
    await ideas.plan_for_values(read)
    found = lookup(words, None)
    ties = asked.mine or _own_only(sight), asked.voted, asked.follows, asked.tied
    if words is None and not any(ties) and sort in store.WALKS:
        filters = list(asked.statuses) or None, product_id
        walked = await read.all(store.WALKS[sort], *sight.at, limit, *filters, WALKED, *place)
        if len(walked) == limit or (walked and walked[0]["looked"] < WALKED):
            return walked
        # Few of them are on this board, or wanted: the planner finds a way to those.
    shape = len(found.terms), len(found.begun), any(ties)
    wanted = list(asked.statuses) or None, product_id, words.query if words is not None else None
    sought = *place, *found.terms, *found.begun
    if sort == "relevance" and (found.begun or len(found.terms) > 1) and not any(ties):
        having, found = await ideas.rarest(read, sight.workspace_id, found, MIDDLING + 1)
        if having <= MIDDLING:
            looked = FEW if having <= FEW else NEWEST
            typed = *place, *found.terms, *found.begun, looked
            rows = await read.all(store.LISTS["typed", *shape], *sight.at, limit, *wanted, *typed)
            if having <= FEW or (rows and rows[0]["matched"] == RANKED):
                return rows
            # Few of them are on this board.
    given = *wanted, *(ties if any(ties) else ()), *sought
    return await read.all(store.LISTS[sort, *shape], *sight.at, limit, *given)


async def _these(read: Read, sight: Sight, ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """These of the visible ideas, in this order."""
    await ideas.plan_once(read)
    rows = {row["id"]: row for row in await read.all(store.THESE, *sight.at, ids)}
    return [rows[id] for id in ids if id in rows]


async def alike(
    read: Read, compared: Compared, sight: Sight, title: str, description: str, limit: int
) -> list[asyncpg.Record]:
    """The visible ideas most like a text, by words, the most alike first. What is not seen has no say in it.

    NotFound when the viewer may not see the board.
    """
    await board(read, sight)
    query = similar.Query(title, description)
    among = await _among(read, compared, sight)
    near = await similar.similar(read, None, sight.workspace_id, query, ("idea",), limit, among)
    return await _these(read, sight, [each.id for each in near.found["idea"]])


async def _among(read: Read, compared: Compared, sight: Sight) -> Among:
    """What a text can be like. But for one-way boards that is the same for all who see the board."""
    if sight.one_way:
        return await _numbers(read, sight)
    among = compared.get(sight.board_id)
    if among is None:
        among = await _numbers(read, sight._replace(viewer=TEAM))
        compared.put(sight.board_id, among)
    return among


async def _numbers(read: Read, sight: Sight) -> Among:
    await ideas.plan_for_values(read)
    row = await read.one(store.NUMBERS, *sight.at, MOST_COMPARED, _own_only(sight))
    if row is None:
        return Among(0, np.empty(0, np.int64))
    return Among(row["epoch"], np.frombuffer(row["numbers"], ">i4").astype(np.int64))


async def comment(read: Read, sight: Sight, comment_id: UUID) -> asyncpg.Record | None:
    """A comment on the board, where this viewer may see it."""
    return await read.one(store.COMMENT, *sight.at, comment_id)


async def submission(read: Read, sight: Sight, submission_id: UUID) -> asyncpg.Record | None:
    """Something that was brought to the board, where this viewer may see it: they brought it."""
    return await read.one(store.SUBMISSION, *sight.at, submission_id)


def require_visitor(viewer: Viewer) -> UUID:
    """The contact who looks; Forbidden when it is nobody in particular."""
    if viewer.contact_id is None:
        raise Forbidden(
            "Say who does it: send a visitor's token as `Cairn-Visitor`, or name the contact with a key that may.",
            code="visitor_needed",
        )
    return viewer.contact_id


async def _visitor(tx: Tx, sight: Sight, *, counts: bool = False) -> UUID:
    """Who that contact is by now: they may have been merged into another. Forbidden when it is nobody.

    `counts`: demand is going to be counted of them, and they stay who they are until then.
    """
    named = require_visitor(sight.viewer)
    counting = [sight.workspace_id] if counts else ()
    (contact_id,) = await customers.recognise(tx, [Person(sight.workspace_id, id=named)], counting)
    if contact_id is None:
        raise Forbidden("The visitor is no contact any more.", code="visitor_needed")
    return contact_id


async def _now(tx: Tx, sight: Sight, contact_id: UUID, idea_id: UUID) -> asyncpg.Record:
    """The idea after what this contact did."""
    return await idea(tx, sight._replace(viewer=Viewer("contact", contact_id)), idea_id)


async def vote(
    tx: Tx, caller: Caller, sight: Sight, idea_id: UUID, importance: str | None, reason: str | None
) -> asyncpg.Record:
    """Vote for an idea that the visitor sees, or say anew how important it is; the idea as it is then.

    Forbidden to whom a moderator has blocked: their words can wait unseen, a vote would count or visibly not.
    """
    seen = await idea(tx, sight, idea_id, "/vote")
    contact_id = await _visitor(tx, sight)
    if not seen["votable"]:
        raise Conflict("This board takes no votes.", code="voting_closed")
    source = Source("board", sight.board_key)
    if (await trust.judge(tx, sight.workspace_id, source, contact_id)).state == "rejected":
        raise Forbidden("You cannot vote here.", code="visitor_blocked")
    ballot = Ballot(
        idea=str(idea_id),
        person=Person(sight.workspace_id, id=contact_id),
        importance=importance,
        on_behalf=False,
        cast_by=caller.key_id,
        source_url=None,
        reason=reason,
        traceparent=traceparent.get(),
        source=CHANNEL,
    )
    (cast,) = await votes.cast(tx, [ballot])
    if isinstance(cast, Invalid):
        raise cast
    return await _now(tx, sight, contact_id, idea_id)


async def unvote(tx: Tx, sight: Sight, idea_id: UUID) -> asyncpg.Record:
    """Take one's vote back, if there is one, also where the board takes none any more; the idea as it is then."""
    await idea(tx, sight, idea_id, "/vote")
    contact_id = await _visitor(tx, sight, counts=True)
    await votes.retract(tx, sight.workspace_id, idea_id, contact_id)
    return await _now(tx, sight, contact_id, idea_id)


async def follow(tx: Tx, sight: Sight, idea_id: UUID) -> asyncpg.Record:
    """Hear of an idea that the visitor sees, without voting for it; the idea as it is then."""
    await idea(tx, sight, idea_id, "/follow")
    contact_id = await _visitor(tx, sight)
    await followers.follow(tx, sight.workspace_id, idea_id, Person(sight.workspace_id, id=contact_id))
    return await _now(tx, sight, contact_id, idea_id)


async def unfollow(tx: Tx, sight: Sight, idea_id: UUID) -> asyncpg.Record:
    """Hear of an idea no longer; a vote for it stands. The idea as it is then."""
    await idea(tx, sight, idea_id, "/follow")
    contact_id = await _visitor(tx, sight)
    await followers.unfollow(tx, sight.workspace_id, idea_id, contact_id)
    return await _now(tx, sight, contact_id, idea_id)


async def submit(tx: Tx, caller: Caller, sight: Sight, title: str, description: str) -> tuple[UUID, State]:
    """Bring an idea to the board. Forbidden to nobody in particular, Conflict where the board takes none."""
    at = await board(tx, sight)
    return await boards.submit(tx, caller, at, await _visitor(tx, sight, counts=True), title, description)


async def say(tx: Tx, caller: Caller, sight: Sight, idea_id: UUID, text: str, parent_id: UUID | None) -> asyncpg.Record:
    """Comment on an idea that the visitor sees."""
    seen = await idea(tx, sight, idea_id, "/comments")
    contact_id = await _visitor(tx, sight)
    if not seen["commentable"]:
        raise Conflict("This board takes no comments.", code="comments_closed")
    if parent_id is not None and await comment(tx, sight, parent_id) is None:
        raise NotFound("No comment by that id on this board.")
    draft = Draft(
        text=text,
        visibility="public",
        idea_id=idea_id,
        parent_id=parent_id,
        board=sight.board_key,
        person=Person(sight.workspace_id, id=contact_id),
    )
    return await comments.add(tx, sight.workspace_id, caller.actor, draft)


async def reword(tx: Tx, caller: Caller, sight: Sight, idea_id: UUID, comment_id: UUID, text: str) -> asyncpg.Record:
    """Put one's own comment in other words, which are looked at like new ones. NotFound for what is not one's own."""
    await _own(tx, sight, idea_id, comment_id)
    return await comments.edit(tx, sight.workspace_id, caller.actor, comment_id, None, text, judged=True)


async def take_back(tx: Tx, sight: Sight, idea_id: UUID, comment_id: UUID) -> None:
    """Delete one's own comment. NotFound for what is not one's own."""
    await _own(tx, sight, idea_id, comment_id)
    await comments.delete(tx, sight.workspace_id, comment_id, None)


async def _own(tx: Tx, sight: Sight, idea_id: UUID, comment_id: UUID) -> None:
    await idea(tx, sight, idea_id, f"/comments/{comment_id}")
    seen = await comment(tx, sight, comment_id)
    if seen is None or not seen["mine"] or seen["idea_id"] != idea_id:
        raise NotFound("No comment of yours by that id here.")
