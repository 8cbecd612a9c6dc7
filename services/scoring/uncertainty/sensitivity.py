"""Which weight of a model, and which input of an idea, stands how near to changing the first k.

The weights of a model are its numbers called weight, those of desirability, viability and feasibility, and `per_ask` of
demand. A model without any (RICE with estimated reach, WSJF) has none that could change an order: say so, rather than
moving what is no weight. The numbers in a custom formula are its arithmetic, and are left alone.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from pydantic import ValidationError

from services.scoring.candidates.domain import Candidate, Model, subject_of
from services.scoring.candidates.draws import points
from services.scoring.frameworks.dvf import DvfParameters
from services.scoring.frameworks.parameters import Parameters
from services.scoring.frameworks.recipe import Array, Mask
from services.scoring.uncertainty.turning_points import Turn, first, nearest, nearest_of_many, turns

Path = list[str | int]


@dataclass(frozen=True, slots=True)
class WeightTurn:
    """How far one number of a model must move until others are among the first k."""

    pointer: str
    """Where it stands in the parameters, as a JSON Pointer."""
    name: str
    value: float
    down: Turn | None
    up: Turn | None
    enters: Sequence[int]
    leaves: Sequence[int]
    """Candidates that change at the nearer of the two."""


@dataclass(frozen=True, slots=True)
class InputTurn:
    """How far one input of one idea must move until the idea leaves the first k, or joins them."""

    place: int
    input: str
    value: float
    inside: bool
    down: Turn | None
    up: Turn | None


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Who is chosen now, best first, and what would change that, the nearest first."""

    first: Sequence[int]
    weights: Sequence[WeightTurn]
    inputs: Sequence[InputTurn]


def sensitivity(model: Model, candidates: Sequence[Candidate], k: int, most: int) -> Sensitivity:
    """What stands near to a change; `most` of the inputs. Pure: run it away from the loop."""
    parameters, given = model.parameters, _given(model, candidates)
    values = parameters.recipe().score(given).values
    now = first(values, k)
    return Sensitivity(
        first=sorted(now, key=lambda place: (-values[place], place)),
        weights=_weights(model, candidates, given, now, k),
        inputs=_inputs(parameters, given, values, now, most),
    )


def _given(model: Model, candidates: Sequence[Candidate]) -> dict[str, Array]:
    needed = model.needed()
    return points([subject_of(each, needed) for each in candidates], tuple(model.parameters.recipe().inputs))


def weights_of(parameters: Parameters) -> list[tuple[Path, float]]:
    """The weights of a model, by where they stand in its parameters; those of zero cannot be moved by a factor."""
    every = _numbers(parameters.model_dump(mode="json"), [])
    lenses = isinstance(parameters, DvfParameters)
    return [(path, value) for path, value in every if value and _is_weight(path, lenses)]


def _is_weight(path: Path, lenses: bool) -> bool:
    name = path[-1]
    if not isinstance(name, str):
        return False
    return name in {"weight", "per_ask"} or name.endswith("_weight") or (lenses and len(path) == 1)


def _numbers(node: Any, path: Path) -> Iterator[tuple[Path, float]]:
    if isinstance(node, dict):
        for name, each in cast("dict[str, Any]", node).items():
            yield from _numbers(each, [*path, name])
    elif isinstance(node, list):
        for place, each in enumerate(cast("list[Any]", node)):
            yield from _numbers(each, [*path, place])
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield path, float(node)


def changed(parameters: Parameters, path: Path, value: float) -> Parameters | None:
    """The parameters with one number changed; None when no model could have it."""
    plain = copy.deepcopy(parameters.model_dump(mode="json"))
    node: Any = plain
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    try:
        return type(parameters).model_validate(plain)
    except ValidationError:
        return None


def _weights(
    model: Model, candidates: Sequence[Candidate], given: Mapping[str, Array], now: frozenset[int], k: int
) -> list[WeightTurn]:
    parameters = model.parameters
    found: list[WeightTurn] = []
    for path, value in weights_of(parameters):

        def chosen(factor: float, path: Path = path, value: float = value) -> frozenset[int]:
            moved = changed(parameters, path, value * factor)
            if moved is None:
                return now
            columns = _given(replace(model, parameters=moved), candidates) if path[-1] == "per_ask" else given
            return first(moved.recipe().score(columns).values, k)

        down, up = (nearest(lambda factor: chosen(factor) != now, up) for up in (False, True))
        sides = [factor for factor in (down, up) if factor is not None]
        then = chosen(min(sides, key=lambda factor: abs(np.log(factor)))) if sides else now
        below, above = turns([value, value], [down, up])
        pointer = "/" + "/".join(map(str, path))
        name = _name(parameters, path)
        found.append(WeightTurn(pointer, name, value, below, above, sorted(then - now), sorted(now - then)))
    return sorted(found, key=lambda each: _distance(each.down, each.up))


def _name(parameters: Parameters, path: Path) -> str:
    node: Any = parameters.model_dump(mode="json")
    for part in path[:-1]:
        node = node[part]
    if len(path) > 1:
        return str(node["name"]) if "name" in node else str(path[-2])
    return str(path[0])


def _inputs(
    parameters: Parameters, given: Mapping[str, Array], values: Array, now: frozenset[int], most: int
) -> list[InputTurn]:
    outside = [place for place in range(len(values)) if place not in now and not np.isnan(values[place])]
    if not now or not outside:
        return []
    last_in, first_out = min(values[place] for place in now), max(values[place] for place in outside)
    able = np.array([*now, *outside])
    inside = np.array([place in now for place in able.tolist()])
    recipe = parameters.recipe()
    found: list[InputTurn] = []
    for name in recipe.inputs:
        figures = given[name][able]

        def changes(factors: Array, name: str = name, figures: Array = figures) -> Mask:
            columns = {each: column[able] for each, column in given.items()} | {name: figures * factors}
            moved = recipe.score(columns).values
            # Where the model refuses a figure (a confidence above 1) it cannot move to: comparing NaN says no.
            return np.asarray(np.where(inside, moved < first_out, moved > last_in), np.bool_)

        down, up = (nearest_of_many(changes, len(able), up) for up in (False, True))
        for position, sides in enumerate(zip(turns(figures.tolist(), down), turns(figures.tolist(), up), strict=True)):
            if any(sides):
                place = int(able[position])
                found.append(InputTurn(place, name, float(figures[position]), bool(inside[position]), *sides))
    return sorted(found, key=lambda each: _distance(each.down, each.up))[:most]


def _distance(*sides: Turn | None) -> float:
    return min((abs(float(np.log(side.factor))) for side in sides if side is not None), default=np.inf)
