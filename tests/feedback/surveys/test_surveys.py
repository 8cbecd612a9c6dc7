"""Survey numbers over HTTP: from a delivery to a figure with its interval."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from services.feedback.inbox import domain as inbox
from services.feedback.surveys import domain as surveys
from services.feedback.surveys import nps
from services.feedback.surveys.nps import Tally
from shared.database import Database
from shared.ids import new_id
from tests.builders import Api, eventually
from tests.feedback.given import Databases, made, new_idea, open_door, response

SEGMENT = "insert into feedback.segments (id, workspace_id, key, name, selects) values ($1, $2, $3, $4, $5)"
MEMBER = """
insert into feedback.segment_members (segment_id, member_id, workspace_id)
select $1, case when $4 = 'accounts' then c.account_id else c.id end, $2
from feedback.contacts c where c.workspace_id = $2 and c.external_id = $3
"""
YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
RULES = {
    "fields": {"record": "/id", "answers": "/answers", "submitted_at": "/at", "contact": "/who"},
    "questions": {
        "recommend": "nps", "happy": "csat", "easy": "ces", "with": "kano_functional", "without": "kano_dysfunctional",
        "matters": "importance", "met": "satisfaction",
    },
    "about": {"with": "csv-export", "without": "csv-export", "matters": "reporting", "met": "reporting"},
    "scales": {"happy": {"low": 1, "high": 7}, "matters": {"low": 1, "high": 5}},
    "release": "version",
}  # fmt: skip


async def show(api: Api, what: str, **query: Any) -> Any:
    return await made(await api.feedback.get(f"/v1/surveys/{what}", params=YEAR | query), 200)


async def new_segment(api: Api, admin: Database, key: str, selects: str, members: Sequence[str]) -> None:
    """A segment, as whoever keeps segments keeps it."""
    id = new_id()
    async with admin.system() as tx:
        await tx.run(SEGMENT, id, api.workspace_id, key, key.title(), selects)
        for member in members:
            await tx.run(MEMBER, id, api.workspace_id, member, selects)


async def answered(api: Api, database: Databases, who: str | None, day: str, *answers: dict[str, Any]) -> None:
    said_at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    async with (await database("feedback")).transaction({api.workspace_id}) as tx:
        await inbox.record(tx, [response(api.workspace_id, str(new_id()), said_at, answers, who)])


async def test_from_a_delivery_to_every_figure(api: Api) -> None:
    idea = await new_idea(api, key="csv-export")
    door = await open_door(api, "generic", rules=RULES)
    answers = {
        "recommend": 9, "happy": 6, "easy": 7, "with": "I like it that way", "without": 3, "matters": 5, "met": 2,
        "version": "2.1",
    }  # fmt: skip

    async def deliver(change: str, **others: Any) -> None:
        body = {"id": "r1", "at": "2026-05-01T10:00:00Z", "who": "u1", "answers": answers | others}
        assert (await door.deliver(body, message_id=change)).is_success

    async def nps_is(expected: float) -> Any:
        found = await show(api, "nps", by="release")
        assert found["total"]["nps"] == expected
        return found

    await deliver("m1")
    found = await eventually(lambda: nps_is(100))
    assert found["groups"][0]["key"] == "2.1"
    assert found["total"]["small_sample"]
    assert found["total"]["interval"]["method"] == "adjusted_wald"
    csat = (await show(api, "csat"))["total"]
    assert (csat["n"], csat["result"]["csat"], csat["result"]["mean"]) == (1, 100, 6)
    assert (await show(api, "ces"))["total"]["result"]["easy_share"] == 100
    (feature,) = (await show(api, "kano"))["data"]
    assert (feature["about"], feature["idea_id"], feature["title"]) == ("csv-export", idea["id"], idea["title"])
    assert (feature["counts"]["A"], feature["result"]["mode"], feature["small_sample"]) == (1, "A", True)
    assert (await show(api, "kano", feature=idea["id"]))["data"] == [feature]
    (need,) = (await show(api, "importance"))["data"]
    assert (need["about"], need["importance"]["out_of_ten"], need["satisfaction"]["out_of_ten"]) == ("reporting", 10, 0)
    # The same response once more, changed: what it said before is forgotten.
    await deliver("m2", recommend=2)
    found = await eventually(lambda: nps_is(-100))
    assert found["total"]["n"] == 1
    assert (await show(api, "nps", connection_id=door.id))["total"]["n"] == 1
    assert (await show(api, "nps", connection_id=str(new_id())))["total"]["n"] == 0


async def test_nothing_is_told_as_nothing(api: Api) -> None:
    for what in ("nps", "csat", "ces"):
        found = await show(api, what, by="week")
        assert (found["total"]["n"], found["total"]["small_sample"], found["groups"]) == (0, True, [])
        assert found["total"].get("nps") is None
        assert found["total"].get("interval") is None
        assert found["total"].get("result") is None
    (feature,) = (await show(api, "kano", feature="nobody-asked"))["data"]
    assert (feature["n"], feature["result"], feature["reason"]) == (0, None, "no answer is A, O, M or I")
    assert (await show(api, "importance"))["data"] == []
    for wrong in ({"segment": "none"}, {"product": "none"}):
        assert (await api.feedback.get("/v1/surveys/nps", params=wrong)).status_code == 404
    for wrong in ({"from": "2026-05-02", "to": "2026-05-01"}, {"from": "1999-01-01"}, {"to": "1"}, {"cursor": "x"}):
        path = "kano" if "cursor" in wrong else "nps"
        assert (await api.feedback.get(f"/v1/surveys/{path}", params=wrong)).status_code == 422, wrong


async def test_groups(api: Api, admin: Database, database: Databases, neighbour: Api) -> None:
    await made(
        await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "plan": "pro"}]}), 200
    )
    for who, account in (("ada", "acme"), ("ben", "acme"), ("cem", None)):
        contact = {"external_id": who} | ({"account": account} if account else {})
        await made(await api.feedback.post("/v1/feedback", json={"text": "Hello.", "contact": contact}))
    await new_segment(api, admin, "paying", "accounts", ["ada"])
    await new_segment(api, admin, "beta", "contacts", ["ada", "cem"])
    answers = [
        ("ada", "2026-01-05", 3), ("ada", "2026-01-25", 10), ("ada", "2026-02-03", 9),
        ("ben", "2026-01-31", 7), ("cem", "2026-02-10", 0), (None, "2026-02-11", 9), (None, "2026-02-11", 9),
    ]  # fmt: skip
    for who, day, value in answers:
        await answered(api, database, who, day, {"kind": "nps", "value": value})

    def figures(found: Any) -> dict[str | None, tuple[int, int, int]]:
        groups = [*found["groups"], found["total"] | {"key": "all"}]
        return {each["key"]: (each["promoters"], each["passives"], each["detractors"]) for each in groups}

    whole = {"all": (3, 1, 1)}
    by_month = await show(api, "nps", by="month")
    assert figures(by_month) == whole | {"2026-01": (1, 1, 0), "2026-02": (3, 0, 1)}
    # A window that ends before the second answer counts the first.
    early = await show(api, "nps", by="week", to="2026-01-20")
    assert figures(early) == {"all": (0, 0, 1), "2026-W02": (0, 0, 1)}
    assert figures(await show(api, "nps", by="plan")) == whole | {"pro": (1, 1, 0), None: (2, 0, 1)}
    assert figures(await show(api, "nps", by="segment")) == whole | {
        "paying": (1, 1, 0), "beta": (1, 0, 1), None: (2, 0, 0)
    }  # fmt: skip
    assert figures(await show(api, "nps", segment="paying")) == {"all": (1, 1, 0)}
    assert figures(await show(api, "nps", segment="beta", by="source")) == {"all": (1, 0, 1), "survey": (1, 0, 1)}
    for by in ("product", "release", "connection", "about"):
        assert figures(await show(api, "nps", by=by)) == whole | {None: (3, 1, 1)}
    first, second = by_month["groups"]
    assert first["change"] is None
    expected = nps.compare(Tally(3, 0, 1), Tally(1, 1, 0))
    assert second["change"]["p"] == pytest.approx(expected.p)
    assert figures(await show(neighbour, "nps")) == {"all": (0, 0, 0)}


async def test_kano_by_segment_and_page(api: Api, admin: Database, database: Databases) -> None:
    """Two segments that want opposite things hide each other in the whole."""
    for who in ("ada", "ben"):
        await made(await api.feedback.post("/v1/feedback", json={"text": "Hi.", "contact": {"external_id": who}}))
    await new_segment(api, admin, "clerks", "contacts", ["ada"])

    def pair(about: str, functional: str, dysfunctional: str) -> list[dict[str, Any]]:
        return [
            {"kind": "kano_functional", "value": functional, "about": about},
            {"kind": "kano_dysfunctional", "value": dysfunctional, "about": about},
        ]

    await answered(api, database, "ada", "2026-03-01", *pair("a", "expect", "dislike"), *pair("b", "like", "neutral"))
    await answered(api, database, "ben", "2026-03-01", *pair("a", "neutral", "neutral"), *pair("c", "like", "dislike"))
    (whole,) = (await show(api, "kano", feature="a"))["data"]
    assert (whole["result"]["label"], whole["result"]["close"], whole["n"]) == ("undecided", ["M", "I"], 2)
    assert not whole["result"]["significant"]
    parts = (await show(api, "kano", feature="a", by_segment=True))["data"]
    assert {part["segment"]: part["result"]["mode"] for part in parts} == {"clerks": "M", None: "I"}
    first = await show(api, "kano", limit=2)
    second = await show(api, "kano", limit=2, cursor=first["next_cursor"])
    assert [each["about"] for each in first["data"] + second["data"]] == ["a", "b", "c"]
    assert second["next_cursor"] is None


async def test_what_reads_answers_reads_a_bounded_number(
    api: Api, database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segments and plans are refused for more, with what to do; whatever is counted already is told."""
    monkeypatch.setattr(surveys, "MOST_READ", 2)
    for day, value in (("2026-03-02", 9), ("2026-03-09", 3), ("2026-05-04", 10)):
        await answered(api, database, "ada", day, {"kind": "nps", "value": value})
    for asked in ({"by": "segment"}, {"by": "plan"}):
        answer = await api.feedback.get("/v1/surveys/nps", params=YEAR | asked)
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert error["pointer"] == "/query/from"
        assert error["reason"].startswith("3 answers were given in it"), "those that were superseded too"
        shorter = {"from": "2026-03-01", "to": "2026-03-31"}
        assert (await show(api, "nps", **asked, **shorter))["total"]["n"] == 1
    months = await show(api, "nps", by="month")
    assert [(each["key"], each["n"]) for each in months["groups"]] == [("2026-03", 1), ("2026-05", 1)]


