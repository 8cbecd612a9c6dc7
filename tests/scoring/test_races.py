"""Who moves a score while another does waits, and nobody waits in a circle."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from services.scoring.consumers import follow_ideas
from services.scoring.estimates import domain as estimates
from services.scoring.estimates.domain import Draft
from services.scoring.frameworks.parameters import DemandRule
from services.scoring.frameworks.rice import RiceParameters
from services.scoring.models import domain as models
from shared.database import Tx
from shared.ids import new_id
from tests.builders import eventually
from tests.scoring.given import Workspace, demand, estimate, idea, model

FULL: dict[str, Any] = {"impact": 2.0, "confidence": 0.8, "effort": 4.0}
WAITING = """
select count(*) from pg_locks
where locktype = 'advisory' and not granted
  and database = (select oid from pg_database where datname = current_database())
"""


async def overlap(
    here: Workspace, first: Callable[[Tx], Coroutine[Any, Any, Any]], second: Coroutine[Any, Any, Any]
) -> None:
    """Do `first` in a transaction, begin `second`, and commit the first only once the second waits for it."""

    async def waits() -> bool:
        async with here.database.read({here.id}) as read:
            return await read.value(WAITING) > 0

    async with asyncio.TaskGroup() as group, here.database.transaction({here.id}) as tx:
        await first(tx)
        group.create_task(second)
        await eventually(waits)


async def edit(here: Workspace, model_id: UUID, **others: Any) -> None:
    fields = {"name": None, "parameters": None, "active": None, **others}
    async with here.database.transaction({here.id}) as tx:
        await models.update(tx, here.id, model_id, None, **fields)


async def test_an_estimate_waits_for_demand(here: Workspace) -> None:
    await here.model()
    idea_id = await here.idea()
    facts = [demand(here.id, idea_id, contacts=3)]
    await overlap(here, lambda tx: follow_ideas(tx, facts), here.estimate(idea_id, **FULL))
    assert (await here.scores())[idea_id]["value"] == 12
    assert await here.differences() == []


async def test_demand_waits_for_an_estimate(here: Workspace) -> None:
    await here.model()
    idea_id = new_id()
    await overlap(here, lambda tx: estimate(tx, here.id, idea_id, **FULL), here.demand(idea_id, contacts=3))
    assert (await here.scores())[idea_id]["value"] == 12
    assert await here.differences() == []


async def test_a_new_idea_is_scored_by_a_model_that_is_activated_meanwhile(here: Workspace) -> None:
    model_id = await here.model(active=False)
    idea_id = new_id()
    facts = [idea(here.id, idea_id), demand(here.id, idea_id)]
    await overlap(here, lambda tx: follow_ideas(tx, facts), edit(here, model_id, active=True))
    assert set(await here.scores()) == {idea_id}


async def test_a_new_idea_waits_for_a_model_that_is_made_meanwhile(here: Workspace) -> None:
    idea_id = new_id()
    await overlap(here, lambda tx: model(tx, here.id), here.hear(idea(here.id, idea_id)))
    assert set(await here.scores()) == {idea_id}


async def test_new_parameters_outlast_an_older_score(here: Workspace) -> None:
    model_id = await here.model()
    idea_id = await here.idea()
    await here.estimate(idea_id, **FULL)
    facts = [demand(here.id, idea_id, contacts=3)]
    double = RiceParameters(reach=DemandRule(measure="contacts", per_ask=20))
    await overlap(here, lambda tx: follow_ideas(tx, facts), edit(here, model_id, parameters=double))
    row = (await here.scores())[idea_id]
    assert (row["value"], row["model_version"]) == (24, 2)
    assert await here.differences() == []


async def test_many_at_once_lose_nothing_and_never_deadlock(here: Workspace) -> None:
    model_id = await here.model()
    ideas = [new_id() for _ in range(6)]

    async def tell(round: int) -> None:
        order = ideas if round % 2 else ideas[::-1]
        await here.hear(
            *(idea(here.id, each, round) for each in order[:3]),
            *(demand(here.id, each, round, contacts=round) for each in order[2:]),
        )

    async def ask(round: int) -> None:
        order = ideas if round % 3 else ideas[::-1]
        drafts = [Draft(each, "impact", 2, f"estimator {round}", None, None) for each in order]
        async with here.database.transaction({here.id}) as tx:
            await estimates.add(tx, here.id, drafts)

    async def tune(round: int) -> None:
        await edit(here, model_id, parameters=RiceParameters(reach=DemandRule(per_ask=round)))

    rounds = range(1, 25)
    await asyncio.gather(
        *(do(round) for round in rounds for do in (tell, ask)), *(tune(round) for round in rounds[::6])
    )
    assert await here.differences() == []
    last: dict[str, int] = {}
    for event in await here.published():
        assert event["version"] == last.get(event["score_id"], 0) + 1, "a score's events are told in order, one by one"
        last[event["score_id"]] = event["version"]
    assert {str(row["id"]): row["version"] for row in (await here.scores()).values()} == last
