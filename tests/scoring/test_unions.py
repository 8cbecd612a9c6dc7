"""What merging two ideas would do to their ranks is told before, and nothing moves by asking."""

from typing import Any

from shared.ids import new_id
from tests.builders import Api
from tests.scoring.given import BY_CONTACTS, Workspace, demand

FULL: dict[str, Any] = {"impact": 1.0, "confidence": 1.0, "effort": 1.0}
NOBODY = {"votes": 0, "insights": 0, "contacts": 0, "accounts": 0, "mrr": 0}


async def test_what_a_merge_would_do_to_ranks(api: Api, here: Workspace) -> None:
    await here.model(BY_CONTACTS)
    first, second, third, bare = [await here.idea(title=title) for title in ("first", "second", "third", "bare")]
    for contacts, idea in enumerate((third, second, first), start=2):
        await here.estimate(idea, **FULL)
        await here.hear(demand(here.id, idea, contacts=contacts))
    before = await here.scores()

    async def asked(idea: Any, into: Any, contacts: int, **others: Any) -> Any:
        body = {"idea_id": str(idea), "into_id": str(into), "demand": {**NOBODY, "contacts": contacts}, **others}
        answer = await api.scoring.post("/v1/what-ifs/merges", json=body)
        assert answer.status_code in {200, 422}, answer.text
        return answer.json()

    found = await asked(second, third, 5)
    assert (found["idea"]["title"], found["into"]["title"]) == ("second", "third")
    (model,) = found["models"]
    assert [(model[one]["value"], model[one]["place"]) for one in ("idea", "before", "after")] == [
        (30, 2), (20, 3), (50, 1),
    ]  # fmt: skip
    assert (model["rose"], model["apart"]) == (2, [])
    (model,) = (await asked(first, third, 3))["models"]
    assert (model["idea"]["place"], model["before"]["place"], model["after"]["place"]) == (1, 3, 1), (
        "30 each: the newer one"
    )
    # What is estimated of the one that goes counts where nobody has estimated the one that stays.
    (model,) = (await asked(first, bare, 4))["models"]
    assert (model["before"]["state"], model["before"]["missing"]) == ("not_scoreable", ["reach", *FULL])
    assert (model["before"]["place"], model["after"]["value"], model["after"]["place"]) == (None, 40, 1)
    assert model["rose"] is None
    assert await here.scores() == before
    for idea, into, pointer in ((first, first, "/body/into_id"), (new_id(), first, "/body/idea_id")):
        refused = await asked(idea, into, 1)
        assert refused["errors"][0]["pointer"] == pointer
    assert (await asked(first, second, -1))["errors"][0]["pointer"] == "/body/demand/contacts"
