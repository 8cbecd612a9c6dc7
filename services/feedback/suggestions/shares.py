"""A share, and how sure it is."""

import math
from dataclasses import dataclass

CONFIDENT = 1.959963984540054
"""Standard deviations that hold 95 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """Part of a whole: how many of how many, and the Wilson interval at 95 %."""

    of: int
    hits: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        if not self.of:
            return None
        z, n, p = CONFIDENT, self.of, self.hits / self.of
        middle, reach = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (middle - reach) / (1 + z * z / n)), min(1.0, (middle + reach) / (1 + z * z / n))
