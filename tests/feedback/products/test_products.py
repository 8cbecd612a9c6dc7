"""Products and components over HTTP, and ideas that belong to them."""

from typing import Any

from tests.builders import Api, eventually
from tests.feedback.given import made, new_idea, open_door, typeform


async def test_products_have_components_and_ideas_belong_to_them(api: Api, neighbour: Api) -> None:
    mobile, web = [
        await made(await api.feedback.post("/v1/products", json={"key": key, "name": key})) for key in ("mobile", "web")
    ]
    path = f"/v1/products/{mobile['id']}/components"
    exports = await made(await api.feedback.post(path, json={"key": "exports", "name": "Exports"}))
    twin = await made(
        await api.feedback.post(f"/v1/products/{web['id']}/components", json={"key": "exports", "name": "Exports"})
    )
    for clash in (
        await api.feedback.post("/v1/products", json={"key": "mobile", "name": "Other"}),
        await api.feedback.post(path, json={"key": "exports", "name": "Other"}),
    ):
        assert (clash.status_code, clash.json()["code"]) == (409, "key_taken")
    assert (await neighbour.feedback.get(f"/v1/components/{exports['id']}")).status_code == 404

    edited = await api.feedback.patch(
        f"/v1/products/{mobile['id']}", json={"archived": True}, headers={"If-Match": '"1"'}
    )
    assert (edited.headers["etag"], edited.json()["archived"], edited.json()["name"]) == ('"2"', True, "mobile")
    late = await api.feedback.patch(f"/v1/products/{mobile['id']}", json={"name": "x"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    renamed = await api.feedback.patch(f"/v1/components/{exports['id']}", json={"name": "Reports"})
    assert (renamed.json()["name"], renamed.json()["version"]) == ("Reports", 2)
    assert [each["key"] for each in (await api.feedback.get("/v1/products?archived=false")).json()["data"]] == ["web"]
    assert (await api.feedback.get(path)).json()["data"] == [renamed.json()]

    # A component says its product; a key of several says too little.
    idea = await new_idea(api, component=exports["id"], tags=["b", "a", "b"], owner="ada", attributes={"size": "M"})
    assert (idea["product_id"], idea["component_id"], idea["tags"]) == (mobile["id"], exports["id"], ["b", "a"])
    assert (await new_idea(api, product="web", component="exports"))["component_id"] == twin["id"]
    for body, pointer in (
        ({"component": "exports"}, "/body/component"),
        ({"product": "nothing"}, "/body/product"),
        ({"product": "web", "component": exports["id"]}, "/body/component"),
    ):
        refused = await api.feedback.post("/v1/ideas", json={"title": "Idea", **body})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)

    path = f"/v1/ideas/{idea['id']}"
    shown: Any = None
    changes: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
        ({"attributes": {"size": None, "team": 7}, "owner": None}, {"attributes": {"team": 7}, "owner": None}),
        ({"component": None}, {"product_id": mobile["id"], "component_id": None}),
        ({"component": "exports"}, {"product_id": mobile["id"], "component_id": exports["id"]}),
        ({"product": "web"}, {"product_id": web["id"], "component_id": None}),
        ({"product": None, "tags": []}, {"product_id": None, "component_id": None, "tags": []}),
    )
    for change, expected in changes:
        shown = await made(await api.feedback.patch(path, json=change), 200)
        assert {name: shown[name] for name in expected} == expected, change
    again = await made(await api.feedback.patch(path, json={"product": None, "attributes": {"team": 7}}), 200)
    assert again == shown, "what is so already changes nothing"


async def test_feedback_and_connections_name_a_product(api: Api) -> None:
    product = await made(await api.feedback.post("/v1/products", json={"key": "mobile", "name": "Mobile"}))
    for name in ("mobile", product["id"]):
        said = await made(await api.feedback.post("/v1/feedback", json={"text": "Slow", "product": name}))
        shown = (await api.feedback.get(f"/v1/feedback/{said['id']}")).json()
        assert shown["product_id"] == product["id"]
    refused = await api.feedback.post("/v1/feedback", json={"text": "Slow", "product": "nothing"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/body/product")
    rows = b'{"text":"a","product":"mobile"}\n{"text":"b","product":"nothing"}\n{"text":"c"}\n'
    upload = await made(
        await api.feedback.post("/v1/feedback/bulk", content=rows, headers={"Content-Type": "application/x-ndjson"}),
        200,
    )
    assert [each["status"] for each in upload["results"]] == ["created", "invalid", "created"]

    door = await open_door(api, product="mobile")
    assert door.shown["product_id"] == product["id"]
    assert (await door.deliver(typeform("t1"))).status_code < 300

    async def read() -> bool:
        listed = (await api.feedback.get("/v1/feedback", params={"source": "typeform"})).json()["data"]
        return [each["product_id"] for each in listed] == [product["id"]]

    await eventually(read)
