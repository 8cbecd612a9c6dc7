"""A contact that turned out to be another: everything follows, and both names go on naming them."""

from uuid import UUID, uuid4

from services.feedback.inbox import domain as inbox
from shared.errors import Invalid
from shared.events.feedback import ContactMerged
from tests.builders import Api
from tests.feedback.given import (
    SAID_AT,
    TOLD,
    Databases,
    check_demand,
    check_events,
    demand_of,
    made,
    new_idea,
    response,
)
from tests.feedback.needs.given import new_need
from tests.feedback.portal import given as boards


async def test_everything_follows(api: Api, database: Databases) -> None:
    first, second = await new_idea(api, "First"), await new_idea(api, "Second")
    accounts = [{"external_id": "acme", "mrr": 100}, {"external_id": "bolt", "mrr": 7}]
    await api.feedback.post("/v1/accounts", json={"accounts": accounts})
    ada = {"external_id": "u1", "account": "acme"}
    twin = {"external_id": "u2", "email": "ada@example.com", "account": "bolt"}
    for idea, who in ((first, ada), (first, twin), (second, twin)):
        await made(await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], "contact": who}))
    said = {"text": "Slow.", "contact": twin, "ideas": [first["id"]]}
    statement = await made(await api.feedback.post("/v1/feedback", json=said))
    beta = await made(await api.feedback.post("/v1/segments", json={"key": "b", "name": "B", "selects": "contacts"}))
    people = {each["external_id"]: each for each in (await api.feedback.get("/v1/contacts")).json()["data"]}
    kept, duplicate = people["u1"]["id"], people["u2"]["id"]
    await api.feedback.put(f"/v1/segments/{beta['id']}/members/{duplicate}")
    assert (await demand_of(api, first["id"]))["mrr"] == 107

    both = {"contact_id": kept, "duplicate_id": duplicate}
    merged = await made(await api.feedback.post("/v1/contacts:merge", json=both), 200)
    assert (merged["external_id"], merged["email"]) == ("u1", "ada@example.com")
    assert await demand_of(api, first["id"]) == {"votes": 1, "insights": 1, "contacts": 1, "accounts": 1, "mrr": 100}
    assert await demand_of(api, second["id"]) == {"votes": 1, "insights": 0, "contacts": 1, "accounts": 1, "mrr": 100}
    async with (await database("feedback")).read({api.workspace_id}) as read:
        await check_demand(read, api.workspace_id)
        await check_events(read, api.workspace_id)
        (row,) = await read.all(TOLD, api.workspace_id, ContactMerged.type)
    told = ContactMerged.model_validate_json(row["data"])
    assert (str(told.contact_id), str(told.into_id)) == (duplicate, kept)
    assert (await api.feedback.get(f"/v1/feedback/{statement['id']}")).json()["contact_id"] == kept
    (member,) = (await api.feedback.get(f"/v1/segments/{beta['id']}/members")).json()["data"]
    assert member["member_id"] == kept

    moved = await api.feedback.get(f"/v1/contacts/{duplicate}")
    assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/contacts/{kept}")
    assert [each["id"] for each in (await api.feedback.get("/v1/contacts")).json()["data"]] == [kept]
    # By whatever name: the other's id, their address, and the id that we gave.
    for name in ({"external_id": "u2"}, {"email": "ada@example.com"}, {"id": duplicate}):
        assert (await made(await api.feedback.post("/v1/contacts", json=name), 200))["id"] == kept
    (found,) = (await api.feedback.get("/v1/contacts?external_id=u2")).json()["data"]
    assert found["id"] == kept
    third = await made(await api.feedback.post("/v1/contacts", json={"email": "third@example.com"}), 200)
    await made(
        await api.feedback.post("/v1/contacts:merge", json={"contact_id": third["id"], "duplicate_id": kept}), 200
    )
    again = {"contact": {"external_id": "u2"}, "idea_id": first["id"]}
    vote = await made(await api.feedback.post("/v1/votes", json=again), 200)
    assert (vote["contact_id"], vote["status"]) == (third["id"], "duplicate"), "also over two steps"
    for one, other, code in ((kept, third["id"], "merged"), (third["id"], third["id"], "same_contact")):
        refused = await api.feedback.post("/v1/contacts:merge", json={"contact_id": one, "duplicate_id": other})
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    nobody = {"contact_id": third["id"], "duplicate_id": str(uuid4())}
    assert (await api.feedback.post("/v1/contacts:merge", json=nobody)).status_code == 422
    # An address that names the merged one can become their own again.
    edited = await api.feedback.patch(f"/v1/contacts/{third['id']}", json={"email": "ada@example.com"})
    assert edited.json()["email"] == "ada@example.com"


