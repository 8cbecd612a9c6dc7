"""What surveys measured: kept with each statement, counted by respondents, each once in any period.

A respondent is a contact; a response that names nobody is a respondent of its own. Who answered the same question about
the same thing more than once in a period counts there with the last answer.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

import asyncpg

from services.feedback.needs import domain as needs
from services.feedback.subjects import domain as subjects
from services.feedback.subjects.domain import MOVED, Move, Subject
from services.feedback.surveys import parts, store
from services.feedback.surveys.parts import Parts, Sum
from services.feedback.surveys.scales import Cell
from shared.database import Read, Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.statistics.kano import CATEGORIES, TABLE, Category

By = Literal["month", "week", "segment", "plan", "product", "release", "source", "connection", "about"]
OVERLAPPING = frozenset({"month", "week", "segment"})
"""A respondent may be in several of these groups: their sum is more than there are."""
BY_RESPONDENT = frozenset({"segment", "plan"})
"""What no sum can tell: it depends on who answered."""
MOST_READ = 1_000_000
"""Answers that are read one by one for a figure: some 3 µs each."""
MOST_GROUPS = 300
MEASURED = ("nps", "csat", "ces", "importance", "satisfaction", "kano_functional")
_MEASURES = re.compile(rf'"kind":\s*"(?:{"|".join(MEASURED)})"')


class Asked(NamedTuple):
    """Which answers to count; None: any."""

    workspace_id: UUID
    start: datetime
    end: datetime
    """Exclusive. Both are midnights, UTC."""
    about: Sequence[str] | None = None
    """Several names are one, and go by the first: each respondent counts once, with the last answer about any."""
    product_id: UUID | None = None
    connection_id: UUID | None = None
    segment_id: UUID | None = None


class Answering(Protocol):
    """A statement that may have answers."""

    @property
    def workspace_id(self) -> UUID: ...
    @property
    def answers(self) -> str:
        """JSON."""
        ...

    @property
    def traceparent(self) -> str: ...


class Stored(Protocol):
    """Where it is stored: `created`, `updated` or a `duplicate`."""

    @property
    def id(self) -> UUID: ...
    @property
    def status(self) -> str: ...


class Place(NamedTuple):
    """A group of respondents: the key that it is named by, and the name of what the key is of."""

    key: str | None
    name: str | None = None


Groups = dict[Place, list[Cell]]


class Report(NamedTuple):
    """Answers to one measure in all and by group, and how many groups there are besides."""

    total: list[Cell]
    groups: list[tuple[Place, list[Cell]]]
    left_out: int


def is_measured(answers: str) -> bool:
    """Whether there is an answer to count in these (JSON); what is in a customer's own words is escaped."""
    return _MEASURES.search(answers) is not None


async def follow(tx: Tx, statements: Sequence[Answering], recorded: Sequence[Stored]) -> None:
    """Keep what statements measure that were just recorded. Those without answers to count, and new, pay nothing."""
    news = [(each, where) for each, where in zip(statements, recorded, strict=True) if where.status != "duplicate"]
    await keep(
        tx,
        {(each.workspace_id, where.id) for each, where in news if is_measured(each.answers)},
        {(each.workspace_id, where.id) for each, where in news if where.status == "updated"},
        {where.id: each.traceparent for each, where in news},
    )


async def keep(
    tx: Tx,
    measured: Collection[tuple[UUID, UUID]],
    revised: Collection[tuple[UUID, UUID]] = (),
    traces: Mapping[UUID, str] | None = None,
) -> None:
    """Keep what statements (workspace, id) measure, as they are stored now, and tell what that says of needs and ideas.

    `measured` have answers to count, `revised` may have had some before. Also for whoever changes a statement's
    contact, product or answers by another way: name it as both. No other lock may be taken after this.
    """
    touched = sorted({*measured, *revised})
    if not touched:
        return
    columns = [workspace_id for workspace_id, _ in touched], [id for _, id in touched]
    if not measured and not await tx.value(store.ANY_KEPT, *columns):
        return
    before = [workspace_id for workspace_id, _ in revised], [id for _, id in revised]
    await tx.all(store.HOLD, *columns, *before)
    gone = await tx.all(store.FORGET, *columns) if revised else []
    come = await tx.all(store.KEEP, *columns)
    if not (gone or come):
        return
    whose = {(row["workspace_id"], row["respondent"]) for row in (*gone, *come)}
    settled = await tx.all(store.CHAIN, [workspace_id for workspace_id, _ in whose], [who for _, who in whose])
    causes = {row["respondent"]: (traces or {}).get(row["feedback_id"], "") for row in (*gone, *come)}
    changed = await subjects.count(
        tx,
        [
            Move(
                *(row[name] for name in MOVED),
                counts=row["counts"] * by,
                held=held,
                traceparent=causes[row["respondent"]],
            )
            for rows, by, held in ((gone, -1, -1), (come, 1, 1), (settled, 1, 0))
            for row in rows
        ],
    )
    await needs.follow(tx, changed.rated)
    await subjects.tell(tx, changed.classified, changed.classified)


async def segment(read: Read, workspace_id: UUID, named: str | None) -> UUID | None:
    """The id of the segment by that id or key; None where none is named. NotFound when there is no such."""
    if named is None:
        return None
    return _there(await read.one(store.SEGMENT, workspace_id, named, _id(named)), "segment")


async def product(read: Read, workspace_id: UUID, named: str | None) -> UUID | None:
    """The id of the product by that id or key; None where none is named. NotFound when there is no such."""
    if named is None:
        return None
    return _there(await read.one(store.PRODUCT, workspace_id, named, _id(named)), "product")


