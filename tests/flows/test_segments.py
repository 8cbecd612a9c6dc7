"""From a contact who comes into a segment to a score that moves, and says why."""

from typing import Any

from tests.builders import Api, eventually
from tests.feedback.given import made, new_idea


async def test_whoever_comes_into_a_segment_moves_the_score(api: Api) -> None:
    idea = (await new_idea(api))["id"]
    vote = {"idea_id": idea, "contact": {"external_id": "ada", "account": "acme"}}
    ada = (await made(await api.feedback.post("/v1/votes", json=vote)))["contact_id"]
    stranger = {"idea_id": idea, "contact": {"external_id": "ben"}}
    ben = (await made(await api.feedback.post("/v1/votes", json=stranger)))["contact_id"]
    segment = {"key": "admins", "name": "Admins", "selects": "contacts"}
    admins = (await made(await api.feedback.post("/v1/segments", json=segment)))["id"]
    parameters = {"kind": "segment", "segments": [{"segment_id": admins, "weight": 5}], "otherwise": 1}

    async def saved() -> Any:
        """The policy, once scoring has heard of the segment."""
        answer = await api.scoring.post("/v1/demand-policies", json={"name": "Admins", "parameters": parameters})
        assert answer.status_code in (201, 422), answer.text
        return answer.json() if answer.status_code == 201 else None

    policy = await eventually(saved)
    rice = {"framework": "rice", "active": True, "parameters": {"reach": {"policy_id": policy["id"]}}}
    await made(await api.scoring.post("/v1/models", json={"name": "RICE", **rice}))
    for name in ("impact", "confidence", "effort"):
        said = {"idea_id": idea, "input": name, "value": 1, "estimator": "grace"}
        await made(await api.scoring.post("/v1/estimates", json=said))

    async def scored(value: float) -> Any:
        async def there() -> Any:
            scores = (await api.scoring.get(f"/v1/scores/{idea}")).json().get("scores", [])
            return scores[0] if scores and scores[0]["value"] == value else None

        return await eventually(there)

    await scored(2)
    for contact, value in ((ada, 6), (ben, 10)):
        assert (await api.feedback.put(f"/v1/segments/{admins}/members/{contact}")).status_code == 204
        score = await scored(value)
        assert score["cause"]["kind"] == "demand"
    (account,) = score["inputs"]["reach"]["demand"]["policy"]["accounts"]
    assert (account["weight"], account["segment"]) == (5, {"segment_id": admins, "selects": "contacts"})
    shown = (await api.scoring.get(f"/v1/demand-policies/{policy['id']}/ideas/{idea}")).json()
    (without,) = shown["without_account"]
    assert (without["contacts"], without["weight"], without["segment"]) == (1, 5, account["segment"])
    assert (await api.feedback.delete(f"/v1/segments/{admins}/members/{ada}")).status_code == 204
    await scored(6)
