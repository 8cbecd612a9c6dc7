"""Facts as answers show them."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.scoring.frameworks.parity import (
    Cell,
    Competed,
    Decay,
    Standing,
    WeighedEvidence,
    age,
    freshness,
    gap,
    lapses_on,
)
from shared.wire import Wire

FRESHNESS = "2 ^ (-age_days / half_life_days); 0 once it is older than max_age_days"


class Seen(Wire):
    """One piece of evidence: what a competitor has of a capability, where it can be seen, and how old that is."""

    evidence_id: UUID
    capability_id: UUID
    capability: str
    competitor_id: UUID
    competitor: str
    ours: Standing
    theirs: Standing
    gap: float = Field(description="max(0, theirs - ours), with none 0, partial 0.5 and full 1")
    observed_on: date
    age_days: int
    freshness: float = Field(description=FRESHNESS)
    lapses_on: date = Field(description="the first day on which it is too old")
    weight: float | None = Field(
        description="of the competitor, times the freshness beside the latest evidence of the idea; null: not counted"
    )
    share: float | None = Field(description="what it adds to `competition`; null: not counted")
    url: str
    note: str | None
    said_by: str


class Competition(Wire):
    """How far competitors are ahead of us in what an idea would give."""

    competition: float | None = Field(
        description="sum(weight * gap) / sum(weight), from 0 to 1; null: unknown, since no evidence is fresh enough"
    )
    half_life_days: float
    max_age_days: int
    lapses_on: date | None = Field(description="the first day on which some of the evidence is too old")
    evidence: list[Seen]


def counted(competed: Competed, told: Mapping[UUID, Any], today: date) -> Competition:
    """A figure with what it rests on; `told`: the evidence by id."""
    decay = Decay(competed.half_life_days, competed.max_age_days)
    return Competition(
        competition=competed.competition,
        half_life_days=decay.half_life,
        max_age_days=decay.max_age,
        lapses_on=competed.lapses_on,
        evidence=[
            _seen(each, told[each.evidence_id], today, decay, each.weight, each.share) for each in competed.evidence
        ],
    )


def lapsed(cell: Cell, told: Mapping[UUID, Any], today: date, decay: Decay) -> Seen:
    """Evidence that is too old to count."""
    return _seen(cell, told[cell.evidence_id], today, decay, None, None)


def _seen(
    each: Cell | WeighedEvidence, told: Any, today: date, decay: Decay, weight: float | None, share: float | None
) -> Seen:
    return Seen(
        **told,
        evidence_id=each.evidence_id,
        ours=each.ours,
        theirs=each.theirs,
        gap=gap(each.ours, each.theirs),
        observed_on=each.observed_on,
        age_days=age(each.observed_on, today),
        freshness=freshness(each.observed_on, today, decay),
        lapses_on=lapses_on(each.observed_on, decay.max_age),
        weight=weight,
        share=share,
    )