def _id(named: str) -> UUID | None:
    """The id, where the name is one: keys never look like that."""
    try:
        return UUID(named)
    except ValueError:
        return None


def _there(row: asyncpg.Record | None, what: str) -> UUID:
    if row is None:
        raise NotFound(f"No {what} by that id or key.")
    return row["id"]


async def count(read: Read, asked: Asked, measures: Sequence[str], by: By | None) -> Groups:
    """Answers by group, measure and value: as many as there are respondents who gave it last in the period.

    The period is the group's own by month and by week, and all that is asked for by anything else. Groups by segment
    overlap; those of one period by anything else add up.
    """
    await read.value(store.ROOMY)
    united = asked.about is not None and len(asked.about) > 1
    if asked.segment_id is None and by not in BY_RESPONDENT and not united:
        found = _PARTS.get(by, parts.of_period)(asked.start.date(), asked.end.date())
        times = [datetime.combine(day, time(), UTC) for span in found.spans for day in span]
        given = _summed(asked, measures, found.sums)
        rows = await read.all(store.COUNT_ALIKE[by, len(found.spans)], *given, *times)
    else:
        await _require_few(read, asked, measures)
        given = _given(asked, measures)
        if united and asked.about:
            given = *given, asked.about, [asked.about[0]] * len(asked.about)
        rows = await read.all(store.COUNT_SAID[united, by], *given)
    groups: Groups = {}
    for row in rows:
        if row["n"]:
            groups.setdefault(Place(row["key"], row["name"]), []).append(_cell(row))
    return groups


def _given(asked: Asked, measures: Sequence[str]) -> tuple[object, ...]:
    """What statements take that look at the answers themselves."""
    return asked.workspace_id, measures, *asked[1:]


_PARTS: Mapping[By | None, Callable[[date, date], Parts]] = {"month": parts.by_month, "week": parts.by_week}


def _summed(asked: Asked, measures: Sequence[str], sums: Sequence[Sum]) -> tuple[object, ...]:
    """What statements take that need not know who answered."""
    return (
        asked.workspace_id, measures, asked.about, asked.product_id, asked.connection_id,
        *([each[place] for each in sums] for place in range(len(Sum._fields))),
    )  # fmt: skip


async def _require_few(read: Read, asked: Asked, measures: Sequence[str]) -> None:
    """Invalid when more answers were given in the period than can be read one by one while somebody waits."""
    sums = parts.given(asked.start.date(), asked.end.date())
    many = await read.value(store.MANY, *_summed(asked, measures, sums))
    if many > MOST_READ:
        reason = (
            f"{many:,} answers were given in it; by segment, by plan, of one segment or of ideas that are merged "
            f"{MOST_READ:,} can be looked at: ask for less"
        )
        raise Invalid(errors=[FieldError("/query/from", reason)])


async def report(read: Read, asked: Asked, measure: str, by: By | None) -> Report:
    """A measure in all and by group: periods and releases in order, anything else by how many answered."""
    if by is None:
        whole = await count(read, asked, (measure,), None)
        return Report([cell for cells in whole.values() for cell in cells], [], 0)
    found = await count(read, asked, (measure,), by)
    if by in OVERLAPPING:
        whole = await count(read, asked, (measure,), None)
        total = [cell for cells in whole.values() for cell in cells]
    else:
        total = [cell for cells in found.values() for cell in cells]
    groups = list(found.items())
    if by in {"month", "week"}:
        groups.sort(key=lambda group: group[0].key or "", reverse=True)
    else:
        groups.sort(key=lambda group: (-sum(cell.n for cell in group[1]), group[0].key or ""))
    kept = groups[:MOST_GROUPS]
    if by in {"month", "week", "release"}:
        kept.sort(key=lambda group: (group[0].key is None, group[0].key or ""))
    return Report(total, kept, len(groups) - len(kept))


async def about_subjects(
    read: Read, asked: Asked, measures: Sequence[str], found: Sequence[Subject], *, by_segment: bool
) -> list[tuple[Subject, Place, dict[str, list[Cell]]]]:
    """The answers about each subject by measure, and by segment where that is wanted.

    A subject without any has one empty entry.
    """
    await read.value(store.ROOMY)
    alone = [each.name for each in found if not each.others]
    united = {name: each.name for each in found if each.others for name in (each.name, *each.others)}
    rows: list[asyncpg.Record] = []
    if alone:
        rows += await read.all(store.COUNT_SUBJECTS[by_segment], *_given(asked._replace(about=alone), measures))
    if united:
        given = _given(asked._replace(about=list(united)), measures)
        rows += await read.all(store.COUNT_UNITED[by_segment], *given, list(united), list(united.values()))
    owners = {each.name: position for position, each in enumerate(found)}
    entries: dict[int, dict[Place, dict[str, list[Cell]]]] = {position: {} for position in range(len(found))}
    for row in rows:
        place = entries[owners[row["about"]]].setdefault(Place(row["key"], row["name"]), {})
        place.setdefault(row["measure"], []).append(_cell(row))
    return [
        (found[position], place, cells)
        for position, places in entries.items()
        for place, cells in sorted(places.items() or [(Place(None), {})], key=lambda entry: entry[0].key or "")
    ]


def kano_counts(cells: Sequence[Cell]) -> dict[Category, int]:
    """How many respondents put it into each category. A cell's value says both answers of its pair."""
    counts: dict[Category, int] = dict.fromkeys(CATEGORIES, 0)
    for cell in cells:
        assert cell.without is not None  # kept in pairs
        counts[TABLE[int(cell.value) - 1][cell.without - 1]] += cell.n
    return counts


def _cell(row: asyncpg.Record) -> Cell:
    return Cell(row["value"], row["low"], row["high"], row["n"], row["without"])
