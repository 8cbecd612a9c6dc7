"""(h) Simulations beside a bare NumPy loop of the same draws, and how good a plan is after five seconds."""

import math
import random
import time
from collections.abc import Sequence
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np

from services.scoring.candidates.domain import Candidate, Model
from services.scoring.frameworks import FRAMEWORKS
from services.scoring.frameworks.recipe import Array
from services.scoring.frameworks.rice import RiceParameters
from services.scoring.frameworks.spreads import Lognormal, Pert, Spread, Uniform
from services.scoring.portfolio import domain as portfolio
from services.scoring.portfolio.bodies import PortfolioIn
from services.scoring.portfolio.domain import Solved
from services.scoring.scores.inputs import Estimates, Known
from services.scoring.uncertainty.domain import Asked, simulate
from shared.ids import new_id
from tests.bench.figures import TIMES, Report, say

IDEAS, DRAWS, K, SHARE = 300, 10_000, 20, 0.8
TO_BARE, MOST_GAP, SECONDS = 1.5, 0.005, 5.0
PERIODS, PRECEDENCES, PLANS = 6, 80, 3
INPUTS = "reach", "impact", "confidence", "effort"


def draws(report: Report, rounds: int) -> None:
    """Ten thousand draws of three hundred ideas, with ranks, intervals and ties, and the same in a bare loop."""
    spreads = _spreads()
    ratios: list[float] = []
    for number in range(rounds):
        began = time.perf_counter()
        simulate(_model(), _candidates(spreads), Asked(K, DRAWS, number, SHARE, 0.9, {}, 0))
        ours = time.perf_counter() - began
        began = time.perf_counter()
        _barely(spreads, number)
        barely = time.perf_counter() - began
        say(f"  {DRAWS:,} draws of {IDEAS} ideas: {ours:.2f} s, barely {barely:.2f} s")
        ratios.append(ours / barely)
    report.add("draws.to_bare", median(ratios), TIMES, most=TO_BARE)


def _spreads() -> list[tuple[Spread, ...]]:
    chance = random.Random(3)
    made: list[tuple[Spread, ...]] = []
    for _ in range(IDEAS):
        reach, effort = chance.uniform(50, 500), chance.uniform(1, 6)
        made.append(
            (
                Lognormal(kind="lognormal", p10=reach, p90=reach * chance.uniform(2, 6)),
                Pert(kind="pert", low=0.25, likely=chance.choice([0.5, 1, 2]), high=3),
                Uniform(kind="uniform", low=0.5, high=chance.uniform(0.6, 1)),
                Pert(kind="pert", low=effort, likely=effort * 1.5, high=effort * 4),
            )
        )
    return made


def _model() -> Model:
    return Model(new_id(), "RICE", FRAMEWORKS["rice"], RiceParameters(), 1, rescoring=False)


def _candidates(spreads: Sequence[Sequence[Spread]]) -> list[Candidate]:
    return [
        Candidate(
            UUID(int=number),
            f"Idea {number}",
            "feature",
            "open",
            Known({name: Estimates([new_id()], [each.mean]) for name, each in zip(INPUTS, four, strict=True)}, None),
            {name: [each] for name, each in zip(INPUTS, four, strict=True)},
        )
        for number, four in enumerate(spreads)
    ]


def _barely(spreads: Sequence[Sequence[Spread]], seed: int) -> tuple[Array, ...]:
    """Draw, multiply, rank each draw, and take the mean, the quantiles and the chance of the first places."""
    lot = np.random.default_rng(seed)
    values = np.empty((IDEAS, DRAWS))
    for place, four in enumerate(spreads):
        reach, impact, confidence, effort = (each.draw(lot, DRAWS) for each in four)
        values[place] = reach * impact * confidence / effort
    order = np.argsort(-values, axis=0)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, IDEAS + 1)[:, np.newaxis], axis=0)
    interval = np.quantile(ranks, ((1 - SHARE) / 2, (1 + SHARE) / 2), axis=1)
    quantiles = np.quantile(values, (0.1, 0.5, 0.9), axis=1)
    return values.mean(axis=1), quantiles, ranks.mean(axis=1), interval, (ranks <= K).mean(axis=1)


def plans(report: Report) -> None:
    """Plans of three hundred ideas in six periods: the gap that is left after the seconds that were asked for."""
    gaps: list[float] = []
    took: list[float] = []
    for seed in range(PLANS):
        asked = _asked(seed)
        began = time.perf_counter()
        found = portfolio.solve(asked, None, {})
        took.append(time.perf_counter() - began)
        gap = found.best.gap if isinstance(found, Solved) else math.nan
        say(f"  plan {seed}: gap {gap:.3%} after {took[-1]:.2f} s")
        gaps.append(gap)
    report.add("plan.gap", max(gaps), "of the value", most=MOST_GAP)
    report.add("plan.seconds", max(took), "s", most=SECONDS + 0.5)


def _asked(seed: int) -> PortfolioIn:
    chance = random.Random(seed)
    skills = "backend", "frontend", "design"
    items: list[dict[str, Any]] = []
    for number in range(IDEAS):
        effort = {skill: chance.randint(1, 8) for skill in chance.sample(skills, chance.randint(1, 3))}
        worth = sum(effort.values()) * chance.uniform(0.5, 3)
        kind = chance.choice(["feature"] * 4 + ["debt", "enabler"])
        items.append({"key": f"i{number}", "kind": kind, "value": round(worth, 1), "effort": effort, "needs": []})
    for _ in range(PRECEDENCES):
        first, later = sorted(chance.sample(range(IDEAS), 2))
        if f"i{first}" not in items[later]["needs"]:
            items[later]["needs"].append(f"i{first}")
    capacity = [{"skill": skill, "amounts": [chance.randint(40, 70) for _ in range(PERIODS)]} for skill in skills]
    shares = [{"kinds": ["debt", "enabler"], "least": 0.15}]
    body = {"items": items, "capacity": capacity, "shares": shares, "discount": 0.05, "seconds": 5, "left_out": 3}
    return PortfolioIn.model_validate(body)
