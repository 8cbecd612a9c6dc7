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
    segment_ids: list[UUID]
    importance: Annotated[
        float | None, Field(description="what its worth was multiplied by; null: the policy does not look at it")
    ]
    known: Annotated[bool, Field(description="false: the policy cannot weigh it")]
    weight: Annotated[float | None, Field(description="what it counts; null where the idea is not weighed")]
    cut: Annotated[float, Field(description="what the cap took off it")]
    share: Annotated[float | None, Field(description="its part of the idea's weight")]


@dataclass(frozen=True, slots=True)
class StrangersPart:
    """Contacts without an account that asked last in one month. Each is one of its own."""

    last_asked: str
    contacts: int
    importance: Annotated[float | None, Field(description="the mean over all contacts without an account")]
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


def by_account(
    rows: Sequence[Row], parameters: PolicyParameters, month: int | None, last: Key | None, limit: int
) -> Breakdown:
    """Weigh one idea's stored shares; the page of accounts after `last`."""
    known = evidence.gather(rows)
    given, weighed = evidence.judge(known, parameters, month)
    state = STATES[int(weighed.state[0])]
    worth = [_finite(each) for each in (weighed.weight * given.units).tolist()]
    cut: list[float] = (weighed.cut * given.units).tolist()
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
        sum(cut),
        [_account(known, given, weighed, row, worth[row], cut[row], total) for row in shown],
        [
            _strangers(known, given, weighed, row, worth[row], cut[row])
            for row, share in enumerate(known.shares)
            if share["account_id"] is None
        ],
        sum((worth[row] or 0.0 for row in elsewhere), 0.0),
        sum(1 for row in owned if weighed.unknown[row]),
        key(shown[-1]) if len(here) > limit else None,
    )


def _account(
    known: Evidence, given: Asks, weighed: Weighed, row: int, worth: float | None, cut: float, total: float | None
) -> AccountPart:
    share = known.shares[row]
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
        importance=_importance(given, row),
        known=not weighed.unknown[row],
        weight=worth,
        cut=cut,
        share=worth / total if worth is not None and total else None,
    )


def _strangers(
    known: Evidence, given: Asks, weighed: Weighed, row: int, worth: float | None, cut: float
) -> StrangersPart:
    cell = known.cell_row.index(row)
    return StrangersPart(
        last_asked=month_of(known.cell_month[cell]) or "",
        contacts=int(given.units[row]),
        importance=_importance(given, row),
        known=not weighed.unknown[row],
        weight=worth,
        cut=cut,
    )


def _importance(given: Asks, row: int) -> float | None:
    return None if given.importance is None else float(given.importance[row])


def _finite(value: float) -> float | None:
    return None if math.isnan(value) else value
