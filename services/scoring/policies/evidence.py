"""Who asks for ideas, as columns that any policy can weigh, and what comes of it. Pure.

Everything is in the order of ideas, accounts and shares, so that the same evidence gives the same bits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol
from uuid import UUID

import numpy as np

from services.scoring.frameworks.demand_policies import STATES, Asks, Kind, Positions, Weighed, weigh
from services.scoring.frameworks.recipe import Array
from services.scoring.policies.parameters import ImportanceWeights, PolicyParameters
from services.scoring.scores.inputs import CountedBy
from shared.paging import FIRST


class Row(Protocol):
    """A stored share with what is known of its account, by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any: ...


NAMED = 10
"""Accounts that a stored weight names."""


@dataclass(slots=True)
class Evidence:
    """Accounts that ask for ideas. Contacts without one are a row for each share and month of their latest ask."""

    ideas: list[UUID] = field(default_factory=list[UUID])
    events: list[UUID] = field(default_factory=list[UUID])
    """By idea: the newest event that told of it or of one of its accounts."""
    contacts: list[int] = field(default_factory=list[int])
    shares: list[Row] = field(default_factory=list[Row])
    """By row: all that is known of it."""
    idea: list[int] = field(default_factory=list[int])
    units: list[int] = field(default_factory=list[int])
    cell_row: list[int] = field(default_factory=list[int])
    cell_month: list[int] = field(default_factory=list[int])
    cell_contacts: list[int] = field(default_factory=list[int])


@dataclass(frozen=True, slots=True)
class Result:
    """One idea under a policy, as it is stored."""

    idea_id: UUID
    state: str
    value: float | None
    cut: float
    accounts: int
    contacts: int
    largest: dict[str, Any]
    unknown: dict[str, Any]
    event_id: UUID


def gather(rows: Sequence[Row]) -> Evidence:
    """Stored shares, by idea, account and share, as evidence. Those without contacts only tell of the idea."""
    found = Evidence()
    for row in rows:
        if not found.ideas or found.ideas[-1] != row["idea_id"]:
            found.ideas.append(row["idea_id"])
            found.events.append(FIRST)
            found.contacts.append(0)
        found.events[-1] = max(found.events[-1], row["event_id"], row["account_event_id"] or FIRST)
        found.contacts[-1] += row["contacts"]
        asked = list(zip(row["months"], row["asked"], strict=True))
        if row["account_id"] is not None and asked:
            _add(found, row, 1, asked)
        elif row["account_id"] is None:
            for month, contacts in asked:
                _add(found, row, contacts, [(month, contacts)])
    return found


def _add(found: Evidence, row: Row, units: int, asked: Sequence[tuple[int, int]]) -> None:
    place = len(found.shares)
    found.shares.append(row)
    found.idea.append(len(found.ideas) - 1)
    found.units.append(units)
    for month, contacts in asked:
        found.cell_row.append(place)
        found.cell_month.append(month)
        found.cell_contacts.append(contacts)


def asks(evidence: Evidence, parameters: PolicyParameters, month: int | None) -> Asks:
    """The evidence as one policy looks at it, ages counted to `month`; None: they do not count."""
    revenue = "mrr" if parameters.revenue == "now" else "mrr_at_vote"
    table = {each.segment_id: each.weight for each in parameters.segments}
    otherwise = np.nan if parameters.otherwise is None else parameters.otherwise
    months = np.array(evidence.cell_month, np.int64)

    def of_segment(row: Row) -> float:
        by = counted_by(row, parameters)
        return otherwise if by is None else table[by.segment_id]

    return Asks(
        idea=_positions(evidence.idea),
        units=_positions(evidence.units),
        mrr=_column([row[revenue] for row in evidence.shares]),
        segment=_column([of_segment(row) for row in evidence.shares] if table else [None] * len(evidence.shares)),
        cell_row=_positions(evidence.cell_row),
        cell_age=np.zeros(len(months)) if month is None else np.maximum(month - months, 0).astype(np.float64),
        cell_contacts=np.array(evidence.cell_contacts, np.float64),
        importance=None
        if (weights := parameters.importance) is None
        else np.array([_importance(row, weights, parameters.kind) for row in evidence.shares], np.float64),
    )


