"""What is published of a roadmap: what a view allows, and no trace of anything else."""

from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any, get_args
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.roadmap.views.page import render
from services.roadmap.views.published import (
    HEADINGS,
    PublishedItem,
    PublishedView,
    Shown,
    ViewField,
    publish,
    quarter,
)
from shared.events.roadmap import ItemStatus

FIELDS: tuple[ViewField, ...] = get_args(ViewField)
STATUSES: tuple[ItemStatus, ...] = get_args(ItemStatus)
# What each allowed field is made from.
SOURCES: dict[ViewField, str] = {
    "summary": "summary",
    "target": "target",
    "shipped": "shipped_at",
    "people": "people",
    "votes": "votes",
    "scores": "scores",
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "summary": st.text("<&ab\n", max_size=8),
    "target": st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    "shipped_at": st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis takes naive bounds and adds the zone
    "people": st.integers(0, 10**9),
    "votes": st.integers(0, 10**9),
    "scores": st.lists(st.tuples(st.uuids(), st.floats(0, 1e9)), max_size=2),
}
EDITED = datetime(2026, 11, 1, tzinfo=UTC)


@st.composite
def items(draw: st.DrawFn) -> list[Shown]:
    return [
        Shown(
            id=UUID(int=number),
            title=draw(st.text("<&\"' xyz", min_size=1, max_size=8)),
            status=draw(st.sampled_from(STATUSES)),
            updated_at=EDITED,
            **{name: draw(values) for name, values in VALUES.items()},
        )
        for number in range(draw(st.integers(0, 5)))
    ]


fields_allowed = st.lists(st.sampled_from(FIELDS), unique=True)
statuses_shown = st.lists(st.sampled_from(STATUSES), unique=True, min_size=1)


def published(shown: list[Shown], fields: list[ViewField], statuses: list[ItemStatus]) -> PublishedView:
    return publish(
        workspace="Acme",
        title="Roadmap",
        introduction="",
        edited_at=EDITED,
        statuses=statuses,
        fields=fields,
        items=shown,
    )


class Reading(HTMLParser):
    """What is in a page: its elements with their attributes, its words, and whether its tags match."""

    VOID = frozenset({"meta", "link", "ellipse"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] != "style":
            self.words.append(data)

    def texts(self, tag: str) -> int:
        return sum(1 for name, _ in self.elements if name == tag)


def test_the_allow_list_is_the_whole_item() -> None:
    assert set(PublishedItem.model_fields) == {"id", "title", *FIELDS}
    assert set(SOURCES) == set(FIELDS)
    assert set(HEADINGS) == set(STATUSES)


@given(items(), fields_allowed, statuses_shown)
def test_only_what_is_allowed_is_there(shown: list[Shown], fields: list[ViewField], statuses: list[ItemStatus]) -> None:
    view = published(shown, fields, statuses)
    assert [column.status for column in view.columns] == statuses
    for column in view.columns:
        assert {item.id for item in column.items} == {item.id for item in shown if item.status == column.status}
        for item in column.items:
            assert set(item.model_dump(exclude_none=True)) <= {"id", "title", *fields}


@given(items(), items(), fields_allowed, statuses_shown)
def test_what_is_not_allowed_changes_nothing(
    shown: list[Shown], others: list[Shown], fields: list[ViewField], statuses: list[ItemStatus]
) -> None:
    """The strongest form of redaction: two roadmaps that differ only in hidden things look the same, to the byte."""
    hidden = [source for field, source in SOURCES.items() if field not in fields]
    differing = [
        replace(item, **{name: getattr(other, name) for name in hidden})
        for item, other in zip(shown, others, strict=False)
    ] + shown[len(others) :]
    unseen = [replace(other, id=UUID(int=100 + other.id.int)) for other in others if other.status not in statuses]

    before = published(shown, fields, statuses)
    after = published([*differing, *unseen], fields, statuses)

    assert after.model_dump_json() == before.model_dump_json()
    assert render(after, "r.json") == render(before, "r.json")


@given(items(), st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_a_target_is_published_as_its_quarter_only(shown: list[Shown], day: date) -> None:
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    exact = [replace(item, target=day) for item in shown]
    fuzzy = [replace(item, target=first) for item in shown]
    assert published(exact, ["target"], list(STATUSES)) == published(fuzzy, ["target"], list(STATUSES))


def test_quarters() -> None:
    assert [quarter(date(2027, month, 28)) for month in (1, 3, 4, 6, 7, 9, 10, 12)] == [
        f"2027-Q{number}" for number in (1, 1, 2, 2, 3, 3, 4, 4)
    ]


@given(items(), fields_allowed, statuses_shown)
def test_a_page_holds_what_the_json_holds(
    shown: list[Shown], fields: list[ViewField], statuses: list[ItemStatus]
) -> None:
    view = published(shown, fields, statuses)
    reading = Reading(render(view, "roadmap.json"))
    total = sum(len(column.items) for column in view.columns)
    assert reading.texts("h3") == total
    assert reading.texts("h1") == reading.texts("main") == reading.texts("header") == reading.texts("footer") == 1
    assert reading.texts("h2") == (len(statuses) if total else 1)
    words = "".join(reading.words)
    for column in view.columns:
        for item in column.items:
            assert item.title in words
            assert (item.summary or "") in words
    assert reading.texts("script") == 0
    fetched = [
        value
        for _, attributes in reading.elements
        for key, value in attributes.items()
        if key in {"src", "srcset", "href", "action", "style"} and not (value or "").startswith("data:")
    ]
    assert fetched == ["roadmap.json", "roadmap.json"]


def at(day: int) -> datetime:
    return datetime(2026, 10, day, tzinfo=UTC)


def test_the_order_is_what_a_reader_expects() -> None:
    def item(number: int, **others: Any) -> Shown:
        plain: dict[str, Any] = {"status": "planned", "target": None, "shipped_at": None, "people": 0, "votes": 0}
        return Shown(
            id=UUID(int=number),
            title=str(number),
            summary="",
            updated_at=at(number),
            scores=(),
            **{**plain, **others},
        )

    view = published(
        [
            item(1),
            item(2, people=9),
            item(3, target=date(2027, 5, 1)),
            item(4, target=date(2027, 1, 1)),
            item(5, status="shipped", shipped_at=at(5)),
            item(6, status="shipped", shipped_at=at(6)),
        ],
        ["target", "people", "shipped"],
        ["planned", "shipped"],
    )
    assert [[each.title for each in column.items] for column in view.columns] == [["4", "3", "2", "1"], ["6", "5"]]
    assert view.updated_at == EDITED
