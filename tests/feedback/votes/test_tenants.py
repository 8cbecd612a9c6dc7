"""What one workspace does takes nobody else's time."""

import asyncio
from typing import Any

from services.feedback.demand import domain as demand
from tests.builders import Api
from tests.feedback.given import Databases, check_demand, made, new_idea


async def test_who_waits_for_their_own_workspace_keeps_no_other_waiting(
    api: Api, neighbour: Api, database: Databases
) -> None:
    feedback = await database("feedback")
    ours, theirs = await new_idea(api), await new_idea(neighbour)

    def both(where: Api, idea: dict[str, Any], name: str) -> list[asyncio.Future[Any]]:
        contact = {"external_id": name}
        vote, said = {"idea_id": idea["id"], "contact": contact}, {"text": "Slow.", "contact": contact}
        return [
            asyncio.ensure_future(where.feedback.post("/v1/votes", json=vote)),
            asyncio.ensure_future(where.feedback.post("/v1/feedback", json=said | {"ideas": [idea["id"]]})),
        ]

    async with feedback.transaction({api.workspace_id}) as tx:
        await demand.hold(tx, (), [api.workspace_id])
        waiting: list[asyncio.Future[Any]] = []
        for round in range(3):
            waiting += both(api, ours, f"u{round}")
            for each in await asyncio.gather(*both(neighbour, theirs, f"u{round}")):
                await made(each)
        assert not any(each.done() for each in waiting)
    for each in await asyncio.gather(*waiting):
        await made(each)
    for where in (api, neighbour):
        async with feedback.read({where.workspace_id}) as read:
            await check_demand(read, where.workspace_id)
            assert await read.value("select count(*) from votes where workspace_id = $1", where.workspace_id) == 3