def counted_by(row: Row, parameters: PolicyParameters) -> CountedBy | None:
    """The first segment of the policy's table that the row's account is in, or a contact in the row who asks."""
    if not parameters.segments:
        return None
    account, contacts = set[UUID](row["segment_ids"] or ()), set[UUID](row["contact_segment_ids"])
    for each in parameters.segments:
        if each.segment_id in account:
            return CountedBy(each.segment_id, "accounts")
        if each.segment_id in contacts:
            return CountedBy(each.segment_id, "contacts")
    return None


def _importance(row: Row, weights: ImportanceWeights, kind: Kind) -> float:
    """What importance multiplies the worth of a row by."""
    said = {"nice": row["nice"], "important": row["important"], "critical": row["critical"]}
    said["unsaid"] = max(row["contacts"] - sum(said.values()), 0)
    counted = [(getattr(weights, name), count) for name, count in said.items() if count > 0]
    if not counted:
        return weights.unsaid
    if kind == "flat" or row["account_id"] is None:
        return math.fsum(weight * count for weight, count in counted) / sum(count for _, count in counted)
    return max(weight for weight, _ in counted)


def _segment(row: Row, parameters: PolicyParameters) -> dict[str, Any]:
    by = counted_by(row, parameters)
    return {} if by is None else {"segment": {"segment_id": str(by.segment_id), "selects": by.selects}}


def _positions(values: Sequence[int]) -> Positions:
    return np.array(values, np.int64)


def _column(values: Sequence[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def judge(evidence: Evidence, parameters: PolicyParameters, month: int | None) -> tuple[Asks, Weighed]:
    """All ideas of the evidence under one policy, row by row."""
    given = asks(evidence, parameters, month)
    return given, weigh(given, parameters.policy(), len(evidence.ideas))


def results(evidence: Evidence, parameters: PolicyParameters, month: int | None) -> list[Result]:
    """All ideas of the evidence under one policy, idea by idea."""
    given, weighed = judge(evidence, parameters, month)
    bounds = np.searchsorted(given.idea, np.arange(len(evidence.ideas) + 1)).tolist()
    return [
        _result(evidence, parameters, given, weighed, place, range(first, last))
        for place, (first, last) in enumerate(pairwise(bounds))
    ]


def _result(
    evidence: Evidence, parameters: PolicyParameters, given: Asks, weighed: Weighed, place: int, rows: range
) -> Result:
    state = STATES[int(weighed.state[place])]
    owned = [row for row in rows if evidence.shares[row]["account_id"] is not None]
    unknown = [row for row in rows if weighed.unknown[row]]
    largest: dict[str, Any] = {"accounts": [], "others": 0.0, "without_account": 0.0}
    cut = 0.0
    if state == "weighed":
        worth = (weighed.weight[rows.start : rows.stop] * given.units[rows.start : rows.stop]).tolist()
        off = (weighed.cut[rows.start : rows.stop] * given.units[rows.start : rows.stop]).tolist()
        cut = sum(off)
        falling = sorted(owned, key=lambda row: -worth[row - rows.start])
        largest = {
            "accounts": [
                {
                    "account_id": str(evidence.shares[row]["account_id"]),
                    "weight": worth[row - rows.start],
                    "cut": off[row - rows.start],
                    **_segment(evidence.shares[row], parameters),
                }
                for row in falling[:NAMED]
                if worth[row - rows.start] > 0
            ],
            # Sums of what is exact in any order.
            "others": sum((worth[row - rows.start] for row in falling[NAMED:]), 0.0),
            "without_account": sum(
                (worth[row - rows.start] for row in rows if evidence.shares[row]["account_id"] is None), 0.0
            ),
        }
    strangers = [row for row in unknown if evidence.shares[row]["account_id"] is None]
    nameless = [evidence.shares[row]["account_id"] for row in unknown if evidence.shares[row]["account_id"] is not None]
    return Result(
        evidence.ideas[place],
        state,
        float(weighed.total[place]) if state == "weighed" else None,
        cut,
        len(owned),
        evidence.contacts[place],
        largest,
        {
            "accounts": len(nameless),
            "some": [str(each) for each in nameless[:NAMED]],
            "contacts": sum(evidence.units[row] for row in strangers),
        },
        evidence.events[place],
    )
