"""Similar ideas and feedback, as callers meet them: found, decided on, judged, and found again after every change."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.feedback.similar import domain, vectors
from shared.database import Database
from shared.ids import earliest_id
from tests.builders import Api
from tests.feedback.given import filled, made, new_idea

Databases = Callable[[str], Awaitable[Database]]
SAID = (
    "Please let me export the customer list as CSV, I copy it by hand.",
    "Dark mode would spare my eyes at night.",
    "Invoices arrive without our VAT number.",
    "We need single sign-on with Okta before we can roll this out.",
)


async def say(api: Api, text: str) -> str:
    return (await made(await api.feedback.post("/v1/feedback", json={"text": text})))["id"]


async def populate(api: Api) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Two ideas that are nearly one, a third, and what people said."""
    export = await new_idea(api, "Export any list as CSV", description="Customers copy the customer list by hand.")
    twin = await new_idea(api, "CSV export of the customer list")
    await new_idea(api, "Dark mode", description="For the night.")
    return export, twin, [await say(api, text) for text in SAID]


async def similar(api: Api, path: str, **query: Any) -> dict[str, Any]:
    return await made(await api.feedback.get(f"/v1/{path}/similar", params=query), 200)


def ids(texts: list[dict[str, Any]]) -> list[str]:
    return [text["id"] for text in texts]


async def test_what_is_alike_is_found_with_reasons(api: Api, database: Databases) -> None:
    export, twin, said = await populate(api)
    # Before it is indexed itself a new idea finds what is there.
    await filled(api, await database("feedback"), 7)
    found = await similar(api, f"ideas/{export['id']}")
    assert found["searched"] == 7
    assert ids(found["ideas"]) == [twin["id"]]
    assert ids(found["feedback"])[0] == said[0]
    first = found["ideas"][0]
    assert first["method"] == "lexical"
    assert 0.2 < first["score"] <= 1
    reasons = first["reasons"]
    assert {"CSV", "customer"} <= {word["word"] for word in reasons["words"]}
    assert reasons["title_overlap"] == pytest.approx(3 / 4)
    assert reasons["meaning"] is None
    assert first["suggestion_id"]
    assert ids((await similar(api, f"feedback/{said[0]}", kind="idea"))["ideas"])[0] in {export["id"], twin["id"]}
    assert (await similar(api, f"feedback/{said[0]}", kind="idea"))["feedback"] == []

    feedback = await database("feedback")
    ran: list[str] = []
    feedback.observers.append(ran.append)
    async with feedback.read({api.workspace_id}) as read:
        query = await domain.stored(read, api.workspace_id, "idea", UUID(export["id"]), meant=False)
        await domain.similar(read, vectors.Signs(), api.workspace_id, query, domain.KINDS, 10)
    feedback.observers.remove(ran.append)
    assert len(ran) <= 8, "its text, the state of both indexes, and for each kind: postings, candidates, texts"

    draft = {"title": "Export lists as CSV", "text": "By hand we copy customer lists."}
    typed = await made(await api.feedback.post("/v1/similar", json=draft), 200)
    assert set(ids(typed["ideas"])) == {export["id"], twin["id"]}
    assert {each["suggestion_id"] for each in typed["ideas"]} == {None}
    unlike = {"text": "Zebras gallop sideways."}
    nothing = await made(await api.feedback.post("/v1/similar", json=unlike), 200)
    assert (nothing["ideas"], nothing["feedback"]) == ([], [])
    # What a linked feedback says is known: it is no suggestion any more, from either side.
    await made(await api.feedback.post("/v1/insights", json={"feedback_id": said[0], "idea_id": export["id"]}))
    assert said[0] not in ids((await similar(api, f"ideas/{export['id']}"))["feedback"])
    assert export["id"] not in ids((await similar(api, f"feedback/{said[0]}"))["ideas"])
    assert (await api.feedback.get(f"/v1/ideas/{said[0]}/similar")).status_code == 404
    reader = await api.another({"ideas:read"})
    assert (await reader.feedback.get(f"/v1/ideas/{export['id']}/similar")).status_code == 403


async def decide(api: Api, one: str, other: str, decision: str, **others: str) -> Any:
    body = {"one_id": one, "other_id": other, "decision": decision, **others}
    return await made(await api.feedback.put("/v1/similar/decisions", json=body), 200)


