"""What tests over all services begin with."""

import json
from typing import Any

from tests.builders import Api
from tests.feedback.given import made, new_idea, open_door, typeform

RULES = {"idea": "idea", "account": "account"}
RICE = {"reach": {"measure": "contacts", "per_ask": 10}}


async def planned(api: Api) -> tuple[dict[str, Any], bytes]:
    """An item whose idea a survey's answer asks for, and that answer's bytes."""
    idea = await new_idea(api, "CSV export", key="csv-export")
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "name": "Acme", "mrr": 42_000}]})
    door = await open_door(api, rules=RULES)
    body = json.dumps(typeform("r1", "Month end takes a day: 😀.", idea="csv-export", account="acme")).encode()
    await made(await door.deliver(body), 200)
    voter = {"email": "ada@acme.test", "account": "acme"}
    await made(await api.feedback.post("/v1/votes", json={"idea_id": "csv-export", "contact": voter}))
    await made(
        await api.scoring.post(
            "/v1/models", json={"name": "RICE", "framework": "rice", "parameters": RICE, "active": True}
        )
    )
    for name, value in {"impact": 2, "confidence": 0.8, "effort": 3}.items():
        said = {"idea_id": idea["id"], "input": name, "value": value, "estimator": "grace", "discipline": "design"}
        await made(await api.scoring.post("/v1/estimates", json=said))
    item = await made(
        await api.roadmap.post("/v1/items", json={"idea_ids": [idea["id"]], "title": "Export", "status": "planned"})
    )
    return item, body
