"""Feedback is found by words and filters, together and apart: what one finds by reading everything."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic_core import to_json

from services.feedback.inbox.domain import Statement, record
from services.feedback.search import asking, domain
from services.feedback.similar import words
from shared.database import Database
from shared.ids import new_id
from shared.paging import LAST, encode
from tests.builders import Api
from tests.feedback.given import Databases, filled, made, new_idea

WORDS = ("export", "slow", "month", "end", "invoice", "dark")
SAID = datetime(2026, 3, 1, tzinfo=UTC)
# A block of the index ends among the texts.
BEGUN = """
insert into feedback.similar_indexes (workspace_id, kind, analyser, next_number) values ($1, 'feedback', $2, 8172)
"""
MEMBERS = """
with made as (
    insert into feedback.segments (id, workspace_id, key, name, selects) values ($2, $1, 'vip', 'VIP', 'accounts')
)
insert into feedback.segment_members (segment_id, member_id, workspace_id)
select $2, id, $1 from feedback.accounts where workspace_id = $1 and external_id = 'acme'
"""


@dataclass(frozen=True, slots=True)
class Said:
    """A statement as the test knows it."""

    id: str
    text: str
    row: dict[str, Any]
    archived: bool = False

    def has(self, *wanted: str) -> bool:
        return set(wanted) <= set(re.findall(r"\w+", self.text.lower()))


Test = Callable[[Said], bool]


async def populate(api: Api, feedback: Database, count: int) -> list[Said]:
    chance = random.Random(5)
    await new_idea(api, key="csv")
    await made(await api.feedback.post("/v1/products", json={"key": "web", "name": "Web"}))
    async with api.admin.system() as tx:
        await tx.run(BEGUN, api.workspace_id, words.ANALYSER)
    rows: list[dict[str, Any]] = []
    for number in range(count):
        chosen = chance.choices(WORDS, (8, 4, 2, 2, 1, 1), k=chance.randint(1, 5))
        person = {"external_id": f"u{number % 3}", "account": ("acme", "bolt")[number % 2]}
        rows.append(
            {
                "text": " ".join(chosen).capitalize() + ".",
                "source": chance.choice(("sales", "support")),
                "said_at": (SAID + timedelta(days=chance.randrange(40))).isoformat(),
                "language": chance.choice(("en", "de")),
                "external_id": str(number),
                **({"contact": person} if chance.random() < 0.6 else {}),
                **({"product": "web"} if chance.random() < 0.3 else {}),
                **({"ideas": ["csv"]} if chance.random() < 0.3 else {}),
            }
        )
    body = b"\n".join(to_json(row) for row in rows)
    headers = {"Content-Type": "application/x-ndjson"}
    stored = await made(await api.feedback.post("/v1/feedback/bulk", content=body, headers=headers), 200)
    said = [Said(each["id"], row["text"], row) for each, row in zip(stored["results"], rows, strict=True)]
    plain = [each.id for each in said if "ideas" not in each.row]
    await made(await api.feedback.post("/v1/inbox/actions", json={"action": "archive", "ids": plain[::3]}), 200)
    await filled(api, feedback, count + 1)
    return [replace(each, archived=each.id in plain[::3]) for each in said]


async def found(api: Api, path: str = "feedback", **query: Any) -> list[str]:
    """All that a list has, some at a time."""
    ids: list[str] = []
    params: dict[str, Any] = {"limit": 3, **query}
    while True:
        page = await made(await api.feedback.get(f"/v1/{path}", params=params), 200)
        ids += [each["id"] for each in page["data"]]
        assert page["next_cursor"] is None or page["next_cursor"] != params.get("cursor"), query
        if page["next_cursor"] is None:
            return ids
        params["cursor"] = page["next_cursor"]


def contact(each: Said) -> dict[str, str]:
    return each.row.get("contact", {})


async def filters(api: Api) -> dict[str, tuple[dict[str, Any], Test]]:
    people = (await made(await api.feedback.get("/v1/contacts"), 200))["data"]
    accounts = (await made(await api.feedback.get("/v1/accounts"), 200))["data"]
    ada = next(each["id"] for each in people if each["external_id"] == "u1")
    acme = next(each["id"] for each in accounts if each["external_id"] == "acme")
    # The last account that a contact was said to be of is theirs.
    of_acme = {each["external_id"] for each in people if each["account_id"] == acme}
    segment = new_id()
    async with api.admin.system() as tx:
        await tx.run(MEMBERS, api.workspace_id, segment)
    since, until = SAID + timedelta(days=10), SAID + timedelta(days=30)
    return {
        "all": ({}, lambda each: True),
        "source": ({"source": "sales"}, lambda each: each.row["source"] == "sales"),
        "language": ({"language": "de"}, lambda each: each.row["language"] == "de"),
        "product": ({"product": "web"}, lambda each: "product" in each.row),
        "idea": ({"idea": "csv"}, lambda each: "ideas" in each.row),
        "contact": ({"contact_id": ada}, lambda each: contact(each).get("external_id") == "u1"),
        "account": ({"account_id": acme}, lambda each: contact(each).get("external_id") in of_acme),
        "segment": ({"segment_id": str(segment)}, lambda each: contact(each).get("external_id") in of_acme),
        "state": ({"state": "archived"}, lambda each: each.archived),
        "linked": ({"state": "linked", "source": "sales"},
                   lambda each: "ideas" in each.row and each.row["source"] == "sales"),
        "said": (
            {"said_from": since.isoformat(), "said_until": until.isoformat()},
            lambda each: since <= datetime.fromisoformat(each.row["said_at"]) < until,
        ),
        "external": ({"external_id": "7"}, lambda each: each.row["external_id"] == "7"),
        "external of": (
            {"external_id": "7", "source": "sales"},
            lambda each: each.row["external_id"] == "7" and each.row["source"] == "sales",
        ),
        "received": ({"received_until": "2026-01-01T00:00:00Z"}, lambda each: False),
        "received too": ({"received_from": "2026-01-01T00:00:00Z", "contact_id": ada, "source": "support"},
                         lambda each: contact(each).get("external_id") == "u1" and each.row["source"] == "support"),
    }  # fmt: skip


ASKED: dict[str, Test] = {
    "": lambda each: True,
    "exporting": lambda each: each.has("export"),
    "Slow EXPORTS": lambda each: each.has("export", "slow"),
    "export -slow": lambda each: each.has("export") and not each.has("slow"),
    "-export": lambda each: not each.has("export"),
    '"month end"': lambda each: "month end" in each.text.lower(),
    '-"month end" month': lambda each: each.has("month") and "month end" not in each.text.lower(),
    "invoice nobody": lambda each: False,
    "the": lambda each: False,
}


@pytest.mark.parametrize("window", [11, 2_000])
async def test_what_is_found_is_what_one_finds_by_reading(
    api: Api, neighbour: Api, database: Databases, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    said = await populate(api, await database("feedback"), 40)
    monkeypatch.setattr(domain, "WINDOW", window)
    monkeypatch.setattr(domain, "READ", window)
    # Whatever a cursor says: behind the last place there is nothing before the first.
    odd = encode(1.0, LAST, LAST)
    chance = random.Random(window)
    wanted = await filters(api)
    for asked, has in ASKED.items():
        # Every filter with some words, all words with some filters: a page of three at a time is many calls.
        for name in ["all", *chance.sample(sorted(wanted), 3)] if asked else wanted:
            query, fits = wanted[name]
            # By which it is decided whether words or what a filter leaves are walked: either must find the same.
            monkeypatch.setattr(domain, "PROBED", chance.choice((3, 50)))
            query = {**query, **({"q": asked} if asked else {})}
            expected = [each.id for each in said if has(each) and fits(each)]
            assert await found(api, **query, sort="new", limit=7) == expected[::-1], (asked, query)
            assert await found(api, **query, sort="old", limit=20) == expected, (asked, query)
    everything = {each.id for each in said if each.has("export") and each.row["source"] == "sales"}
    assert everything >= set(await found(api, q="export", source="sales", cursor=odd)) > set()
    assert await found(neighbour, q="export") == []


async def test_relevance_is_how_much_of_a_text_the_words_are(api: Api, database: Databases) -> None:
    said = await populate(api, await database("feedback"), 30)
    alone = [each.id for each in said if re.findall(r"\w+", each.text.lower()) == ["export"]]
    every = [each.id for each in said if each.has("export")]
    ranked = await found(api, q="export")
    assert sorted(ranked) == sorted(every)
    assert alone
    assert set(ranked[: len(alone)]) <= {
        each.id for each in said if set(re.findall(r"\w+", each.text.lower())) == {"export"}
    }
    assert ranked == await found(api, q="export", sort="relevance", limit=200), "however it is paged"
    some = await found(api, q="export", source="sales", limit=2)
    assert some == [id for id in ranked if next(each for each in said if each.id == id).row["source"] == "sales"]
    for query, pointer in (
        ({"said_from": "2026-01-02T00:00:00Z", "said_until": "2026-01-02T00:00:00Z"}, "/query/said_until"),
        ({"received_from": "2026-01-02T00:00:00Z", "received_until": "2026-01-01T00:00:00Z"}, "/query/received_until"),
        ({"sort": "relevance"}, "/query/sort"),
        ({"product": "nothing"}, "/query/product"),
        ({"idea": "nothing"}, "/query/idea"),
        ({"q": "export", "cursor": "WzFd"}, "/query/cursor"),
    ):
        answer = await api.feedback.get("/v1/feedback", params=query)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_what_is_changed_or_gone_is_found_no_longer(api: Api, database: Databases) -> None:
    feedback = await database("feedback")

    async def say(name: str, text: str, at: int) -> None:
        statement = Statement(
            workspace_id=api.workspace_id, source="survey", text=text, said_at=SAID, linked_by="rule:test",
            external_id=name, replaces=True, revised_at=SAID + timedelta(seconds=at), lenient=True,
        )  # fmt: skip
        async with feedback.transaction({api.workspace_id}) as tx:
            await record(tx, [statement])

    for number, text in enumerate(("dark mode", "dark invoice", "dark export")):
        await say(str(number), text, 0)
    await filled(api, feedback, 3)
    first, second, third = await found(api, sort="old")
    assert await found(api, q="dark", sort="new") == [third, second, first]
    place = await made(await api.feedback.get(f"/v1/inbox/{second}", params={"q": "dark"}), 200)
    assert (place["previous_id"], place["next_id"]) == (first, third)
    page = await made(await api.feedback.get("/v1/feedback", params={"q": "dark", "sort": "new", "limit": 1}), 200)

    await say("0", "dark light", 1)
    async with api.admin.system() as tx:
        await tx.run("delete from feedback.feedback where workspace_id = $1 and id = $2::uuid", api.workspace_id, third)
    await filled(api, feedback, 2)
    assert await found(api, q="dark", sort="new") == [first, second], "a text stands where it was changed"
    assert await found(api, q="mode") == await found(api, q="dark export") == []
    assert await found(api, "inbox", q="light") == [first]
    # Behind what is gone by now.
    assert await found(api, q="dark", sort="new", cursor=page["next_cursor"]) == [second]


def test_words_are_read_as_the_index_reads_them() -> None:
    asked = asking.read('Month-end "slow export" -draft -"old file" the')
    assert asked.needed == {"month", "end", "slow", "export"}
    assert (asked.without, asked.phrases, asked.barred) == ({"draft"}, [["slow", "export"]], [["old", "file"]])
    assert asked.fits("Slow exports at the end of the month.")
    assert not asked.fits("Exports are slow at the end of the month.")
    assert not asked.fits("Slow exports at month end: an old file.")
    assert asking.read("請求書").needed == {"請求", "求書"}
    many = asking.read(" ".join(f"word{chr(97 + n)}" for n in range(12)))
    assert many.needs_text
    assert not asking.read("the -").says_something
