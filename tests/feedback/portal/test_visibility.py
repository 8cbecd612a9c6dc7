"""No text of the inside is ever in an answer to the outside, and everybody sees all that is for them."""

from collections.abc import Awaitable, Callable
from typing import Any

from httpx2 import AsyncClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.builders import Api
from tests.feedback.given import Databases, made
from tests.feedback.portal.given import PUBLISHABLE, token
from tests.feedback.portal.outside import BOARDS, PEOPLE, STEPS, Outside, marks_in

EXAMPLES = 2
SCRIPT = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 59), st.integers(0, 59)), min_size=24, max_size=32)
ASKING = {None, "member"}
SEEN_REASONS = {"board_is_public", "member", "yours", "everybody_may_bring_ideas"}


@settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    # A workspace is made for each example; what the fixtures are is the servers.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(script=SCRIPT)
async def test_everybody_sees_what_is_for_them_and_nothing_else(
    new_api: Callable[..., Awaitable[Api]], database: Databases, script: list[tuple[Any, int, int]]
) -> None:
    api = await new_api()
    outside = Outside(api, await database("feedback"))
    await outside.begin()
    await outside.team_idea(0, 0)
    for step, a, b in script:
        await step(outside, a, b)
    page = (await api.another(PUBLISHABLE)).feedback
    for who in (None, *PEOPLE):
        headers = await token(api, outside.contacts[who]) if who else {}
        for board in BOARDS:
            await _look(outside, page, headers, who, board)
        if who in ASKING:
            await _ask_why(outside, who)
    await _read_the_roadmap(outside)


async def _look(outside: Outside, page: AsyncClient, headers: dict[str, str], who: str | None, board: str) -> None:
    """Read every public route of a board, also for ideas that are not listed there."""
    texts: list[str] = []

    async def read(path: str) -> Any:
        response = await page.get(f"/v1/boards/{board}/{path}", headers=headers, params={"limit": 200})
        texts.append(response.text)
        assert response.status_code in {200, 404}, response.text
        return response.json() if response.status_code == 200 else None

    assert (await read("about") is not None) == outside.sees_board(who, board)
    listed = await read("ideas")
    await read("submissions")
    shown = {each["id"]: each for each in listed["data"]} if listed else {}
    assert set(shown) == {each.id for each in outside.ideas if outside.sees_idea(who, board, each)}
    for idea in outside.ideas:
        if idea.id not in shown:
            assert await read(f"ideas/{idea.id}") is None
        comments = await read(f"ideas/{idea.id}/comments")
        assert (comments is not None) == (idea.id in shown)
        if comments is not None:
            mine = [each for each in outside.comments if each.idea is idea]
            assert {each["id"] for each in comments["data"]} == {
                each.id for each in mine if outside.sees_comment(who, board, each)
            }
            assert shown[idea.id]["comments"] == sum(outside.stands(board, each) for each in mine)
    assert set(marks_in(" ".join(texts))) == outside.visible(who, board), f"{who} on {board}"


async def _ask_why(outside: Outside, who: str | None) -> None:
    """What is explained is what is so, for the reason that is given."""
    principal = f"contact:{outside.contacts[who]}" if who else "anonymous"

    async def explained(record: str) -> dict[str | None, bool]:
        params = {"principal": principal, "record": record}
        answer = await made(await outside.api.feedback.get("/v1/access:explain", params=params), 200)
        for each in answer["reasons"]:
            assert each["visible"] == (each["reason"] in SEEN_REASONS), answer
        return {each["board"]: each["visible"] for each in answer["reasons"]}

    for idea in outside.ideas:
        expected = {board: outside.sees_idea(who, board, idea) for board in idea.brought_by}
        assert await explained(f"idea:{idea.id}") == (expected or {None: False})
    for comment in outside.comments:
        expected = {board: outside.sees_comment(who, board, comment) for board in comment.idea.brought_by}
        assert await explained(f"comment:{comment.id}") == (expected or {None: False})


async def _read_the_roadmap(outside: Outside) -> None:
    """A published page shows the item's own words, and nothing of what was said about its ideas."""
    api = outside.api
    title, marks = outside.text()
    item = {"idea_ids": [each.id for each in outside.ideas[:20]], "title": title}
    await made(await api.roadmap.post("/v1/items", json=item))
    fields = ["summary", "target", "shipped", "people", "votes", "scores"]
    view = {"slug": "all", "title": "All", "statuses": ["planned"], "fields": fields, "published": True}
    await made(await api.roadmap.post("/v1/views", json=view))
    for path in ("all", "all.json"):
        page = await api.anonymous.roadmap.get(f"/p/{api.slug}/{path}")
        assert set(marks_in(page.text)) == marks, path
