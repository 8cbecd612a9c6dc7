"""Insights: the words they rest on, for ideas and needs, edited and taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.feedback.inbox.domain import Statement, record
from tests.builders import Api
from tests.feedback.given import Databases, demand_of, made, new_idea
from tests.feedback.needs.given import new_need

TEXT = "Ça marche 🎉 but exports are slow."


async def link(api: Api, status: int = 201, **body: Any) -> Any:
    return await made(await api.feedback.post("/v1/insights", json=body), status)


async def test_an_excerpt_counts_characters_and_knows_when_its_words_have_gone(api: Api, database: Databases) -> None:
    async def send(text: str, at: int) -> str:
        said = Statement(
            api.workspace_id, "delighted", text, datetime.now(UTC), "rule:test", external_id="r1", replaces=True,
            revised_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=at),
        )  # fmt: skip
        async with (await database("feedback")).transaction({api.workspace_id}) as tx:
            (recorded,) = await record(tx, [said])
        assert not isinstance(recorded, Exception)
        return str(recorded.id)

    await new_idea(api, key="exports")
    id = await send(TEXT, 1)
    # 🎉 is one code point, four bytes and two UTF-16 units.
    start = TEXT.index("exports")
    insight = await link(api, feedback_id=id, idea_id="exports", excerpt={"start": start, "end": start + 7})
    assert (insight["quote"], insight["stale"]) == ("exports", False)
    path = f"/v1/insights/{insight['id']}"

    await send(TEXT + " Really.", 2)
    assert (await api.feedback.get(path)).json() == insight, "the same words in the same place"
    await send("Now " + TEXT, 3)
    shown = (await api.feedback.get(path)).json()
    assert (shown["quote"], shown["stale"], shown["excerpt"]) == (None, True, insight["excerpt"])
    assert (await api.feedback.get(f"/v1/insights?feedback_id={id}")).json()["data"] == [shown]

    beyond = await api.feedback.patch(path, json={"excerpt": {"start": 4, "end": 99}})
    assert (beyond.status_code, beyond.json()["errors"][0]["pointer"]) == (422, "/body/excerpt")
    sure = await api.feedback.patch(path, json={"confidence": 0.5}, headers={"If-Match": '"1"'})
    assert (sure.json()["stale"], sure.json()["confidence"], sure.headers["etag"]) == (True, 0.5, '"2"')
    edit = {"excerpt": {"start": start + 4, "end": start + 11}, "confidence": None}
    late = await api.feedback.patch(path, json=edit, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    mended = (await api.feedback.patch(path, json=edit, headers={"If-Match": '"2"'})).json()
    assert (mended["quote"], mended["stale"], mended["confidence"]) == ("exports", False, None)
    bare = (await api.feedback.patch(path, json={"excerpt": None})).json()
    assert (bare["quote"], bare["excerpt"], bare["stale"]) == (None, None, False)


async def test_a_statement_speaks_for_ideas_and_needs(api: Api) -> None:
    idea, need = await new_idea(api, key="exports"), await new_need(api, key="figures-out")
    id = (await made(await api.feedback.post("/v1/feedback", json={"text": TEXT})))["id"]
    state = f"/v1/inbox/{id}"
    for_idea = await link(api, feedback_id=id, idea_id="exports")
    for_need = await link(api, feedback_id=id, need_id="figures-out", confidence=0.9)
    assert (for_need["idea_id"], for_need["need_id"], for_need["confidence"]) == (None, need["id"], 0.9)
    assert await link(api, 200, feedback_id=id, need_id=need["id"]) == for_need
    both = await api.feedback.post(
        "/v1/insights", json={"feedback_id": id, "idea_id": "exports", "need_id": "figures-out"}
    )
    assert (both.status_code, both.json()["errors"][0]["pointer"]) == (422, "/body")
    assert (await api.feedback.get(f"/v1/insights?need_id={need['id']}")).json()["data"] == [for_need]
    assert (await api.feedback.get(state)).json()["entry"]["state"] == "linked"
    assert (await api.feedback.get(f"/v1/needs/{need['id']}")).json()["insights"] == 1
    assert (await demand_of(api, idea["id"]))["insights"] == 1

    assert (await api.feedback.delete(f"/v1/insights/{for_idea['id']}")).status_code == 204
    assert (await api.feedback.get(state)).json()["entry"]["state"] == "linked"
    assert (await api.feedback.delete(f"/v1/insights/{for_need['id']}")).status_code == 204
    assert (await api.feedback.get(state)).json()["entry"]["state"] == "new"
    assert (await api.feedback.get(f"/v1/needs/{need['id']}")).json()["insights"] == 0
    assert (await demand_of(api, idea["id"]))["insights"] == 0
    history = (await api.feedback.get(f"{state}/history")).json()["data"]
    assert [(each["kind"], each["after"]) for each in history] == [
        ("unlink", {"state": "new"}), ("link", {"state": "linked"})
    ]  # fmt: skip
