"""Items: planned from ideas, edited, moved from status to status; each change numbered, noted and published once."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response

from services.roadmap.items.domain import NEXT
from shared.database import Database
from shared.events.roadmap import ItemChanged
from shared.ids import new_id
from tests.builders import Api, eventually
from tests.roadmap.given import Databases, Said


async def create(api: Api, **fields: Any) -> dict[str, Any]:
    response = await api.roadmap.post(
        "/v1/items", json={"title": "Single sign-on", "idea_ids": [str(new_id())], **fields}
    )
    assert response.status_code == 201, response.text
    return response.json()


async def move(api: Api, item_id: str, status: str, **others: Any) -> Response:
    return await api.roadmap.post(f"/v1/items/{item_id}/status", json={"status": status, **others})


async def emitted(database: Databases, api: Api, item_id: str) -> list[ItemChanged]:
    """What was published of an item, in order."""
    async with (await database("roadmap")).read({api.workspace_id}) as read:
        rows = await read.all(
            "select data::text as data from events where aggregate_id = $1 order by seq", UUID(item_id)
        )
    return [ItemChanged.model_validate_json(row["data"]) for row in rows]


async def test_an_item_takes_its_title_from_its_first_idea(api: Api, said: Said) -> None:
    other, first = await said.idea("Dark mode"), await said.idea("Offline mode")

    response = await api.roadmap.post(
        "/v1/items", json={"idea_ids": [str(first), str(other)], "summary": "Works on a plane.", "target": "2027-02-15"}
    )

    assert response.status_code == 201
    item = response.json()
    assert item["title"] == "Offline mode"
    assert item["status"] == "planned"
    assert item["target"] == "2027-02-15"
    assert item["idea_ids"] == sorted([str(first), str(other)])
    assert response.headers["etag"] == '"1"'
    assert response.headers["location"] == f"/v1/items/{item['id']}"


async def test_what_feedback_says_of_an_idea_arrives(api: Api) -> None:
    idea = (await api.feedback.post("/v1/ideas", json={"title": "Offline mode"})).json()
    await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], "contact": {"email": "ada@example.com"}})
    item = await create(api, idea_ids=[idea["id"]])

    async def heard() -> bool:
        (known,) = (await api.roadmap.get(f"/v1/items/{item['id']}")).json()["ideas"]
        return (known["title"], known["votes"], known["people"]) == ("Offline mode", 1, 1)

    await eventually(heard)


async def test_an_unknown_idea_is_accepted_when_the_title_is_given(api: Api) -> None:
    idea_id = str(new_id())
    assert (await create(api, idea_ids=[idea_id]))["idea_ids"] == [idea_id]


async def test_an_unknown_idea_has_no_title_to_take(api: Api, neighbour: Api, database: Databases) -> None:
    theirs = await Said(await database("roadmap"), neighbour.workspace_id).idea("Theirs")
    for idea_id in (new_id(), theirs):
        response = await api.roadmap.post("/v1/items", json={"idea_ids": [str(idea_id)]})
        assert response.status_code == 422
        assert response.json()["code"] == "title_required"
        assert response.json()["errors"][0]["pointer"] == "/body/title"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"idea_ids": []},
        {"idea_ids": ["x"]},
        {"idea_ids": [str(UUID(int=7))] * 2},
        {"idea_ids": [str(UUID(int=number)) for number in range(51)]},
        {"title": ""},
        {"title": " "},
        {"title": "a\x00b"},
        {"title": "x" * 301},
        {"summary": "x" * 2_001},
        {"status": "shipped"},
        {"status": "cancelled"},
        {"status": "done"},
        {"target": "soon"},
        {"target": "0001-01-01"},
        {"target": "2200-01-01"},
        {"target": 1e300},
        {"owner": "me"},
    ],
)
async def test_what_an_item_cannot_be(api: Api, body: dict[str, Any]) -> None:
    sound = {"title": "Single sign-on", "idea_ids": [str(new_id())]} if body else {}
    response = await api.roadmap.post("/v1/items", json={**sound, **body})
    assert response.status_code == 422, response.text
    assert response.json()["errors"]


async def test_an_item_shows_what_it_rests_on(api: Api, said: Said) -> None:
    wanted, unheard = await said.idea("Offline mode"), new_id()
    await said.demand(wanted, votes=41, people=37)
    rice, wsjf = sorted([new_id(), new_id()])
    await said.score(wanted, rice, 12.5)
    await said.score(wanted, wsjf, None)
    item = await create(api, idea_ids=[str(wanted), str(unheard)])

    response = await api.roadmap.get(f"/v1/items/{item['id']}")

    assert response.headers["etag"] == '"1"'
    shown = response.json()
    assert shown["next_statuses"] == ["in_progress", "cancelled"]
    ideas = {idea["idea_id"]: idea for idea in shown["ideas"]}
    assert ideas[str(unheard)]["title"] is None
    assert ideas[str(unheard)]["votes"] == 0
    known = ideas[str(wanted)]
    assert (known["title"], known["votes"], known["people"], known["accounts"]) == ("Offline mode", 41, 37, 2)
    assert [(s["model_id"], s["state"], s["value"]) for s in known["scores"]] == [
        (str(rice), "scored", 12.5),
        (str(wsjf), "not_scoreable", None),
    ]
    assert shown["history"] == [
        {
            "version": 1,
            "status": "planned",
            "changed": ["title", "status", "idea_ids"],
            "note": None,
            "changed_by": str(api.key_id),
            "changed_at": shown["created_at"],
        }
    ]


async def test_an_edit_sets_what_is_given_and_leaves_the_rest(api: Api, database: Databases) -> None:
    item = await create(api, summary="Old words.", target="2027-02-15")
    kept, added = item["idea_ids"][0], str(new_id())

    response = await api.roadmap.patch(
        f"/v1/items/{item['id']}",
        json={"summary": "", "target": None, "idea_ids": [added, kept]},
        headers={"If-Match": '"1"'},
    )

    assert response.status_code == 200
    assert response.headers["etag"] == '"2"'
    edited = response.json()
    assert (edited["title"], edited["summary"], edited["target"]) == ("Single sign-on", "", None)
    assert edited["idea_ids"] == sorted([kept, added])
    shown = (await api.roadmap.get(f"/v1/items/{item['id']}")).json()
    assert shown["idea_ids"] == edited["idea_ids"]
    assert sorted(shown["history"][0]["changed"]) == ["idea_ids", "summary", "target"]
    events = await emitted(database, api, item["id"])
    assert [event.version for event in events] == [1, 2]
    assert [str(idea_id) for idea_id in events[1].idea_ids] == edited["idea_ids"]

    await api.roadmap.patch(f"/v1/items/{item['id']}", json={"idea_ids": [added]})
    assert (await api.roadmap.get(f"/v1/items/{item['id']}")).json()["idea_ids"] == [added]


@pytest.mark.parametrize("edits", [{}, {"title": "Single sign-on"}, {"title": None, "summary": None}])
async def test_an_edit_that_changes_nothing_is_none(api: Api, database: Databases, edits: dict[str, Any]) -> None:
    item = await create(api)
    response = await api.roadmap.patch(f"/v1/items/{item['id']}", json=edits)
    assert response.json() == item
    assert len(await emitted(database, api, item["id"])) == 1


async def test_an_edit_of_another_version_is_refused(api: Api) -> None:
    item = await create(api)
    await api.roadmap.patch(f"/v1/items/{item['id']}", json={"title": "Theirs"})
    response = await api.roadmap.patch(f"/v1/items/{item['id']}", json={"title": "Mine"}, headers={"If-Match": '"1"'})
    assert response.status_code == 412
    assert response.headers["etag"] == '"2"'
    response = await api.roadmap.post(
        f"/v1/items/{item['id']}/status", json={"status": "cancelled"}, headers={"If-Match": '"1"'}
    )
    assert response.status_code == 412


async def test_an_item_goes_all_the_way(api: Api, database: Databases) -> None:
    item = await create(api, status="considering")
    for status in ("planned", "in_progress", "shipped"):
        response = await move(api, item["id"], status, note=f"Now {status}.")
        assert response.status_code == 200
        assert response.json()["status"] == status
    shipped = response.json()
    assert shipped["shipped_at"] is not None

    history = (await api.roadmap.get(f"/v1/items/{item['id']}")).json()["history"]
    assert [(change["version"], change["status"], change["note"]) for change in history] == [
        (4, "shipped", "Now shipped."),
        (3, "in_progress", "Now in_progress."),
        (2, "planned", "Now planned."),
        (1, "considering", None),
    ]
    events = await emitted(database, api, item["id"])
    assert [(event.version, event.status, event.shipped_at is not None) for event in events] == [
        (1, "considering", False),
        (2, "planned", False),
        (3, "in_progress", False),
        (4, "shipped", True),
    ]


WAYS: dict[str, list[str]] = {
    "considering": [],
    "planned": ["planned"],
    "in_progress": ["planned", "in_progress"],
    "shipped": ["planned", "in_progress", "shipped"],
    "cancelled": ["cancelled"],
}


@pytest.mark.parametrize("present", NEXT)
async def test_an_item_goes_only_where_it_may(api: Api, present: str) -> None:
    async def there() -> str:
        item_id = (await create(api, status="considering"))["id"]
        for status in WAYS[present]:
            assert (await move(api, item_id, status)).status_code == 200
        return item_id

    allowed = next(steps for status, steps in NEXT.items() if status == present)
    stuck = await there()
    for status in NEXT:
        if status in allowed:
            response = await move(api, await there(), status)
            assert response.status_code == 200
            assert (response.json()["shipped_at"] is not None) == (status == "shipped")
        else:
            response = await move(api, stuck, status)
            assert response.status_code == 409
            assert response.json()["code"] == "illegal_transition"
            assert all(step in response.json()["detail"] for step in allowed)


def test_the_ways_are_those_of_the_product() -> None:
    assert NEXT["considering"][0] == "planned"
    assert {status for status, steps in NEXT.items() if "cancelled" in steps} == {
        "considering",
        "planned",
        "in_progress",
    }
    assert {status for status, steps in NEXT.items() if "shipped" in steps} == {"in_progress"}


async def test_lists_are_newest_first_and_filtered(api: Api) -> None:
    shared_idea = str(new_id())
    items = [
        await create(api, title=f"Item {number}", status=status, idea_ids=[str(new_id()), *ideas])
        for number, (status, ideas) in enumerate(
            [("planned", [shared_idea]), ("considering", []), ("planned", []), ("considering", [shared_idea])]
        )
    ]
    ids = [item["id"] for item in reversed(items)]

    async def listed(**params: Any) -> list[str]:
        found: list[str] = []
        while True:
            page = (await api.roadmap.get("/v1/items", params=params)).json()
            found += [item["id"] for item in page["data"]]
            if page["next_cursor"] is None:
                return found
            params["cursor"] = page["next_cursor"]

    assert await listed(limit=1) == ids
    assert await listed(limit=3) == ids
    assert await listed(status="planned", limit=1) == [ids[1], ids[3]]
    assert await listed(idea_id=shared_idea, limit=1) == [ids[0], ids[3]]
    assert await listed(idea_id=shared_idea, status="considering") == [ids[0]]
    assert (await api.roadmap.get("/v1/items", params={"status": "done"})).status_code == 422


async def test_a_neighbours_item_is_not_there(api: Api, neighbour: Api) -> None:
    item = await create(neighbour)
    path = f"/v1/items/{item['id']}"
    assert (await api.roadmap.get(path)).status_code == 404
    assert (await api.roadmap.patch(path, json={"title": "Mine"})).status_code == 404
    assert (await move(api, item["id"], "cancelled")).status_code == 404
    assert (await api.roadmap.get("/v1/items", params={"idea_id": item["idea_ids"][0]})).json()["data"] == []


async def test_scopes_are_needed(api: Api) -> None:
    item = await create(api)
    reader = await api.another({"roadmap:read"})
    assert (await reader.roadmap.get(f"/v1/items/{item['id']}")).status_code == 200
    response = await reader.roadmap.patch(f"/v1/items/{item['id']}", json={"title": "Mine"})
    assert response.status_code == 403
    assert "roadmap:write" in response.text
    stranger = await api.another({"ideas:read"})
    assert (await stranger.roadmap.get("/v1/items")).status_code == 403


async def test_a_repeated_request_is_answered_once_more_and_done_once(api: Api, database: Databases) -> None:
    body = {"title": "Single sign-on", "idea_ids": [str(new_id())]}
    first, again = [
        await api.roadmap.post("/v1/items", json=body, headers={"Idempotency-Key": "plan-1"}) for _ in range(2)
    ]
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]
    assert len(await emitted(database, api, first.json()["id"])) == 1


async def test_an_edit_that_waited_for_another_sees_what_that_one_did(
    api: Api, database: Databases, admin: Database
) -> None:
    """Read in the statement that waits for the lock, the links would be those of before the wait."""
    item = await create(api)
    new_idea = new_id()
    roadmap = await database("roadmap")
    async with roadmap.transaction({api.workspace_id}) as rival:
        item_id = UUID(item["id"])
        await rival.run("update items set version = 2 where id = $1", item_id)
        await rival.run("delete from item_ideas where item_id = $1", item_id)
        await rival.run(
            "insert into item_ideas (item_id, idea_id, workspace_id) values ($1, $2, $3)",
            item_id,
            new_idea,
            api.workspace_id,
        )
        editing = asyncio.create_task(api.roadmap.patch(f"/v1/items/{item['id']}", json={"title": "Later"}))

        async def waits() -> bool:
            async with admin.system() as tx:
                return await tx.value(
                    "select exists (select 1 from pg_locks l join pg_stat_activity a using (pid)"
                    " where not l.granted and a.datname = current_database()"
                    " and a.query like '%from items%for update%')"
                )

        await eventually(waits)
    edited = (await editing).json()
    assert edited["version"] == 3
    assert edited["idea_ids"] == [str(new_idea)]
    assert [event.idea_ids for event in await emitted(database, api, item["id"])][-1] == [new_idea]