async def test_merged_features_are_one_until_they_are_unmerged(api: Api, admin: Database, database: Databases) -> None:
    """Who was asked about both counts once, with the last pair; what nobody was asked about is not listed."""
    for key in ("csv", "nobody-asked", "xls", "zip"):
        await new_idea(api, key=key)
    await made(await api.feedback.post("/v1/contacts", json={"external_id": "ada"}), 200)
    await new_segment(api, admin, "beta", "contacts", ["ada"])
    likes, expects = ("like", "dislike"), ("expect", "dislike")
    for who, day, about, pair in (
        ("ada", "2026-01-01", "csv", likes), ("ada", "2026-01-09", "zip", expects), ("ben", "2026-01-05", "csv", likes),
        ("cem", "2026-01-06", "zip", likes), ("dia", "2026-01-07", "xls", expects), (None, "2026-01-08", "zip", likes),
    ):  # fmt: skip
        halves = zip(("functional", "dysfunctional"), pair, strict=True)
        await answered(
            api, database, who, day, *({"kind": f"kano_{half}", "value": each, "about": about} for half, each in halves)
        )

    async def listed(**query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = await show(api, "kano", limit=1, **query)
            found += page["data"]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]

    def counted(found: list[dict[str, Any]]) -> dict[tuple[str, str | None], tuple[int, int]]:
        """By feature and segment those to whom it is one-dimensional and those to whom it is a must."""
        return {(each["about"], each["segment"]): (each["counts"]["O"], each["counts"]["M"]) for each in found}

    apart = await listed()
    assert counted(apart) == {("csv", None): (2, 0), ("xls", None): (0, 1), ("zip", None): (2, 1)}
    ids = {each["about"]: each["idea_id"] for each in apart}
    for source, into in (("csv", "zip"), ("zip", "nobody-asked")):
        await made(await api.feedback.post(f"/v1/ideas/{ids[source]}:merge", json={"into": into}), 200)
    whole = await listed()
    assert counted(whole) == {("nobody-asked", None): (3, 1), ("xls", None): (0, 1)}
    assert [each["about"] for each in whole] == ["nobody-asked", "xls"], "where the first of its names stands"
    for name in ("csv", "nobody-asked", ids["zip"]):
        assert await listed(feature=name) == whole[:1]
    assert counted(await listed(to="2026-01-08")) == {("nobody-asked", None): (4, 0), ("xls", None): (0, 1)}
    assert counted(await listed(by_segment=True)) == {
        ("nobody-asked", "beta"): (0, 1), ("nobody-asked", None): (3, 0), ("xls", None): (0, 1)
    }  # fmt: skip
    await made(await api.feedback.post(f"/v1/ideas/{ids['zip']}:unmerge"), 200)
    assert counted(await listed()) == {("zip", None): (3, 1), ("xls", None): (0, 1)}
    await made(await api.feedback.post(f"/v1/ideas/{ids['csv']}:unmerge"), 200)
    assert await listed() == apart


