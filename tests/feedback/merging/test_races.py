"""Who speaks while their contact is merged or erased: they were looked up before, and count as who they are after."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from services.feedback.demand import domain as demand
from services.feedback.merging import domain as merging
from services.feedback.privacy import domain as privacy
from shared.database import Database, Tx
from shared.sealing import Seal
from tests.builders import Api, eventually
from tests.feedback.given import Databases, check_demand, demand_of, made, new_idea
from tests.feedback.portal import given as boards

AGAIN = ("withdraw", "vote again")
WAITING = """
select exists (
    select from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())
)
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


async def overlap(
    database: Database, workspace_id: UUID, change: Callable[[Tx], Awaitable[object]], asked: Awaitable[Any]
) -> Any:
    """Hold the workspace, let somebody come who waits for that, change it meanwhile; what they are answered."""

    async def waits() -> bool:
        async with database.read({workspace_id}) as read:
            return await read.value(WAITING)

    async with database.transaction({workspace_id}) as tx:
        await demand.hold(tx, (), [workspace_id])
        answer = asyncio.ensure_future(asked)
        await eventually(waits)
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


@pytest.mark.parametrize("how", ["vote", "feedback"])
async def test_while_somebody_is_erased(api: Api, database: Databases, how: str) -> None:
    feedback = await database("feedback")
    idea = await new_idea(api, "Export")
    ada = await made(await api.feedback.post("/v1/contacts", json={"email": "ada@example.com"}), 200)
    said = {"text": "Slow.", "ideas": [idea["id"]]} if how == "feedback" else {"idea_id": idea["id"], "reason": "Slow."}
    asked = api.feedback.post(
        f"/v1/{how}{'s' if how == 'vote' else ''}", json={**said, "contact": {"email": ada["email"]}}
    )

    async def erase(tx: Tx) -> None:
        await privacy.begin(
            tx, Seal("s" * 32), api.workspace_id,
            subject_id=UUID(ada["id"]), external_id=None, email=None, reference=None, requested_by="test",
        )  # fmt: skip

    assert (await overlap(feedback, api.workspace_id, erase, asked)).status_code == 201
    async with feedback.read({api.workspace_id}) as read:
        await check_demand(read, api.workspace_id)
        for table in ("votes", "feedback"):
            assert not await read.value(f"select exists (select from {table} where contact_id = $1)", UUID(ada["id"]))
