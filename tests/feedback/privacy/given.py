"""Somebody who is everywhere: in what they said, in what was delivered of them, and in what the team noted."""

import json
from typing import Any

from services.feedback.inbox import domain as inbox
from shared.database import Database
from shared.errors import Invalid
from tests.builders import Api, eventually
from tests.feedback.given import SAID_AT, Door, delighted, made, new_idea, open_door, response, typeform
from tests.feedback.imports.files import exported, imported
from tests.feedback.needs.given import new_need
from tests.feedback.portal import given as boards

SAVING = {"Idempotency-Key": "save"}
NOTED = {
    "scoring": {"estimates", "runs", "run_decisions", "idempotency"},
    "roadmap": {"objectives", "objective_changes", "item_history"},
}
"""Tables of the other services in which the team wrote of somebody."""


async def everything_said(api: Api, tag: str) -> tuple[str, dict[str, Any]]:
    """A person who is everywhere, among others who stay; the contact's id and an idea that they ask for."""
    ada = {"external_id": f"ada-{tag}", "email": f"ada.{tag}@example.com", "name": f"Ada {tag}", "account": "acme"}
    idea = await new_idea(api)
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "mrr": 700}]})
    rule = {"op": "contains", "field": "email", "value": "@example.com"}
    segment = {"key": "all", "name": "All", "selects": "contacts", "rule": rule}
    await made(await api.feedback.post("/v1/segments", json=segment))
    words = {
        "text": f"I am {tag} and exports are slow.",
        "external_id": f"ticket-{tag}",
        "source_url": f"https://example.com/{tag}",
        "attributes": {"note": tag},
        "ideas": [idea["id"]],
        "contact": ada,
    }
    said = await made(await api.feedback.post("/v1/feedback", json=words, headers={"Idempotency-Key": "say"}))
    insight = {"feedback_id": said["id"], "idea_id": (await new_idea(api, "Speed"))["id"]}
    await made(await api.feedback.post("/v1/insights", json=insight | {"excerpt": {"start": 0, "end": 4}}))
    vote = {"idea_id": idea["id"], "contact": ada, "reason": f"{tag} needs it", "source_url": f"https://x.co/{tag}"}
    named = {"Idempotency-Key": f"vote-Ada.{tag}@example.com"}
    await made(await api.feedback.post("/v1/votes", json=vote, headers=named))
    kept = {"external_id": ada["external_id"], "attributes": {"role": tag}}
    saved = await api.feedback.post("/v1/contacts/bulk", json={"contacts": [kept]}, headers=SAVING)
    await made(saved, 200)
    other = {"text": f"Write to Ada.{tag}@example.com, not me.", "contact": {"email": "ben@example.com"}}
    await made(await api.feedback.post("/v1/feedback", json=other | {"external_id": "ben-1"}))
    twin = await made(await api.feedback.post("/v1/contacts", json={"email": f"twin.{tag}@example.com"}), 200)
    contact = (await made(saved, 200))["data"][0]["id"]
    both = {"contact_id": contact, "duplicate_id": twin["id"]}
    await made(await api.feedback.post("/v1/contacts:merge", json=both), 200)
    return contact, idea


async def everything_besides(api: Api, feedback: Database, tag: str, contact: str, idea: dict[str, Any]) -> str:
    """What they rated, brought to a board and said there, and what the team noted of it; the board's key."""
    need = await new_need(api, key="figures")
    rated = [
        {"kind": "importance", "value": 5, "about": "figures", "label": tag},
        {"kind": "nps", "value": 2, "about": None},
    ]
    async with feedback.transaction({api.workspace_id}) as tx:
        (said,) = await inbox.record(tx, [response(api.workspace_id, f"s-{tag}", SAID_AT, rated, f"ada-{tag}")])
    assert not isinstance(said, Invalid)
    away = {"action": "archive", "ids": [str(said.id)], "note": f"{tag} again"}
    await made(await api.feedback.post("/v1/inbox/actions", json=away), 200)
    board = await boards.new_board(api, "beta")
    await boards.place(api, board, idea["id"])
    await api.feedback.put(f"/v1/boards/{board}/members/{contact}")
    visitor = await boards.token(api, contact)
    path = f"/v1/boards/{board}/ideas/{idea['id']}/comments"
    spoken = await made(await api.feedback.post(path, json={"text": f"I, {tag}"}, headers=visitor))
    await made(
        await api.feedback.patch(f"{path}/{spoken['id']}", json={"text": f"It is me, {tag}"}, headers=visitor), 200
    )
    idle = {"title": f"For {tag}", "description": tag}
    brought = await made(await api.feedback.post(f"/v1/boards/{board}/submissions", json=idle, headers=visitor))
    for entry in (await api.feedback.get("/v1/moderation", params={"state": "pending"})).json()["data"]:
        decision = "approve" if entry["subject_id"] == spoken["id"] else "reject"
        reason = {"entry_ids": [entry["id"]], "decision": decision, "reason": f"{tag} is known"}
        await made(await api.feedback.post("/v1/moderation/decisions", json=reason), 200)
    note = {"text": f"@{contact} is ada.{tag}@example.com", "visibility": "public"}
    note = await made(await api.feedback.post(f"/v1/ideas/{idea['id']}/comments", json=note))
    await made(await api.feedback.patch(f"/v1/comments/{note['id']}", json={"text": f"@{contact} asked"}), 200)
    inside = {"text": f"ADA  {tag} called; Ada and {idea['key']} can wait.", "visibility": "internal"}
    await made(await api.feedback.post(f"/v1/ideas/{idea['id']}/comments", json=inside))
    theirs = (await api.feedback.get("/v1/feedback", params={"limit": 200})).json()["data"]
    ben = next(each["id"] for each in theirs if each["external_id"] == "ben-1")
    noted = {"action": "archive", "ids": [ben], "note": f"by Ada {tag}, says Ben"}
    await made(await api.feedback.post("/v1/inbox/actions", json=noted), 200)
    await made(await api.feedback.put(f"/v1/trust/contacts/{contact}", json={"level": "unknown"}), 200)
    other = await new_idea(api, "Other")
    await made(await api.feedback.post(f"/v1/ideas/{other['id']}/followers", json={"contact": {"id": contact}}), 200)
    wrong = {"text": 7, "contact": {"email": f"ada.{tag}@example.com"}}
    assert (await imported(api, json.dumps(wrong).encode(), kind="feedback"))["invalid"] == 1
    await exported(api)
    seen = (await api.feedback.get(f"/v1/boards/{board}/ideas/{idea['id']}")).json()
    assert (seen["comments"], brought["state"]) == (2, "pending")
    assert (await api.feedback.get(f"/v1/needs/{need['id']}")).json()["ratings"] == 1
    return board


