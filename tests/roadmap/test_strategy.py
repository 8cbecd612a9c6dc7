"""Objectives, what tells how far they have come, and what is done for them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from services.roadmap.coverage import domain as coverage
from services.roadmap.objectives.domain import turn_one
from services.roadmap.objectives.standing import overall, progress, turns_on, within
from shared.database import Database
from shared.ids import new_id
from tests.builders import Api
from tests.roadmap.given import Databases, Said

TODAY = datetime.now(UTC).date()
EVENTS = "select data::text as data from events where workspace_id = $1 and aggregate_id = $2 order by seq"
DAYS = st.none() | st.integers(-5, 5).map(lambda days: TODAY + timedelta(days=days))
FIGURES = st.floats(-1e15, 1e15)


async def told(database: Databases, api: Api, aggregate: str) -> list[dict[str, Any]]:
    """What was published of an objective, or of an idea."""
    async with (await database("roadmap")).read({api.workspace_id}) as read:
        return [from_json(row["data"]) for row in await read.all(EVENTS, api.workspace_id, UUID(aggregate))]


async def create(api: Api, title: str = "Grow", **fields: Any) -> dict[str, Any]:
    made = await api.roadmap.post("/v1/objectives", json={"title": title, "weight": 1, **fields})
    assert made.status_code == 201, made.text
    return made.json()


async def test_an_objective_is_edited_measured_and_told(api: Api, neighbour: Api, database: Databases) -> None:
    objective = await create(api, weight=3, owner="ada", ends_on=f"{TODAY}")
    url = f"/v1/objectives/{objective['id']}"
    assert (objective["counts"], objective["progress"], objective["ideas"]) == (True, None, 0)
    results: list[str] = []
    for start, target in ((0, 40), (80, 60)):
        body = {"title": "Sign-ups", "unit": "companies", "start": start, "target": target}
        made = await api.roadmap.post(f"{url}/key-results", json=body)
        assert made.status_code == 201, made.text
        results.append(made.headers["location"])
    assert (await api.roadmap.get(url)).json()["progress"] == 0

    async def check_in(result: str, value: float, day: date, **others: Any) -> dict[str, Any]:
        said = {"value": value, "measured_on": f"{day}", **others}
        answer = await api.roadmap.post(f"{result}/check-ins", json=said)
        assert answer.status_code == 201, answer.text
        return answer.json()

    await check_in(results[0], 10, TODAY, said_by="ada", note="after the launch")
    await check_in(results[0], 39, TODAY - timedelta(days=9))
    await check_in(results[1], 65, TODAY)
    shown = (await api.roadmap.get(results[0])).json()
    assert (shown["current"], shown["progress"]) == (10, 0.25), "an earlier day does not say how things stand"
    held = await api.roadmap.get(url)
    assert held.json()["progress"] == 0.5, "the mean of 10 of 40 and of 15 of 20 downwards"
    listed = (await api.roadmap.get(f"{results[0]}/check-ins")).json()["data"]
    assert [(each["value"], each["said_by"]) for each in listed] == [(39, f"key:{api.key_id}"), (10, "ada")]

    weighed = await api.roadmap.patch(url, json={"weight": 5}, headers={"If-Match": held.headers["etag"]})
    assert (weighed.status_code, weighed.json()["weight"]) == (200, 5)
    stale = await api.roadmap.patch(url, json={"weight": 6}, headers={"If-Match": held.headers["etag"]})
    assert stale.status_code == 412
    again = await api.roadmap.patch(url, json={"weight": 5})
    assert again.headers["etag"] == weighed.headers["etag"], "what it says already changes nothing"
    await api.roadmap.patch(url, json={"title": "Grow more"})
    await api.roadmap.patch(results[1], json={"archived": True})
    assert (await api.roadmap.get(url)).json()["progress"] == 0.25
    late = await api.roadmap.post(f"{results[1]}/check-ins", json={"value": 1})
    assert (late.status_code, late.json()["code"]) == (409, "archived")
    await api.roadmap.patch(url, json={"archived": True})

    changes = (await api.roadmap.get(f"{url}/changes")).json()["data"]
    trail = [(each["state"]["weight"], each["state"]["progress"], each["strategy_version"]) for each in changes]
    assert trail == [
        (3, None, 1),
        (3, 0, 2),
        (3, 0.125, 3),
        (3, 0.5, 4),
        (5, 0.5, 5),
        (5, 0.5, 5),
        (5, 0.25, 6),
        (5, 0.25, 7),
    ]
    events = await told(database, api, objective["id"])
    assert [(each["version"], each["strategy_version"]) for each in events] == [
        (each["version"], each["strategy_version"]) for each in changes
    ]
    assert (events[-1]["counts"], events[-1]["progress"], events[-1]["archived"]) == (False, 0.25, True)
    assert "Grow" not in f"{events}", "words stay here"
    assert (await neighbour.roadmap.get(url)).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("", {"title": "x", "weight": 0}, "/body/weight"),
        ("", {"title": "x", "weight": 1, "starts_on": "2027-01-02", "ends_on": "2027-01-01"}, "/body/ends_on"),
        ("/key-results", {"title": "x", "unit": "%", "start": 5, "target": 5}, "/body/target"),
        ("/contributions", {"contributions": [{"objective_id": f"{UUID(int=1)}", "weight": 1}]}, "/body/contributions"),
        ("/check-ins", {"value": 1, "measured_on": f"{TODAY + timedelta(days=2)}"}, "/body/measured_on"),
    ],
)
async def test_what_cannot_be_is_refused(api: Api, said: Said, path: str, body: dict[str, Any], pointer: str) -> None:
    url = f"/v1/objectives/{(await create(api))['id']}"
    if path == "/contributions":
        answer = await api.roadmap.put(f"/v1/contributions/{await said.idea()}", json=body)
    elif path == "/check-ins":
        result = {"title": "x", "unit": "%", "target": 5}
        made = await api.roadmap.post(f"{url}/key-results", json=result)
        answer = await api.roadmap.post(f"{made.headers['location']}{path}", json=body)
    else:
        answer = await api.roadmap.post(f"{url}{path}" if path else "/v1/objectives", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text


async def test_objectives_begin_and_end_on_their_days(api: Api, database: Databases) -> None:
    first, last = TODAY + timedelta(days=3), TODAY + timedelta(days=5)
    objective = await create(api, starts_on=f"{first}", ends_on=f"{last}")
    draft = await create(api, status="draft", starts_on=f"{first}")
    assert (objective["counts"], draft["counts"]) == (False, False)
    roadmap: Database = await database("roadmap")

    async def on(day: date) -> bool:
        async with roadmap.transaction({api.workspace_id}) as tx:
            while await turn_one(tx, day):
                pass
        return (await api.roadmap.get(f"/v1/objectives/{objective['id']}")).json()["counts"]

    assert [await on(first + timedelta(days=days)) for days in (-1, 0, 2, 3)] == [False, True, True, False]
    events = await told(database, api, objective["id"])
    assert [(each["counts"], each["strategy_version"]) for each in events] == [(False, 1), (True, 2), (False, 3)]
    changes = (await api.roadmap.get(f"/v1/objectives/{objective['id']}/changes")).json()["data"]
    assert [each["changed_by"] for each in changes] == [f"key:{api.key_id}", "calendar", "calendar"]
    assert len(await told(database, api, draft["id"])) == 1


async def test_contributions_are_said_once_and_show_what_is_covered(
    api: Api, said: Said, database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow, keep, idle = [(await create(api, title))["id"] for title in ("Grow", "Keep", "Idle")]
    over = (await create(api, "Over", status="achieved"))["id"]
    served, spare, done = [await said.idea(title) for title in ("served", "spare", "done")]
    await said.idea("gone", archived=True)

    async def say(idea: UUID, by: str | None = None, **weights: float) -> Any:
        ids = {"grow": grow, "keep": keep, "over": over}
        given = [{"objective_id": ids[name], "weight": weight} for name, weight in weights.items()]
        return await api.roadmap.put(f"/v1/contributions/{idea}", json={"contributions": given, "said_by": by})

    assert (await api.roadmap.get(f"/v1/contributions/{served}")).json()["version"] == 0
    first = await say(served, "ada", grow=0.5, keep=0.25)
    assert first.status_code == 200, first.text
    second = await say(served, "bob", grow=0.5, keep=0.75)
    by = {each["title"]: each["said_by"] for each in second.json()["contributions"]}
    assert (by, second.json()["version"]) == ({"Grow": "ada", "Keep": "bob"}, 2), "what stays keeps who said so"
    assert (await say(served, "cy", grow=0.5, keep=0.75)).headers["etag"] == second.headers["etag"]
    third = await say(served, grow=0.5)
    assert [each["title"] for each in third.json()["contributions"]] == ["Grow"]
    await say(done, over=1)
    assert (await say(new_id(), grow=1)).status_code == 404
    twice = [{"objective_id": grow, "weight": 1}] * 2
    refused = await api.roadmap.put(f"/v1/contributions/{served}", json={"contributions": twice})
    assert refused.json()["errors"][0]["pointer"] == "/body/contributions/1/objective_id"
    assert [(each["version"], each["contributions"]) for each in await told(database, api, str(served))][2:] == [
        (3, [{"objective_id": grow, "weight": 0.5}])
    ]

    for title, idea, status in (("on it", served, "planned"), ("aimless", spare, "planned"), ("late", done, "planned")):
        item = {"title": title, "idea_ids": [str(idea)], "status": status}
        assert (await api.roadmap.post("/v1/items", json=item)).status_code == 201
    covered = (await api.roadmap.get("/v1/strategy/coverage")).json()
    assert [(each["title"], each["ideas"], each["items"]) for each in covered["data"]] == [
        ("Grow", 1, 1),
        ("Keep", 0, 0),
        ("Idle", 0, 0),
        ("Over", 1, 1),
    ]
    lacking = (await api.roadmap.get("/v1/strategy/coverage", params={"lacking": "items", "limit": 1})).json()
    rest = await api.roadmap.get(
        "/v1/strategy/coverage", params={"lacking": "items", "cursor": lacking["next_cursor"], "counts": True}
    )
    assert [each["id"] for each in lacking["data"] + rest.json()["data"]] == [keep, idle]
    (serving,) = (await api.roadmap.get(f"/v1/objectives/{grow}/coverage")).json()["data"]
    assert (serving["title"], serving["weight"], [each["title"] for each in serving["items"]]) == (
        "served",
        0.5,
        ["on it"],
    )

    # The windows are small here, so that pages run into their ends.
    monkeypatch.setattr(coverage, "WINDOW", 2)
    for path, key, wanted in (("ideas", "title", ["done", "spare"]), ("items", "title", ["late", "aimless"])):
        found: list[str] = []
        cursor: dict[str, str] = {}
        for _ in range(9):
            shown = (await api.roadmap.get(f"/v1/strategy/unaligned-{path}", params={"limit": 1, **cursor})).json()
            found += [each[key] for each in shown["data"]]
            if shown["next_cursor"] is None:
                break
            cursor = {"cursor": shown["next_cursor"]}
        assert found == wanted, path


@given(starts=DAYS, ends=DAYS, today=DAYS.filter(bool))
def test_the_calendar_turns_exactly_where_a_day_differs_from_the_one_before(
    starts: date | None, ends: date | None, today: date
) -> None:
    later = [today + timedelta(days=days) for days in range(1, 20)]
    turned = [day for day in later if within(starts, ends, day) != within(starts, ends, day - timedelta(days=1))]
    if starts is None or ends is None or starts <= ends:
        assert turns_on(starts, ends, today) == (turned[0] if turned else None)


@given(start=FIGURES, target=FIGURES, current=FIGURES)
def test_progress_is_a_share_whichever_way_it_goes(start: float, target: float, current: float) -> None:
    if start == target:
        return
    share = progress(start, target, current)
    assert 0 <= share <= 1
    assert (progress(start, target, start), progress(start, target, target)) == (0, 1)
    assert progress(-start, -target, -current) == share
    assert overall([share, share]) == share
    assert overall([]) is None
