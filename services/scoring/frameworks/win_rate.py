"""Win rate: the share of deals against a competitor that were won.

    rate = won / (won + lost)

The interval is Wilson's at 95 %, so a few deals show how little they tell. Without deals there is no rate: none, rather
than 0.

Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
Statistical Association, 1927.
"""

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

Z = 1.959963984540054
"""The normal quantile of 97.5 %."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of deals."""

    rate: Annotated[float, Field(description="won / (won + lost)")]
    low: Annotated[float, Field(description="of Wilson's interval at 95 %")]
    high: float


def rate(won: int, lost: int) -> Rate | None:
    """The share that was won; None without deals."""
    deals = won + lost
    if not deals:
        return None
    share, spread = won / deals, Z * Z / deals
    centre = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / deals + spread / (4 * deals))
    return Rate(share, max(min(centre - half, share), 0.0), min(max(centre + half, share), 1.0))
