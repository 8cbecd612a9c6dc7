"""Lists of boards rest on indexes, under the row security that a service works under, and run few statements."""

import re
from typing import Any

import pytest

from services.feedback.ideas.orders import START
from services.feedback.portal import domain, store
from services.feedback.portal.domain import Asked
from services.feedback.portal.store import Sort
from services.feedback.portal.viewer import Sight, Viewer
from shared.ids import new_id
from tests.builders import Api
from tests.feedback.given import Databases, made, new_idea
from tests.feedback.portal.given import new_board, place

EVERYTHING: tuple[Any, ...] = (None, None, None)


SORTED = re.compile("Sort Key: (?!demand_ranks).* DESC")
"""Of ideas put together. The thin rows that give their order may be sorted, where few are believed to be there."""
ANALYSED = "ideas", "demand", "demand_ranks", "board_ideas"
SMALL_PART = """
delete from pg_statistic s using pg_attribute a
where a.attrelid = s.starelid and a.attnum = s.staattnum and a.attname = 'workspace_id'
  and s.starelid = any($1::text[]::regclass[])
"""
SEED = (
    """
insert into feedback.ideas (id, workspace_id, key, title, kind)
select gen_random_uuid(), $1, 'k' || n, 'Export', 'feature' from generate_series(1, 20000) as n
""",
    """
insert into feedback.demand (idea_id, workspace_id, votes, currency)
select id, $1, length(title), 'EUR' from feedback.ideas where workspace_id = $1
""",
    """
insert into feedback.board_ideas (board_id, idea_id, workspace_id)
select b.id, i.id, $1 from feedback.boards b, feedback.ideas i where b.workspace_id = $1 and i.workspace_id = $1
""",
)


async def test_lists_of_a_board_rest_on_indexes(api: Api, database: Databases) -> None:
    feedback, id = await database("feedback"), new_id()
    seen = api.workspace_id, id, "contact", id, 51
    words = "'export' & 'cs':*", ("export",), ("cs", "cs\U0010ffff", ["cs"])
    filters: dict[str, tuple[Any, ...]] = {
        "all": EVERYTHING,
        "some": (["open", "planned"], id, None),
        "own": (None, None, None, True, True, True, True),
        "words": (None, None, words[0]),
    }
    sorts: tuple[Sort, ...] = ("new", "votes", "relevance")
    async with feedback.read({api.workspace_id}) as read:
        await read.value("select set_config('enable_seqscan', 'off', true)")
        # What must be sorted is sorted all the same: no index gives its order.
        await read.value("select set_config('enable_sort', 'off', true)")
        await read.value("select set_config('plan_cache_mode', 'force_custom_plan', true)")
        for name, wanted in filters.items():
            for sort in sorts:
                found = words[1] if name == "words" else ()
                begun = words[2] if name == "words" else ()
                sql = store.LISTS[sort, len(found), len(begun), name == "own"]
                asked = (*seen, *wanted, *START[sort], *found, *begun)
                rows = await read.all(f"explain (costs off) {sql}", *asked)
                told = "\n".join(row[0] for row in rows)
                assert "Seq Scan" not in told, (name, sort, told)
                if name == "all" and sort != "relevance":
                    assert "Sort Key" not in told.split("CTE visible_board")[1].split("SubPlan")[0], (sort, told)
                if name == "own":
                    assert "board_ideas_contact" in told, told
                    assert "votes_contact" in told, told
        typed = (*seen, *filters["words"], *START["relevance"], *words[1], *words[2], 4_000)
        rows = await read.all(f"explain (costs off) {store.LISTS['typed', 1, 3, False]}", *typed)
        told = "\n".join(row[0] for row in rows)
        assert "Seq Scan" not in told, told
        assert "Index Only Scan using board_ideas" not in told.split("CTE begun")[0], told
        rows = await read.all(f"explain (costs off) {store.NUMBERS}", *seen[:4], 100, True)
        assert "board_ideas_contact" in "\n".join(row[0] for row in rows), "what is one's own is not searched for"


async def test_a_page_of_a_large_board_is_walked(api: Api, database: Databases) -> None:
    """Its ideas are not put together whole and sorted, though nothing has analysed the few boards that there are.

    Nor where the workspace is believed to be a small part of the tables: what is left of several is then estimated to
    next to nothing.
    """
    feedback, board = await database("feedback"), await new_board(api)
    async with api.admin.system() as tx:
        for statement in SEED:
            await tx.run(statement, api.workspace_id)
        for table in ANALYSED:
            await tx.run(f"analyze feedback.{table}")
        # As after an analysis while there was none.
        await tx.run("delete from pg_statistic where starelid = 'feedback.boards'::regclass")
        await tx.run("update pg_class set reltuples = 0, relpages = 0 where oid = 'feedback.boards'::regclass")
    try:
        async with feedback.read({api.workspace_id}) as read:
            sight = await domain.look(read, api.workspace_id, board, Viewer("contact", new_id()))
            await read.value("select set_config('plan_cache_mode', 'force_custom_plan', true)")
            for sort in ("new", "votes"):
                sql = store.LISTS[sort, 0, 0, False]
                naive = sql.replace("not b.own_only", "b.visibility <> 'one_way'")
                told, otherwise = [
                    "\n".join(row[0] for row in await read.all(f"explain (costs off) {each}", *asked))
                    for asked in [(*sight.at, 51, *EVERYTHING, *START[sort])]
                    for each in (sql, naive)
                ]
                assert not SORTED.search(told), (sort, told)
                assert SORTED.search(otherwise), "else this tells nothing"
        async with api.admin.system() as tx:
            await tx.run(SMALL_PART, [f"feedback.{table}" for table in ANALYSED])
        async with feedback.read({api.workspace_id}) as read:
            await read.value("select set_config('plan_cache_mode', 'force_custom_plan', true)")
            for sort, walk in store.WALKS.items():
                asked = (*sight.at, 51, None, None, domain.WALKED, *START[sort])
                told = "\n".join(row[0] for row in await read.all(f"explain (costs off) {walk}", *asked))
                assert "Sort Key" not in told.split("CTE visible_board")[1].split("SubPlan")[0], (sort, told)
            left = (*sight.at, 51, *EVERYTHING, *START["votes"])
            rows = await read.all(f"explain (costs off) {store.LISTS['votes', 0, 0, False]}", *left)
            assert SORTED.search("\n".join(row[0] for row in rows)), "else this tells nothing"
    finally:
        # Others go by what is believed of a table that nothing has analysed.
        async with api.admin.system() as tx:
            for table in ANALYSED:
                await tx.run(f"delete from pg_statistic where starelid = 'feedback.{table}'::regclass")
                await tx.run(f"update pg_class set reltuples = -1 where oid = 'feedback.{table}'::regclass")


@pytest.mark.parametrize("asked", [Asked(), Asked(q="export cs", product="web", mine=True)])
async def test_a_list_of_a_board_is_seven_statements_at_most(api: Api, database: Databases, asked: Asked) -> None:
    feedback, seen = await database("feedback"), list[str]()
    board, idea = await new_board(api), await new_idea(api)
    await place(api, board, idea["id"])
    await made(await api.feedback.post("/v1/products", json={"key": "web", "name": "Web"}))
    viewer = Viewer("contact", new_id())
    feedback.observers.append(seen.append)
    try:
        async with feedback.read({api.workspace_id}) as read:
            sight: Sight = await domain.look(read, api.workspace_id, board, viewer)
            await domain.find(read, sight, asked, "new", None, 50)
    finally:
        feedback.observers.remove(seen.append)
    assert len(seen) <= (7 if asked.q else 5), seen
