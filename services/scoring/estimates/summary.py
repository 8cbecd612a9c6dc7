"""How far several people's figures for the same thing lie apart. Pure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from services.scoring.scores.inputs import mean


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of several people."""

    n: Annotated[int, Field(description="how many people")]
    mean: Annotated[float, Field(description="what scores are computed with, where these are estimates")]
    median: float
    lowest: float
    highest: float
    deviation: Annotated[
        float | None, Field(description="sample standard deviation; null: of one person there is none")
    ]


def summarise(values: Sequence[float]) -> Summary:
    """The summary of at least one figure."""
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Summary(len(values), mean(values), statistics.median(values), min(values), max(values), deviation)
