"""Plans: portfolios that are solved by a job, kept as they were, compared, adopted, and then what is planned."""

import time
from typing import Any
from uuid import UUID

import pytest

from services.scoring.portfolio.program import Item, Program, Solver
from services.scoring.portfolio.watch import Stopped
from shared.ids import new_id
from tests.builders import Api, eventually
from tests.scoring.given import Workspace
from tests.scoring.test_capacity import team, told

Q1, Q2 = "2027-Q1", "2027-Q2"
HELD = """
insert into scoring.plans (workspace_id, id, name, asked, state, created_by, holder, due_at)
values ($1, $2, $3, '{"items": []}', 'running', 'test', $4, now() + interval '1 hour')
"""
ALTER = "update scoring.{} set {} where workspace_id = $1"


async def made(api: Api, name: str, items: list[dict[str, Any]], **others: Any) -> dict[str, Any]:
    """A plan that has ended."""
    body: dict[str, Any] = {"name": name, "items": items, "stored_capacity": {"periods": [Q2, Q1]}, "seconds": 2}
    answer = await api.scoring.post("/v1/plans", json={**body, **others})
    assert answer.status_code == 202, answer.text
    assert answer.json()["result"] is None

    async def ended() -> dict[str, Any] | None:
        shown = (await api.scoring.get(answer.headers["location"])).json()
        return shown if shown["phase"] == "ended" else None

    found = await eventually(ended)
    assert found is not None
    return found


async def ruled(api: Api, plan: dict[str, Any], verb: str = "adopt", status: int = 201) -> dict[str, Any]:
    body = {"reason": "Agreed at the planning.", "decided_by": "ada"}
    answer = await api.scoring.post(f"/v1/plans/{plan['id']}:{verb}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_plan_is_kept_compared_and_adopted(api: Api, neighbour: Api, here: Workspace) -> None:
    get = api.scoring.get
    export, debt, shiny = [await here.idea(kind=kind) for kind in ("feature", "debt", "feature")]
    shop = await team(api, "Shop", skills={"backend": 5})
    await told(api, "efforts", *({"idea_id": str(each), "skill": "backend", "amount": 4} for each in (export, debt)))
    await told(api, "efforts", {"idea_id": str(shiny), "skill": "backend", "amount": 5})
    await told(api, "commitments", {"team_id": shop, "idea_id": str(export), "period": Q1, "share": 0.5})
    items: list[dict[str, Any]] = [
        {"key": "export", "idea_id": str(export), "value": 30},
        {"key": "debt", "idea_id": str(debt), "kind": "debt", "value": 4, "must": True, "reason": "Audit."},
        {"key": "shiny", "idea_id": str(shiny), "value": 20},
    ]
    held = await made(api, "Audit first", items, discount=0.1)
    assert (held["state"], held["gap"], held["adopted"], held["version"]) == ("solved", 0, False, 2), held
    chosen = {each["key"]: each["period"] for each in held["result"]["chosen"]}
    assert chosen == {"export": 0, "debt": 1}
    assert held["program"]["periods"] == [Q1, Q2]
    assert (held["program"]["unit"], held["program"]["team_ids"]) == ("person_weeks", [shop])
    (override,) = held["result"]["overrides"]
    assert (override["limit"]["name"], override["reason"], override["price"]) == (
        "debt", "Audit.", pytest.approx(0.9 * 16)
    )  # fmt: skip
    free = await made(api, "Growth", [{**each, "must": False} for each in items], discount=0.1)
    compared = (await get(f"/v1/plans/{held['id']}/comparison", params={"other": free["id"]})).json()
    assert [(each["key"], each["after"]) for each in compared["entered"]] == [("shiny", Q2)]
    assert [(each["key"], each["before"]) for each in compared["left"]] == [("debt", Q2)]
    assert (compared["same"], compared["moved"]) == (1, [])
    assert {each["kind"]: (each["before"], each["after"]) for each in compared["kinds"]} == {
        "debt": (4, 0),
        "feature": (4, 9),
    }

    # Nothing is planned by a plan that nobody adopted.
    assert (await get("/v1/plans/adopted")).status_code == 404
    asked: dict[str, Any] = {"period": [Q1, Q2], "basis": "plan"}
    assert (await get("/v1/balance", params=asked)).json()["code"] == "no_plan_adopted"
    first, second = await ruled(api, held), await ruled(api, free)
    assert (first["position"], second["position"], second["recorded_by"]) == (1, 2, held["created_by"])
    assert (await get("/v1/plans/adopted")).json()["id"] == free["id"]
    assert (await ruled(api, free, status=409))["code"] == "adopted_already"
    await ruled(api, held)
    events = [each for each in await here.published() if "plan_id" in each]
    assert [(each["plan_id"], each["version"], each["adopted"]) for each in events] == [
        (held["id"], 2, False),
        (free["id"], 2, False),
        (held["id"], 3, True),
        (held["id"], 4, False),
        (free["id"], 3, True),
        (free["id"], 4, False),
        (held["id"], 5, True),
    ]
    assert {each["digest"] for each in events} == {held["digest"], free["digest"]}

    (q1, q2) = (await get("/v1/balance", params=asked)).json()["data"]
    assert (q1["basis"], q1["plan_id"], q1["team"], q1["planned"]["effort"]) == ("plan", held["id"], "Shop", 4)
    assert [(each["kind"], each["share"]) for each in q2["planned"]["kinds"]] == [("debt", 1)]
    (promised, *_) = (await get("/v1/balance", params={"period": Q1})).json()["data"]
    assert (promised["basis"], promised["plan_id"], promised["planned"]["effort"]) == ("commitments", None, 2)
    use = (await get(f"/v1/plans/{held['id']}/use")).json()["data"]
    assert [tuple(each.values()) for each in use] == [(Q1, "backend", 5, 4, 2, 0), (Q2, "backend", 5, 4, 0, 0)]
    words = (await get("/v1/charts/capacity.txt", params=asked)).text
    assert words.splitlines() == [
        "Planned against capacity: Audit first",
        f"backend, {Q1}: 4 of 5 planned",
        f"backend, {Q2}: 4 of 5 planned",
    ]
    for params, pointer in (
        ({**asked, "period": "2028-Q1"}, "/query/period"),
        ({**asked, "team_id": shop}, "/query/team_id"),
    ):
        refused = await get("/v1/balance", params=params)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)

    # What was decided stays; what changed behind the service's back shows.
    assert (await api.scoring.delete(f"/v1/plans/{free['id']}")).json()["code"] == "was_adopted"
    whole = (await get(f"/v1/plans/{held['id']}/verification")).json()
    assert (whole["intact"], whole["adoptions"], whole["digest"]) == (True, 3, held["digest"])
    async with api.admin.system() as tx:
        await tx.run(ALTER.format("plan_adoptions", "reason = 'x' ") + " and position = 2", here.id)
        await tx.run(ALTER.format("plans", "result = jsonb_set(result, '{value}', '99')"), here.id)
    broken = (await get(f"/v1/plans/{held['id']}/verification")).json()
    assert (broken["intact"], broken["broken_at"]) == (False, 2)
    assert broken["computed"] != broken["digest"]

    await ruled(api, held, "withdraw")
    assert (await get("/v1/plans/adopted")).status_code == 404
    listed = (await get("/v1/plans/adoptions", params={"limit": 3})).json()
    assert [each["action"] for each in listed["data"]] == ["withdraw", "adopt", "adopt"]
    rest = (await get("/v1/plans/adoptions", params={"cursor": listed["next_cursor"]})).json()["data"]
    assert [each["position"] for each in rest] == [1]
    assert (await neighbour.scoring.get(f"/v1/plans/{held['id']}")).status_code == 404
    hidden = await neighbour.scoring.post(f"/v1/plans/{held['id']}:adopt", json={"reason": "mine"})
    assert hidden.status_code == 404


