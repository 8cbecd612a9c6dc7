"""A contact that turned out to be another: everything follows, and both names go on naming them."""

from uuid import uuid4

from shared.events.feedback import ContactMerged
from tests.builders import Api
from tests.feedback.given import TOLD, Databases, check_demand, check_events, demand_of, made, new_idea


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
    merged = await made(await api.feedback.post("/v1/contacts/merge", json=both), 200)
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
        await api.feedback.post("/v1/contacts/merge", json={"contact_id": third["id"], "duplicate_id": kept}), 200
    )
    again = {"contact": {"external_id": "u2"}, "idea_id": first["id"]}
    vote = await made(await api.feedback.post("/v1/votes", json=again), 200)
    assert (vote["contact_id"], vote["status"]) == (third["id"], "duplicate"), "also over two steps"
    for one, other, code in ((kept, third["id"], "merged"), (third["id"], third["id"], "same_contact")):
        refused = await api.feedback.post("/v1/contacts/merge", json={"contact_id": one, "duplicate_id": other})
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    nobody = {"contact_id": third["id"], "duplicate_id": str(uuid4())}
    assert (await api.feedback.post("/v1/contacts/merge", json=nobody)).status_code == 422
    # An address that names the merged one can become their own again.
    edited = await api.feedback.patch(f"/v1/contacts/{third['id']}", json={"email": "ada@example.com"})
    assert edited.json()["email"] == "ada@example.com"
