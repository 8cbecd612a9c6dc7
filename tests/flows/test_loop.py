"""The closed loop, from a signed webhook to the people who are to be told."""

import json
from typing import Any

from services.feedback.intake.signatures import SCHEMES, sign
from tests.builders import Api, eventually


def typeform(token: str, idea: str, email: str, score: int = 9) -> bytes:
    """A delivery in Typeform's shape."""
    field = {"id": "f1", "type": "opinion_scale", "ref": "nps"}
    words = {"id": "f2", "type": "long_text", "ref": "why"}
    return json.dumps(
        {
            "event_id": f"ev-{token}",
            "event_type": "form_response",
            "form_response": {
                "form_id": "form1",
                "token": token,
                "submitted_at": "2026-05-01T10:00:00Z",
                "hidden": {"idea": idea, "account": "acme"},
                "definition": {"id": "form1", "title": "How are we doing?", "fields": [field, words]},
                "answers": [
                    {"type": "number", "number": score, "field": field},
                    {"type": "text", "text": "Month end takes a day without an export.", "field": words},
                    {"type": "email", "email": email, "field": {"id": "f3", "type": "email", "ref": "mail"}},
                ],
            },
        }
    ).encode()


async def test_a_signed_delivery_becomes_demand(api: Api) -> None:
    idea = (await api.feedback.post("/v1/ideas", json={"title": "CSV export", "key": "csv-export"})).json()
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "name": "Acme", "mrr": 42_000}]})
    made = await api.feedback.post(
        "/v1/connections",
        json={
            "vendor": "typeform",
            "name": "NPS",
            "rules": {"idea": "idea", "account": "account", "questions": {"nps": "nps"}},
        },
    )
    assert made.status_code == 201, made.text
    connection = made.json()
    path = "/v1/hooks/" + connection["url"].rpartition("/")[2]
    body = typeform("r1", "csv-export", "ada@example.com")
    headers = sign(SCHEMES["typeform"], connection["secret"], body) | {"content-type": "application/json"}

    wrong = await api.anonymous.feedback.post(path, content=body, headers={"Typeform-Signature": "sha256=AAAA"})
    assert wrong.status_code == 401
    first = await api.anonymous.feedback.post(path, content=body, headers=headers)
    again = await api.anonymous.feedback.post(path, content=body, headers=headers)
    assert (first.status_code, first.json()["status"]) == (200, "accepted")
    assert again.json() == {"id": first.json()["id"], "status": "duplicate"}

    async def wanted() -> dict[str, Any] | None:
        demand = (await api.feedback.get(f"/v1/ideas/{idea['id']}/demand")).json()
        return demand if demand["insights"] else None

    demand = await eventually(wanted)
    assert demand is not None
    assert (demand["insights"], demand["contacts"], demand["accounts"], demand["mrr"]) == (1, 1, 1, 42_000)
    assert demand["top_accounts"][0]["external_id"] == "acme"
    (insight,) = (await api.feedback.get(f"/v1/insights?idea_id={idea['id']}")).json()["data"]
    feedback = (await api.feedback.get(f"/v1/feedback/{insight['feedback_id']}")).json()
    assert feedback["text"] == "Month end takes a day without an export."
    delivery = (await api.feedback.get(f"/v1/deliveries/{feedback['delivery_id']}")).json()
    assert (delivery["verdict"], delivery["state"]) == ("verified", "applied")


