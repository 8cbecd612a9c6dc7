"""How the published figures of frameworks that score single ideas are computed here."""

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Any, cast

import numpy as np

from services.scoring.frameworks import cost_of_delay, opportunity, value_effort
from services.scoring.frameworks.cd3 import Cd3Parameters
from services.scoring.frameworks.dvf import DvfParameters
from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.formula import FormulaParameters
from services.scoring.frameworks.ice import INPUTS as ICE
from services.scoring.frameworks.ice import IceParameters
from services.scoring.frameworks.opportunity import OpportunityParameters
from services.scoring.frameworks.parameters import Parameters
from services.scoring.frameworks.peers import airfocus, canny, jira_product_discovery
from services.scoring.frameworks.peers.aha import AhaParameters, Metric
from services.scoring.frameworks.peers.canny import CannyParameters, EffortFactor, ImpactFactor
from services.scoring.frameworks.pie import PieParameters
from services.scoring.frameworks.recipe import to_array
from services.scoring.frameworks.value_effort import ValueEffortParameters
from services.scoring.frameworks.weighted import Criterion, WeightedParameters
from services.scoring.frameworks.wsjf import WsjfParameters

Vector = dict[str, Any]


def one(parameters: Parameters, given: Mapping[str, float | None]) -> float | Refusal:
    """One idea's value under a model."""
    recipe = parameters.recipe()
    scored = recipe.score({name: to_array([given.get(name)]) for name in recipe.inputs})
    (outcome,) = scored.outcomes()
    if outcome.value is None:
        return Refusal("not_scoreable", "", outcome.missing)
    return outcome.value


def check_ice(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "items" in inputs:
        found: dict[str, list[str]] = {}
        for combine in ("product", "mean"):
            values = {
                name: cast("float", one(IceParameters(combine=combine), dict(zip(ICE, each, strict=True))))
                for name, each in inputs["items"].items()
            }
            found[f"{combine}_order"] = sorted(values, key=lambda name: -values[name])
        return found
    low = (inputs.get("confidence") or 1) < 1
    return one(IceParameters(combine=inputs.get("mode", "product"), scale="meter" if low else "ten"), inputs)


def check_odi(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "importance_ratings" in inputs:
        measures = ("importance", "satisfaction")
        shares = {each: opportunity.top_two_box(inputs[f"{each}_ratings"]) for each in measures}
        inputs = {each: share for each, share in shares.items() if isinstance(share, float)}
    return one(OpportunityParameters(), inputs)


def check_peer_aha(vector: Vector) -> Any:
    inputs = vector["inputs"]
    metrics = [Metric(name=f"m{place}", weight=weight) for place, weight in enumerate(inputs["weights"])]
    return one(AhaParameters(metrics=metrics), {f"m{place}": each for place, each in enumerate(inputs["metrics"])})


def check_peer_airfocus(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "raw" in inputs:
        sizes = inputs["type"] == "S/M/L/XL"
        raw = [airfocus.SIZES[each] for each in inputs["raw"]] if sizes else inputs["raw"]
        return airfocus.normalise("sizes" if sizes else "0-10", np.array(raw, float)).tolist()
    if "default" in inputs:
        return 100 * float(airfocus.focus([np.array([inputs["Y"]])], [np.array([inputs["X"]])])[0])
    values = [np.array([weight * each]) for weight, each in zip(inputs["wY"], inputs["Y"], strict=True)]
    costs = [np.array([weight * each]) for weight, each in zip(inputs["wX"], inputs["X"], strict=True)]
    return float(airfocus.focus(values, costs, (inputs["WY"], inputs["WX"]))[0])


def check_peer_canny(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if inputs.get("op") == "normalize":
        return float(canny.normalise(inputs["type"], np.array([float(inputs["raw"])]))[0])
    given: dict[str, float | None] = {}
    impact: list[ImpactFactor] = []
    effort: list[EffortFactor] = []
    for place, (scale, raw, weight) in enumerate(inputs["impact"]):
        given[f"i{place}"] = raw
        share = scale.startswith("percent")
        impact.append(ImpactFactor(name=f"i{place}", scale="percentage" if share else scale, weight=weight or 1))
    for place, (scale, raw, weight) in enumerate(inputs["effort"]):
        given[f"e{place}"] = raw
        effort.append(EffortFactor(name=f"e{place}", scale=scale, weight=weight))
    return one(CannyParameters(impact=impact, effort=effort), given)


def check_peer_jpd(vector: Vector) -> Any:
    found = jira_product_discovery.normalise(np.array(vector["inputs"]["field"], float))
    return found if isinstance(found, Refusal) else found.tolist()


def check_value_effort(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "points" in inputs:
        value, effort = (np.array(each, float) for each in zip(*inputs["points"], strict=True))
        return value_effort.quadrants(value, effort, inputs["mid"], inputs["mid"])
    if "formula" in inputs:
        given = {name: each for name, each in inputs.items() if name != "formula"}
        declared: Any = [{"name": name} for name in given]
        return one(FormulaParameters(formula=inputs["formula"], inputs=declared), given)
    return one(ValueEffortParameters(), inputs)


def check_weighted_scoring(vector: Vector) -> Any:
    inputs = vector["inputs"]
    names = [f"c{place}" for place in range(len(inputs["weights"]))]
    criteria = [Criterion(name=name, weight=weight) for name, weight in zip(names, inputs["weights"], strict=True)]
    return one(WeightedParameters(criteria=criteria), dict(zip(names, inputs["scores"], strict=True)))


def check_wsjf(vector: Vector) -> Any:
    inputs = vector["inputs"]
    method = inputs.get("method", "")
    if method == "CD3":
        return one(Cd3Parameters(), inputs)
    if not method:
        whole = inputs.get("what") == "cost_of_delay"
        given = {"risk_reduction": inputs["rr_oe"], "job_size": 1 if whole else inputs["job_size"]} | {
            name: inputs[name] for name in ("user_business_value", "time_criticality")
        }
        return one(WsjfParameters(), given)
    names = list(inputs["jobs"])
    rates, durations = (np.array(each, float) for each in zip(*inputs["jobs"].values(), strict=True))
    if method == "sequence_outcome":
        order = [names.index(name) for name in inputs["order"]]
        return cost_of_delay.outcome(rates, durations, order, inputs["horizon"], inputs["base_rate"])
    if method == "delay_cost":
        orders = [[names.index(name) for name in order] for order in inputs["orders"]]
        return [cost_of_delay.total(rates, durations, order) for order in orders]
    best = cost_of_delay.order(rates, durations)
    assert isinstance(best, list)
    least = cost_of_delay.total(rates, durations, best)
    every = [cost_of_delay.total(rates, durations, order) for order in permutations(range(len(names)))]
    assert least == min(cast("list[float]", every))
    return least


CHECKS: Mapping[str, Callable[[Vector], Any]] = {
    "dvf": lambda vector: one(DvfParameters(), vector["inputs"]),
    "ice": check_ice,
    "odi": check_odi,
    "peer_aha": check_peer_aha,
    "peer_airfocus": check_peer_airfocus,
    "peer_canny": check_peer_canny,
    "peer_jpd": check_peer_jpd,
    "pie": lambda vector: one(PieParameters(), vector["inputs"]),
    "value_effort": check_value_effort,
    "weighted_scoring": check_weighted_scoring,
    "wsjf": check_wsjf,
}