async def test_a_dismissed_pair_never_returns(api: Api, database: Databases, admin: Database) -> None:
    export, twin, said = await populate(api)
    feedback = await database("feedback")
    await filled(api, feedback, 7)
    suggested = (await similar(api, f"ideas/{export['id']}"))["ideas"][0]
    kept = await decide(api, twin["id"], export["id"], "dismissed")
    assert kept["id"] == suggested["suggestion_id"]
    assert kept["decided_by"] == f"key:{api.key_id}"
    await decide(api, said[0], export["id"], "dismissed")

    async def is_gone() -> None:
        assert ids((await similar(api, f"ideas/{export['id']}"))["ideas"]) == []
        assert export["id"] not in ids((await similar(api, f"ideas/{twin['id']}"))["ideas"])
        assert said[0] not in ids((await similar(api, f"ideas/{export['id']}"))["feedback"])
        assert export["id"] not in ids((await similar(api, f"feedback/{said[0]}"))["ideas"])

    await is_gone()
    # Not after an edit, nor when everything is read again.
    changed = {"description": "We copy the customer list by hand, each month."}
    await made(await api.feedback.patch(f"/v1/ideas/{export['id']}", json=changed), 200)
    async with admin.system() as tx:
        await tx.run("update feedback.similar_indexes set analyser = 'old' where workspace_id = $1", api.workspace_id)
    await filled(api, feedback, 7)
    await is_gone()
    listed = await made(await api.feedback.get("/v1/similar/suggestions", params={"decision": "dismissed"}), 200)
    assert {(row["one_id"], row["other_id"]) for row in listed["data"]} == {
        tuple(sorted((export["id"], each))) for each in (twin["id"], said[0])
    }
    # The last word counts.
    await decide(api, export["id"], twin["id"], "accepted")
    assert (await similar(api, f"ideas/{export['id']}"))["ideas"][0]["decision"] == "accepted"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"other_id": "0190b5f0-0000-7000-8000-000000000000"}, "/body/other_id"),
        ({"other_id": "one"}, "/body/other_id"),
        ({"joined": "linked", "decision": "dismissed"}, "/body/joined"),
        ({"decision": "maybe"}, "/body/decision"),
    ],
)
async def test_a_decision_that_makes_no_sense_is_refused(api: Api, change: dict[str, str], pointer: str) -> None:
    one, other = await new_idea(api), await new_idea(api, "Another")
    body = {"one_id": one["id"], "other_id": other["id"], "decision": "accepted", **change}
    body = {name: one["id"] if value == "one" else value for name, value in body.items()}
    refused = await api.feedback.put("/v1/similar/decisions", json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_the_index_follows_every_change(api: Api, database: Databases, admin: Database) -> None:
    """New, late, edited, archived, merged away, deleted, and read anew: each text is found as it stands, once."""
    export, twin, said = await populate(api)
    feedback = await database("feedback")
    await filled(api, feedback, 7)
    # Committed only now, with an id from before those that are indexed.
    early = earliest_id(datetime.now(UTC) - timedelta(hours=1))
    late = UUID(int=early.int | 7 << 76 | 2 << 62 | api.workspace_id.int & 0xFFFF)
    async with feedback.transaction({api.workspace_id}) as tx:
        await tx.run(
            "insert into feedback (id, workspace_id, source, external_id, text, said_at) "
            "values ($1, $2, 'api', 'late', 'Webhooks for every change, please', now())",
            late,
            api.workspace_id,
        )
        await tx.run("update similar_indexes set checked = $2 where workspace_id = $1", api.workspace_id, early)
    await made(await api.feedback.patch(f"/v1/ideas/{twin['id']}", json={"title": "Gantt chart of releases"}), 200)
    await made(await api.feedback.patch(f"/v1/ideas/{export['id']}", json={"archived": True}), 200)
    async with feedback.transaction({api.workspace_id}) as tx:
        await tx.run("delete from feedback where workspace_id = $1 and id = $2", api.workspace_id, UUID(said[1]))
        await tx.run(
            "update feedback set text = 'Kanban' where workspace_id = $1 and id = $2", api.workspace_id, UUID(said[2])
        )
    await filled(api, feedback, 6)

    async def finds(text: str) -> set[str]:
        body = await made(await api.feedback.post("/v1/similar", json={"text": text}), 200)
        return {each["id"] for each in body["ideas"] + body["feedback"] if each["score"] > 0.1}

    for _ in range(2):
        assert await finds("webhooks on change") == {str(late)}
        assert await finds("gantt chart") == {twin["id"]}
        assert await finds("kanban") == {said[2]}
        assert await finds("VAT number of invoices") == set()
        assert await finds("night, my eyes") <= {(await finds("dark mode")).pop()}
        assert export["id"] not in await finds("export list as CSV")
        async with admin.system() as tx:
            await tx.run(
                "update feedback.similar_indexes set analyser = 'old' where workspace_id = $1", api.workspace_id
            )
        await filled(api, feedback, 6)


async def test_past_suggestions_are_judged(api: Api, database: Databases) -> None:
    export, twin, said = await populate(api)
    await filled(api, await database("feedback"), 7)
    empty = await made(await api.feedback.get("/v1/similar/quality"), 200)
    assert empty["methods"][0]["precision"] == {"value": None, "n": 0, "low": None, "high": None}
    found = await similar(api, f"ideas/{export['id']}")
    shown = len(found["ideas"]) + len(found["feedback"])
    await decide(api, export["id"], twin["id"], "dismissed")
    link = {"feedback_id": said[0], "idea_id": export["id"]}
    await made(await api.feedback.post("/v1/insights", json=link))
    await made(await api.feedback.post("/v1/insights", json={"feedback_id": said[3], "idea_id": export["id"]}))
    quality = await made(await api.feedback.get("/v1/similar/quality"), 200)
    every, lexical, fused = quality["methods"]
    assert (every["suggested"], every["accepted"], every["dismissed"]) == (shown, 1, 1)
    assert every["undecided"] == shown - 2
    # Wilson's interval of 1 in 2, from its published closed form.
    assert every["precision"] == pytest.approx({"value": 0.5, "n": 2, "low": 0.0945, "high": 0.9055}, abs=1e-4)
    assert (every["recall"]["n"], every["recall"]["value"]) == (2, 0.5)
    assert quality["never_suggested"] == 1
    assert lexical["precision"] == every["precision"]
    assert fused["suggested"] == 0


async def test_whoever_adds_an_idea_hears_what_it_is_like(api: Api, database: Databases) -> None:
    export, twin, said = await populate(api)
    feedback = await database("feedback")
    await filled(api, feedback, 7)
    body = {"title": "Customer list as CSV", "description": "So that nobody copies it by hand."}
    third = await made(await api.feedback.post("/v1/ideas", json=body, params={"similar": 2}))
    found = third["similar"]
    assert sorted(ids(found["ideas"])) == sorted((export["id"], twin["id"]))
    assert ids(found["feedback"])[0] == said[0]
    for each in found["ideas"]:
        told = {word["word"].lower().removesuffix("s") for word in each["reasons"]["words"]}
        assert {"csv", "customer", "list"} <= told
    listed = (await made(await api.feedback.get("/v1/similar/suggestions"), 200))["data"]
    assert {each["id"] for each in listed} == {each["suggestion_id"] for each in (*found["ideas"], *found["feedback"])}
    assert {third["id"]} == {each["other_id"] for each in listed}
    taken = body | {"key": "csv"}
    assert (await made(await api.feedback.post("/v1/ideas", json=taken)))["similar"]["searched"] >= 7
    # Whoever may not read what customers said is not told of it.
    for scopes, kinds in (({"ideas:write"}, None), ({"ideas:write", "ideas:read"}, {"ideas"})):
        blind = await made(await (await api.another(scopes)).feedback.post("/v1/ideas", json=body))
        told = blind["similar"]
        assert (told and {kind for kind in ("ideas", "feedback") if told[kind]}) == kinds
    # What goes wrong with the search is not felt: here it waits for somebody.
    async with api.admin.system() as tx:
        await tx.run("lock table feedback.similar_indexes in access exclusive mode")
        late = await made(await api.feedback.post("/v1/ideas", json=body))
    assert late["similar"] is None
    assert (await api.feedback.get(f"/v1/ideas/{late['id']}")).status_code == 200
    assert (await api.feedback.post("/v1/ideas", json=taken)).status_code == 409
    assert (await made(await api.feedback.post("/v1/ideas", json=body, params={"similar": 0})))["similar"] is None
