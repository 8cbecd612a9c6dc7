"""Two ideas that are one are one in every service, and two again exactly when they are taken apart."""

from typing import Any

from hypothesis import Phase, given
from hypothesis import strategies as st

from tests.builders import Api, eventually
from tests.depth import examples
from tests.feedback.given import Databases, made, new_idea
from tests.flows.united import IDEAS, PEOPLE, Here

IDEA, PERSON, NTH = st.integers(0, IDEAS - 1), st.integers(0, len(PEOPLE) - 1), st.integers(0, 9)
FEELING = st.integers(0, 4)
SAYING = (
    st.tuples(st.just("vote"), st.tuples(IDEA, PERSON)),
    st.tuples(st.just("answer"), st.tuples(IDEA, PERSON, st.tuples(FEELING, FEELING))),
    st.tuples(
        st.just("estimate"),
        st.tuples(IDEA, PERSON, st.sampled_from(["reach", "impact", "confidence", "effort"]),
                  st.sampled_from([0.25, 0.5, 1.0])),
    ),
    st.tuples(st.just("serve"), st.tuples(IDEA, st.dictionaries(st.integers(0, 1), st.sampled_from([0.0, 0.5, 1.0])))),
    st.tuples(st.just("give"), st.tuples(st.integers(0, 2), st.sets(IDEA, max_size=2))),
)  # fmt: skip
MERGING = st.tuples(st.just("merge"), st.tuples(IDEA, IDEA))
APART = st.one_of(st.tuples(st.just("unmerge"), st.tuples(NTH)), st.tuples(st.just("withdraw"), st.tuples(NTH)))
STEPS = st.tuples(
    st.lists(st.one_of(*SAYING), min_size=8, max_size=10),
    st.lists(MERGING, min_size=2, max_size=3),
    st.lists(st.one_of(*SAYING, MERGING, APART), min_size=6, max_size=10),
)


# Not made smaller: each example takes a second, and the first that fails says enough.
@examples(3, phases=[Phase.generate])
@given(STEPS)
async def test_every_service_counts_as_one_does_on_paper(
    database: Databases, steps: tuple[list[Any], list[Any], list[Any]]
) -> None:
    here = Here(*[await database(service) for service in ("feedback", "scoring", "roadmap")])
    await here.prepare()
    # Before anything is merged one look is enough; from then on after each step.
    for name, choices in steps[0]:
        await getattr(here, name)(*choices)
    for name, choices in (*steps[1], *steps[2]):
        await getattr(here, name)(*choices)
        await here.check()
    # Taken apart it is as if nothing had ever been merged: on paper nothing is left of it.
    while here.paper.into:
        await here.unmerge(0)
    await here.check()


async def test_a_merged_idea_answers_with_the_one_it_went_into(api: Api) -> None:
    kept, merged, other = [await new_idea(api, title, key=title.lower()) for title in ("Export", "CSV", "Dark")]
    body = {"name": "RICE", "framework": "rice", "parameters": {"reach": {"measure": "votes", "per_ask": 10}}}
    model = await made(await api.scoring.post("/v1/models", json=body | {"active": True}))
    for idea, inputs in ((kept, ("confidence", "effort")), (merged, ("impact", "effort")), (other, ("effort",))):
        for number, name in enumerate(inputs):
            said = {"idea_id": idea["id"], "input": name, "value": 0.5 + number, "estimator": "grace"}
            await made(await api.scoring.post("/v1/estimates", json=said))
    for idea, person in ((kept, "ada"), (merged, "ada"), (merged, "ben"), (other, "ben")):
        vote = {"idea_id": idea["id"], "contact": {"external_id": person}}
        await made(await api.feedback.post("/v1/votes", json=vote))
    path = f"/v1/scores/{merged['id']}"

    async def score(idea: dict[str, Any], *missing: str) -> dict[str, Any]:
        (found,) = (await made(await api.scoring.get(f"/v1/scores/{idea['id']}"), 200))["scores"]
        assert tuple(found["missing"]) == missing
        return found

    async def apart() -> dict[str, Any]:
        assert (await score(merged, "confidence"))["inputs"]["reach"]["value"] == 20
        return await score(kept, "impact")

    await eventually(apart)
    await made(await api.feedback.post(f"/v1/ideas/{merged['id']}:merge", json={"into": kept["id"]}), 200)

    async def together() -> dict[str, Any]:
        assert (await api.scoring.get(path)).status_code == 308
        found = await score(kept)
        assert found["value"] == 20 * 0.5 * 0.5 / 1.5, "two voters; impact as estimated of the merged, the rest its own"
        return found

    found = await eventually(together)
    assert found["cause"]["kind"] in {"merge", "demand"}
    assert [each["idea_id"] for each in found["inputs"]["impact"]["estimates"]] == [merged["id"]]
    for place in (path, f"{path}/provenance", f"/v1/alignments/{merged['id']}", f"/v1/competition/{merged['id']}"):
        answer = await api.scoring.get(place)
        assert (answer.status_code, answer.headers["location"]) == (308, place.replace(merged["id"], kept["id"]))

    async def heard() -> bool:
        answer = await api.roadmap.get(f"/v1/contributions/{merged['id']}")
        return (answer.status_code, answer.headers.get("location")) == (308, f"/v1/contributions/{kept['id']}")

    await eventually(heard)
    ranked = (await made(await api.scoring.get(f"/v1/rankings?model_id={model['id']}"), 200))["data"]
    lacking = f"/v1/rankings?model_id={model['id']}&state=not_scoreable"
    assert [each["idea_id"] for each in ranked] == [kept["id"]]
    assert merged["id"] not in str((await api.scoring.get(lacking)).json())
    listed = [(await api.scoring.get(f"/v1/estimates?idea_id={each['id']}")).json() for each in (kept, merged)]
    assert listed[0] == listed[1]
    assert len(listed[0]["data"]) == 4
    spread = (await api.scoring.get(f"/v1/estimates/spread?idea_id={merged['id']}")).json()
    assert {each["input"]: each["spread"]["mean"] for each in spread["inputs"]}["effort"] == 1.5, "the other's own"
    why = {"model_id": model["id"], "a": merged["id"], "b": kept["id"]}
    assert "one idea with a" in (await api.scoring.get("/v1/comparisons/ideas", params=why)).text
    plan = {"model_id": model["id"], "idea_ids": [merged["id"]], "k": 1}
    refused = await api.scoring.post("/v1/simulations", json=plan)
    assert refused.status_code == 422
    assert kept["id"] in refused.json()["errors"][0]["reason"]
    run = await made(await api.scoring.post("/v1/runs", json={"name": "Now", "model_id": model["id"]}))
    again = await made(
        await api.scoring.post(f"/v1/runs/{run['id']}/replays", json={"parameters": body["parameters"]}), 200
    )
    assert all(each["value_before"] == each["value_after"] for each in again["changes"])

    await made(await api.feedback.post(f"/v1/ideas/{merged['id']}:unmerge"), 200)
    await eventually(apart)
    assert (await api.scoring.get(path)).status_code == 200
