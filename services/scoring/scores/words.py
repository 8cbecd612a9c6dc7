"""Where an input of a score comes from, in one sentence: for people who have not read how models work."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.scoring.frameworks.alignment import Aligned
from services.scoring.frameworks.parity import Competed
from services.scoring.needs.rated import Surveyed
from services.scoring.scores.inputs import Demanded, Input, Weighed
from shared.events.scoring import CauseKind

MOST_NAMED = 3
"""Estimates that are told one by one."""


WHY: Mapping[CauseKind, str] = {
    "demand": "Who asks for it has changed, or what an account that asks pays or is.",
    "estimate": "Somebody estimated an input anew, or withdrew an estimate.",
    "model": "The model was changed, or made active.",
    "idea": "The idea was made or edited.",
    "need": "Respondents rate a need that it serves otherwise, or it serves other needs.",
    "correction": "A correction of estimates by what came of earlier ones was switched on or off.",
    "policy": "The policy by which accounts are weighed was changed.",
    "time": "A month is over, and by the policy older asks count less.",
    "objective": "An objective of the strategy was changed, has begun or is over.",
    "contribution": "Somebody said otherwise what the idea contributes to the strategy.",
    "competition": "Something else is known of competitors, or what was known has become too old.",
    "merge": "It became one with another idea, or one that it was one with was taken out of it.",
}
"""What moved a score."""


class Said(NamedTuple):
    """An estimate, as far as a sentence tells it."""

    estimator: str
    discipline: str | None
    value: float
    at: datetime


def in_words(name: str, given: Input, said: Sequence[Said]) -> str:
    """One sentence: the value, and by whom and when it was estimated, or what was counted."""
    if given.value is None and given.demand is not None and given.demand.policy is not None:
        return _unweighed(name, given.demand.policy)
    if given.value is None:
        return f"nobody has estimated {name}, and the model takes it from nowhere else, or nothing is known there yet"
    value = f"{given.value:g}"
    if given.source == "estimate" and said:
        return f"{value}, {_estimated(said)}"
    if given.source == "demand" and given.demand is not None:
        return f"{value}, {_counted(given.demand)}"
    if given.source == "survey" and given.survey is not None:
        return f"{value}, {_surveyed(given.survey)}"
    if given.source == "alignment" and given.alignment is not None:
        return f"{value}, {_aligned(given.alignment)}"
    if given.source == "competition" and given.competition is not None:
        return f"{value}, {_competed(given.competition)}"
    return f"{value}, from {given.source}"


def _estimated(said: Sequence[Said]) -> str:
    if len(said) == 1:
        return f"as {_who(said[0])}"
    told = "; ".join(f"{each.value:g} {_who(each)}" for each in said[:MOST_NAMED])
    more = f"; and {len(said) - MOST_NAMED} more" if len(said) > MOST_NAMED else ""
    return f"the mean of {len(said)} estimates: {told}{more}"


def _who(each: Said) -> str:
    role = f" ({each.discipline})" if each.discipline else ""
    return f"estimated by {each.estimator}{role} on {each.at.date()}"


def _counted(demand: Demanded) -> str:
    if demand.policy is not None:
        weight = f"as the demand of {demand.count:,} contacts weighs {demand.policy.weight:g}"
        return f"{weight} under {_policy(demand.policy)}, {demand.per_ask:g} a {demand.horizon} for each"
    asked = f"for {demand.count:,} {demand.measure} who ask for the idea"
    if demand.measure in {"votes", "insights"}:
        asked = f"for {demand.count:,} {demand.measure}"
    return f"{asked}, {demand.per_ask:g} a {demand.horizon} for each, as feedback counted on {_day(demand.event_id)}"


def _policy(policy: Weighed) -> str:
    return "a demand policy" if policy.name is None else f"the demand policy {policy.name!r}"


def _unweighed(name: str, policy: Weighed) -> str:
    why = "too few accounts ask for one of them to stay within its cap"
    if policy.state == "unknown":
        why = "of some that ask it is not known what they count"
    return f"nobody has estimated {name}, and {_policy(policy)} cannot weigh the demand: {why}"


def _surveyed(told: Surveyed) -> str:
    return f"as {told.n:,} respondents rate the {told.measure} of the need that the idea would serve"


def _aligned(told: Aligned) -> str:
    served = len(told.shares)
    if not served:
        return "as the idea contributes to no objective that counts"
    objectives = "an objective" if served == 1 else f"{served} objectives"
    return f"as the idea contributes to {objectives}: {told.alignment:.0%} of what all that count weigh"


def _competed(told: Competed) -> str:
    seen = len(told.evidence)
    evidence = "one piece of evidence" if seen == 1 else f"{seen:,} pieces of evidence"
    return f"as competitors are {told.competition:.0%} of the way ahead in what the idea would give, by {evidence}"


def _day(event_id: UUID) -> str:
    """An event's id begins with the milliseconds since 1970 at which it was made (UUID version 7)."""
    return str(datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC).date())
