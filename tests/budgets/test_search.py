"""Lists and searches of ideas rest on indexes, under the row security that a service works under."""

from typing import Any

import pytest

from services.feedback.ideas import domain, store
from services.feedback.ideas.api import START
from services.feedback.ideas.domain import Filter
from services.feedback.ideas.finding import Words, lookup
from services.feedback.ideas.store import Sort
from shared.database import Database
from tests.builders import Api
from tests.feedback.given import Databases

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
    sql = store.SEARCHES[sort, len(found.terms), bool(found.begun)]
    async with database.read({api.workspace_id}) as read:
        await read.value("select set_config('enable_seqscan', 'off', true)")
        await read.value(store.PLAN)
        args = api.workspace_id, *VALUES, query, 51, *START[sort], *found.terms, *found.begun
        rows = await read.all(f"explain (costs off) {sql}", *args)
    return "\n".join(row[0] for row in rows)


async def test_every_order_is_an_index(api: Api, database: Databases) -> None:
    feedback, sorts = await database("feedback"), list[Sort](["new", "updated", "votes", "accounts", "mrr"])
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
