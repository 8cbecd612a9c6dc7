"""A change that all ideas are held against can be followed, stopped and gone on with, and one stands in for another."""

from typing import Any
from uuid import UUID

import pytest

from services.scoring.frameworks.parameters import DemandRule
from services.scoring.frameworks.rice import RiceParameters
from services.scoring.models import domain as models
from services.scoring.models.domain import AT_ONCE
from services.scoring.policies import domain as policies
from services.scoring.policies.parameters import PolicyParameters
from services.scoring.rescorings import domain as rescorings
from services.scoring.rescorings.domain import MOST_STARTS
from services.scoring.scores import domain as scoring
from services.scoring.scores.domain import lock_workspace
from shared.ids import new_id
from tests.builders import Api, eventually
from tests.scoring.given import Workspace, demand, idea, share

CHUNK, SWEPT = 20, 10
"""Ideas that are scored at once, and by the job at once."""
IDEAS = CHUNK + 4 * SWEPT
# Of the workspace, shared: what a portion waits for while somebody has the workspace alone.
HELD_UP = """
select count(*) from pg_locks where locktype = 'advisory' and not granted
  and (classid::bigint << 32) | objid::bigint = hashtextextended($1::uuid::text, 21)
"""
KILLED = """
update rescores set state = 'running', starts = $3, due_at = now() where workspace_id = $1 and model_id = $2
"""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for where, name, size in ((scoring, "CHUNK", CHUNK), (models, "CHUNK", CHUNK), (scoring, "SWEPT", SWEPT)):
        monkeypatch.setattr(where, name, size)


async def _many(here: Workspace) -> list[UUID]:
    ideas = [new_id() for _ in range(IDEAS)]
    await here.hear(*(idea(here.id, each) for each in ideas), *(demand(here.id, each) for each in ideas))
    return ideas


def _by(per_ask: float) -> RiceParameters:
    return RiceParameters(reach=DemandRule(measure="contacts", per_ask=per_ask))


async def _changed(here: Workspace, model_id: UUID, per_ask: float) -> UUID:
    """The rescoring by new parameters, stopped before any worker can see it."""
    async with here.database.transaction({here.id}) as tx:
        row = await models.update(tx, here.id, model_id, None, name=None, parameters=_by(per_ask), active=None)
        await rescorings.cancel(tx, here.id, row["rescoring_id"])
        return row["rescoring_id"]


async def _shown(api: Api, id: object, *states: str) -> dict[str, Any]:
    """The rescoring, once it is in one of these states."""

    async def there() -> dict[str, Any] | None:
        found = (await api.scoring.get(f"/v1/rescorings/{id}")).json()
        assert not states or found["state"] in states, found
        return found

    found = await eventually(there)
    assert found is not None
    return found


async def _stale(api: Api, model_id: UUID) -> tuple[int, set[int], str | None]:
    """How many ideas a change has not reached, as the ranking says, by which revisions they are, and the rescoring."""
    asked: dict[str, Any] = {"model_id": str(model_id), "state": "not_scoreable", "limit": 200}
    found: list[dict[str, Any]] = []
    while True:
        page = (await api.scoring.get("/v1/rankings", params=asked)).json()
        found += [each for each in page["data"] if each["stale"]]
        if page["next_cursor"] is None:
            return len(found), {each["model_version"] for each in found}, page["rescoring_id"]
        asked["cursor"] = page["next_cursor"]


async def test_a_rescoring_is_followed_stopped_and_gone_on_with(api: Api, neighbour: Api, here: Workspace) -> None:
    ideas = await _many(here)
    made = (await api.scoring.post("/v1/models", json={"name": "RICE", "framework": "rice", "active": True})).json()
    assert made["rescoring"] is True
    model_id, first = UUID(made["id"]), made["rescoring_id"]
    done = await _shown(api, first, "finished")
    assert (done["total"], done["done"], done["left"], done["percent"]) == (IDEAS, IDEAS, 0, 100)
    assert (done["model_id"], done["policy_id"], done["cause"]["kind"]) == (made["id"], None, "model")
    assert done["rate"] > 0
    assert (await api.scoring.get(f"/v1/models/{made['id']}")).json()["rescoring_id"] is None
    assert await _stale(api, model_id) == (0, set(), None)

    stopped = str(await _changed(here, model_id, 20))
    url = f"/v1/rescorings/{stopped}"
    shown = await _shown(api, stopped, "cancelled")
    assert (shown["total"], shown["done"], shown["left"]) == (IDEAS, CHUNK, IDEAS - CHUNK)
    assert await _stale(api, model_id) == (IDEAS - CHUNK, {1}, stopped), "they keep what they were before"
    frozen = await api.scoring.post("/v1/runs", json={"model_id": made["id"], "name": "Q1"})
    assert (frozen.status_code, frozen.json()["code"]) == (409, "rescoring")
    await here.demand(ideas[-1], version=2, contacts=9)
    assert (await _stale(api, model_id))[0] == IDEAS - CHUNK - 1, "something of its own has moved this one"

    # Its portions wait for the workspace: those in hand are done when it is free, and none after them.
    async with here.database.transaction({here.id}) as tx:
        await lock_workspace(tx, here.id)
        assert (await api.scoring.post(f"{url}:resume")).json()["state"] == "waiting"

        async def in_hand() -> bool:
            return await tx.value(HELD_UP, here.id) == AT_ONCE

        await eventually(in_hand)
        cancelled = await api.scoring.post(f"{url}:cancel")
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")

    async def told() -> bool:
        return (await _shown(api, stopped, "cancelled"))["done"] == CHUNK + AT_ONCE * SWEPT

    await eventually(told)
    assert (await _stale(api, model_id))[0] == IDEAS - CHUNK - AT_ONCE * SWEPT - 1
    again = await api.scoring.post(f"{url}:cancel")
    assert (again.status_code, again.json()["code"]) == (409, "has_ended")

    (await api.scoring.post(f"{url}:resume")).raise_for_status()
    assert (await _shown(api, stopped, "finished"))["done"] == IDEAS
    assert await _stale(api, model_id) == (0, set(), None)
    assert await here.differences() == []
    late = await api.scoring.post(f"{url}:resume")
    assert (late.status_code, late.json()["code"]) == (409, "has_ended")
    listed = (await api.scoring.get("/v1/rescorings", params={"model_id": made["id"], "limit": 1})).json()
    rest = (await api.scoring.get("/v1/rescorings", params={"cursor": listed["next_cursor"]})).json()
    assert [each["id"] for each in (*listed["data"], *rest["data"])] == [stopped, first]
    assert (await api.scoring.get("/v1/rescorings", params={"state": "running"})).json()["data"] == []
    for hidden in (await neighbour.scoring.get(url), await neighbour.scoring.post(f"{url}:cancel")):
        assert hidden.status_code == 404


