"""One of everything in a workspace, made over HTTP."""

import base64
import hashlib
import hmac
import json
from typing import Any

from httpx2 import AsyncClient

from shared.database import Database
from shared.ids import new_id
from tests.builders import Api

PARK = """
insert into {schema}.parked (id, workspace_id, stream, partition, seq, type, aggregate_id, headers, payload, error)
values ($1, $2, 'feedback', 0, 1, 'feedback.idea.changed.v1', $1, '{{}}', '', 'tried')
"""


async def populate(api: Api, admin: Database) -> dict[str, str]:
    """Make everything and return the ids by the names that routes give them."""

    async def post(client: AsyncClient, path: str, **body: Any) -> dict[str, Any]:
        response = await client.post(path, json=body)
        assert response.is_success, response.text
        return response.json()

    feedback, scoring, roadmap = api.feedback, api.scoring, api.roadmap
    who = {"email": "who@example.com", "account": "acme"}
    await post(feedback, "/v1/accounts", accounts=[{"external_id": "acme", "name": "Acme", "mrr": 100}])
    idea = await post(feedback, "/v1/ideas", title="Export", key="csv-export")
    said = await post(feedback, "/v1/feedback", text="Let me export.", contact=who, ideas=["csv-export"])
    vote = await post(feedback, "/v1/votes", idea_id=idea["id"], contact=who)
    connection = await post(feedback, "/v1/connections", vendor="typeform", name="Survey", secret="shh")
    payload = json.dumps({"event_id": "e1", "event_type": "form_response"}).encode()
    seal = base64.b64encode(hmac.digest(b"shh", payload, hashlib.sha256)).decode()
    token = connection["url"].rpartition("/")[2]
    delivered = await api.anonymous.feedback.post(
        f"/v1/hooks/{token}",
        content=payload,
        headers={"Typeform-Signature": f"sha256={seal}", "Content-Type": "application/json"},
    )
    assert delivered.is_success, delivered.text
    model = await post(scoring, "/v1/models", name="RICE", framework="rice", active=True)
    estimate = await post(
        scoring, "/v1/estimates", idea_id=idea["id"], input="effort", value=2, estimator="someone", discipline="design"
    )
    item = await post(roadmap, "/v1/items", idea_ids=[idea["id"]], title="Export")
    view = await post(roadmap, "/v1/views", slug="public", title="Public", published=True)
    parked: dict[str, str] = {}
    async with admin.system() as tx:
        for schema in ("feedback", "scoring", "roadmap"):
            parked[schema] = str(new_id())
            await tx.run(PARK.format(schema=schema), parked[schema], api.workspace_id)

    async def listed(path: str, **parameters: str) -> str:
        response = await feedback.get(path, params=parameters)
        assert response.status_code == 200, response.text
        return response.json()["data"][0]["id"]

    return {
        "account_id": await listed("/v1/accounts"),
        "contact_id": await listed("/v1/contacts"),
        "idea_id": idea["id"],
        "feedback_id": said["id"],
        "insight_id": await listed("/v1/insights", feedback_id=said["id"]),
        "vote_id": vote["id"],
        "connection_id": connection["id"],
        "delivery_id": await listed("/v1/deliveries"),
        "key_id": (await post(feedback, "/v1/keys", name="spare", scopes=["ideas:read"]))["id"],
        "token": token,
        "model_id": model["id"],
        "estimate_id": estimate["id"],
        "item_id": item["id"],
        "view_id": view["id"],
        "one_id": idea["id"],
        "other_id": said["id"],
        "message_id": parked["feedback"],
        "workspace_slug": api.slug,
        "view_slug": "public",
    } | {f"parked_{schema}": id for schema, id in parked.items()}
