"""Models: made, tuned, switched on and off, and what that does to every score."""

from typing import Any

import pytest

from services.scoring.models import domain as models
from services.scoring.models.domain import AT_ONCE, rescore_some
from services.scoring.scores import domain as scoring
from services.scoring.scores.domain import CHUNK
from shared.ids import new_id
from tests.builders import Api, eventually
from tests.scoring.given import BY_CONTACTS, Workspace, demand, idea

FULL: dict[str, Any] = {"impact": 2.0, "confidence": 0.8, "effort": 4.0}


async def test_a_model_is_made_shown_and_listed(api: Api) -> None:
    given: dict[str, Any] = {
        "scale": "intercom",
        "reach": {"measure": "accounts", "per_ask": 12.5, "horizon": "quarter"},
    }
    answer = await api.scoring.post("/v1/models", json={"name": "RICE", "framework": "rice", "parameters": given})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    given |= {"reach": {**given["reach"], "policy_id": None}, "reads": {}, "sources": {}}
    assert made["parameters"] == given
    assert made["formula"] == "reach * impact * confidence / effort"
    assert (made["active"], made["revision"], made["version"], made["rescoring"]) == (False, 1, 1, False)
    shown = await api.scoring.get(answer.headers["location"])
    assert shown.json() == made
    assert shown.headers["etag"] == answer.headers["etag"] == '"1"'
    second = (await api.scoring.post("/v1/models", json={"name": "By votes", "framework": "rice"})).json()
    first_page = (await api.scoring.get("/v1/models", params={"limit": 1})).json()
    rest = (await api.scoring.get("/v1/models", params={"cursor": first_page["next_cursor"]})).json()
    assert [*first_page["data"], *rest["data"]] == [made, second]