async def test_what_they_said_on_boards_and_in_surveys_follows(api: Api, database: Databases) -> None:
    need, idea, board = await new_need(api, key="figures"), await new_idea(api), await boards.new_board(api)
    merged_idea = await new_idea(api, "Same")
    await boards.place(api, board, idea["id"])
    people = [await boards.new_contact(api, f"{name}@example.com", external_id=name) for name in ("ada", "twin")]
    ada, twin = people
    for score, who in ((9, "ada"), (2, "twin")):
        rated = [
            {"kind": "nps", "value": score, "about": None},
            {"kind": "importance", "value": score // 2, "about": "figures"},
        ]
        async with (await database("feedback")).transaction({api.workspace_id}) as tx:
            (said,) = await inbox.record(tx, [response(api.workspace_id, who, SAID_AT, rated, who)])
        assert not isinstance(said, Invalid)
        await made(
            await api.feedback.post("/v1/insights", json={"feedback_id": str(said.id), "need_id": need["id"]}), 201
        )
    for who in people:
        await api.feedback.put(f"/v1/boards/{board}/members/{who}")
        visitor = await boards.token(api, who)
        path = f"/v1/boards/{board}"
        brought = await api.feedback.post(f"{path}/submissions", json={"title": "PDF"}, headers=visitor)
        spoken = await api.feedback.post(f"{path}/ideas/{idea['id']}/comments", json={"text": "Yes."}, headers=visitor)
        await boards.decide(api, "approve", (await made(brought))["id"], (await made(spoken))["id"])
        follower = {"contact": {"id": who}}
        await made(await api.feedback.post(f"/v1/ideas/{idea['id']}/followers", json=follower), 200)
    await made(await api.feedback.post(f"/v1/ideas/{idea['id']}/comments", json={"text": f"@{ada} @{twin}"}))
    await made(await api.feedback.put(f"/v1/trust/contacts/{twin}", json={"level": "blocked"}), 200)
    # A vote for an idea that counts elsewhere.
    vote = {"idea_id": merged_idea["id"], "contact": {"id": twin}}
    await made(await api.feedback.post("/v1/votes", json=vote))
    await made(await api.feedback.post(f"/v1/ideas/{merged_idea['id']}:merge", json={"into": idea["id"]}), 200)

    both = {"contact_id": ada, "duplicate_id": twin}
    await made(await api.feedback.post("/v1/contacts:merge", json=both), 200)
    nps = await made(await api.feedback.get("/v1/surveys/nps?from=2026-01-01&to=2026-12-31"), 200)
    assert nps["total"]["n"] == 1, "one person, with one answer"
    ratings = (await api.feedback.get(f"/v1/needs/{need['id']}/ratings")).json()["data"]
    assert [each["contact_id"] for each in ratings] == [ada, ada]
    shown = (await api.feedback.get(f"/v1/needs/{need['id']}")).json()
    assert (shown["ratings"], shown["insights"]) == (2, 2)
    (member,) = (await api.feedback.get(f"/v1/boards/{board}/members")).json()["data"]
    assert member["member_id"] == ada
    (mention,) = (await api.feedback.get(f"/v1/mentions?of={ada}")).json()["data"]
    assert mention["idea_id"] == idea["id"]
    written = (await api.feedback.get(f"/v1/comments?idea_id={idea['id']}&visibility=public")).json()["data"]
    assert [each["contact_id"] for each in written] == [ada, ada]
    visitor = await boards.token(api, ada)
    assert len((await api.feedback.get(f"/v1/boards/{board}/submissions", headers=visitor)).json()["data"]) == 2
    entries = (await api.feedback.get("/v1/moderation?state=shown")).json()["data"]
    assert {each["contact_id"] for each in entries} == {ada}
    (trust,) = (await api.feedback.get("/v1/trust")).json()["data"]
    assert (trust["name"], trust["level"], trust["approved"]) == (ada, "blocked", 4)
    followers = (await api.feedback.get(f"/v1/ideas/{idea['id']}/followers")).json()["data"]
    assert [each["contact_id"] for each in followers] == [ada]
    async with (await database("feedback")).read({api.workspace_id}) as read:
        left = await read.value("select count(*) from votes where contact_id = $1", UUID(twin))
    assert left == 0, "nor for what was merged"