async def test_one_vote_a_contact(api: Api) -> None:
    idea = (await api.feedback.post("/v1/ideas", json={"title": "Dark mode"})).json()
    vote = {"idea_id": idea["id"], "contact": {"email": "a@example.com", "account": "acme"}}
    first = await api.feedback.post("/v1/votes", json=vote)
    assert first.status_code == 201, first.text
    again = await api.feedback.post("/v1/votes", json=vote)
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    demand = (await api.feedback.get(f"/v1/ideas/{idea['id']}/demand")).json()
    assert (demand["votes"], demand["contacts"], demand["accounts"]) == (1, 1, 1)
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "mrr": 7_00}]})
    assert (await api.feedback.get(f"/v1/ideas/{idea['id']}/demand")).json()["mrr"] == 7_00
    gone = await api.feedback.delete(f"/v1/votes/{first.json()['id']}")
    assert gone.status_code == 204
    demand = (await api.feedback.get(f"/v1/ideas/{idea['id']}/demand")).json()
    assert (demand["votes"], demand["contacts"], demand["accounts"], demand["mrr"]) == (0, 0, 0, 0)


async def test_bulk_rows_answer_for_themselves(api: Api) -> None:
    rows = [
        {"text": f"row {n}", "external_id": f"x{n}", "contact": {"email": f"c{n % 7}@example.com"}} for n in range(50)
    ]
    body = "\n".join([*(json.dumps(row) for row in rows), '{"text": ""}', "not json"])
    headers = {"content-type": "application/x-ndjson"}
    answer = await api.feedback.post("/v1/feedback/bulk", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert (result["created"], result["duplicate"], result["invalid"]) == (50, 0, 2)
    assert [each["row"] for each in result["results"][-2:]] == [51, 52]
    again = (await api.feedback.post("/v1/feedback/bulk", content=body, headers=headers)).json()
    assert (again["created"], again["duplicate"], again["invalid"]) == (0, 50, 2)


async def test_whoever_votes_weighs_by_what_the_account_pays(api: Api) -> None:
    """From a vote over the account's share to a policy's weight, and from there to a score that names the account."""
    policy = {"name": "Revenue", "parameters": {"kind": "mrr", "cap": 0.5}}
    by_revenue = (await api.scoring.post("/v1/demand-policies", json=policy)).json()["id"]
    reach = {"reach": {"policy_id": by_revenue, "per_ask": 0.01}}
    body = {"name": "RICE", "framework": "rice", "active": True, "parameters": reach}
    assert (await api.scoring.post("/v1/models", json=body)).status_code == 201
    idea = (await api.feedback.post("/v1/ideas", json={"title": "SSO"})).json()["id"]
    estimates = [{"idea_id": idea, "input": name, "value": 1, "estimator": "e"} for name in ("impact", "effort")]
    estimates.append({"idea_id": idea, "input": "confidence", "value": 1, "estimator": "e"})
    assert (await api.scoring.post("/v1/estimates/bulk", json={"estimates": estimates})).status_code == 201
    paid = {"whale": 900_000, "acme": 2_000, "bolt": 3_000}
    accounts = [{"external_id": name, "mrr": mrr} for name, mrr in paid.items()]
    saved = (await api.feedback.post("/v1/accounts", json={"accounts": accounts})).json()["data"]
    ids = {each["external_id"]: each["id"] for each in saved}
    for name in paid:
        vote = {"idea_id": idea, "contact": {"email": f"u@{name}.example.com", "account": name}}
        assert (await api.feedback.post("/v1/votes", json=vote)).status_code == 201

    async def score(value: float) -> dict[str, Any] | None:
        explained = await api.scoring.get(f"/v1/scores/{idea}")
        found = [each for each in explained.json().get("scores", ()) if each["value"] == value]
        return found[0] if found else None

    scored = await eventually(lambda: score(100.0))
    assert scored is not None
    told = scored["inputs"]["reach"]["demand"]["policy"]
    assert (told["name"], told["weight"], told["cut"]) == ("Revenue", 10_000, 895_000)
    assert {each["account_id"]: each["weight"] for each in told["accounts"]} == {
        ids["whale"]: 5_000,
        ids["bolt"]: 3_000,
        ids["acme"]: 2_000,
    }
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "mrr": 7_000}]})
    assert (await eventually(lambda: score(200.0)) or {})["cause"]["kind"] == "demand"