async def everything_elsewhere(api: Api, tag: str, idea: dict[str, Any]) -> None:
    """What others said of them in feedback, and what the team noted of them in the other services."""
    named = f"Ada {tag} said so, see https://crm.example/?who=ada.{tag}%40example.com"
    reason = {"reason": f"for ada.{tag}@example.com too", "contact": {"email": "ben@example.com"}}
    await made(await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], **reason}))
    behalf = {"reason": f"Ada  {tag} is behind this", "contact": {"email": "cem@example.com"}, "on_behalf": True}
    await made(await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], **behalf}))
    told: dict[str, Any] = {"title": f"What Ada {tag} wants", "description": named, "owner": f"ada.{tag}@example.com"}
    told |= {"tags": [f"ada {tag}"], "attributes": {"who": named}, "key": "wanted"}
    await new_idea(api, **told)
    body = {"name": "RICE", "framework": "rice", "active": True}
    model = await made(await api.scoring.post("/v1/models", json=body))
    said = {"idea_id": idea["id"], "input": "effort", "value": 3, "note": named, "estimator": f"ada.{tag}@example.com"}
    await made(await api.scoring.post("/v1/estimates", json=said, headers={"Idempotency-Key": f"ada-{tag}"}))
    run = {"name": "Now", "model_id": model["id"], "note": named}
    path = f"/v1/runs/{(await made(await api.scoring.post('/v1/runs', json=run)))['id']}"
    for reason in (named, "We agreed."):
        await made(await api.scoring.post(f"{path}/decisions", json={"reason": reason, "decided_by": f"ada-{tag}"}))
    objective = {"title": f"Keep Ada {tag}", "description": named, "owner": f"ada-{tag}", "weight": 1}
    await made(await api.roadmap.post("/v1/objectives", json=objective))
    item = await made(await api.roadmap.post("/v1/items", json={"idea_ids": [idea["id"]], "title": "Export"}))
    moved = {"status": "in_progress", "note": named}
    await made(await api.roadmap.post(f"/v1/items/{item['id']}/status", json=moved), 200)


async def forgotten_elsewhere(api: Api, erasure_id: str) -> None:
    """Wait for the other services; what was frozen is told to have lost words, and nothing else."""
    for service in ("scoring", "roadmap"):

        async def finished(service: str = service) -> dict[str, Any]:
            listed = (await api.of(service).get(f"/v1/operations/{service}/erasures")).json()["data"]
            found = [each for each in listed if each["erasure_id"] == erasure_id and each["finished_at"]]
            assert found, listed
            return found[0]

        found = await eventually(finished)
        assert found["failure"] is None
        assert set(found["rows"]) >= NOTED[service]
    (run,) = (await api.scoring.get("/v1/runs")).json()["data"]
    checked = (await api.scoring.get(f"/v1/runs/{run['id']}/verification")).json()
    assert (checked["intact"], checked["broken_at"], checked["blotted"]) == (True, None, ["run", "1", "2"])


async def everything_delivered(api: Api, tag: str) -> list[Door]:
    """What vendors sent of them: applied, an older state of it, one that names them by id alone, and one unreadable."""
    forms, scores = await open_door(api), await open_door(api, "delighted")
    hidden = {"email": f"ada.{tag}@example.com", "name": f"Ada {tag}"}
    await forms.deliver(typeform(f"token-{tag}", f"{tag} again", **hidden), message_id=f"{tag}-1")
    await forms.deliver(b'{"who": "ada.%s@Example.com"}' % tag.encode(), message_id=f"{tag}-2")
    await forms.deliver(b"not json: ada.%s%%40example.com" % tag.encode(), message_id=f"{tag}-3")
    await forms.deliver(typeform("somebody", "else"), message_id="other")
    for moment in (1, 2):
        body = delighted(f"r-{tag}", updated_at=moment, comment=f"{tag} {moment}", email=hidden["email"])
        await scores.deliver(body)
    # The same record once more, by its name alone.
    late = delighted(f"r-{tag}", updated_at=0, comment=None)
    late["event_data"]["person"] = {"id": "p1", "email": None, "name": None}
    await scores.deliver(late)

    async def all_read() -> bool:
        listed = (await api.feedback.get("/v1/deliveries?limit=200")).json()["data"]
        assert len(listed) == 7
        return all(each["state"] != "received" for each in listed)

    await eventually(all_read)
    return [forms, scores]
