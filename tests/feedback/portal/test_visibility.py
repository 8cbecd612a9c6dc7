"""No text of the inside is ever in an answer to the outside, and everybody sees all that is for them."""

from collections.abc import Awaitable, Callable
from typing import Any

from httpx2 import AsyncClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from services.feedback.similar import worker
from tests.builders import Api
from tests.depth import examples
from tests.feedback.given import Databases, made, told_shares
from tests.feedback.portal.given import PUBLISHABLE, token
from tests.feedback.portal.outside import BOARDS, PEOPLE, STEPS, Outside, marks_in

EXAMPLES = 2
SCRIPT = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 59), st.integers(0, 59)), min_size=24, max_size=32)
ASKING = {None, "member"}
FINDING = {None, "member", "stranger"}
EVERY = 3
"""Of ideas that somebody does not see, one of so many is asked for by its id: another one for each who looks."""
SEEN_REASONS = {"board_is_public", "member", "yours", "everybody_may_bring_ideas"}


@examples(
    EXAMPLES,
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
    while await worker.fill_some(outside.database):
        pass
    # The order of votes follows them by a moment.
    await told_shares(outside.database, api.workspace_id)
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

    async def read(path: str, **asked: Any) -> Any:
        response = await page.get(f"/v1/boards/{board}/{path}", headers=headers, params={"limit": 200, **asked})
        texts.append(response.text)
        assert response.status_code in {200, 404}, response.text
        return response.json() if response.status_code == 200 else None

    assert (await read("about") is not None) == outside.sees_board(who, board)
    listed = await read("ideas")
    await read("submissions")
    shown = {each["id"]: each for each in listed["data"]} if listed else {}
    assert set(shown) == {each.id for each in outside.ideas if outside.sees_idea(who, board, each)}
    if listed is not None and who in FINDING:
        await _find(outside, page, read, headers, who, board, shown)
    places = len(board) + len(who or "")
    for number, idea in enumerate(outside.ideas):
        mine = [each for each in outside.comments if each.idea is idea]
        if idea.id not in shown and (number + places) % EVERY == 0:
            assert await read(f"ideas/{idea.id}") is None
            assert await read(f"ideas/{idea.id}/comments") is None
        elif idea.id in shown:
            assert shown[idea.id]["comments"] == sum(outside.stands(board, each) for each in mine)
            comments: list[Any] = (await read(f"ideas/{idea.id}/comments"))["data"] if mine else []
            assert {each["id"] for each in comments} == {
                each.id for each in mine if outside.sees_comment(who, board, each)
            }
    assert set(marks_in(" ".join(texts))) == outside.visible(who, board), f"{who} on {board}"


async def _find(
    outside: Outside,
    page: AsyncClient,
    read: Callable[..., Awaitable[Any]],
    headers: dict[str, str],
    who: str | None,
    board: str,
    shown: dict[str, Any],
) -> None:
    """In any order, by words, by what ties somebody to it, or by what is like it: it is of what is listed."""
    ideas = {idea.id: idea for idea in outside.ideas if idea.id in shown}
    for id, idea in ideas.items():
        assert (shown[id]["mine"], shown[id]["voted"], shown[id]["follows"]) == (
            who is not None and idea.brought_by[board] == who, who in idea.voters, idea.follows(who)
        ), f"{who} on {board}"  # fmt: skip
    order = sorted(((len(idea.voters), id) for id, idea in ideas.items()), reverse=True)
    assert [(each["votes"], each["id"]) for each in (await read("ideas", sort="votes"))["data"]] == order
    assert {each["id"] for each in (await read("ideas", q="words"))["data"]} == set(shown)
    voted = [each["id"] for each in (await read("ideas", voted=True))["data"]]
    assert voted == [each["id"] for each in shown.values() if each["voted"]]
    own = await page.get(f"/v1/boards/{board}/mine", headers=headers)
    tied = [each["id"] for each in shown.values() if each["mine"] or each["voted"] or each["follows"]]
    if who is None:
        assert own.json()["code"] == "visitor_needed"
    else:
        assert [each["id"] for each in own.json()["data"]] == tied
    hidden = [idea for idea in outside.ideas if idea.id not in shown]
    for mark in {min(idea.marks) for idea in hidden[:1]}:
        assert (await read("ideas", q=f"mark{mark}x "))["data"] == []
        sought = {"title": f"words mark{mark}x"}
        alike = await page.post(f"/v1/boards/{board}/similar", headers=headers, json=sought)
        assert {each["id"] for each in alike.json()["data"]} <= set(shown)
        assert set(marks_in(alike.text)) <= outside.visible(who, board)


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
    for comment in outside.comments if who else ():
        expected = {board: outside.sees_comment(who, board, comment) for board in comment.idea.brought_by}
        assert await explained(f"comment:{comment.id}") == (expected or {None: False})
    for submission in outside.submissions:
        own = submission.by == who and submission.state in {"pending", "shown"}
        sees = own and outside.sees_board(who, submission.board)
        assert await explained(f"submission:{submission.id}") == {submission.board: sees}


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
