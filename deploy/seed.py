"""The demo workspace and its key, so that the first `make run` has something to show."""

import asyncio
import datetime
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from deploy import sample
from deploy.caller import Caller, Unexpected, eventually
from shared.access import registry
from shared.access.keys import SCOPES
from shared.database import Database

SLUG, NAME, CURRENCY = "demo", "Demo", "USD"
FEEDBACK, VOTES = 40, 24
WEIGHTS = (7, 5, 3, 2)
"""How often each of the ideas that customers ask for is asked for."""

ITEMS = (
    ("approval-rules", "Small ones pass by themselves, large ones wait for two people.", ("in_progress", "shipped")),
    ("csv-export", "Download what you see, as rows.", ("in_progress",)),
    ("company-sign-in", "SAML and OpenID Connect, set up by yourself.", ()),
)
"""An idea each, what the public reads of it, and where it moves after it was planned."""

VIEW = {
    "slug": "roadmap",
    "title": "What we are working on",
    "introduction": "Plans change; this page changes with them.",
    "statuses": ["in_progress", "planned", "shipped"],
    "fields": ["summary", "target", "shipped", "people"],
    "published": True,
}


BOARD = {
    "key": "requests",
    "name": "Feature requests",
    "description": "What should we build next?",
    "visibility": "public",
}


async def seed(admin_url: str, pepper: str) -> str | None:
    """Make the demo workspace when there is no workspace at all, and a key to it with every scope.

    Returns the key's text, or None where people have workspaces of their own and no demo.
    """
    database = Database(admin_url, "access", application="cairn-seed")
    await database.open()
    try:
        async with database.system() as tx:
            workspaces = {workspace.slug: workspace.id for workspace in await registry.list_workspaces(tx)}
            if not workspaces:
                workspaces[SLUG] = await registry.create_workspace(tx, SLUG, NAME, CURRENCY)
            if SLUG not in workspaces:
                return None
            _, key = await registry.create_key(tx, pepper, workspaces[SLUG], "demo", SCOPES)
            return key
    finally:
        await database.close()


async def load(urls: Mapping[str, str], key: str) -> None:
    """Fill the demo workspace through the services at `urls`, by service, in a second or two.

    What a load that was cut short has left is neither refused nor made twice. Raises Unexpected with the reason.
    """
    async with Caller.to(urls, key) as cairn:
        await fill(cairn)


async def fill(cairn: Caller) -> None:
    """The same through a caller."""
    ideas = {
        idea.key: (await cairn.post("/v1/ideas", _idea(idea), once=f"seed-idea-{idea.key}"))["id"]
        for idea in sample.IDEAS
    }
    await cairn.post("/v1/accounts", {"accounts": [asdict(account) for account in sample.ACCOUNTS]})
    await cairn.bulk("/v1/feedback/bulk", [_feedback(number) for number in reversed(range(FEEDBACK))])
    await asyncio.gather(*(cairn.post("/v1/votes", _vote(number)) for number in range(VOTES)))
    model = await cairn.post("/v1/models", sample.MODEL, once="seed-model")
    estimates = [each for idea in sample.IDEAS for each in idea.estimates(ideas[idea.key])]
    await cairn.post("/v1/estimates/bulk", {"estimates": estimates}, once="seed-estimates")
    for key, summary, moves in ITEMS:
        await _plan(cairn, ideas[key], key, summary, moves)
    await cairn.post("/v1/views", VIEW, once="seed-view")
    await cairn.post("/v1/boards", BOARD, once="seed-board")
    for idea in sample.IDEAS:
        if idea.asked_for:
            await cairn.send("PUT", f"/v1/boards/{BOARD['key']}/placements/{ideas[idea.key]}", 204)

    async def ranked() -> bool:
        page = await cairn.get("/v1/rankings", model_id=model["id"])
        return len(page["data"]) == sum(bool(idea.effort) for idea in sample.IDEAS)

    await eventually(ranked, "every idea of the demo workspace in its ranking")


async def ranking_model(urls: Mapping[str, str], key: str) -> str | None:
    """Id of a model that the workspace's ideas are ranked by. None when there is none, or no answer."""
    try:
        async with Caller.to(urls, key) as cairn:
            models = await cairn.get("/v1/models")
    except Unexpected:
        return None
    return next((model["id"] for model in models["data"] if model["active"]), None)


async def _plan(cairn: Caller, idea_id: str, key: str, summary: str, moves: tuple[str, ...]) -> None:
    title = next(idea.title for idea in sample.IDEAS if idea.key == key)
    plan = {"idea_ids": [idea_id], "title": title, "summary": summary, "target": sample.next_quarter()}
    item = await cairn.post("/v1/items", plan, once=f"seed-item-{key}")
    for status in moves:
        await cairn.post(f"/v1/items/{item['id']}/status", {"status": status}, once=f"seed-{status}-{key}")


def _idea(idea: sample.Idea) -> dict[str, Any]:
    return {"key": idea.key, "title": idea.title, "kind": idea.kind, "description": idea.description}


def _wanted(number: int) -> sample.Idea:
    asked_for = [idea for idea in sample.IDEAS if idea.asked_for]
    turns = [idea for idea, weight in zip(asked_for, WEIGHTS, strict=True) for _ in range(weight)]
    return turns[number * 5 % len(turns)]


def _person(number: int) -> dict[str, str]:
    return sample.person(number, sample.ACCOUNTS[number % len(sample.ACCOUNTS)].external_id)


def _feedback(number: int) -> dict[str, Any]:
    said_at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=number * 2, minutes=number * 37)
    row = {"source": "support", "external_id": f"ticket-{4700 - number}", "said_at": said_at.isoformat()}
    if number % 4 == 3:
        return {**row, "text": sample.REMARKS[number // 4 % len(sample.REMARKS)], "contact": _person(number)}
    idea = _wanted(number)
    return {**row, "text": idea.quotes[number % len(idea.quotes)], "contact": _person(number), "ideas": [idea.key]}


def _vote(number: int) -> dict[str, Any]:
    importance = ("important", "critical", "nice")[number % 3]
    return {"idea_id": _wanted(number + 1).key, "contact": _person(100 + number), "importance": importance}
