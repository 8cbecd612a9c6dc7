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
from shared.database import Tx
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
