"""The scoring frameworks: pure functions over columns, one module each, and what the service needs to know of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.scoring.frameworks import rice
from services.scoring.frameworks.factors import Column, Factor, Outcome


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework as a model uses it."""

    name: str
    formula: str
    inputs: Mapping[str, str]
    """Each input's name and its unit, in the order of the formula."""
    parameters: type[rice.RiceParameters]
    """What a model of this framework is tuned by."""
    score: Callable[[Mapping[str, Column], Any], list[Outcome]]
    """One column for each input, and the parameters: one outcome for each idea."""
    explain: Callable[[Mapping[str, float | None], Any], dict[str, Factor]]
    """One idea's inputs, and the parameters: what became of each."""


FRAMEWORKS: Mapping[str, Framework] = {
    "rice": Framework(
        name="rice",
        formula=rice.FORMULA,
        inputs=rice.INPUTS,
        parameters=rice.RiceParameters,
        score=lambda columns, parameters: rice.score(**columns, scale=parameters.scale),
        explain=lambda given, parameters: rice.explain(**given, scale=parameters.scale),
    )
}

__all__ = ["FRAMEWORKS", "Framework"]
