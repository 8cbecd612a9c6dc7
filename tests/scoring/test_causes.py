"""Whatever moves a score is told as what moved it, also where something else has it scored first."""

from typing import Any
from uuid import UUID

from services.scoring.estimates import domain as estimates
from services.scoring.policies import worker as weighing
from services.scoring.rescorings import domain as rescorings
from services.scoring.rescorings.domain import Reached
from services.scoring.scores.computed import Cause
from services.scoring.scores.words import WHY
from shared.events.scoring import ScoreChanged
from shared.ids import new_id
from shared.paging import FIRST
from tests.builders import Api
from tests.feedback.given import made
from tests.scoring.given import Workspace, account, demand, idea, need, share

FIT: dict[str, Any] = {"criteria": [{"name": "fit", "weight": 1, "alignment": {"at_full": 10}}]}
PARITY: dict[str, Any] = {"criteria": [{"name": "behind", "weight": 1, "highest": 1, "competition": {}}]}


async def cause(api: Api, idea_id: UUID, model: str) -> tuple[str, str]:
    """What moved the idea's score last, by the model's name."""
    scores = (await made(await api.scoring.get(f"/v1/scores/{idea_id}"), 200))["scores"]
    (found,) = [each["cause"] for each in scores if each["model"]["name"] == model]
    assert found["words"] == WHY[found["kind"]]
    return found["kind"], found["id"]


async def add(api: Api, path: str, **body: Any) -> str:
    return (await made(await api.scoring.post(f"/v1/{path}", json=body)))["id"]


async def test_each_thing_that_moves_a_score_is_its_cause(api: Api, here: Workspace) -> None:
    rice = await here.model()
    for name, parameters in (("fit", FIT), ("parity", PARITY)):
        await add(api, "models", name=name, framework="weighted", parameters=parameters, active=True)
    by_revenue = await add(api, "demand-policies", name="revenue", parameters={"kind": "mrr"})
    worth = {"reach": {"policy_id": by_revenue, "per_ask": 1}}
    await add(api, "models", name="worth", framework="rice", parameters=worth, active=True)
    one, merged = await here.idea(), await here.idea()
    effort = (await here.estimate(one, impact=1, confidence=0.5, effort=4))[2]
    seen = {"RICE": "", "fit": "", "parity": "", "worth": ""}

    async def moved(model: str, kind: str, id: object) -> None:
        found = await cause(api, one, model)
        assert found == (kind, str(id)), (model, found)
        seen[model] = kind

    # A vote, and that it is withdrawn, are told as demand; so is who a contact turned out to be.
    for version, contacts in ((1, 3), (2, 2)):
        await moved("RICE", "demand", (await here.demand(one, version, contacts)).id)
    acme = new_id()
    for event in (share(here.id, one, acme), account(here.id, acme, 100), account(here.id, acme, 900, 2, [new_id()])):
        await here.hear(event)
        while await weighing.weigh_some(here.database):
            pass
    await moved("worth", "demand", event.id)
    async with here.database.transaction({here.id}) as tx:
        await estimates.withdraw(tx, here.id, effort["id"])
    await moved("RICE", "estimate", effort["id"])
    again = await here.estimate(one, effort=2)
    await moved("RICE", "estimate", again[0]["id"])
    for active in (False, True):
        await made(await api.scoring.patch(f"/v1/models/{rice}", json={"active": active}), 200)
        if not active:
            await here.demand(one, 3, 9)
    await moved("RICE", "model", rice)
    await here.estimate(merged, effort=8, impact=3)
    gone = idea(here.id, merged, 2, merged_into=one)
    await here.hear(gone, demand(here.id, one, 4, 11))
    await moved("RICE", "merge", gone.id)
    back = idea(here.id, merged, 3)
    await here.hear(back, demand(here.id, one, 5, 9))
    await moved("RICE", "merge", back.id)
    goal = new_id()
    await moved("fit", "objective", await here.objective(goal))
    await moved("fit", "contribution", await here.contribute(one, {goal: 0.5}))
    await moved("fit", "objective", await here.objective(goal, 2, counts=False, status="achieved", strategy_version=2))
    rival = await add(api, "competitors", name="Rival")
    sso = await add(api, "capabilities", name="SSO", ours="none", idea_ids=[str(one)])
    known = {"capability_id": sso, "competitor_id": rival, "theirs": "full", "url": "https://rival.example"}
    await moved("parity", "competition", await add(api, "evidence", **known))
    assert await here.differences() == []
    causes = {each["cause"] for each in await here.published() if each.get("idea_id") == str(one) and "cause" in each}
    assert causes == {"idea", "demand", "estimate", "model", "merge", "objective", "contribution", "competition"}


async def test_what_waits_is_the_cause_where_another_event_comes_first(api: Api, here: Workspace) -> None:
    rice = await here.model()
    await add(api, "models", name="need", framework="opportunity", active=True)
    one = await here.idea()
    await here.estimate(one, impact=1, confidence=0.5, effort=4)
    await here.demand(one, 1, 3)
    # A need is rated, and the job has not scored its ideas yet: a vote does, and does not move that score.
    rated = need(here.id, new_id(), 1, ideas=[one])
    await here.hear(rated)
    vote = await here.demand(one, 2, 4)
    assert await cause(api, one, "need") == ("need", str(rated.id))
    assert await cause(api, one, "RICE") == ("demand", str(vote.id))
    # A sweep of the model is under way, for a correction that does not bear on this idea: what moves it is its own.
    async with here.database.transaction({here.id}) as tx:
        await rescorings.ask(tx, here.id, "model", rice, Reached(FIRST), Cause("correction", new_id(), ""))
    said = await here.estimate(one, reach=50)
    assert await cause(api, one, "RICE") == ("estimate", str(said[0]["id"]))
    # By other parameters than before it is the model, whoever has it scored by them.
    edited = {"parameters": {"reach": {"measure": "contacts", "per_ask": 20}}}
    await made(await api.scoring.patch(f"/v1/models/{rice}", json=edited), 200)
    assert await cause(api, one, "RICE") == ("model", str(rice))
    last = ScoreChanged.model_validate((await here.published())[-1])
    assert (last.cause, last.cause_id) == ("model", rice)
