"""What comes out: a plan, a page that anyone can read, and the names of those to tell."""

import re
from html import escape
from typing import Any

from deploy import sample
from deploy.caller import check, eventually
from deploy.demo.scene import Scene

SUMMARY = "SAML and OpenID Connect, set up by yourself."
HEADINGS = {"planned": "Next", "in_progress": "Now", "shipped": "Shipped"}


async def plan(scene: Scene) -> None:
    """The top idea becomes an item."""
    scene.terminal.step("The top idea is planned")
    top = (await scene.ranking())[0]
    body = {"idea_ids": [top["idea_id"]], "summary": SUMMARY, "target": sample.next_quarter()}
    scene.item = await scene.cairn.post("/v1/items", body, 201)
    check(scene.item["title"] == top["title"], "The item did not take its idea's title")
    scene.terminal.passed(f"{scene.item['title']}: {scene.item['status']} for {scene.item['target']}")


async def page(scene: Scene) -> None:
    """A published view, as HTML and as JSON, without a key."""
    scene.terminal.step("The roadmap is published")
    body = {
        "slug": scene.named("roadmap"),
        "title": "What we are working on",
        "introduction": "Plans change; this page changes with them.",
        "statuses": ["in_progress", "planned", "shipped"],
        "fields": ["summary", "target", "shipped", "people"],
        "published": True,
    }
    scene.view = await scene.cairn.post("/v1/views", body, 201)
    scene.terminal.passed(scene.view["url"])
    await _published(scene, "planned")


async def _published(scene: Scene, status: str) -> None:
    path = "/p/" + scene.view["url"].partition("/p/")[2]
    html = (await scene.cairn.send("GET", path, 200, anonymous=True)).text
    shown: dict[str, str] = {}
    column = ""
    for heading, card in re.findall(r'<h2[^>]*>\s*([^<]*?)\s*<|<li class="card" id="item-([^"]+)"', html):
        column = heading or column
        if card:
            shown[card] = column
    title = scene.item["title"]
    there = shown.get(scene.item["id"]) == HEADINGS[status] and escape(title) in html
    check(there, f"The page shows {shown}, and not {title!r}, {scene.item['id']}, under {HEADINGS[status]}")
    check("<script" not in html, "The page has a script in it")
    json = (await scene.cairn.send("GET", f"{path}.json", 200, anonymous=True)).json()
    columns = {column["status"]: [item["id"] for item in column["items"]] for column in json["columns"]}
    check(scene.item["id"] in columns[status], f"The page as JSON does not have the item in {status}")
    scene.terminal.passed(f"{title}: under “{HEADINGS[status]}” on the page and in its JSON, with no key and no script")


async def ship(scene: Scene) -> None:
    """The item is built and shipped; everyone who asked for it is named."""
    scene.terminal.step("It is built, and it ships")
    refused = await scene.cairn.post(f"/v1/items/{scene.item['id']}/status", {"status": "shipped"}, 409)
    scene.terminal.passed(f"planned → shipped: 409. {refused['detail']}")
    for status in ("in_progress", "shipped"):
        scene.item = await scene.cairn.post(f"/v1/items/{scene.item['id']}/status", {"status": status}, 200)
        await _published(scene, status)
    (idea_id,) = scene.item["idea_ids"]
    demand = await scene.cairn.get(f"/v1/ideas/{idea_id}/demand")

    async def named() -> list[Any]:
        return await scene.cairn.everything("/v1/requesters", item_id=scene.item["id"])

    requesters = await eventually(named, "the names of those who asked")
    check(len(requesters) == demand["contacts"], f"{len(requesters)} are named, {demand['contacts']} had asked")
    accounts = {each["account_id"] for each in requesters}
    some = ", ".join(each["name"] or each["email"] for each in requesters[:3])
    scene.terminal.passed(
        f"{len(requesters)} people of {len(accounts)} accounts asked for it and are to be told: {some}, …"
    )

    async def followed() -> bool:
        return (await scene.cairn.get(f"/v1/ideas/{idea_id}"))["status"] == "shipped"

    await eventually(followed, "the idea shipped as its item did")
    scene.terminal.passed("the idea itself is shipped, too")
