"""Scores are found and walked by their indexes, whatever the statistics say of tables that grow faster than they."""

import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.scoring.facts.domain import today
from services.scoring.rankings import store as rankings
from services.scoring.scores import store
from services.scoring.scores.computed import State
from shared.database import Database, Read
from shared.ids import new_id
from shared.paging import FIRST, LAST
from tests.builders import Api
from tests.scoring.given import Databases
from tests.servers import Cluster

HELD = f"""
select s.* from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as g (workspace_id, idea_id, model_id)
cross join lateral ({store.held("g")}) as s
"""
PLACES: Mapping[State, tuple[Any, ...]] = {"scored": (math.inf, LAST), "not_scoreable": (LAST,)}
ENDS: Mapping[State, tuple[Any, ...]] = {"scored": (0.0, FIRST), "not_scoreable": (FIRST,)}


async def _told(read: Read, sql: str, *args: object) -> str:
    return "\n".join(row[0] for row in await read.all(f"explain (costs off) {sql}", *args))


async def test_a_score_is_looked_up_by_its_whole_key(cluster: Cluster) -> None:
    """Through the index of the ranking it would be looked for among all scores of its model.

    As a plan is made for a table that is empty, and kept while that grows. Of indexes of some pages the lower one may
    be taken for the cheaper until the plan is made anew (`PLANS_SECONDS`).
    """
    name = f"empty_{new_id().hex}"
    await cluster.clone(name)
    scoring = Database(cluster.url(name, "cairn_scoring"), "scoring", size=1)
    await scoring.open()
    async with scoring.transaction({new_id()}, by_key=True) as tx:
        told = await _told(tx, HELD, [new_id()], [new_id()], [new_id()])
        assert "scores_pkey" in told, told
        assert "scores_ranking" not in told, told
    await scoring.close()


async def test_a_ranking_is_walked_in_the_order_of_its_index(api: Api, database: Databases) -> None:
    chosen = api.workspace_id, UUID(int=1), "feature", "open", "must_have", UUID(int=2)
    async with (await database("scoring")).read({api.workspace_id}) as read:
        for setting in ("enable_seqscan", "enable_sort", "enable_bitmapscan"):
            await read.value(f"select set_config('{setting}', 'off', true)")
        for state, place in PLACES.items():
            for walked in (
                await _told(read, rankings.NOW[state], *chosen, *place, 51, 1_000),
                await _told(read, rankings.THEN[state], *chosen, today(), *place, *ENDS[state], 51),
                await _told(read, rankings.END[state], *chosen[:2], *place, 1_000),
            ):
                assert "Backward using scores_ranking" in walked, walked
                assert "Seq Scan" not in walked, walked
                # A page that was found is put in order, the window that it comes from never is.
                assert "Sort" not in walked.partition("CTE p")[2].partition("scores_ranking")[0], walked
