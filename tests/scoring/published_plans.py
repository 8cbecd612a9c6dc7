"""How the published figures of plans are computed here."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from services.scoring.candidates.draws import Believed, draw, stream
from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.spreads import Normal, Pert
from services.scoring.frameworks.tpm_hiring import Facts, Thresholds, assess
from services.scoring.portfolio.program import Item, Program, Share, Solver
from services.scoring.uncertainty.standings import over
from tests.scoring.published_groups import Vector


def check_monte_carlo(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "A" in inputs:
        drawn = [
            draw(Believed([mean], [Normal(kind="normal", mean=mean, sd=sd)]), stream(1, name), 200_000)
            for name, (_, mean, sd) in inputs.items()
        ]
        return over(np.array(drawn), 1, 0)
    pert = Pert(kind="pert", low=inputs["a"], likely=inputs["m"], high=inputs["b"])
    if not isinstance(vector["expected"], dict):
        return pert.sd
    alpha, beta = pert.shape or (None, None)
    return {"mean": pert.mean, "sd": pert.sd, "sd_rule": (pert.high - pert.low) / 6, "alpha": alpha, "beta": beta}


def check_portfolio(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "weights" in inputs:
        pairs = zip(inputs["values"], inputs["weights"], strict=True)
        items = [Item(f"{place}", value, {"any": weight}) for place, (value, weight) in enumerate(pairs)]
    else:
        items = [Item(key, given[0], {"any": given[1]}, *given[2:]) for key, given in inputs["items"].items()]
    mins, maxs = inputs.get("mins", {}), inputs.get("maxs", {})
    shares = [Share((kind,), mins.get(kind), maxs.get(kind)) for kind in {**mins, **maxs}]
    program = Program(items, {"any": [inputs["capacity"]]}, inputs.get("deps", ()), shares=shares)
    best = Solver(program, time.monotonic() + 5).best(tidy=True)
    assert best is not None
    assert best.gap == 0
    if isinstance(vector["expected"], list):
        cost = sum(item.effort["any"] for item in items if item.key in best.periods)
        return [sorted(best.periods), best.value, cost]
    if isinstance(vector["expected"], dict):
        return {"optimal": best.value, "greedy": _greedy(items, inputs["capacity"])}
    return best.value


def _greedy(items: Sequence[Item], capacity: float) -> float:
    """The baseline that the vector is about: by value for effort, as long as there is room."""
    value = 0.0
    for item in sorted(items, key=lambda item: -item.value / item.effort["any"]):
        if item.effort["any"] <= capacity:
            value, capacity = value + item.value, capacity - item.effort["any"]
    return value


def check_tpm_hiring(vector: Vector) -> Any:
    inputs = vector["inputs"]
    facts = Facts(
        inputs["engineers"], inputs["technical_pms"], inputs["complexity_0_100"], inputs["rate_of_change_0_100"]
    )
    found = assess(facts, Thresholds())
    return found if isinstance(found, Refusal) else {"score": found.score, "band": found.band}


CHECKS: dict[str, Callable[[Vector], Any]] = {
    "monte_carlo": check_monte_carlo,
    "portfolio": check_portfolio,
    "tpm_hiring": check_tpm_hiring,
}