async def test_a_newer_change_supersedes_and_a_dead_worker_is_stood_in_for(api: Api, here: Workspace) -> None:
    await _many(here)
    async with here.database.transaction({here.id}) as tx:
        row = await models.create(tx, here.id, name="RICE", framework="rice", parameters=_by(10), active=True)
        await rescorings.cancel(tx, here.id, row["rescoring_id"])
    model_id, first = row["id"], row["rescoring_id"]
    second = await _changed(here, model_id, 20)
    shown = await _shown(api, first, "superseded")
    assert (shown["superseded_by"], shown["done"], shown["finished_at"] is None) == (str(second), CHUNK, False)
    refused = await api.scoring.post(f"/v1/rescorings/{first}:resume")
    assert (refused.status_code, str(second) in refused.json()["detail"]) == (409, True)

    # As kill -9 leaves it once its lease has lapsed: for the last time that it is tried, and once more.
    async with here.database.transaction({here.id}) as tx:
        await tx.run(KILLED, here.id, model_id, MOST_STARTS)
    failed = await _shown(api, second, "failed")
    assert f"begun {MOST_STARTS} times" in failed["reason"]
    assert failed["done"] == CHUNK
    (await api.scoring.post(f"/v1/rescorings/{second}:resume")).raise_for_status()
    await _shown(api, second, "finished")
    third = await _changed(here, model_id, 30)
    async with here.database.transaction({here.id}) as tx:
        await tx.run(KILLED, here.id, model_id, MOST_STARTS - 1)
    assert (await _shown(api, third, "finished"))["done"] == IDEAS
    assert await here.differences() == []

    fourth = await _changed(here, model_id, 40)
    (await api.scoring.patch(f"/v1/models/{model_id}", json={"active": False})).raise_for_status()
    off = await _shown(api, fourth, "cancelled")
    assert off["reason"] == "The model was deactivated."
    assert (await api.scoring.post(f"/v1/rescorings/{fourth}:resume")).status_code == 409


async def test_weighing_by_a_policy_is_one_of_them(api: Api, here: Workspace) -> None:
    wanted = await here.idea()
    await here.demand(wanted)
    await here.hear(share(here.id, wanted, new_id()))
    flat, by_account = PolicyParameters(kind="flat"), PolicyParameters(kind="account")
    async with here.database.transaction({here.id}) as tx:
        row = await policies.create(tx, here.id, "Flat", flat)
        first = (await rescorings.cancel(tx, here.id, row["rescoring_id"]))["id"]
    policy_id, path = row["id"], f"/v1/demand-policies/{row['id']}"
    assert ((await api.scoring.get(path)).json()["rescoring_id"]) == str(first)
    weighed = f"{path}/ideas"
    assert (await api.scoring.get(weighed)).json()["data"] == []
    stopped = await _shown(api, first, "cancelled")
    assert (stopped["policy_id"], stopped["model_id"], stopped["left"]) == (str(policy_id), None, 1)
    assert stopped["cause"]["kind"] == "policy"
    async with here.database.transaction({here.id}) as tx:
        row = await policies.update(tx, here.id, policy_id, None, name=None, parameters=by_account)
    assert (await _shown(api, first, "superseded"))["superseded_by"] == str(row["rescoring_id"])
    done = await _shown(api, row["rescoring_id"], "finished")
    assert (done["done"], done["percent"]) == (1, 100)
    assert [each["idea_id"] for each in (await api.scoring.get(weighed)).json()["data"]] == [str(wanted)]
    assert (await api.scoring.get(path)).json()["weighing"] is False
    async with here.database.transaction({here.id}) as tx:
        row = await policies.update(tx, here.id, policy_id, None, name=None, parameters=flat)
        await rescorings.cancel(tx, here.id, row["rescoring_id"])
    (await api.scoring.delete(path)).raise_for_status()
    assert (await _shown(api, row["rescoring_id"], "cancelled"))["reason"] == "The policy was deleted."
