"""One of everything in a workspace, made over HTTP."""

import base64
import hashlib
import hmac
import json
from typing import Any

from httpx2 import AsyncClient

from shared.database import Database
from shared.ids import new_id
from tests.builders import Api, eventually

PARK = """
insert into {schema}.parked (id, workspace_id, stream, partition, seq, type, aggregate_id, headers, payload, error)
values ($1, $2, 'feedback', 0, 1, 'feedback.idea.changed.v1', $1, '{{}}', '', 'tried')
"""
# At a position where a workspace without seals has none.
SEAL = """
insert into {schema}.log_seals (workspace_id, position, first, last, events, stretch, digest, signature)
values ($1, 7, 1, 1, 0, '', '', '')
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
    # By what a body has where nothing says what to put there.
    product = await post(feedback, "/v1/products", key="sample", name="Sample")
    component = await post(feedback, f"/v1/products/{product['id']}/components", key="sample", name="Sample")
    idea = await post(feedback, "/v1/ideas", title="Export", key="csv-export", component="sample")
    other = await post(feedback, "/v1/ideas", title="Exports")
    said = await post(feedback, "/v1/feedback", text="Let me export.", contact=who, ideas=["csv-export"])
    need = await post(feedback, "/v1/needs", job="Close the books", outcome="Get figures out", key="figures-out")
    (await feedback.put(f"/v1/needs/{need['id']}/ideas/{idea['id']}")).raise_for_status()
    action = await post(feedback, "/v1/inbox/actions", action="assign", ids=[said["id"]], assignee="ada")
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
    mapping = {"fields": {"text": {"column": "Comment"}}}
    saved = await post(feedback, "/v1/import-mappings", key="desk", kind="feedback", mapping=mapping)
    begun = await post(feedback, "/v1/imports", kind="feedback")
    contact = await post(feedback, "/v1/contacts", **who)
    board = (await post(feedback, "/v1/boards", key=f"board-{api.slug}", name="Requests", visibility="public"))["key"]
    for path in (f"members/{contact['id']}", f"placements/{idea['id']}"):
        placed = await feedback.put(f"/v1/boards/{board}/{path}")
        assert placed.is_success, placed.text
    words = f"So do we, says @{contact['id']}."
    comments = f"/v1/ideas/{idea['id']}/comments"
    public = {"text": words, "board": board, "visibility": "public"}
    comment = await post(feedback, comments, **public, contact={"id": contact["id"]})
    answered = await post(feedback, comments, **public)
    note = await post(feedback, f"/v1/feedback/{said['id']}/comments", text=words)
    model = await post(scoring, "/v1/models", name="RICE", framework="rice", active=True)
    other_model = await post(scoring, "/v1/models", name="ICE", framework="ice", active=True)
    policy = await post(scoring, "/v1/demand-policies", name="Accounts", parameters={"kind": "account"})
    other_policy = await post(scoring, "/v1/demand-policies", name="Revenue", parameters={"kind": "mrr"})
    estimate = await post(
        scoring, "/v1/estimates", idea_id=idea["id"], input="effort", value=2, estimator="someone", discipline="design"
    )
    twin = await post(feedback, "/v1/contacts", email="twin@example.com")
    leaver = await post(feedback, "/v1/contacts", email="leaver@example.com")
    segment = await post(feedback, "/v1/segments", key="beta", name="Beta", selects="contacts")
    erasure = await post(feedback, "/v1/erasures", external_id="gone-long-ago")

    async def forgotten() -> bool:
        return (await feedback.get(f"/v1/erasures/{erasure['id']}")).json()["state"] == "done"

    # It takes stored exports with it.
    await eventually(forgotten)
    export = await post(feedback, "/v1/exports")

    async def ranked() -> bool:
        of = {"model_id": model["id"], "state": "not_scoreable"}
        return bool((await scoring.get("/v1/rankings", params=of)).json()["data"])

    # Else the run is taken before scoring has heard of the idea, and is of nothing.
    await eventually(ranked)
    run = await post(scoring, "/v1/runs", model_id=model["id"], name="Q1")
    assessment = await post(scoring, "/v1/assessments", engineers=24, technical_pms=1, complexity=80, change=60)
    agreeing = await post(scoring, "/v1/rounds", name="Effort", idea_ids=[idea["id"]], inputs=["effort"])
    team = await post(scoring, "/v1/teams", name="Shop", skills={"backend": 5})
    item_of_plan = {"key": "export", "idea_id": idea["id"], "value": 3, "effort": {"backend": 1}}
    plan, other_plan = [
        await post(scoring, "/v1/plans", name=name, items=[item_of_plan], stored_capacity={"periods": ["2027-Q1"]})
        for name in ("First half", "Second thoughts")
    ]

    async def solved() -> bool:
        return (await scoring.get(f"/v1/plans/{other_plan['id']}")).json()["state"] == "solved"

    await eventually(solved)
    await post(scoring, f"/v1/plans/{other_plan['id']}:adopt", reason="Agreed.")
    work = {"idea_id": idea["id"], "team_id": team["id"], "period": "2027-Q1", "skill": "backend", "amount": 1}
    worked = await post(scoring, "/v1/actuals", actuals=[{"source": "sheets", "external_id": "1", **work}])
    allocation = await post(scoring, "/v1/allocations", since="2027-01-01", classes=[])
    outcome = {"outcomes": [{"idea_id": idea["id"], "input": "effort", "actual": 3}]}
    (await scoring.put("/v1/outcomes", json=outcome)).raise_for_status()
    outcomes = (await scoring.get("/v1/outcomes")).json()["data"]
    correction = await post(scoring, "/v1/corrections", input="effort")
    debt = await post(scoring, "/v1/debts", title="Taxes", component="billing", principal=10, interest=2, day_cost=700)
    rival = await post(scoring, "/v1/competitors", name="Rival")
    capability = await post(scoring, "/v1/capabilities", name="SSO", ours="none", idea_ids=[idea["id"]])
    cell = {"capability_id": capability["id"], "competitor_id": rival["id"]}
    evidence = await post(scoring, "/v1/evidence", **cell, theirs="full", url="https://rival.example/sso")
    deal = await post(
        scoring, "/v1/deals", competitor_id=rival["id"], outcome="lost", capability_ids=[capability["id"]]
    )
    objective = await post(roadmap, "/v1/objectives", title="Grow", weight=1)
    result = await post(roadmap, f"/v1/objectives/{objective['id']}/key-results", title="x", unit="%", target=5)

    async def contributes() -> bool:
        given = {"contributions": [{"objective_id": objective["id"], "weight": 1}]}
        return (await roadmap.put(f"/v1/contributions/{idea['id']}", json=given)).is_success

    # Once roadmap has heard of the idea.
    await eventually(contributes)
    item = await post(roadmap, "/v1/items", idea_ids=[idea["id"]], title="Export")
    view = await post(roadmap, "/v1/views", slug="public", title="Public", published=True)
    parked: dict[str, str] = {}
    async with admin.system() as tx:
        for schema in ("feedback", "scoring", "roadmap"):
            parked[schema] = str(new_id())
            await tx.run(PARK.format(schema=schema), parked[schema], api.workspace_id)
            await tx.run(SEAL.format(schema=schema), api.workspace_id)

    async def listed(path: str, **parameters: str) -> str:
        response = await feedback.get(path, params=parameters)
        assert response.status_code == 200, response.text
        return response.json()["data"][0]["id"]

    contact_id = contact["id"]
    named = await feedback.put(f"/v1/segments/{segment['id']}/members/{contact_id}")
    assert named.status_code == 204, named.text

    return {
        "position": "7",
        "account_id": await listed("/v1/accounts"),
        "contact_id": contact_id,
        "duplicate_id": twin["id"],
        "subject_id": leaver["id"],
        "segment_id": segment["id"],
        "erasure_id": erasure["id"],
        "component_id": component["id"],
        "idea_id": idea["id"],
        "team_id": team["id"],
        "debt_id": debt["id"],
        "competitor_id": rival["id"],
        "capability_id": capability["id"],
        "evidence_id": evidence["id"],
        "rescoring_id": policy["rescoring_id"],
        "deal_id": deal["id"],
        "objective_id": objective["id"],
        "key_result_id": result["id"],
        "form": "txt",
        "period": "2027-Q1",
        # The one that may say how it signs.
        "create_connection/vendor": "generic",
        # Of a debt; elsewhere it is who may do something.
        "create_debt/principal": "10",
        "update_debt/principal": "12",
        "into": other["id"],
        "feedback_id": said["id"],
        "board_key": board,
        "member_id": contact["id"],
        "comment_id": comment["id"],
        "entry_id": await listed("/v1/moderation"),
        "board": board,
        "parent_id": answered["id"],
        "create_feedback_comment/parent_id": note["id"],
        "list_mentions/of": contact["id"],
        "explain_access/principal": f"contact:{contact['id']}",
        "explain_access/record": f"comment:{comment['id']}",
        "insight_id": await listed("/v1/insights", feedback_id=said["id"]),
        "need_id": need["id"],
        "product_id": product["id"],
        "action_id": action["id"],
        "vote_id": vote["id"],
        "connection_id": connection["id"],
        "delivery_id": await listed("/v1/deliveries"),
        "key_id": (await post(feedback, "/v1/keys", name="spare", scopes=["ideas:read"]))["id"],
        "token": token,
        "import_id": begun["id"],
        "mapping_id": saved["id"],
        "mapping_key": "desk",
        "export_id": export["id"],
        "model_id": model["id"],
        "ask_what_a_merge_does/into_id": other["id"],
        "compare_models/model_id": f"{model['id']},{other_model['id']}",
        "policy_id": policy["id"],
        "compare_demand_policies/policy_id": f"{policy['id']},{other_policy['id']}",
        "estimate_id": estimate["id"],
        "actual_id": worked["data"][0]["id"],
        "allocation_id": allocation["id"],
        "outcome_id": outcomes[0]["id"],
        "correction_id": correction["id"],
        "run_id": run["id"],
        "plan_id": plan["id"],
        "compare_plan/other": other_plan["id"],
        "round_id": agreeing["id"],
        "assessment_id": assessment["id"],
        "item_id": item["id"],
        "view_id": view["id"],
        "one_id": idea["id"],
        "other_id": said["id"],
        "message_id": parked["feedback"],
        "workspace_slug": api.slug,
        "view_slug": "public",
    } | {f"parked_{schema}": id for schema, id in parked.items()}
