"""Events that statements write out by hand are what their contracts would have written."""

import json

from shared.events.base import Event
from shared.events.feedback import DemandChanged, FeedbackReceived
from tests.builders import Api
from tests.feedback.given import Databases, made, new_idea

TOLD = "select version, aggregate_id, data::text as data from events where workspace_id = $1 and type = $2"


async def test_what_is_stored_is_told_as_the_contract_has_it(api: Api, database: Databases) -> None:
    idea = await new_idea(api, key="exports")
    plain = {"text": "slow", "source": "support", "external_id": "t-1"}
    named = {"text": "CSV", "contact": {"email": "ada@example.com"}, "ideas": ["exports"]}
    ids = {(await made(await api.feedback.post("/v1/feedback", json=body)))["id"] for body in (plain, named)}
    vote = {"idea_id": idea["id"], "contact": {"email": "ben@example.com"}}
    await made(await api.feedback.post("/v1/votes", json=vote))
    contracts: tuple[type[Event], ...] = FeedbackReceived, DemandChanged
    async with (await database("feedback")).read({api.workspace_id}) as read:
        rows = {contract: await read.all(TOLD, api.workspace_id, contract.type) for contract in contracts}
    for contract, told in rows.items():
        for row in told:
            event = contract.model_validate_json(row["data"])
            assert set(json.loads(row["data"])) == set(contract.model_fields)
            assert (event.version, event.aggregate_id) == (row["version"], row["aggregate_id"])
    assert {str(row["aggregate_id"]) for row in rows[FeedbackReceived]} == ids
    contacts = [json.loads(row["data"])["contact_id"] for row in rows[FeedbackReceived]]
    assert contacts.count(None) == 1, "the plain one names nobody"
    last = max(rows[DemandChanged], key=lambda row: row["version"])
    counted = json.loads(last["data"])
    assert (counted["votes"], counted["insights"], counted["contacts"]) == (1, 1, 2)
