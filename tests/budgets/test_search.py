"""Lists and searches of ideas rest on indexes, under the row security that a service works under."""

from typing import Any

import pytest

from services.feedback.ideas import domain, store
from services.feedback.ideas.api import START
from services.feedback.ideas.domain import Filter
from services.feedback.ideas.finding import SORTS, Finding, Sort, Words
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


async def plan(database: Database, api: Api, finding: Finding, sql: str) -> str:
    """How PostgreSQL would go about it if tables were large: reading all of one is the last resort."""
    async with database.read({api.workspace_id}) as read:
        await read.value("select set_config('enable_seqscan', 'off', true)")
        await read.value(store.PLAN)
        rows = await read.all(f"explain (costs off) {sql}", *finding.args)
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("sort", SORTS)
async def test_every_order_is_an_index(api: Api, database: Databases, sort: Sort) -> None:
    finding = Finding(api.workspace_id)
    told = await plan(await database("feedback"), api, finding, finding.sql(sort, START[sort], 51))
    assert "Seq Scan" not in told
    assert "Sort Key" not in told.split("WindowAgg")[-1], told


async def test_words_and_tags_are_looked_up(api: Api, database: Databases) -> None:
    """As conditions of an index. With `search @@ query` alone there would be none: the operator may leak."""
    sorts: list[Sort] = ["new", "updated", "votes", "relevance"]
    for sort in sorts:
        finding = Finding(api.workspace_id)
        query = finding.words(Words("'export' & 'cs':*", ["export"], "cs", ["cs"]))
        finding.term("#ux")
        told = await plan(await database("feedback"), api, finding, finding.sql(sort, START[sort], 51, query))
        assert "Seq Scan" not in told, told
        for condition in ("term = 'export'", "term = '#ux'"):
            lines = [line for line in told.splitlines() if condition in line]
            assert lines
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
