"""Lists and searches rest on indexes, under the row security that a service works under."""

import math
import re
from typing import Any

import pytest

from services.feedback.accounts import store as accounts
from services.feedback.customers import store as customers
from services.feedback.ideas import domain, store
from services.feedback.ideas.domain import Filter
from services.feedback.ideas.finding import Words, lookup
from services.feedback.ideas.orders import START, Sort
from services.feedback.matches import store as texts
from services.feedback.search import domain as search
from services.feedback.search import store as found
from shared.database import Database
from shared.ids import new_id
from shared.paging import FIRST, LAST
from tests.builders import Api
from tests.feedback.given import Databases, filled

NOTHING = Filter(None, None, None, None, None, None, None, None)
FILTERS: dict[str, Filter] = {
    "all": NOTHING,
    "words": NOTHING._replace(q='export "month end" -draft cs'),
    "tag": NOTHING._replace(tag="ux", archived=False),
    "owner": NOTHING._replace(owner="ada", status="open", kind="debt"),
}


VALUES = (None, None, None, None, None, None)


async def plan(database: Database, api: Api, sort: Sort, words: Words | None, tag: str | None) -> str:
    """How PostgreSQL would go about it if tables were large: reading all of one is the last resort."""
    found = lookup(words, tag)
    query = words.query if words is not None else None
    sql = store.SEARCHES[sort, len(found.terms), len(found.begun)]
    async with database.read({api.workspace_id}) as read:
        await read.value("select set_config('enable_seqscan', 'off', true)")
        # What must be sorted is sorted all the same: no index gives its order.
        await read.value("select set_config('enable_sort', 'off', true)")
        await read.value(store.PLAN)
        args = api.workspace_id, *VALUES, query, 51, None, *START[sort], *found.terms, *found.begun
        rows = await read.all(f"explain (costs off) {sql}", *args)
    return "\n".join(row[0] for row in rows)


async def test_every_order_is_an_index(api: Api, database: Databases) -> None:
    feedback, sorts = await database("feedback"), list[Sort](["new", "updated", "votes", "trending", "accounts", "mrr"])
    for sort in sorts:
        told = await plan(feedback, api, sort, None, None)
        assert "Seq Scan" not in told
        inside = told[told.index("Limit") :]
        assert "Sort Key" not in inside.split("SubPlan")[0], told


async def test_words_and_tags_are_looked_up(api: Api, database: Databases) -> None:
    """As conditions of an index. With `search @@ query` alone there would be none: the operator may leak."""
    feedback, sorts = await database("feedback"), list[Sort](["new", "updated", "votes", "relevance"])
    words = Words("'export' & 'csv' & 'cs':*", ["export", "csv"], "cs", ["cs"])
    for sort in sorts:
        told = await plan(feedback, api, sort, words, "ux")
        assert "Seq Scan" not in told, told
        for term in ("export", "csv", "#ux"):
            lines = [line for line in told.splitlines() if f"term = '{term}'" in line]
            assert lines, told
            assert all("Index Cond" in line for line in lines), told


@pytest.mark.parametrize("name", FILTERS)
async def test_a_search_is_five_statements_at_most(api: Api, database: Databases, name: str) -> None:
    feedback, seen = await database("feedback"), list[str]()
    feedback.observers.append(seen.append)
    try:
        async with feedback.read({api.workspace_id}) as read:
            place: Any = START["new"]
            await domain.search(read, api.workspace_id, FILTERS[name], "new", place, 51)
    finally:
        feedback.observers.remove(seen.append)
    assert len(seen) <= 5


async def test_customers_are_found_by_how_they_are_called(api: Api, database: Databases) -> None:
    """Each way is a stretch of an index in its order: `lower(name)`, which may leak, could be none."""
    feedback = await database("feedback")
    for sql, columns in ((accounts.FIND_ACCOUNTS, ("sought",)), (customers.FIND_SOUGHT, customers.SOUGHT)):
        async with feedback.read({api.workspace_id}) as read:
            for setting in ("enable_seqscan", "enable_sort", "enable_bitmapscan"):
                await read.value(f"select set_config('{setting}', 'off', true)")
            rows = await read.all(f"explain (costs off) {sql}", api.workspace_id, "acm", "", FIRST, 51)
        told = "\n".join(row[0] for row in rows)
        assert "Seq Scan" not in told, told
        assert len(re.findall("Sort Key", told)) == told.count("Merge Append"), told
        for column in columns:
            assert re.search(rf"Index Cond: \(\(workspace_id = .*\({column} >= .*\({column} < ", told), told


async def test_feedback_is_found_by_indexes(api: Api, database: Databases) -> None:
    """Under row security too. How much is read by which is told in `test_inbox`: that takes rows."""
    feedback, id = await database("feedback"), new_id()
    wanted = search.Filter(
        None, "linked", "ada", False, "api", "en", id, id, id, id, (id,), (None, None), (None, None), "ticket-1"
    ).arguments()
    between = LAST, FIRST, 2_000
    statements: dict[str, tuple[str, tuple[Any, ...]]] = {
        **{
            f"{driver} {order} {bare}": (sql, (*(([1, 2], 1, 2) if driver == "words" else between), 51, *wanted))
            for (driver, order, bare), sql in found.PAGES.items()
        },
        **{f"within {which}": (sql, (*between, 51, *wanted, 1)) for which, sql in found.WITHIN.items()},
        **{f"keys {order}": (sql, ([1, 2], 1, 2, 500, *wanted)) for order, sql in found.KEYS.items()},
        "sizes": (texts.SIZES, ("feedback", [1, 2])),
        "entries": (texts.ENTRIES, ("feedback", [1, 2], [0, 1])),
        "nearest": (texts.NUMBER_BEFORE, (id, "feedback", 1)),
    }
    async with feedback.read({api.workspace_id}) as read:
        await read.value("select set_config('enable_seqscan', 'off', true)")
        for name, (sql, args) in statements.items():
            told = "\n".join(row[0] for row in await read.all(f"explain (costs off) {sql}", api.workspace_id, *args))
            assert "Seq Scan" not in told, (name, told)
            if name in {"sizes", "entries"}:
                assert "Index Cond: ((workspace_id = " in told, told
                assert "Filter: (term" not in told, told


async def test_finding_feedback_is_seven_statements_at_most(api: Api, database: Databases) -> None:
    feedback, seen = await database("feedback"), list[str]()
    await api.feedback.post("/v1/feedback", json={"text": "Exports are slow."})
    await filled(api, feedback, 1)
    feedback.observers.append(seen.append)
    try:
        async with feedback.read({api.workspace_id}) as read:
            asked = search.Filter(q="exports slow", source="api")
            (one,) = (await search.look(read, api.workspace_id, asked, "newest", None, 50)).rows
            assert len(seen) <= 5, seen
            await search.look(read, api.workspace_id, asked, "newest", one["id"], 50)
            seen.clear()
            rank = search.Rank(math.inf, LAST, one["id"])
            assert (await search.ranked(read, api.workspace_id, asked, rank, 50))[0]
    finally:
        feedback.observers.remove(seen.append)
    assert len(seen) <= 7, seen
