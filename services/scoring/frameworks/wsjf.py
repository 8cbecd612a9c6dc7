"""WSJF as in SAFe: (user and business value + time criticality + risk reduction or opportunity enablement) / job size.

Source: Scaled Agile, "WSJF" (framework.scaledagile.com), after Don Reinertsen, "The Principles of Product Development
Flow", 2009.

| input               | unit   | range | published scale         |
|---------------------|--------|-------|-------------------------|
| user_business_value | points | ≥ 0   | 1, 2, 3, 5, 8, 13, 20   |
| time_criticality    | points | ≥ 0   | 1, 2, 3, 5, 8, 13, 20   |
| risk_reduction      | points | ≥ 0   | 1, 2, 3, 5, 8, 13, 20   |
| job_size            | points | > 0   | 1, 2, 3, 5, 8, 13, 20   |

The sum of the first three stands in for the cost of delay and is relative: compare it within a model only. Values off
the scale are taken and flagged. A missing input, a negative one or a job of no size is refused. Where the cost of delay
is known in money, use CD3.
"""

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.parameters import Fixed
from services.scoring.frameworks.recipe import Declared, Recipe, add, divide

SCALE = (1, 2, 3, 5, 8, 13, 20)
VALUES = ("user_business_value", "time_criticality", "risk_reduction")
RECIPE = Recipe(
    "(user_business_value + time_criticality + risk_reduction) / job_size",
    {
        **{name: Declared("points", Range(0, steps=SCALE)) for name in VALUES},
        "job_size": Declared("points", Range(0, above=True, steps=SCALE)),
    },
    (*(add(name) for name in VALUES), divide("job_size")),
)


class WsjfParameters(Fixed):
    """What a WSJF model is tuned by.

    Its inputs are `user_business_value`, `time_criticality`, `risk_reduction` (or opportunity enablement) and
    `job_size`.
    """

    def recipe(self) -> Recipe:
        """The formula."""
        return RECIPE
