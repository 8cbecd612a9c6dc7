"""One idea under a policy, account by account. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.scoring.frameworks.demand_policies import STATES, Asks, State, Weighed
from services.scoring.policies import evidence
from services.scoring.policies.evidence import Evidence, Row
from services.scoring.policies.parameters import PolicyParameters
from services.scoring.scores.inputs import CountedBy

Key = tuple[float, UUID]
"""Where an account stands in the list: its weight, -1 where it cannot be weighed, and its id."""


@dataclass(frozen=True, slots=True)
class AccountPart:
    """An account that asks for the idea."""

    account_id: UUID
    contacts: int
    votes: int
    insights: int
    nice: Annotated[int, Field(description="votes that say so")]
    important: int
    critical: int
    last_asked: Annotated[str, Field(description="the month, UTC, of its latest ask")]
    mrr: Annotated[int | None, Field(description="what it pays now, minor units; null: nobody has said")]
    mrr_at_vote: Annotated[
        int | None, Field(description="what it paid when its latest vote was cast; null: no vote, or nobody had said")
    ]
    segment_ids: Annotated[list[UUID], Field(description="segments of accounts that it is in now")]
    contact_segment_ids: Annotated[
        list[UUID], Field(description="segments of contacts that anybody of it is in now who asks")
    ]
    segment: Annotated[
        CountedBy | None, Field(description="by which it counts; null: by none, or the policy has no segments")
    ]
    importance: Annotated[
        float | None, Field(description="what its worth was multiplied by; null: the policy does not look at it")
    ]
    known: Annotated[bool, Field(description="false: the policy cannot weigh it")]
    weight: Annotated[float | None, Field(description="what it counts; null where the idea is not weighed")]
    cut: Annotated[float, Field(description="what the cap took off it")]
    share: Annotated[float | None, Field(description="its part of the idea's weight")]


@dataclass(frozen=True, slots=True)
class StrangersPart:
    """Contacts without an account that asked last in one month and count by one segment. Each is one of its own."""

    last_asked: str
    segment: Annotated[
        CountedBy | None, Field(description="by which each counts; null: by none, or the policy has no segments")
    ]
    contacts: int
    importance: Annotated[
        float | None,
        Field(description="the mean over them, where those who are in the same segments share one over all months"),
    ]
    known: bool
    weight: Annotated[float | None, Field(description="what all of them count")]
    cut: float


@dataclass(frozen=True, slots=True)
class Breakdown:
    """An idea's accounts, a page of them."""

    state: State
    weight: float | None
    cut: float
    accounts: list[AccountPart]
    strangers: list[StrangersPart]
    others: float
    unknown: int
    last: Key | None
    """The last account of the page, where there are more."""


def month_of(number: int | None) -> str | None:
    """A month counted from year 0 as `2026-03`."""
    return None if number is None else f"{number // 12:04}-{number % 12 + 1:02}"


@dataclass(frozen=True, slots=True)
class _Judged:
    """The evidence under the policy, row by row."""

    known: Evidence
    parameters: PolicyParameters
    given: Asks
    weighed: Weighed
    worth: list[float | None]
    """What all who stand in the row count; None where the idea is not weighed."""
    cut: list[float]

    def by(self, row: int) -> CountedBy | None:
        return evidence.counted_by(self.known.shares[row], self.parameters)

    def importance(self, row: int) -> float | None:
        return None if self.given.importance is None else float(self.given.importance[row])


def by_account(
    rows: Sequence[Row], parameters: PolicyParameters, month: int | None, last: Key | None, limit: int
) -> Breakdown:
    """Weigh one idea's stored shares; the page of accounts after `last`."""
    known = evidence.gather(rows)
    given, weighed = evidence.judge(known, parameters, month)
    state = STATES[int(weighed.state[0])]
    worth = [_finite(each) for each in (weighed.weight * given.units).tolist()]
    judged = _Judged(known, parameters, given, weighed, worth, (weighed.cut * given.units).tolist())
    owned = [row for row, share in enumerate(known.shares) if share["account_id"] is not None]

    def key(row: int) -> Key:
        place = -1.0 if weighed.unknown[row] else worth[row] or 0.0
        return place, known.shares[row]["account_id"]

    falling = sorted(owned, key=key, reverse=True)
    here = [row for row in falling if last is None or key(row) < last]
    shown = here[:limit]
    elsewhere = set(owned) - set(shown)
    total = _finite(float(weighed.total[0]))
    return Breakdown(
        state,
        total,
        sum(judged.cut),
        [_account(judged, row, total) for row in shown],
        _strangers(judged),
        sum((worth[row] or 0.0 for row in elsewhere), 0.0),
        sum(1 for row in owned if weighed.unknown[row]),
        key(shown[-1]) if len(here) > limit else None,
    )


def _account(judged: _Judged, row: int, total: float | None) -> AccountPart:
    share, worth = judged.known.shares[row], judged.worth[row]
    return AccountPart(
        account_id=share["account_id"],
        contacts=share["contacts"],
        votes=share["votes"],
        insights=share["insights"],
        nice=share["nice"],
        important=share["important"],
        critical=share["critical"],
        last_asked=month_of(max(share["months"])) or "",
        mrr=share["mrr"],
        mrr_at_vote=share["mrr_at_vote"],
        segment_ids=share["segment_ids"] or [],
        contact_segment_ids=share["contact_segment_ids"],
        segment=judged.by(row),
        importance=judged.importance(row),
        known=not judged.weighed.unknown[row],
        weight=worth,
        cut=judged.cut[row],
        share=worth / total if worth is not None and total else None,
    )


def _strangers(judged: _Judged) -> list[StrangersPart]:
    """By month, and in the order of the policy's table. A row of the evidence is of one month."""
    order = {each.segment_id: place for place, each in enumerate(judged.parameters.segments)}
    cells: dict[tuple[int, int], list[int]] = {}
    for row, month in zip(judged.known.cell_row, judged.known.cell_month, strict=True):
        if judged.known.shares[row]["account_id"] is None:
            by = judged.by(row)
            cells.setdefault((month, len(order) if by is None else order[by.segment_id]), []).append(row)
    return [_together(judged, month, cells[month, place]) for month, place in sorted(cells)]


def _together(judged: _Judged, month: int, rows: Sequence[int]) -> StrangersPart:
    """Rows whose contacts all count by one segment, or by none."""
    units = [int(judged.given.units[row]) for row in rows]
    said = [judged.importance(row) for row in rows]
    counted = [one * count for one, count in zip(said, units, strict=True) if one is not None]
    parts = [part for row in rows if (part := judged.worth[row]) is not None]
    return StrangersPart(
        last_asked=month_of(month) or "",
        segment=judged.by(rows[0]),
        contacts=sum(units),
        importance=math.fsum(counted) / sum(units) if counted else None,
        known=not judged.weighed.unknown[rows[0]],
        # Sums of what is exact in any order.
        weight=sum(parts, 0.0) if parts else None,
        cut=sum((judged.cut[row] for row in rows), 0.0),
    )


def _finite(value: float) -> float | None:
    return None if math.isnan(value) else value
