"""What survey questions are about, and how it stands by each respondent's latest answers.

Counted by the name that a question gives, whether or not there is a need or an idea of that key yet: one that is made
later finds what was answered before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from pydantic_core import to_json

from services.feedback.subjects import store
from services.feedback.subjects.ratings import NONE, tally
from shared.database import Read, Tx
from shared.events.feedback import KanoChanged
from shared.outbox import emit
from shared.statistics.kano import CATEGORIES, TABLE, Category, judge
from shared.statistics.refusal import Refusal
from shared.telemetry import traceparent

RATINGS = ("importance", "satisfaction")
COUNTED = (*RATINGS, "kano")
"""Measures that are counted here."""
MOVED = ("workspace_id", "feedback_id", "about", "measure", "value", "without", "low", "high")
"""Columns of an answer that tell what moves."""
Name = tuple[UUID, str]
"""A workspace, and what a question is about there."""


class Move(NamedTuple):
    """An answer that came, went, or is its respondent's latest now, or no more."""

    workspace_id: UUID
    feedback_id: UUID
    about: str
    measure: str
    value: float
    without: int | None
    low: float | None
    high: float | None
    counts: int
    """1: it is the latest now; -1: it is not any more; 0: neither."""
    held: int
    """1: its statement came to hold it; -1: it holds it no more; 0: neither."""
    traceparent: str = ""


class Subject(NamedTuple):
    """What questions are about, and the idea that it names, where it names one."""

    name: str
    """The key of the idea or need, or what the rules of connections call it."""
    idea_id: UUID | None = None
    title: str | None = None
    others: Sequence[str] = ()
    """Keys of ideas that were merged into it: what was said of those counts for it."""
    place: str = ""
    """The name by which it stands in a list."""


@dataclass(slots=True)
class _Change:
    """By how much what is counted about one subject changes."""

    ratings: int = 0
    importance: list[int] = field(default_factory=lambda: [*NONE])
    satisfaction: list[int] = field(default_factory=lambda: [*NONE])
    kano: list[int] = field(default_factory=lambda: [0] * len(CATEGORIES))

    @property
    def rates(self) -> bool:
        """Whether it changes what is said of a need."""
        return bool(self.ratings or any(self.importance) or any(self.satisfaction))


class Changed(NamedTuple):
    """Subjects of which something else is said now, each with the trace that it is part of."""

    rated: dict[Name, str]
    """About importance or satisfaction."""
    classified: dict[Name, str]
    """By Kano."""


async def count(tx: Tx, moves: Sequence[Move]) -> Changed:
    """Count answers. Their respondents are held by the caller, or nobody else can know of the statements yet.

    What is about nothing in particular is counted nowhere; an answer off its scale is none.
    """
    changes: dict[Name, _Change] = {}
    traces: dict[Name, str] = {}
    responses: set[tuple[Name, UUID, int]] = set()
    for each in moves:
        if not each.about or each.measure not in COUNTED:
            continue
        name = each.workspace_id, each.about
        change = changes.setdefault(name, _Change())
        traces[name] = each.traceparent
        if each.measure == "kano":
            assert each.without is not None  # kept in pairs
            change.kano[CATEGORIES.index(TABLE[int(each.value) - 1][each.without - 1])] += each.counts
        elif one := tally(each.value, each.low, each.high):
            held = change.importance if each.measure == "importance" else change.satisfaction
            held[:] = [was + each.counts * more for was, more in zip(held, one, strict=True)]
            if each.held:
                responses.add((name, each.feedback_id, each.held))
    for name, _, step in responses:
        changes[name].ratings += step
    changes = {name: change for name, change in changes.items() if change != _Change()}
    if changes:
        await tx.run(store.COUNT, to_json([_row(*each) for each in changes.items()]).decode())
    return Changed(
        {name: traces[name] for name, change in changes.items() if change.rates},
        {name: traces[name] for name, change in changes.items() if any(change.kano)},
    )


def _row(name: Name, change: _Change) -> dict[str, object]:
    return {
        "workspace_id": name[0],
        "about": name[1],
        "ratings": change.ratings,
        "importance": change.importance,
        "satisfaction": change.satisfaction,
        "kano": change.kano,
        "kano_version": int(any(change.kano)),
    }


