"""What-ifs: candidates scored as they are and as they would be, each explained as a score is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.scoring.candidates.domain import Candidate, Model
from services.scoring.frameworks import Framework
from services.scoring.frameworks.factors import Explained, Outcome
from services.scoring.frameworks.parameters import Parameters
from services.scoring.scores.corrections import Correction
from services.scoring.scores.inputs import Input, resolve, sought

Changes = Mapping[tuple[UUID, str], float | None]
"""An idea's input, and what it would be; None: nobody had given it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An idea in one of the two worlds."""

    position: int | None
    """None: it has no value, so it has no place."""
    outcome: Outcome
    inputs: Mapping[str, Input]
    supposed: frozenset[str]
    """The inputs that are what the caller says."""
    explained: Explained


@dataclass(frozen=True, slots=True)
class Pair:
    """An idea in both."""

    candidate: Candidate
    before: Standing
    after: Standing


def unread(parameters: Parameters, changes: Changes) -> list[str]:
    """Inputs that are changed and that no model with these parameters reads."""
    read = {each.name for each in sought(parameters)}
    return sorted({name for _, name in changes} - read)


def unknown_objectives(candidates: Sequence[Candidate], weights: Mapping[UUID, float]) -> list[UUID]:
    """Objectives that are weighed and not there. Without candidates nothing is known, and nothing weighed."""
    if not candidates:
        return []
    strategy = candidates[0].known.facts.strategy
    return sorted(weights.keys() - (strategy.objectives.keys() if strategy is not None else set()))


def suppose(
    model: Model,
    framework: Framework,
    parameters: Parameters,
    candidates: Sequence[Candidate],
    changes: Changes,
    weights: Mapping[UUID, float],
) -> list[Pair]:
    """Both worlds, in the order of the second; `weights`: of objectives. Pure: run it away from the loop."""
    before = _standings(model.framework, model.parameters, model.corrections, candidates, {})
    later = _standings(framework, parameters, model.corrections, _weighing(candidates, weights), changes)
    pairs = [Pair(*each) for each in zip(candidates, before, later, strict=True)]
    return sorted(pairs, key=lambda pair: pair.after.position or math.inf)


def _standings(
    framework: Framework,
    parameters: Parameters,
    corrections: Sequence[Correction],
    candidates: Sequence[Candidate],
    changes: Changes,
) -> list[Standing]:
    needed = sought(parameters, framework.name, corrections)
    inputs = [_with(each.idea_id, resolve(needed, each.known), changes) for each in candidates]
    columns = {each.name: [given[each.name].value for given in inputs] for each in needed}
    outcomes = framework.score(columns, parameters)
    scored = [place for place, outcome in enumerate(outcomes) if outcome.value is not None]
    order = sorted(scored, key=lambda place: (outcomes[place].value, candidates[place].idea_id), reverse=True)
    positions = {place: position for position, place in enumerate(order, start=1)}
    return [
        Standing(
            positions.get(place),
            outcome,
            given,
            frozenset(name for idea_id, name in changes if idea_id == candidates[place].idea_id),
            framework.explain({name: each.value for name, each in given.items()}, parameters),
        )
        for place, (outcome, given) in enumerate(zip(outcomes, inputs, strict=True))
    ]


def _weighing(candidates: Sequence[Candidate], weights: Mapping[UUID, float]) -> Sequence[Candidate]:
    """The same under a strategy that weighs objectives otherwise; all of them are under one."""
    held = candidates[0].known.facts.strategy if candidates else None
    if held is None or not weights:
        return candidates
    strategy = held.weighing(weights)
    return [
        replace(each, known=replace(each.known, facts=replace(each.known.facts, strategy=strategy)))
        for each in candidates
    ]


def _with(idea_id: UUID, inputs: dict[str, Input], changes: Changes) -> dict[str, Input]:
    return {
        name: Input("none" if changes[idea_id, name] is None else "estimate", changes[idea_id, name])
        if (idea_id, name) in changes
        else each
        for name, each in inputs.items()
    }
