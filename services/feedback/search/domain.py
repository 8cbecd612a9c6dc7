"""Finding feedback: by words, by filters, by both; the one way that lists, searches and the inbox go.

Without words, an index is walked in order of arrival. With words, their lists are read from the end, and filters are
asked about the matches; where words leave more than a filter does, what the filter leaves is walked, and the lists are
asked about that.
"""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.matches import domain as matches
from services.feedback.matches.domain import Lists
from services.feedback.search import asking, store
from services.feedback.search.asking import Asked
from services.feedback.search.store import Driver, Order
from services.feedback.search.wanted import Filter, State, bounds, implied
from services.feedback.similar import words
from shared.database import Read
from shared.paging import LAST

__all__ = ["RANKED", "READ", "WINDOW", "Filter", "Found", "Order", "Rank", "State", "get", "look", "members", "ranked"]

WINDOW = 2_000
"""Statements that a page looks at where not all of them are wanted."""
READ = 200
"""Texts that a page reads where words must follow one another: some 50 us each."""
RANKED = 500
"""Matches that are put in order of relevance: the newest."""
MOST_CONTACTS = 2_000
"""Contacts of an account that are asked one by one for what they said."""
PROBED = 50
"""Statements, the newest, by which it is guessed how much a filter leaves."""


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

    By words alone, a statement whose text was changed since stands where it was changed.
    """
    if wanted.q is not None:
        sought = await _sought(read, workspace_id, wanted, wanted.q)
        if sought is None:
            return Found([], None)
        if sought.driver is None:
            return await _by_words(read, workspace_id, wanted, sought, order, after, limit)
        walked = await _walked(read, workspace_id, wanted, sought, sought.driver, order, after, limit + 1)
        ids = list(walked.scores)
        rows = await _load(read, workspace_id, ids[:limit])
        return Found(rows, ids[limit - 1] if len(ids) > limit else walked.reach)
    driver = await _driver(read, workspace_id, wanted)
    bare = wanted == implied(driver, wanted)
    window = limit + 1 if bare else max(WINDOW, limit + 1)
    given = workspace_id, *bounds(wanted, order, after), window, limit + 1, *wanted.arguments()
    rows = await read.all(store.PAGES[driver, order, bare], *given)
    # There is always one row, which tells how far was looked.
    looked, reach = rows[0]["looked"], rows[0]["reach"]
    found = [row for row in rows if row["id"] is not None]
    if len(found) > limit:
        return Found(found[:limit], found[limit - 1]["id"])
    return Found(found, reach if looked == window else None)


async def _driver(read: Read, workspace_id: UUID, wanted: Filter) -> Driver:
    """What is walked: what most likely leaves the least."""
    if wanted.external_id is not None:
        return "external"
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


class _Sought(NamedTuple):
    """Words that were looked up."""

    asked: Asked
    epoch: int
    lists: Lists
    share: float
    """How many of all texts have them, at most."""
    driver: Driver | None
    """What is walked, where that leaves less than the words."""


async def _sought(read: Read, workspace_id: UUID, wanted: Filter, q: str) -> _Sought | None:
    """What is decided here is the same for every page of a list: it does not depend on where one goes on."""
    asked = asking.read(q)
    texts = await matches.index(read, workspace_id, "feedback") if asked.says_something else None
    if texts is None:
        return None
    needed, without = map(_numbers, (asked.needed, asked.without))
    lists = await matches.lists(read, workspace_id, "feedback", texts, needed, without)
    share = lists.most / max(1, texts["next_number"])
    driver: Driver | None = None
    if lists.most > WINDOW and wanted != Filter(q=wanted.q):
        driver = await _driver(read, workspace_id, wanted)
        if driver == "any" or await _density(read, workspace_id, wanted, driver, texts) > share:
            driver = None
    return _Sought(asked, texts["epoch"], lists, share, driver)


def _numbers(terms: frozenset[str]) -> list[int]:
    return [words.number(term) for term in sorted(terms)]


async def _density(read: Read, workspace_id: UUID, wanted: Filter, driver: Driver, texts: asyncpg.Record) -> float:
    """How much of all statements is walked, by how far apart the newest of those are."""
    ends = bounds(Filter(), "newest", None)
    given = workspace_id, *ends, PROBED, 0, *wanted.arguments(), texts["epoch"]
    row = await read.one(store.WITHIN[driver, "newest", True], *given)
    assert row is not None  # how far was looked is told always
    if row["looked"] < PROBED or row["reached"] is None:
        return row["looked"] / max(1, texts["next_number"])
    return row["looked"] / max(1, texts["next_number"] - row["reached"])


class _Walked(NamedTuple):
    """Statements that have the words, in order, with how much of each those make out."""

    scores: dict[UUID, float]
    first: UUID | None
    """Where it began."""
    reach: UUID | None
    """How far was looked, if not at all there is."""


async def _walked(
    read: Read,
    workspace_id: UUID,
    wanted: Filter,
    sought: _Sought,
    driver: Driver,
    order: Order,
    after: UUID | None,
    most: int,
) -> _Walked:
    """What a filter leaves, as far as it has the words: `most` of them, and no more than a window is looked at."""
    bare = wanted == implied(driver, wanted)
    window = READ if sought.asked.needs_text else WINDOW
    size = min(window, max(most, round(1.3 * most / sought.share)))
    start, last = bounds(wanted, order, after)
    scores: dict[UUID, float] = {}
    first: UUID | None = None
    while True:
        given = workspace_id, start, last, size, size, *wanted.arguments(), sought.epoch
        row = await read.one(store.WITHIN[driver, order, bare], *given)
        assert row is not None  # how far was looked is told always
        ids: dict[int, UUID] = dict(zip(row["numbers"] or (), row["ids"] or (), strict=True))
        found = await matches.find(
            read, workspace_id, "feedback", sought.lists, start=None, rising=True, most=len(ids), within=ids
        )
        having = {ids[number]: score for number, score in found.scores.items()}
        fit = await _fitting(read, workspace_id, sought.asked, having)
        scores |= {id: having[id] for id in ids.values() if id in fit}
        window -= size
        looked, reach = row["looked"], row["reach"]
        first = first or row["first"]
        if len(scores) >= most or looked < size or window <= 0:
            return _Walked(dict(list(scores.items())[:most]), first, None if looked < size else reach)
        start, size = reach, window


async def _fitting(read: Read, workspace_id: UUID, asked: Asked, ids: Collection[UUID]) -> set[UUID]:
    """Those that are what was asked for, which the index alone cannot always tell."""
    if not asked.needs_text:
        return set(ids)
    texts = await read.all(store.TEXTS, workspace_id, list(ids))
    return {row["id"] for row in texts if asked.fits(row["text"])}


async def _load(read: Read, workspace_id: UUID, ids: list[UUID]) -> list[asyncpg.Record]:
    rows = {row["id"]: row for row in await read.all(store.LOAD, workspace_id, ids)} if ids else {}
    return [rows[id] for id in ids if id in rows]


async def _by_words(
    read: Read, workspace_id: UUID, wanted: Filter, sought: _Sought, order: Order, after: UUID | None, limit: int
) -> Found:
    rising = order == "oldest"
    start: int | None = None
    if after is not None:
        start = await matches.behind(read, workspace_id, "feedback", sought.epoch, after, rising=rising)
    window = limit + 1 if wanted == Filter(q=wanted.q) else WINDOW
    if sought.asked.needs_text:
        window = READ
    while True:
        found = await matches.find(
            read, workspace_id, "feedback", sought.lists, start=start, rising=rising, most=window
        )
        numbers = list(found.scores)
        # What the index alone cannot tell is read, and may be left out.
        most = len(numbers) if sought.asked.needs_text else limit + 1
        given = workspace_id, numbers, sought.epoch, len(numbers), most, *wanted.arguments()
        if sought.asked.needs_text:
            rows = await read.all(store.KEYS[order], *given)
        else:
            rows = await read.all(store.PAGES["words", order, False], *given)
        looked, reach = rows[0]["looked"], rows[0]["reach"]
        if not found.more or looked:
            break
        # All of them were changed or deleted since: nothing in this window can be gone on from. There may be many.
        start, window = numbers[-1], 4 * window
    shown = [row for row in rows if row["id"] is not None]
    if sought.asked.needs_text:
        fit = await _fitting(read, workspace_id, sought.asked, [row["id"] for row in shown])
        ids = [row["id"] for row in shown if row["id"] in fit]
        shown = await _load(read, workspace_id, ids[:limit])
        return Found(shown, ids[limit - 1] if len(ids) > limit else reach if found.more else None)
    if len(shown) > limit:
        return Found(shown[:limit], shown[limit - 1]["id"])
    return Found(shown, reach if found.more else None)


async def ranked(
    read: Read, workspace_id: UUID, wanted: Filter, after: Rank | None, limit: int
) -> tuple[list[asyncpg.Record], Rank | None]:
    """The newest 500 matches of words by how much of each text the words make out, and where to go on."""
    assert wanted.q is not None  # relevance is that of words
    sought = await _sought(read, workspace_id, wanted, wanted.q)
    if sought is None:
        return [], None
    if sought.driver is None:
        scores, newest = await _scores(read, workspace_id, wanted, sought, after.newest if after else None)
    else:
        start = UUID(int=min(after.newest.int + 1, LAST.int)) if after is not None else None
        scores, newest, _ = await _walked(read, workspace_id, wanted, sought, sought.driver, "newest", start, RANKED)
    if after is not None:
        newest = after.newest
    if newest is None:
        return [], None
    order = sorted(((score, id) for id, score in scores.items()), reverse=True)
    if after is not None:
        order = [each for each in order if each < (after.score, after.id)]
    page = order[:limit]
    shown = await _load(read, workspace_id, [id for _, id in page])
    return shown, Rank(*page[-1], newest) if len(order) > limit else None


async def _scores(
    read: Read, workspace_id: UUID, wanted: Filter, sought: _Sought, newest: UUID | None
) -> tuple[dict[UUID, float], UUID | None]:
    """How much the words make out of the newest matches up to one, and the newest there is."""
    start: int | None = None
    if newest is not None:
        start = 1 + await matches.behind(read, workspace_id, "feedback", sought.epoch, newest, rising=False)
    most = RANKED if wanted == Filter(q=wanted.q) else WINDOW
    if sought.asked.needs_text:
        most = READ
    found = await matches.find(read, workspace_id, "feedback", sought.lists, start=start, rising=False, most=most)
    given = workspace_id, list(found.scores), sought.epoch, len(found.scores), RANKED, *wanted.arguments()
    keys = [row for row in await read.all(store.KEYS["newest"], *given) if row["id"] is not None]
    having = {row["id"]: found.scores[row["place"]] for row in keys}
    fit = await _fitting(read, workspace_id, sought.asked, having)
    return {id: score for id, score in having.items() if id in fit}, keys[0]["id"] if keys else None


async def get(read: Read, workspace_id: UUID, feedback_id: UUID) -> asyncpg.Record | None:
    """One statement, and where it stands."""
    return await read.one(store.GET, workspace_id, feedback_id)


async def members(read: Read, workspace_id: UUID, idea_id: UUID) -> tuple[UUID, ...]:
    """An idea and those that were merged into it: what speaks for one of them speaks for it."""
    return tuple(row["id"] for row in await read.all(store.MEMBERS, workspace_id, idea_id))
