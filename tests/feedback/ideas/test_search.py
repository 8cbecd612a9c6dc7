"""Ideas are found by words, tags and filters, in every order, page by page."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.ideas.finding import typed
from tests.builders import Api
from tests.feedback.given import Databases, made, new_idea, told_shares


async def pages(api: Api, limit: int = 50, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = await api.feedback.get("/v1/ideas", params={**query, "limit": limit})
        assert answer.status_code == 200, answer.text
        found += answer.json()["data"]
        if answer.json()["next_cursor"] is None:
            return found
        query["cursor"] = answer.json()["next_cursor"]


@pytest.fixture
async def found(api: Api) -> Any:
    """Keys of the ideas that a query finds, in order."""

    async def keys(limit: int = 50, **query: Any) -> list[str]:
        return [each["key"] for each in await pages(api, limit, **query)]

    return keys


async def test_words_find_ideas(api: Api, found: Any) -> None:
    await new_idea(api, "Export lists as CSV", key="csv", description="Customers copy tables by hand.")
    await new_idea(api, "Dark mode", key="dark", description="Exports of screenshots hurt the eyes, says the customer.")
    await new_idea(api, "Größere Schrift", key="font", tags=["a11y", "ux"])
    await new_idea(api, "Month end closing", key="month", tags=["ux"])
    for query, keys in {
        "exporting": {"csv", "dark"},  # by its stem
        "export csv": {"csv"},
        "EXPO": {"csv", "dark"},  # being typed
        "customer": {"csv", "dark"},
        "größ": {"font"},
        '"month end" ': {"month"},
        '"end month" ': set[str](),
        "export -csv ": {"dark"},
        "export or month": set[str](),  # all words count
        "cust cop": set[str](),  # only the last may be a beginning
        "the ": set[str](),
        "!!! ": set[str](),
        "'); drop": set[str](),
    }.items():
        assert set(await found(q=query)) == keys, query
    # The title weighs more.
    assert await found(q="export") == ["csv", "dark"]
    assert await found(q="export", sort="new") == ["dark", "csv"]
    assert await found(tag="ux", sort="new") == ["month", "font"]
    assert await found(tag="ux", q="gr") == ["font"]
    # What is changed is found by what it is now.
    csv = (await pages(api, q="csv"))[0]
    await api.feedback.patch(f"/v1/ideas/{csv['id']}", json={"title": "Spreadsheets", "tags": ["ux"]})
    assert (await found(q="csv"), await found(q="spread"), await found(tag="ux", sort="updated")) == (
        [], ["csv"], ["csv", "month", "font"]
    )  # fmt: skip


async def test_fields_of_ones_own_are_filters(api: Api, found: Any) -> None:
    fields = {"size": "M", "effort": 3, "beta": True, "none": None, "note": "a:b\nc" + "x" * 1_900}
    sized = await new_idea(api, "Larger buttons", key="sized", tags=["ux"], attributes=fields)
    await new_idea(api, "Larger lists", key="other", tags=["ux"], attributes={"size": "MM", "effort": 30})
    for asked in ("size:M", "effort:3", "beta:true", f"note:{fields['note']}"):
        assert await found(attribute=asked) == ["sized"], asked
        assert await found(attribute=asked, tag="ux", q="larger butt", sort="mrr") == ["sized"], asked
    for asked in ("size:m", "none:", "none:null", "beta:True", "x\0:\0"):
        assert await found(attribute=asked) == [], asked
    await made(
        await api.feedback.patch(f"/v1/ideas/{sized['id']}", json={"attributes": {"size": None, "effort": 4}}), 200
    )
    assert (await found(attribute="size:M"), await found(attribute="effort:4")) == ([], ["sized"])
    assert (await api.feedback.get("/v1/ideas?attribute=size")).status_code == 422


async def test_every_order_holds_still_and_filters_agree(api: Api, database: Databases) -> None:
    """Against the same done by hand; somebody adds an idea between the pages."""
    await made(await api.feedback.post("/v1/products", json={"key": "web", "name": "Web"}))
    for number in range(12):
        idea = await new_idea(
            api,
            f"Export number {number}" if number % 2 else "Something else",
            kind=("feature", "debt")[number % 2],
            owner=("ada", "ben")[number // 2 % 2],
            tags=[f"t{number % 3}"],
            **({"product": "web"} if number % 4 == 0 else {}),
        )
        for person in range((number * 5) % 4):
            contact = {"external_id": f"u{person}", "account": f"a{person % 2}"}
            await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], "contact": contact})
        if number % 5 == 0:
            await api.feedback.patch(f"/v1/ideas/{idea['id']}", json={"status": "declined", "archived": True})
    accounts = [{"external_id": f"a{number}", "mrr": 10 + number} for number in range(2)]
    await made(await api.feedback.post("/v1/accounts", json={"accounts": accounts}), 200)
    # The order follows demand by a moment.
    await told_shares(await database("feedback"), api.workspace_id)
    every = await pages(api)
    assert len(every) == 12
    product = (await api.feedback.get("/v1/products")).json()["data"][0]["id"]
    filters: tuple[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]], ...] = (
        ({}, lambda _: True),
        ({"status": "declined", "owner": "ada"}, lambda i: i["status"] == "declined" and i["owner"] == "ada"),
        ({"kind": "debt", "tag": "t1"}, lambda i: i["kind"] == "debt" and "t1" in i["tags"]),
        ({"product": "web", "archived": False}, lambda i: i["product_id"] == product and not i["archived"]),
        ({"q": "export"}, lambda i: "Export" in i["title"]),
    )
    sorts = {"new": "id", "updated": "updated_at", "votes": "votes", "accounts": "accounts", "mrr": "mrr"}
    for (query, keep), (sort, name) in itertools.product(filters, sorts.items()):
        expected = sorted(filter(keep, every), key=lambda i: (i[name], i["id"]), reverse=True)
        assert [each["id"] for each in await pages(api, 4, sort=sort, **query)] == [i["id"] for i in expected], (
            query, sort
        )  # fmt: skip
    first = (await api.feedback.get("/v1/ideas", params={"q": "export", "limit": 4})).json()
    everything = [each["id"] for each in await pages(api, q="export")]
    await new_idea(api, "Export export export", key="late")
    rest = await pages(api, 4, q="export", cursor=first["next_cursor"])
    assert [each["id"] for each in first["data"] + rest] == everything


async def test_what_is_no_search(api: Api) -> None:
    for query, pointer in (
        ({"sort": "relevance"}, "/query/sort"),
        ({"sort": "best"}, "/query/sort"),
        ({"product": "nothing"}, "/query/product"),
        ({"component": "nothing"}, "/query/component"),
        ({"sort": "votes", "cursor": "WyJhIl0"}, "/query/cursor"),
    ):
        answer = await api.feedback.get("/v1/ideas", params=query)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), query


@given(st.text(max_size=40))
def test_whatever_is_typed_is_read(text: str) -> None:
    """Nothing of it is lost on the way but quotes, hyphens and `or`."""
    read = typed(text)
    assert not read.last or read.last.isalnum()
    assert text.rstrip('-" ').endswith(read.last)
    assert len(read.sought.replace(" ", "")) <= len(text)


async def test_an_idea_is_found_by_its_key(api: Api, neighbour: Api, found: Any) -> None:
    csv, dark = await new_idea(api, "Export lists", key="csv"), await new_idea(api, "Dark mode", key="dark")
    await new_idea(neighbour, key="elsewhere")
    assert await found(key="csv") == await found(key="csv", q="export", sort="votes") == ["csv"]
    assert await found(key="csv", q="mode") == await found(key="nothing") == await found(key="elsewhere") == []
    await made(await api.feedback.post(f"/v1/ideas/{csv['id']}:merge", json={"into": dark["id"]}), 200)
    assert await found(key="csv", sort="updated") == ["dark"], "where it went"


@pytest.mark.parametrize("word", ["schedules", "scheduling", "export", "exporting", "parties"])
async def test_a_stem_is_found_by_any_beginning_of_its_forms(api: Api, found: Any, word: str) -> None:
    """At every letter that one types; and nothing that merely begins like its stem."""
    await new_idea(api, f"On {word}", key="has")
    await new_idea(api, "Schedulxy exporxy partisan", key="other")
    for length in range(4, len(word) + 1):
        assert "has" in await found(q=word[:length]), word[:length]
    assert "other" not in await found(q=word)
