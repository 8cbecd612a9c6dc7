"""RICE: reach * impact * confidence / effort.

Source: Sean McBride, "RICE: Simple prioritization for product managers", Intercom, 2016.

| input      | unit                                   | range  | published scale      |
|------------|----------------------------------------|--------|----------------------|
| reach      | people or events per period            | ≥ 0    |                      |
| impact     | multiplier for each of them            | ≥ 0    | 0.25, 0.5, 1, 2, 3   |
| confidence | share of certainty                     | (0, 1] | 0.5, 0.8, 1          |
| effort     | person-months of the whole team        | > 0    |                      |

The value is "total impact per time worked", in no unit of its own: compare it with scores of the same model only. Any
value in range is taken, and flagged `off_scale` where the source names a scale and it is not on it. A missing input or
one out of range is refused, never replaced: the idea is then not scoreable. A reach of zero is valid and scores zero.

Some teams put 1 to 5 on every factor, confidence too. The arithmetic is the same and the scores are not comparable with
Intercom's; that variant is the scale `ordinal`.
"""

import math
from collections.abc import Mapping
from typing import Literal, cast

from pydantic import Field

from services.scoring.frameworks.factors import Column, Factor, Outcome, Range, product
from services.scoring.frameworks.parameters import DemandRule, Fixed, Rule
from services.scoring.frameworks.recipe import Declared, Recipe, divide, multiply, to_array

FORMULA = "reach * impact * confidence / effort"
INPUTS = {
    "reach": "people or events per period",
    "impact": "multiplier",
    "confidence": "share, 0 to 1",
    "effort": "person-months",
}

Scale = Literal["intercom", "ordinal"]

_FIVE = Range(1, 5, steps=(1, 2, 3, 4, 5))
RANGES: Mapping[Scale, Mapping[str, Range]] = {
    "intercom": {
        "reach": Range(0),
        "impact": Range(0, steps=(0.25, 0.5, 1, 2, 3)),
        "confidence": Range(0, 1, above=True, steps=(0.5, 0.8, 1)),
        "effort": Range(0, above=True),
    },
    "ordinal": {"reach": _FIVE, "impact": _FIVE, "confidence": _FIVE, "effort": _FIVE},
}
RECIPES: Mapping[Scale, Recipe] = {
    scale: Recipe(
        formula=FORMULA,
        inputs={name: Declared(unit, ranges[name]) for name, unit in INPUTS.items()},
        steps=(multiply("reach"), multiply("impact"), multiply("confidence"), divide("effort")),
        start=1.0,
    )
    for scale, ranges in RANGES.items()
}
_DIVISORS = ("effort",)
MANY = 64
"""Ideas from which on arrays are quicker."""
_Row = tuple[float | None, float | None, float | None, float | None]


class RiceParameters(Fixed):
    """What a RICE model is tuned by.

    Reach is the mean of its current estimates; with none, `demand[measure] * per_ask`. Impact, confidence and effort
    are means of their current estimates, or follow from what `sources` says. Nothing is imputed: an idea that lacks one
    of the four is not scoreable.
    """

    scale: Scale = Field(
        default="intercom",
        description="`intercom`: confidence in (0, 1], effort above 0. `ordinal`: 1 to 5 on every factor",
    )
    reach: DemandRule | None = Field(
        default_factory=DemandRule, description="how reach follows from demand; null: by estimate alone"
    )

    def own(self) -> Mapping[str, Rule]:
        """The inputs for which the framework has a field of its own."""
        return {} if self.reach is None else {"reach": self.reach}

    def recipe(self) -> Recipe:
        """The formula on this scale."""
        return RECIPES[self.scale]


def score(
    reach: Column, impact: Column, confidence: Column, effort: Column, *, scale: Scale = "intercom"
) -> list[Outcome]:
    """Score ideas, one in each row of the columns. ValueError when the columns differ in length.

    Both ways give the same to the last bit. For a few ideas, as most batches are, plain floats are up to twenty times
    quicker than arrays; for many, arrays are three times quicker than floats.
    """
    if len(reach) >= MANY:
        columns = zip(INPUTS, (reach, impact, confidence, effort), strict=True)
        return RECIPES[scale].score({name: to_array(column) for name, column in columns}).outcomes()
    ranges = RANGES[scale]
    return [_one(row, ranges) for row in zip(reach, impact, confidence, effort, strict=True)]


def _one(row: _Row, ranges: Mapping[str, Range]) -> Outcome:
    missing = tuple(
        name for name, value in zip(INPUTS, row, strict=True) if value is None or not ranges[name].holds(value)
    )
    if missing:
        return Outcome(None, missing)
    reach, impact, confidence, effort = cast("tuple[float, float, float, float]", row)
    value = reach * impact * confidence / effort
    if math.isfinite(value):
        return Outcome(value)
    # A confidence makes nothing larger than all numbers: it is a share, or all of it is small.
    return Outcome(None, ("effort" if math.isfinite(reach * impact) else "impact",))


def explain(
    reach: float | None,
    impact: float | None,
    confidence: float | None,
    effort: float | None,
    *,
    scale: Scale = "intercom",
) -> dict[str, Factor]:
    """What became of each input of one idea."""
    row = (reach, impact, confidence, effort)
    ranges = RANGES[scale]
    given = dict(zip(INPUTS, row, strict=True))
    problems = {name: ranges[name].problem(value) for name, value in given.items()}
    sound = {name: value for name, value in given.items() if value is not None and problems[name] is None}
    outcome = _one(row, ranges)
    if outcome.value is None and len(sound) == len(given):
        (name,) = outcome.missing
        problems[name] = f"{given[name]:g} makes the value no finite number"
    steps = {} if outcome.value is None else product(sound, _DIVISORS)
    flags = {name: ranges[name].flags(value) for name, value in sound.items()}
    return {name: Factor(problems[name], flags.get(name, ()), steps.get(name)) for name in given}
