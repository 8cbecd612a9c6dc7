"""Finding feedback: by words, by filters, by both; the one way that lists, searches and the inbox go.

Without words, an index is walked in order of arrival. With words, their lists are read from the end, and filters are
asked about the matches; where matches are many and a filter leaves few, those few decide which matches are looked at.
"""

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.matches import domain as matches
from services.feedback.matches.domain import Lists, Matches
from services.feedback.search import asking, store
from services.feedback.search.asking import Asked
from services.feedback.search.store import Driver, Order
from services.feedback.similar import words
from shared.database import Read
from shared.ids import earliest_id
from shared.paging import FIRST, LAST

State = Literal["new", "linked", "archived", "snoozed"]

WINDOW = 2_000
"""Statements that a page looks at where not all of them are wanted."""
READ = 200
"""Texts that a page reads where words must follow one another: some 50 us each."""
RANKED = 500
"""Matches that are put in order of relevance: the newest."""
MOST_CONTACTS = 2_000
"""Contacts of an account that are asked one by one for what they said."""
SLACK = timedelta(hours=1)
"""How much earlier than it is stored a statement may be given its id, and how far two clocks may be apart."""


class Filter(NamedTuple):
    """Which statements are wanted; None leaves it open. Times are from the first and before the second."""

    q: str | None = None
    state: State | None = None
    assignee: str | None = None
    unassigned: bool = False
    source: str | None = None
    language: str | None = None
    product_id: UUID | None = None
    contact_id: UUID | None = None
    account_id: UUID | None = None
    segment_id: UUID | None = None
    idea_ids: tuple[UUID, ...] | None = None
    said: tuple[datetime | None, datetime | None] = (None, None)
    received: tuple[datetime | None, datetime | None] = (None, None)

    def arguments(self) -> tuple[Any, ...]:
        """As statements take them."""
        return (
            self.source, self.product_id, self.language, self.contact_id, self.account_id, self.segment_id,
            None if self.idea_ids is None else list(self.idea_ids), self.state, self.assignee, self.unassigned,
            *self.said, *self.received,
        )  # fmt: skip


class Found(NamedTuple):
    """Some of a list, and where to go on when there may be more."""

    rows: list[asyncpg.Record]
    next: UUID | None


class Rank(NamedTuple):
    """A place in an order of relevance, among the texts up to the newest that was there when it began."""

    score: float
    id: UUID
    newest: UUID


async def look(read: Read, workspace_id: UUID, wanted: Filter, order: Order, after: UUID | None, limit: int) -> Found:
    """The statements behind `after` in the order of their arrival; it need not be in the list any more.

    By words, a statement whose text was changed since stands where it was changed.
    """
    if wanted.q is not None:
        return await _by_words(read, workspace_id, wanted, asking.read(wanted.q), order, after, limit)
    driver = await _driver(read, workspace_id, wanted)
    window = limit + 1 if wanted == _implied(driver, wanted) else max(WINDOW, limit + 1)
    first, last = _bounds(wanted, order)
    start = first if after is None else min(after, first) if order == "newest" else max(after, first)
    given = workspace_id, start, last, window, limit + 1, *wanted.arguments()
    rows = await read.all(store.PAGES[driver, order], *given)
    # There is always one row, which tells how far was looked.
    looked, reach = rows[0]["looked"], rows[0]["reach"]
    found = [row for row in rows if row["id"] is not None]
    if len(found) > limit:
        return Found(found[:limit], found[limit - 1]["id"])
    return Found(found, reach if looked == window else None)


async def _driver(read: Read, workspace_id: UUID, wanted: Filter) -> Driver:
    """What is walked: what most likely leaves the least."""
    if wanted.contact_id is not None:
        return "contact"
    if wanted.idea_ids is not None:
        return "ideas"
    if wanted.account_id is not None:
        most = MOST_CONTACTS + 1
        if await read.value(store.CONTACTS_OF, workspace_id, wanted.account_id, most) < most:
            return "account"
    if wanted.assignee is not None:
        return "assignee"
    if wanted.state is not None:
        return "new" if wanted.state == "new" else "seen"
    if wanted.product_id is not None:
        return "product"
    return "any" if wanted.source is None else "source"


def _implied(driver: Driver, wanted: Filter) -> Filter:
    """The filter that asks for all there is to be walked."""
    bare = Filter(q=wanted.q)
    match driver:
        case "contact":
            return bare._replace(contact_id=wanted.contact_id)
        case "ideas":
            return bare._replace(idea_ids=wanted.idea_ids)
        case "account":
            return bare._replace(account_id=wanted.account_id)
        case "assignee":
            return bare._replace(assignee=wanted.assignee)
        case "new" | "seen":
            return bare._replace(state=wanted.state)
        case "product":
            return bare._replace(product_id=wanted.product_id)
        case "source":
            return bare._replace(source=wanted.source)
        case "any" | "words":
            return bare


def _bounds(wanted: Filter, order: Order) -> tuple[UUID, UUID]:
    """Between which ids, which tell when they were made, in the order of looking."""
    since, until = wanted.received
    least = FIRST if since is None else earliest_id(since - SLACK)
    most = LAST if until is None else earliest_id(until + SLACK)
    return (most, least) if order == "newest" else (least, most)