async def test_what_is_asked_about_merged_ideas_counts_once_until_they_are_unmerged(
    api: Api, database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a need is called is the need's: it is told and scored by the same answers, whatever is merged."""
    ids = {key: (await new_idea(api, key=key))["id"] for key in ("csv", "pdf", "zip")}
    need = await made(await api.feedback.post("/v1/needs", json={"job": "Print", "outcome": "Sooner", "key": "pdf"}))
    for who, day, about, value in (
        ("ada", "2026-01-01", "csv", 5), ("ada", "2026-02-09", "zip", 1), ("ben", "2026-01-05", "csv", 5),
        ("cem", "2026-01-06", "pdf", 4),
    ):  # fmt: skip
        kinds = ("importance", "satisfaction", "nps", "csat", "ces")
        await answered(api, database, who, day, *({"kind": kind, "value": value, "about": about} for kind in kinds))

    async def figures() -> tuple[Any, ...]:
        rated = (await show(api, "importance"))["data"]
        named = [(await show(api, "importance", need=name))["data"] for name in ("csv", ids["zip"], "pdf", need["id"])]
        about = {
            (what, name): (await show(api, what, about=name, by="month"))
            for what in ("nps", "csat", "ces") for name in ("csv", "pdf", ids["zip"])
        }  # fmt: skip
        whole = (await made(await api.feedback.get(f"/v1/needs/{need['id']}"), 200))["importance"]
        return rated, named, about, whole

    apart = await figures()
    assert [(each["about"], each["importance"]["n"]) for each in apart[0]] == [("csv", 2), ("pdf", 1), ("zip", 1)]
    for source in ("csv", "pdf"):
        await made(await api.feedback.post(f"/v1/ideas/{ids[source]}:merge", json={"into": "zip"}), 200)
    rated, named, about, whole = await figures()
    assert [(each["about"], each["importance"]["n"], each["satisfaction"]["high"]) for each in rated] == [
        ("zip", 2, 1), ("pdf", 1, 1)
    ], "where the first of the names stands, and ada with what she said last"  # fmt: skip
    assert named == [rated[:1], rated[:1], rated[1:], apart[1][3]]
    assert whole == apart[3]
    assert rated[1]["importance"]["n"] == whole["answers"]
    first = await show(api, "importance", limit=1)
    second = await show(api, "importance", limit=1, cursor=first["next_cursor"])
    assert (first["data"] + second["data"], second["next_cursor"]) == (rated, None)
    for (what, _), found in about.items():
        assert found == about[what, "csv"]
        assert found["total"]["n"] == 3
        assert [(each["key"], each["n"]) for each in found["groups"]] == [("2026-01", 3), ("2026-02", 1)]
    assert (await show(api, "nps", about="zip", by="about"))["groups"][0]["key"] == "zip"
    # Who answered about several is found among the answers themselves; where it was one, all is counted already.
    monkeypatch.setattr(surveys, "MOST_READ", 3)
    refused = await api.feedback.get("/v1/surveys/nps", params=YEAR | {"about": "zip"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/query/from")
    await made(await api.feedback.post(f"/v1/ideas/{ids['pdf']}:unmerge"), 200)
    assert (await show(api, "nps", about="pdf"))["total"]["n"] == 1
    await made(await api.feedback.post(f"/v1/ideas/{ids['csv']}:unmerge"), 200)
    assert await figures() == apart
    other = (await new_idea(api, key="other"))["id"]
    await made(await api.feedback.post(f"/v1/ideas/{ids['csv']}:merge", json={"into": other}), 200)
    monkeypatch.setattr(surveys, "MOST_READ", 0)
    assert (await show(api, "nps", about="other"))["total"]["n"] == 2
