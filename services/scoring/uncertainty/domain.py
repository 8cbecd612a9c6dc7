"""Simulations: candidates drawn many times over, and what follows for their order.

Nothing is stored: the same seed over the same estimates gives the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.scoring.candidates.domain import Candidate, Model, subject_of
from services.scoring.candidates.draws import columns, points, stream
from services.scoring.frameworks.recipe import Array
from services.scoring.uncertainty import refinement
from services.scoring.uncertainty.refinement import Gain
from services.scoring.uncertainty.standings import Standing, next_over, ranks, standings, ties

MOST_FIGURES = 3_000_000
"""Candidates times draws of one simulation: about two seconds of computing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How to simulate."""

    k: int
    samples: int
    seed: int
    interval: float
    certainty: float
    doubts: Mapping[str, float]
    refinements: int


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulation: everything by the candidates' places, and the places in the order of their mean rank."""

    order: Sequence[int]
    values: Sequence[float | None]
    """What the scores say: computed with the means of the estimates. None: not scoreable."""
    standings: Sequence[Standing]
    certain: Sequence[bool]
    """Whether every draw of an idea is the same."""
    groups: Sequence[Sequence[int]]
    next_over: Sequence[float | None]
    """P(the idea over the one after it), by place in `order`; None for the last."""
    gains: Sequence[Gain]
    perfect: float


def simulate(model: Model, candidates: Sequence[Candidate], asked: Asked) -> Simulated:
    """Draw the candidates and tell where they stand. Pure: run it away from the loop."""
    recipe, needed = model.parameters.recipe(), model.needed()
    subjects = [subject_of(each, needed) for each in candidates]
    doubts = {each.name: asked.doubts.get(each.estimated_as, 0.0) for each in needed}
    names = tuple(recipe.inputs)
    values = np.empty((len(subjects), asked.samples))
    drawn: list[dict[str, Array]] = []
    for place, subject in enumerate(subjects):
        inputs = columns(subject, names, asked.seed, asked.samples, doubts)
        values[place] = recipe.score(inputs).values
        if asked.refinements:
            # Not otherwise: what is let go of at once stays in the processor's cache.
            drawn.append(inputs)
    ranked = ranks(values, stream(asked.seed, "equals"))
    found = standings(values, ranked, asked.k, asked.interval)
    order = sorted(range(len(found)), key=lambda place: (found[place].mean_rank, place))
    return Simulated(
        order=order,
        values=[None if np.isnan(value) else value for value in recipe.score(points(subjects, names)).values.tolist()],
        standings=found,
        certain=[bool((row == row[0]).all()) or bool(np.isnan(row).all()) for row in values],
        groups=ties(values, order, asked.certainty),
        next_over=next_over(values, order),
        gains=refinement.gains(recipe, drawn, asked.k, asked.refinements),
        perfect=refinement.perfect(values, asked.k),
    )