async def test_what_cannot_be_solved_or_adopted_says_why(api: Api, here: Workspace) -> None:
    item: dict[str, Any] = {"key": "a", "value": 1, "effort": {"backend": 9}, "must": True}
    figures: dict[str, Any] = {"stored_capacity": None, "capacity": [{"skill": "backend", "amounts": [5]}]}
    body = {"name": "x", "items": [item], **figures}
    full = await made(api, "Too much", [item], **figures)
    assert (full["state"], full["result"]["conflict"][0]["kind"]) == ("infeasible", "capacity")
    assert (await ruled(api, full, status=409))["code"] == "not_solved"
    alone = await made(api, "Figures", [{**item, "must": False}], **figures)
    assert (alone["state"], alone["program"]["periods"]) == ("solved", None)
    assert (await ruled(api, alone, status=409))["code"] == "no_periods"
    assert (await ruled(api, alone, "withdraw", status=409))["code"] == "not_adopted"
    assert (await api.scoring.get(f"/v1/plans/{alone['id']}/use")).json()["code"] == "no_periods"
    assert (await api.scoring.post(f"/v1/plans/{alone['id']}:cancel")).json()["code"] == "has_ended"
    assert (await api.scoring.delete(f"/v1/plans/{alone['id']}")).status_code == 204
    lost = await api.scoring.post("/v1/plans", json={**body, "model_id": str(new_id())})
    assert lost.json()["errors"][0]["pointer"] == "/body/model_id"

    async with api.admin.system() as tx:
        for number in range(10):
            # As another worker holds them.
            await tx.run(HELD, here.id, new_id(), f"Held {number}", new_id())
    assert (await api.scoring.post("/v1/plans", json=body)).json()["code"] == "too_many_waiting"
    first, *_, last = (await api.scoring.get("/v1/plans", params={"state": "running"})).json()["data"]
    assert (await api.scoring.delete(f"/v1/plans/{first['id']}")).json()["code"] == "not_ended"
    stopped = (await api.scoring.post(f"/v1/plans/{first['id']}:cancel")).json()
    assert (stopped["state"], stopped["result"], stopped["digest"]) == ("cancelled", None, None)
    assert (await api.scoring.get(f"/v1/plans/{last['id']}/verification")).json()["code"] == "not_solved"
    async with api.admin.system() as tx:
        await tx.run(ALTER.format("plans", "due_at = now(), starts = 9") + " and id = $2", here.id, UUID(last["id"]))

    async def given_up() -> bool:
        return (await api.scoring.get(f"/v1/plans/{last['id']}")).json()["state"] == "failed"

    await eventually(given_up)
    async with api.admin.system() as tx:
        await tx.run("delete from scoring.plans where workspace_id = $1 and state = 'running'", here.id)


def test_a_computation_that_nobody_waits_for_ends() -> None:
    solver = Solver(Program([Item("a", 1.0, {"backend": 1.0})], {"backend": [2.0]}), time.monotonic() + 5)
    solver.watch.runs = 4
    assert solver.best() is not None
    assert (solver.watch.phase, solver.watch.share) == ("solving", 0)
    solver.watch.phase = "pricing"
    assert solver.best(must=["a"]) is not None
    assert solver.watch.share == 0.625
    solver.watch.stopped = True
    with pytest.raises(Stopped):
        solver.best()
