"""What people leave: ideas with their statuses, times, voters and merges, from fixtures in the vendors' shapes."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.feedback.imports.importers import VENDORS, Vendor, read
from services.feedback.mappings.kinds import VALIDATORS
from shared.database import Database
from tests.builders import Api
from tests.depth import examples
from tests.feedback.given import check_demand
from tests.feedback.imports.files import imported

FIXTURES = Path(__file__).parent / "fixtures"
# Title: status, voters, first vote; None: merged into the one before it.
Expected = dict[str, tuple[str, int, str] | None]
DARK = "2021-03-04T06:00:00Z"
IDEAS: dict[str, Expected] = {
    "canny.json": {
        "Dark mode": ("in_progress", 2, DARK),
        "Night theme": None,
        "Import from Excel": ("declined", 0, ""),
    },
    "fider.csv": {"Dark mode": ("planned", 0, ""), "Night theme": None},
    "fider.json": {"Dark mode": ("in_progress", 2, DARK), "Night theme": None},
    "uservoice.csv": {"Dark mode": ("in_progress", 3, DARK), "Night theme": None},
    "uservoice_new.csv": {"Faster search": ("shipped", 1, "2022-01-03T00:00:00Z")},
    "productboard_features.json": {"Dark mode": ("planned", 0, ""), "Legacy sync": ("shipped", 0, "")},
    "quackback_posts.csv": {"Dark mode": ("in_progress", 2, DARK), "Night theme": None},
    "logchimp.json": {"Dark mode": ("open", 2, DARK)},
}
MORE = {
    "quackback_posts.csv": ["quackback_votes.csv", "quackback_comments.csv", "quackback_notes.csv"],
    "productboard_features.json": ["productboard_notes.json", "productboard_comments.csv"],
    "uservoice.csv": ["uservoice_comments.csv"],
}
# Of the first idea and those merged into it, in order of time: text, visibility, who said it, what it answers.
Comment = tuple[str, str, str | None, str | None]
COMMENTS: dict[str, list[Comment]] = {
    "canny.json": [
        ("At night above all.", "public", "bo@example.com", None),
        ("Which screens?", "public", "Pim", "At night above all."),
        ("All of them.", "public", "ada@example.com", "At night above all."),
        ("A large customer.", "internal", "Pim", None),
        ("See m-1 there.", "public", "ada@example.com", None),
        ("We have begun.", "public", "Pim", None),
    ],
    "fider.csv": [("Soon", "public", "Cy", None)],
    "fider.json": [
        ("Me too.", "public", "fider:8", None),
        ("Pills!", "internal", "ada@example.com", None),
        ("Which screens?", "public", "Pim", None),
    ],
    "uservoice.csv": [("At night.", "public", "ada@example.com", None), ("Started.", "public", "Pim", None)],
    "uservoice_new.csv": [],
    "productboard_features.json": [("Ask Bo first.", "internal", "Pim", None), ("Asked.", "internal", None, None)],
    "quackback_posts.csv": [
        ("At night.", "public", "ada@example.com", None),
        ("Which screens?", "public", "Pim", None),
        ("Me too", "public", "quackback:unknown", None),
        ("A large customer.", "internal", "Pim", None),
        ("We have begun.", "public", None, None),
    ],
    "logchimp.json": [("At night.", "public", "logchimp:l-1", None), ("Hard.", "internal", "Pim", "At night.")],
}
BAD = {"canny.json": 1}
"""Rows with an error: a vote for a post that is not in the export."""


def source_of(name: str) -> str:
    return name.replace("_", "-").replace(".", "-")


REHEARSED = {"canny.json", "fider.json", "uservoice.csv", "quackback_votes.csv"}


async def bring(api: Api, name: str, source: str = "", rehearse: Collection[str] = REHEARSED) -> dict[str, Any]:
    """Import a file; before, rehearse it: the one tells what the other does."""
    file = FIXTURES / name
    vendor = name.partition(".")[0].partition("_")[0]
    asked: dict[str, Any] = {"kind": vendor, "format": file.suffix[1:], "source": source or source_of(name)}
    if vendor == "canny":
        asked["statuses"] = {"Parked": "declined"}
    rehearsed: dict[str, Any] = {}
    if name in rehearse:
        rehearsed = await imported(api, file.read_bytes(), dry_run=True, **asked)
    done = await imported(api, file.read_bytes(), **asked)
    for told in ("state", "rows", "invalid", "counts", "noticed", "errors") if rehearsed else ():
        assert rehearsed[told] == done[told], f"{name}: {told}"
    return done


async def said(api: Api, idea_id: str) -> list[Comment]:
    shown = (await api.feedback.get(f"/v1/comments?idea_id={idea_id}&limit=200")).json()["data"]
    contacts = {each["id"]: each for each in (await api.feedback.get("/v1/contacts?limit=200")).json()["data"]}
    texts = {each["id"]: each["text"] for each in shown}
    return [
        (
            each["text"],
            each["visibility"],
            each["signature"]
            if each["contact_id"] is None
            else contacts[each["contact_id"]]["email"] or contacts[each["contact_id"]]["external_id"],
            texts.get(each["parent_id"]),
        )
        for each in shown
    ]


async def test_ideas_keep_their_status_time_voters_and_merges(api: Api, admin: Database) -> None:
    for name, expected in IDEAS.items():
        done = await bring(api, name)
        assert (done["state"], done["reason"], done["invalid"]) == ("finished", None, BAD.get(name, 0)), done
        source = source_of(name)
        for second in MORE.get(name, ()):
            more = await bring(api, second, source)
            assert (more["state"], more["invalid"]) == ("finished", 0), more
        again = await bring(api, name, rehearse=())
        changed = {outcome[what] for outcome in again["counts"].values() for what in ("created", "updated")}
        assert changed <= {0}, f"{name} once more changes nothing"
        origins = [
            each
            for each in (await api.feedback.get("/v1/origins?limit=200")).json()["data"]
            if each["source"] == source
        ]
        assert {each["title"] for each in origins} == set(expected)
        survivor = next(each for each in origins if each["title"] == next(iter(expected)))
        assert await said(api, survivor["idea_id"]) == COMMENTS[name], name
        for origin in origins:
            wanted = expected[origin["title"]]
            answer = await api.feedback.get(f"/v1/ideas/{origin['original_id']}", follow_redirects=False)
            if wanted is None:
                assert origin["idea_id"] == survivor["idea_id"]
                assert answer.status_code == 308
                assert answer.headers["location"].endswith(survivor["idea_id"])
                continue
            idea = answer.json()
            status, voters, first = wanted
            votes = (await api.feedback.get(f"/v1/votes?idea_id={idea['id']}")).json()["data"]
            assert origin["idea_id"] == origin["original_id"]
            assert (idea["status"], len(votes)) == (status, voters), f"{name}: {origin['title']}"
            assert idea["created_at"] < "2022-02"
            if first:
                assert min(vote["created_at"] for vote in votes) == first
    async with admin.system(search_path="feedback") as tx:
        await check_demand(tx, api.workspace_id)
    dark = (await api.feedback.get("/v1/origins?source=canny-json&external_id=c-1")).json()["data"][0]["original_id"]
    shown = (await api.feedback.get(f"/v1/ideas/{dark}")).json()
    assert (shown["tags"], shown["attributes"]) == (["ux"], {"board": "Features", "effort": 5})
    accounts = {each["external_id"]: each for each in (await api.feedback.get("/v1/accounts")).json()["data"]}
    assert (accounts["co-1"]["name"], accounts["co-1"]["mrr"], accounts["acme"]["mrr"]) == ("Acme", 123450, 123450)
    (note,) = (await api.feedback.get("/v1/feedback")).json()["data"]
    assert note["text"] == "Call with Ada\n\nPlease, a dark mode."
    assert (note["said_at"], note["attributes"]) == ("2021-05-06T07:08:09Z", {"tags": "ux, call"})
    assert len((await api.feedback.get(f"/v1/insights?feedback_id={note['id']}")).json()["data"]) == 1


async def test_what_was_merged_in_a_circle_or_into_nothing_stands_alone(api: Api) -> None:
    rows = (
        b'{"external_id":"a","title":"A","merged_into":"b"}\n{"external_id":"b","title":"B","merged_into":"a"}\n'
        b'{"external_id":"c","title":"C","merged_into":"d"}\n{"external_id":"d","title":"D","merged_into":"e"}\n'
        b'{"external_id":"f","title":"F","merged_into":"f"}'
    )
    done = await imported(api, rows, kind="ideas", source="old")
    assert done["reason"] == "4 ideas were merged into ideas that have not been imported; they stand alone."
    late = await imported(api, b'{"external_id":"e","title":"E"}', kind="ideas", source="old")
    assert late["reason"] == "3 ideas were merged into ideas that have not been imported; they stand alone."
    origins = {each["external_id"]: each for each in (await api.feedback.get("/v1/origins")).json()["data"]}
    assert {each["idea_id"] for name, each in origins.items() if name in "cde"} == {origins["e"]["original_id"]}
    vote = b'{"idea":"c","contact":{"email":"a@example.com"},"created_at":"2020-01-01T00:00:00Z"}'
    assert (await imported(api, vote, kind="votes", source="old"))["invalid"] == 0
    votes = (await api.feedback.get(f"/v1/votes?idea_id={origins['e']['original_id']}")).json()["data"]
    assert [each["created_at"] for each in votes] == ["2020-01-01T00:00:00Z"]


async def test_what_is_not_understood_is_told_before_anything_is_stored(api: Api) -> None:
    file = FIXTURES / "canny.json"
    asked = {"kind": "canny", "format": "json", "dry_run": True}
    rehearsed = await imported(api, file.read_bytes(), **asked)
    assert rehearsed["noticed"]["statuses"] == {"parked": 1}
    assert rehearsed["noticed"]["columns"] == {"effort": 1, "ownerEmail": 1}
    assert rehearsed["noticed"]["understood"]["in progress"] == {"status": "in_progress", "rows": 1}
    assert rehearsed["counts"]["ideas"]["created"] == 3
    assert rehearsed["counts"]["comments"]["created"] == 6
    resolved = {"ideas_known": 0, "ideas_new": 3, "contacts_known": 0, "contacts_new": 3}
    assert rehearsed["resolved"]["votes"] == resolved
    assert (await api.feedback.get("/v1/ideas")).json()["data"] == []
    listed = f"{rehearsed['path']}/rehearsal"
    (first, *_) = (page := (await api.feedback.get(f"{listed}?kind=votes&limit=2")).json())["data"]
    assert (first["kind"], first["outcome"], first["ideas"]) == ("votes", "created", [{"name": "c-1", "id": None}])
    assert (first["contact"], first["contact_id"]) == ("new", None)
    rest = (await api.feedback.get(f"{listed}?kind=votes&limit=2&cursor={page['next_cursor']}")).json()
    assert [each["outcome"] for each in rest["data"]] == ["duplicate"], "Ada voted for what was merged already"
    whole = (await api.feedback.get(f"{listed}?limit=200")).json()["data"]
    assert len(whole) == sum(sum(each.values()) for each in rehearsed["counts"].values())
    mapped = await imported(api, file.read_bytes(), **asked, statuses={"PARKED": "declined"})
    assert mapped["noticed"]["statuses"] == {}
    wrong = {"kind": "ideas", "statuses": {"a": "open"}}
    assert (await api.feedback.post("/v1/imports", json=wrong)).json()["errors"][0]["pointer"] == "/body/statuses"


def test_lists_beside_cannys_posts_are_no_faults_and_an_address_names_a_post() -> None:
    for beside in ("boards", "categories", "tags"):
        assert read("canny", {"_": beside, "id": "b-1", "name": "Wishes"}, {}).records == []
    assert read("canny", {"_": "posts", "id": "p-1", "title": "Dark"}, {}).records[0].fields["external_id"] == "p-1"
    with pytest.raises(ValueError, match="is neither a post"):
        read("canny", {"_": ["boards"], "name": "Wishes"}, {})
    row = {"Post Title": "Dark", "Post URL": "https://acme.canny.io/wishes/p/dark", "Status": "planned"}
    (idea,) = read("canny", row, {}).records
    assert (idea.kind, idea.fields["external_id"], idea.fields["status"]) == ("ideas", row["Post URL"], "planned")


ODD: list[Any] = [
    None, True, 0, -1, 10**400, 1e308, float("nan"), "", "a@example.com", "6", "2021-01-01", "<p>", [], [1, None], {},
    {"id": []}, {"post": {"id": 1, "title": 2}}, [{"id": "1", "user": {"id": 2}, "monthlySpend": 1e300}], "\ud800\x00",
]  # fmt: skip
NAMES = st.sampled_from(
    ["id", "title", "name", "status", "voter", "post", "created", "email", "user_id", "post_id", "postId", "userId",
     "suggestion.id", "Idea Title", "voters", "votes", "mergeHistory", "content", "features", "tags", "company",
     "monthlySpend", "companies", "number", "value", "comment", "activity",
     "comments", "author", "response", "original_number", "voter_email", "account.mrr", "fields", "domain"]
)  # fmt: skip


@examples(150)
@given(vendor=st.sampled_from(VENDORS), row=st.dictionaries(NAMES, st.sampled_from(ODD), max_size=6))
def test_an_importer_refuses_or_reads_any_row(vendor: Vendor, row: dict[str, Any]) -> None:
    try:
        records = read(vendor, row, {}).records
    except ValueError:
        return
    for record in records:
        with suppress(ValidationError):
            VALIDATORS[record.kind].validate_python(record.fields)
