"""How the published figures of plans are computed here."""

from collections.abc import Callable
from typing import Any

import numpy as np

from services.scoring.candidates.draws import Believed, draw, stream
from services.scoring.frameworks.spreads import Normal, Pert
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


CHECKS: dict[str, Callable[[Vector], Any]] = {"monte_carlo": check_monte_carlo}