async def tell(tx: Tx, names: Collection[Name], traces: Mapping[Name, str] | None = None, *, new: bool = False) -> None:
    """Tell what kind of quality the ideas of these keys are, as far as anybody was asked.

    What is asked about a merged idea is told of the one that it went into. `new`: the ideas were just made, and cannot
    have been merged.
    """
    if not names:
        return
    if not new:
        await tx.all(store.HOLD, list({workspace_id for workspace_id, _ in names}), False)
    rows = await tx.all(store.TOLD, [workspace_id for workspace_id, _ in names], [about for _, about in names])
    alone = [row for row in rows if not row["united"]]
    told = [_event(row["workspace_id"], row["idea_id"], row["version"], row["kano"]) for row in alone]
    causes = {row["idea_id"]: (traces or {}).get((row["workspace_id"], row["about"])) for row in rows}
    told += await _united(tx, {row["idea_id"] for row in rows if row["united"]})
    await emit(tx, told, [causes[each.idea_id] or traceparent.get() for each in told])


async def unite(tx: Tx, workspace_id: UUID, idea_ids: Collection[UUID]) -> None:
    """Tell of these ideas, of which one was just merged into the other, or taken out of it."""
    await tx.all(store.HOLD, [workspace_id], True)
    asked = [row["id"] for row in await tx.all(store.ASKED, workspace_id, list(idea_ids))]
    await emit(tx, await _united(tx, asked))


async def _united(tx: Tx, idea_ids: Collection[UUID]) -> list[KanoChanged]:
    """What is so of ideas that count with others or once did, counted anew: two statements, none without any."""
    if not idea_ids:
        return []
    numbered = await tx.all(store.NUMBER, list(idea_ids))
    answers = {row["idea_id"]: [0] * len(CATEGORIES) for row in numbered}
    for row in await tx.all(store.UNITED, list(idea_ids)):
        category = TABLE[int(row["value"]) - 1][int(row["without"]) - 1]
        answers[row["idea_id"]][CATEGORIES.index(category)] += row["respondents"]
    return [_event(row["workspace_id"], row["idea_id"], row["version"], answers[row["idea_id"]]) for row in numbered]


def _event(workspace_id: UUID, idea_id: UUID, version: int, answers: Sequence[int]) -> KanoChanged:
    counts: dict[Category, int] = dict(zip(CATEGORIES, answers, strict=True))
    judged = judge(counts)
    return KanoChanged(
        workspace_id=workspace_id,
        version=version,
        idea_id=idea_id,
        counts=counts,
        respondents=sum(answers),
        label=None if isinstance(judged, Refusal) else judged.label,
    )


async def subject(read: Read, workspace_id: UUID, named: str, *, ratings: bool = False) -> Subject:
    """What is called so: an idea or a need by its id or key, anything else by that name.

    An idea with all that was merged into it; a merged one is the one that it went into. Where importance is asked about
    (`ratings`), an idea whose key a need has too is taken for the need.
    """
    row = await read.one(store.SUBJECT[ratings], workspace_id, named, _id(named))
    assert row is not None  # an idea, or the name alone
    return Subject(row["name"], row["id"], row["title"], row["others"])


async def names_of(read: Read, workspace_id: UUID, named: str, measure: str) -> list[str]:
    """The names under which what is called so was asked about by a measure: the first is what it goes by."""
    found = await subject(read, workspace_id, named)
    if not found.others:
        return [found.name]
    rows = await read.all(store.ASKED_ABOUT, workspace_id, measure, [found.name, *found.others])
    # Of one name it is known already how often each answer was given about it, whoever gave it.
    names = [row["name"] for row in rows]
    return names if len(names) == 1 else [found.name, *(name for name in names if name != found.name)]


async def list_subjects(
    read: Read, workspace_id: UUID, measures: tuple[str, str], after: str, limit: int
) -> list[Subject]:
    """What was asked about under either measure, by name, after one. Ideas that are merged are one."""
    rows = await read.all(store.SUBJECTS[rates(measures)], workspace_id, *measures, after, limit)
    return [Subject(row["name"], row["id"], row["title"], row["others"], row["place"]) for row in rows]


def rates(measures: Sequence[str]) -> bool:
    """Whether it is importance and satisfaction that is asked about."""
    return set(measures) <= set(RATINGS)


def _id(named: str) -> UUID | None:
    """The id, where the name is one: keys never look like that."""
    try:
        return UUID(named)
    except ValueError:
        return None