async def test_names_and_versions_are_minded(api: Api) -> None:
    first = (await api.scoring.post("/v1/models", json={"name": "A", "framework": "rice"})).json()
    again = await api.scoring.post("/v1/models", json={"name": "A", "framework": "rice"})
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    second = (await api.scoring.post("/v1/models", json={"name": "B", "framework": "rice"})).json()
    taken = await api.scoring.patch(f"/v1/models/{second['id']}", json={"name": "A"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    path = f"/v1/models/{first['id']}"
    renamed = await api.scoring.patch(path, json={"name": "C"}, headers={"If-Match": '"1"'})
    assert (renamed.json()["version"], renamed.json()["revision"]) == (2, 1)
    late = await api.scoring.patch(path, json={"name": "D"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    same = await api.scoring.patch(path, json={"name": "C", "active": False}, headers={"If-Match": '"2"'})
    assert same.json()["version"] == 2, "nothing changed"
    assert (await api.scoring.patch(f"/v1/models/{new_id()}", json={})).status_code == 404
    assert (await api.scoring.get(f"/v1/models/{new_id()}")).status_code == 404


async def test_refused(api: Api) -> None:
    for wrong in (
        {"name": "x", "framework": "astrology"},
        {"name": "", "framework": "rice"},
        {"name": "x", "framework": "rice", "parameters": {"reach": {"per_ask": 0}}},
        {"name": "x", "framework": "rice", "parameters": {"reach": {"measure": "stars"}}},
        {"name": "x", "framework": "rice", "parameters": {"confidence_default": 0.5}},
    ):
        assert (await api.scoring.post("/v1/models", json=wrong)).status_code == 422, wrong


async def test_activation_scores_what_is_known_and_deactivation_stops(api: Api, here: Workspace) -> None:
    idea_id = await here.idea()
    await here.estimate(idea_id, **FULL)
    await here.demand(idea_id, contacts=3)
    made = (
        await api.scoring.post(
            "/v1/models",
            json={"name": "RICE", "framework": "rice", "parameters": BY_CONTACTS.model_dump(mode="json")},
        )
    ).json()
    path = f"/v1/models/{made['id']}"
    assert await here.scores() == {}
    on = (await api.scoring.patch(path, json={"active": True})).json()
    assert (on["active"], on["revision"], on["rescoring"]) == (True, 1, False)
    row = (await here.scores())[idea_id]
    assert (row["value"], row["cause"], str(row["cause_id"])) == (12, "model", made["id"])
    await api.scoring.patch(path, json={"active": False})
    await here.demand(idea_id, version=2, contacts=30)
    assert (await here.scores())[idea_id] == row
    await api.scoring.patch(path, json={"active": True})
    assert (await here.scores())[idea_id]["value"] == 120
    assert await here.differences() == []


async def test_new_parameters_rescore_every_idea(api: Api, here: Workspace) -> None:
    model_id = await here.model()
    demanded, estimated = await here.idea(), await here.idea()
    for idea_id in (demanded, estimated):
        await here.estimate(idea_id, **FULL)
        await here.demand(idea_id, contacts=3)
    await here.estimate(estimated, reach=500)
    edited = await api.scoring.patch(
        f"/v1/models/{model_id}", json={"parameters": {"reach": {"measure": "contacts", "per_ask": 20}}}
    )
    assert edited.json()["revision"] == 2
    rows = await here.scores()
    assert (rows[demanded]["value"], rows[demanded]["model_version"]) == (24, 2)
    assert (rows[estimated]["value"], rows[estimated]["model_version"]) == (200, 2)
    by_estimate = await api.scoring.patch(f"/v1/models/{model_id}", json={"parameters": {"reach": None}})
    assert by_estimate.json()["parameters"]["reach"] is None
    assert (await here.scores())[demanded]["state"] == "not_scoreable"
    assert await here.differences() == []


async def test_many_ideas_are_rescored_after_the_answer(api: Api, here: Workspace) -> None:
    ideas = [new_id() for _ in range(2 * CHUNK + 50)]
    await here.hear(*(idea(here.id, each) for each in ideas))
    await here.hear(*(demand(here.id, each) for each in ideas))
    answer = await api.scoring.post("/v1/models", json={"name": "RICE", "framework": "rice", "active": True})
    made = answer.json()
    assert made["rescoring"] is True

    async def done() -> bool:
        return not (await api.scoring.get(f"/v1/models/{made['id']}")).json()["rescoring"]

    await eventually(done)
    assert set(await here.scores()) == set(ideas)
    assert await here.differences() == []


async def test_a_sweep_goes_on_from_where_it_was_and_starts_over_for_newer_parameters(
    here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "SWEPT", 60)
    ideas = [new_id() for _ in range(CHUNK + 2 * AT_ONCE * 60 + 50)]
    await here.hear(*(idea(here.id, each) for each in ideas))
    fields: dict[str, Any] = {"name": None, "active": None}
    async with here.database.transaction({here.id}) as tx:
        row = await models.create(tx, here.id, name="RICE", framework="rice", parameters=BY_CONTACTS, active=True)
        assert await _versions(tx, here) == {1: CHUNK}
        slower = BY_CONTACTS.model_copy(update={"scale": "ordinal"})
        await models.update(tx, here.id, row["id"], None, parameters=slower, **fields)
        assert await _versions(tx, here) == {2: CHUNK}

    async def whole() -> bool:
        # Beside the service's own job, which may be at it too: the position moves once.
        await rescore_some(here.database)
        async with here.database.read({here.id}) as read:
            return await _versions(read, here) == {2: len(ideas)}

    await eventually(whole)
    assert await here.differences() == []


async def _versions(tx: Any, here: Workspace) -> dict[int, int]:
    sql = "select model_version, count(*) as ideas from scores where workspace_id = $1 group by 1"
    return {row["model_version"]: row["ideas"] for row in await tx.all(sql, here.id)}


async def test_active_models_are_bounded(api: Api) -> None:
    for number in range(models.MOST_ACTIVE):
        made = await api.scoring.post("/v1/models", json={"name": f"{number}", "framework": "rice", "active": True})
        assert made.status_code == 201
    over = await api.scoring.post("/v1/models", json={"name": "one more", "framework": "rice", "active": True})
    assert (over.status_code, over.json()["code"]) == (409, "too_many_active")
