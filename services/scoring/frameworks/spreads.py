"""Estimates that are no single figure: how sure somebody is, as a distribution.

| kind      | given by          | mean                 | standard deviation            |
|-----------|-------------------|----------------------|-------------------------------|
| pert      | low, likely, high | (low + 4 likely + high) / 6 | sqrt((mean - low)(high - mean) / 7) |
| lognormal | p10, p90          | exp(mu + sigma² / 2) | mean * sqrt(exp(sigma²) - 1)  |
| normal    | mean, sd          | mean                 | sd                            |
| uniform   | low, high         | (low + high) / 2     | (high - low) / sqrt(12)       |

Sources: D. G. Malcolm and others, "Application of a technique for research and development program evaluation", 1959,
for PERT; its deviation is that of the beta distribution it stands for, not the rule of thumb (high - low) / 6. The
lognormal's mu and sigma are those of the logarithms: half their sum, and their difference over 2 * 1.28155.

Units are the input's own. The point that scores are computed with is the mean of the distribution, never its mode: a
long tail counts. Bounds out of order, a deviation of zero or less, and a mean that no estimate could have are refused.
A PERT whose three figures are one is that figure, for sure.
"""

import math
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from services.scoring.frameworks.parameters import Bound
from services.scoring.frameworks.recipe import Array
from shared.wire import Wire

LARGEST = 1e12
Z90 = 1.2815515655446004
"""Ninety per cent of a standard normal lie below."""
Positive = Annotated[float, Field(ge=1e-9, le=LARGEST)]


class Pert(Wire):
    """Three points: at least, most likely, at most."""

    kind: Literal["pert"]
    low: Bound = Field(examples=[2])
    likely: Bound = Field(examples=[4])
    high: Bound = Field(examples=[12])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.likely <= self.high:
            raise ValueError("low, likely and high must not fall")
        return self

    @property
    def mean(self) -> float:
        # Within its bounds, which rounding may miss by an ulp.
        return min(max((self.low + 4 * self.likely + self.high) / 6, self.low), self.high)

    @property
    def sd(self) -> float:
        return math.sqrt((self.mean - self.low) * (self.high - self.mean) / 7)

    @property
    def shape(self) -> tuple[float, float] | None:
        """Alpha and beta of the beta distribution over low to high; None where the three figures are one."""
        width = self.high - self.low
        if width == 0:
            return None
        return 1 + 4 * (self.likely - self.low) / width, 1 + 4 * (self.high - self.likely) / width

    def draw(self, lot: np.random.Generator, size: int) -> Array:
        """As many draws."""
        shape = self.shape
        if shape is None:
            return np.full(size, self.low)
        return self.low + (self.high - self.low) * lot.beta(*shape, size)


class Lognormal(Wire):
    """A tenth of the chance lies below `p10`, a tenth above `p90`; what is between multiplies rather than adds."""

    kind: Literal["lognormal"]
    p10: Positive = Field(examples=[200])
    p90: Positive = Field(examples=[2_000])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.p10 < self.p90:
            raise ValueError("p10 must be below p90")
        if self.p90 / self.p10 > 1e6 or self.mean > LARGEST:
            raise ValueError("p10 and p90 are too far apart: the mean says nothing any more")
        return self

    @property
    def mu(self) -> float:
        return (math.log(self.p10) + math.log(self.p90)) / 2

    @property
    def sigma(self) -> float:
        return (math.log(self.p90) - math.log(self.p10)) / (2 * Z90)

    @property
    def mean(self) -> float:
        return math.exp(self.mu + self.sigma**2 / 2)

    @property
    def sd(self) -> float:
        return self.mean * math.sqrt(math.expm1(self.sigma**2))

    def draw(self, lot: np.random.Generator, size: int) -> Array:
        """As many draws."""
        return lot.lognormal(self.mu, self.sigma, size)


class Normal(Wire):
    """A mean and a standard deviation."""

    kind: Literal["normal"]
    mean: Bound = Field(examples=[10])
    sd: Positive = Field(examples=[3])

    def draw(self, lot: np.random.Generator, size: int) -> Array:
        """As many draws."""
        return lot.normal(self.mean, self.sd, size)


class Uniform(Wire):
    """Anything from `low` to `high`, all alike."""

    kind: Literal["uniform"]
    low: Bound = Field(examples=[2])
    high: Bound = Field(examples=[6])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low < self.high:
            raise ValueError("low must be below high")
        return self

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    @property
    def sd(self) -> float:
        return (self.high - self.low) / math.sqrt(12)

    def draw(self, lot: np.random.Generator, size: int) -> Array:
        """As many draws."""
        return lot.uniform(self.low, self.high, size)


Spread = Annotated[Pert | Lognormal | Normal | Uniform, Field(discriminator="kind")]
