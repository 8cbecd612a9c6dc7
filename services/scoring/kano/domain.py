"""Kano as feedback tells of it: a label and a gate for each idea, never a number to rank by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from pydantic import Field
from pydantic_core import to_json

from services.scoring.kano import store
from shared.database import Read, Tx
from shared.events.base import Delivered, latest
from shared.events.feedback import KanoChanged
from shared.statistics import kano
from shared.statistics.intervals import SMALL, Interval, wilson
from shared.statistics.kano import CATEGORIES, Category
from shared.statistics.refusal import Refusal

Gate = Literal["must_have", "pass", "block", "undecided", "unknown"]
GATES: tuple[Gate, ...] = ("must_have", "pass", "block", "undecided", "unknown")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What kind of quality an idea is to respondents, and whether the sample can tell."""

    source: Literal["survey"]
    state: Annotated[
        Literal["identified", "not_identified", "not_scoreable"],
        Field(
            description="`not_identified`: Fong's test cannot tell the first two categories apart, so there is no "
            "label. `not_scoreable`: no answer is M, O, A or I"
        ),
    ]
    label: Annotated[
        Category | None, Field(description="M must-be, O one-dimensional, A attractive, I indifferent, R reverse")
    ]
    gate: Annotated[
        Gate,
        Field(
            description="`must_have`: M; `pass`: O or A; `block`: I or R; `undecided`: the sample cannot tell; "
            "`unknown`: no answer tells"
        ),
    ]
    close: Annotated[
        tuple[Category, ...],
        Field(description="categories that cannot be told from the first: two of them are often two segments"),
    ]
    counts: Mapping[Category, int]
    n: Annotated[int, Field(description="respondents, each counted once with the last pair of answers")]
    share: Annotated[float | None, Field(description="of the most frequent category, of all answers")]
    interval: Annotated[Interval | None, Field(description="of that share")]
    better: Annotated[float | None, Field(description="(A + O) / (A + O + M + I): what having it adds")]
    better_interval: Interval | None
    worse: Annotated[float | None, Field(description="(O + M) / (A + O + M + I), below zero: what lacking it takes")]
    worse_interval: Interval | None
    small_sample: Annotated[bool, Field(description=f"fewer than {SMALL} respondents")]
    event_id: Annotated[UUID, Field(description="the event that told of these answers")]
    version: int


async def project_kano(tx: Tx, delivered: Sequence[Delivered[KanoChanged]]) -> list[Delivered[KanoChanged]]:
    """Keep each idea's newest counts; return the events that told something new, one for an idea at most."""
    newest = latest(delivered)
    rows = await tx.all(
        store.PROJECT,
        to_json(
            [
                {
                    "idea_id": each.event.idea_id,
                    "workspace_id": each.event.workspace_id,
                    "counts": [each.event.counts.get(category, 0) for category in CATEGORIES],
                    "gate": _gate(each.event.counts),
                    "version": each.event.version,
                    "event_id": each.id,
                }
                for each in newest
            ]
        ).decode(),
    )
    changed = {row["idea_id"] for row in rows}
    return [each for each in newest if each.event.idea_id in changed]


def _gate(counts: Mapping[Category, int]) -> Gate:
    judged = kano.judge(counts)
    return "unknown" if isinstance(judged, Refusal) else judged.gate


async def of_idea(read: Read, workspace_id: UUID, idea_id: UUID) -> Verdict | None:
    """What kind of quality an idea is; None where nobody was asked."""
    row = await read.one(store.GET, workspace_id, idea_id)
    return None if row is None else verdict(row)


def verdict(row: asyncpg.Record) -> Verdict:
    """What respondents say, as it is stored: `counts`, `version`, `event_id`."""
    counts: dict[Category, int] = dict(zip(CATEGORIES, row["counts"], strict=True))
    n = sum(counts.values())
    judged = kano.judge(counts)
    if isinstance(judged, Refusal):
        return Verdict(
            "survey", "not_scoreable", None, "unknown", (), counts, n, None, None, None, None, None, None, n < SMALL,
            row["event_id"], row["version"],
        )  # fmt: skip
    quality = counts["A"] + counts["O"] + counts["M"] + counts["I"]
    worse = wilson(counts["O"] + counts["M"], quality)
    return Verdict(
        source="survey",
        state="not_identified" if judged.label == "undecided" else "identified",
        label=None if judged.label == "undecided" else judged.label,
        gate=judged.gate,
        close=judged.close,
        counts=counts,
        n=n,
        share=counts[judged.mode] / n,
        interval=wilson(counts[judged.mode], n),
        better=judged.better,
        better_interval=wilson(counts["A"] + counts["O"], quality),
        worse=judged.worse,
        worse_interval=Interval(-worse.high, -worse.low, worse.method, worse.level),
        small_sample=n < SMALL,
        event_id=row["event_id"],
        version=row["version"],
    )
