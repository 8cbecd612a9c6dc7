"""Who speaks while their contact is merged or erased: they were looked up before, and are who they are after."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from services.feedback.demand import domain as demand
from services.feedback.merging import domain as merging
from shared.database import Database, Tx
from tests.builders import Api, eventually
from tests.feedback.given import Databases, check_demand, demand_of, made, new_idea
from tests.feedback.portal import given as boards

AGAIN = ("withdraw", "vote again")
WAITING = """
select count(*) from pg_locks where locktype = 'advisory' and not granted
  and database = (select oid from pg_database where datname = current_database())
"""
UNPLACED = """
select exists (
    select from (
        select contact_id from votes where workspace_id = $1
        union all select contact_id from feedback where workspace_id = $1
        union all select contact_id from board_submissions where workspace_id = $1
    ) as said join contacts c on c.id = said.contact_id where c.merged_into is not null
)
"""


async def waiting(database: Database, many: int) -> bool:
    async with database.read(()) as read:
        return await read.value(WAITING) >= many


async def overlap(
    database: Database, workspace_id: UUID, change: Callable[[Tx], Awaitable[object]], asked: Awaitable[Any]
) -> Any:
    """Hold the workspace, let somebody come who waits for that, change it meanwhile; what they are answered."""
    async with database.transaction({workspace_id}) as tx:
        await demand.hold(tx, (), [workspace_id])
        answer = asyncio.ensure_future(asked)
        await eventually(lambda: waiting(database, 1))
        await change(tx)
    return await answer


@pytest.mark.parametrize("how", ["vote", "vote by id", "vote again", "withdraw", "feedback"])
async def test_while_contacts_are_merged(api: Api, database: Databases, how: str) -> None:
    feedback = await database("feedback")
    idea = await new_idea(api, "Export")
    kept, duplicate = [
        (await made(await api.feedback.post("/v1/contacts", json={"external_id": name}), 200))["id"]
        for name in ("u1", "u2")
    ]
    twin = {"id": duplicate} if how == "vote by id" else {"external_id": "u2"}
    ballot = {"idea_id": idea["id"], "contact": twin}
    standing: dict[str, Any] = await made(await api.feedback.post("/v1/votes", json=ballot)) if how in AGAIN else {}
    match how:
        case "withdraw":
            asked = api.feedback.delete(f"/v1/votes/{standing['id']}")
        case "feedback":
            asked = api.feedback.post("/v1/feedback", json={"text": "Slow.", "contact": twin, "ideas": [idea["id"]]})
        case _:
            asked = api.feedback.post("/v1/votes", json=ballot)
    answer = await overlap(
        feedback,
        api.workspace_id,
        lambda tx: merging.merge(tx, api.workspace_id, UUID(kept), UUID(duplicate)),
        asked,
    )
    assert answer.status_code in (200, 201, 204), answer.text
    async with feedback.read({api.workspace_id}) as read:
        await check_demand(read, api.workspace_id)
        assert not await read.value(UNPLACED, api.workspace_id)


@pytest.mark.parametrize("how", ["take back", "bring"])
async def test_what_visitors_do_while_contacts_are_merged(api: Api, database: Databases, how: str) -> None:
    feedback = await database("feedback")
    board, idea = await boards.new_board(api), await new_idea(api, "Export")
    await boards.place(api, board, idea["id"])
    kept, duplicate = await boards.new_contact(api, "u1@example.com"), await boards.new_contact(api, "u2@example.com")
    twin = await boards.token(api, duplicate)
    vote = f"/v1/boards/{board}/ideas/{idea['id']}/vote"
    await made(await api.feedback.put(vote, headers=twin), 200)
    if how == "take back":
        asked = api.feedback.delete(vote, headers=twin)
    else:
        asked = api.feedback.post(f"/v1/boards/{board}/submissions", json={"title": "Paper"}, headers=twin)
    answer = await overlap(
        feedback,
        api.workspace_id,
        lambda tx: merging.merge(tx, api.workspace_id, UUID(kept), UUID(duplicate)),
        asked,
    )
    assert answer.status_code in (200, 201), answer.text
    assert (await demand_of(api, idea["id"]))["votes"] == (0 if how == "take back" else 1)
    async with feedback.read({api.workspace_id}) as read:
        await check_demand(read, api.workspace_id)
        assert not await read.value(UNPLACED, api.workspace_id)


@pytest.mark.parametrize("how", ["votes", "feedback"])
async def test_what_is_said_while_somebody_is_erased_is_forgotten_too(api: Api, database: Databases, how: str) -> None:
    feedback = await database("feedback")
    idea = await new_idea(api, "Export")
    ada = await made(await api.feedback.post("/v1/contacts", json={"email": "ada@example.com"}), 200)
    said = {"text": "Slow.", "ideas": [idea["id"]]} if how == "feedback" else {"idea_id": idea["id"], "reason": "Slow."}
    erase = api.feedback.post("/v1/erasures", json={"subject_id": ada["id"]})
    speak = api.feedback.post(f"/v1/{how}", json={**said, "contact": {"email": ada["email"]}})
    async with feedback.transaction({api.workspace_id}) as tx:
        await demand.hold(tx, (), [api.workspace_id])
        erasing = asyncio.ensure_future(erase)
        await eventually(lambda: waiting(feedback, 1))
        speaking = asyncio.ensure_future(speak)
        await eventually(lambda: waiting(feedback, 2))
    assert (await speaking).status_code == 201
    path = (await erasing).headers["location"]

    async def finished() -> bool:
        return (await api.feedback.get(path)).json()["finished_at"] is not None

    await eventually(finished)
    async with feedback.read({api.workspace_id}) as read:
        await check_demand(read, api.workspace_id)
        for table, column in (("votes", "reason"), ("feedback", "text")):
            assert not await read.value(f"select exists (select from {table} where {column} = 'Slow.')")