class _Sought(NamedTuple):
    """Words that were looked up."""

    epoch: int
    lists: Lists
    within: list[int] | None


async def _sought(read: Read, workspace_id: UUID, wanted: Filter, asked: Asked) -> _Sought | None:
    texts = await matches.index(read, workspace_id, "feedback") if asked.says_something else None
    if texts is None:
        return None
    needed, without = map(_numbers, (asked.needed, asked.without))
    lists = await matches.lists(read, workspace_id, "feedback", texts, needed, without)
    within: list[int] | None = None
    if lists.most > WINDOW and wanted != Filter(q=wanted.q):
        driver = await _driver(read, workspace_id, wanted)
        if driver != "any":
            first, last = _bounds(wanted, "newest")
            given = workspace_id, first, last, WINDOW, 0, *wanted.arguments(), texts["epoch"]
            rows = await read.all(store.WITHIN[driver], *given)
            if rows[0]["looked"] < WINDOW:
                within = [row["number"] for row in rows if row["number"] is not None]
    return _Sought(texts["epoch"], lists, within)


def _numbers(terms: frozenset[str]) -> list[int]:
    return [words.number(term) for term in sorted(terms)]


async def _find(
    read: Read, workspace_id: UUID, sought: _Sought, start: int | None, *, rising: bool, most: int
) -> Matches:
    return await matches.find(
        read, workspace_id, "feedback", sought.lists, start=start, rising=rising, most=most, within=sought.within
    )


async def _by_words(
    read: Read, workspace_id: UUID, wanted: Filter, asked: Asked, order: Order, after: UUID | None, limit: int
) -> Found:
    sought = await _sought(read, workspace_id, wanted, asked)
    if sought is None:
        return Found([], None)
    rising = order == "oldest"
    start: int | None = None
    if after is not None:
        start = await matches.behind(read, workspace_id, "feedback", sought.epoch, after, rising=rising)
    window = limit + 1 if wanted == Filter(q=wanted.q) else WINDOW
    if asked.needs_text:
        window = READ
    while True:
        found = await _find(read, workspace_id, sought, start, rising=rising, most=window)
        numbers = list(found.scores)
        # What the index alone cannot tell is read, and may be left out.
        most = len(numbers) if asked.needs_text else limit + 1
        given = workspace_id, numbers, sought.epoch, len(numbers), most, *wanted.arguments()
        rows = await read.all(store.PAGES["words", order], *given)
        if found.more and not rows[0]["looked"]:
            # All of them were changed or deleted since: nothing in this window can be gone on from. There may be many.
            start, window = numbers[-1], 4 * window
            continue
        shown = [row for row in rows if row["id"] is not None and (not asked.needs_text or asked.fits(row["text"]))]
        if len(shown) > limit:
            return Found(shown[:limit], shown[limit - 1]["id"])
        return Found(shown, rows[0]["reach"] if found.more else None)


async def ranked(
    read: Read, workspace_id: UUID, wanted: Filter, after: Rank | None, limit: int
) -> tuple[list[asyncpg.Record], Rank | None]:
    """The newest 500 matches of words by how much of each text the words make out, and where to go on."""
    assert wanted.q is not None  # relevance is that of words
    asked = asking.read(wanted.q)
    sought = await _sought(read, workspace_id, wanted, asked)
    if sought is None:
        return [], None
    start: int | None = None
    if after is not None:
        start = 1 + await matches.behind(read, workspace_id, "feedback", sought.epoch, after.newest, rising=False)
    most = RANKED if wanted == Filter(q=wanted.q) else WINDOW
    if asked.needs_text:
        most = READ
    found = await _find(read, workspace_id, sought, start, rising=False, most=most)
    given = workspace_id, list(found.scores), sought.epoch, len(found.scores), RANKED, *wanted.arguments()
    keys = await read.all(store.KEYS, *given)
    if not keys:
        return [], None
    newest = after.newest if after is not None else keys[0]["id"]
    if asked.needs_text:
        texts = await read.all(store.TEXTS, workspace_id, [row["id"] for row in keys])
        fit = {row["id"] for row in texts if asked.fits(row["text"])}
        keys = [row for row in keys if row["id"] in fit]
    order = sorted(((found.scores[row["place"]], row["id"]) for row in keys), reverse=True)
    if after is not None:
        order = [each for each in order if each < (after.score, after.id)]
    page = order[:limit]
    rows = {row["id"]: row for row in await read.all(store.LOAD, workspace_id, [id for _, id in page])}
    shown = [rows[id] for _, id in page if id in rows]
    return shown, Rank(*page[-1], newest) if len(order) > limit else None


async def get(read: Read, workspace_id: UUID, feedback_id: UUID) -> asyncpg.Record | None:
    """One statement, and where it stands."""
    return await read.one(store.GET, workspace_id, feedback_id)


async def members(read: Read, workspace_id: UUID, idea_id: UUID) -> tuple[UUID, ...]:
    """An idea and those that were merged into it: what speaks for one of them speaks for it."""
    return tuple(row["id"] for row in await read.all(store.MEMBERS, workspace_id, idea_id))
