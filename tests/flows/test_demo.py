"""`make demo` and the demo workspace, told by the same code against the services in this process."""

import io

import pytest

from deploy import sample
from deploy.caller import Caller
from deploy.demo.scene import Scene
from deploy.demo.story import tell
from deploy.demo.terminal import Terminal
from deploy.seed import FEEDBACK, ITEMS, VOTES, fill
from tests.builders import Api

ASKED_FOR = {idea.key for idea in sample.IDEAS if idea.asked_for}


def caller(api: Api) -> Caller:
    return Caller({name: api.anonymous.of(name) for name in ("feedback", "scoring", "roadmap")}, api.key or "")


@pytest.mark.usefixtures("siblings")
async def test_the_demo_holds(api: Api) -> None:
    written = io.StringIO()
    scene = Scene(caller(api), Terminal(written), rows=1_000, webhooks=40, tag="-x")
    await tell(scene)
    assert len(scene.pace.moved) == len(scene.pace.answered) == 40
    told = written.getvalue()
    assert "\x1b" not in told
    assert "└─ delivery …" in told
    assert told.count("signature verified") == 3


async def test_the_demo_workspace_is_filled_once(api: Api) -> None:
    cairn = caller(api)
    await fill(cairn)
    await fill(cairn)
    assert len(await cairn.everything("/v1/feedback")) == FEEDBACK
    assert len(await cairn.everything("/v1/items")) == len(ITEMS)
    assert len({item["status"] for item in await cairn.everything("/v1/items")}) == len(ITEMS)
    ideas = await cairn.everything("/v1/ideas")
    votes = [vote for idea in ideas for vote in await cairn.everything("/v1/votes", idea_id=idea["id"])]
    assert len(votes) == VOTES
    (view,) = await cairn.everything("/v1/views")
    page = await cairn.send("GET", view["url"].removeprefix("https://roadmap.test"), 200, anonymous=True)
    board = await cairn.get("/v1/boards/requests/ideas")
    assert {idea["title"] for idea in board["data"]} == {idea["title"] for idea in ideas if idea["key"] in ASKED_FOR}
    assert all(idea["title"] in page.text for idea in ideas if idea["status"] != "open")
