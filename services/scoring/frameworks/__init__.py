"""The scoring frameworks: pure functions over columns, one module each, and what the service needs to know of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from services.scoring.frameworks import rice
from services.scoring.frameworks.cd3 import Cd3Parameters
from services.scoring.frameworks.dvf import DvfParameters
from services.scoring.frameworks.factors import Column, Explained, FormulaStep, Outcome
from services.scoring.frameworks.formula import FormulaParameters
from services.scoring.frameworks.ice import IceParameters
from services.scoring.frameworks.moscow import MoscowParameters
from services.scoring.frameworks.opportunity import OpportunityParameters
from services.scoring.frameworks.parameters import Parameters
from services.scoring.frameworks.peers.aha import AhaParameters
from services.scoring.frameworks.peers.airfocus import AirfocusParameters
from services.scoring.frameworks.peers.canny import CannyParameters
from services.scoring.frameworks.peers.jira_product_discovery import JiraProductDiscoveryParameters
from services.scoring.frameworks.peers.productboard import ProductboardParameters
from services.scoring.frameworks.pie import PieParameters
from services.scoring.frameworks.recipe import to_array
from services.scoring.frameworks.rice import RiceParameters
from services.scoring.frameworks.value_effort import ValueEffortParameters
from services.scoring.frameworks.weighted import WeightedParameters
from services.scoring.frameworks.wsjf import WsjfParameters

Columns = Mapping[str, Column]
Given = Mapping[str, float | None]
FrameworkName = Literal[
    "rice",
    "ice",
    "wsjf",
    "cd3",
    "value_effort",
    "weighted",
    "moscow",
    "opportunity",
    "pie",
    "dvf",
    "formula",
    "canny",
    "productboard",
    "airfocus",
    "jira_product_discovery",
    "aha",
]


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework as a model uses it."""

    name: FrameworkName
    title: str
    formula: str
    """In general; a model's own is that of its recipe."""
    source: str
    parameters: type[Parameters]
    """What a model of this framework is tuned by."""
    score: Callable[[Columns, Any], list[Outcome]]
    """One column for each input, and the parameters: one outcome for each idea."""
    explain: Callable[[Given, Any], Explained]
    """One idea's inputs, and the parameters: what became of each."""


def _score(columns: Columns, parameters: Parameters) -> list[Outcome]:
    return parameters.recipe().score({name: to_array(column) for name, column in columns.items()}).outcomes()


def _explain(given: Given, parameters: Parameters) -> Explained:
    return parameters.recipe().explain(given)


def _explain_rice(given: Given, parameters: RiceParameters) -> Explained:
    factors = rice.explain(**given, scale=parameters.scale)
    explained = parameters.recipe().explain(given)
    return Explained(factors, explained.start, explained.steps)


def _framework(name: FrameworkName, title: str, formula: str, source: str, parameters: type[Parameters]) -> Framework:
    return Framework(name, title, formula, source, parameters, _score, _explain)


_ALL = (
    Framework(
        name="rice",
        title="RICE",
        formula=rice.FORMULA,
        source="Sean McBride, Intercom, 2016",
        parameters=RiceParameters,
        # Most batches are a few ideas, for which plain floats are quicker than arrays.
        score=lambda columns, parameters: rice.score(**columns, scale=parameters.scale),
        explain=_explain_rice,
    ),
    _framework(
        "ice",
        "ICE",
        "impact * confidence * ease, or (impact + confidence + ease) / 3",
        "Sean Ellis and Morgan Brown, Hacking Growth, 2017; Itamar Gilad",
        IceParameters,
    ),
    _framework(
        "wsjf",
        "WSJF",
        "(user_business_value + time_criticality + risk_reduction) / job_size",
        "Scaled Agile, WSJF, after Don Reinertsen, 2009",
        WsjfParameters,
    ),
    _framework("cd3", "CD3", "cost_of_delay / duration", "Joshua Arnold, Black Swan Farming", Cd3Parameters),
    _framework(
        "value_effort", "Value over effort, with quadrants", "value / effort", "in common use", ValueEffortParameters
    ),
    _framework(
        "weighted",
        "Weighted scoring",
        "sum(weight * criterion) / sum(weight), or sum(weight * criterion)",
        "Churchman and Ackoff, 1954",
        WeightedParameters,
    ),
    _framework(
        "moscow",
        "MoSCoW",
        "priority: 4 must, 3 should, 2 could, 1 won't",
        "Dai Clegg; DSDM Agile Project Framework, chapter 10",
        MoscowParameters,
    ),
    _framework(
        "opportunity",
        "Opportunity score",
        "importance + max(importance - satisfaction, 0)",
        "Anthony Ulwick, Harvard Business Review, January 2002",
        OpportunityParameters,
    ),
    _framework(
        "pie", "PIE", "(potential + importance + ease) / 3", "Chris Goward, You Should Test That!, 2013", PieParameters
    ),
    _framework(
        "dvf",
        "Desirability, viability, feasibility",
        "weighted mean of desirability, viability and feasibility",
        "IDEO's lenses; the mean is our choice",
        DvfParameters,
    ),
    _framework("formula", "Custom formula", "your own", "your own", FormulaParameters),
    _framework(
        "canny",
        "Canny's score",
        "1000 * weighted mean of impact * product(percentage / 100) / weighted mean of effort",
        "help.canny.io, article 5046937",
        CannyParameters,
    ),
    _framework(
        "productboard",
        "Productboard's user impact score",
        "user_impact",
        "support.productboard.com, article 360058215013",
        ProductboardParameters,
    ),
    _framework(
        "airfocus",
        "airfocus' Focus score",
        "100 * (value_weight * values + cost_weight * (1 - costs)) / (value_weight + cost_weight)",
        "help.airfocus.com, article 2571468",
        AirfocusParameters,
    ),
    _framework(
        "jira_product_discovery",
        "Jira Product Discovery's weighted score",
        "weighted mean of positive fields / weighted mean of negative fields, each from 0 to 100",
        "support.atlassian.com, expression-based formulas",
        JiraProductDiscoveryParameters,
    ),
    _framework(
        "aha",
        "Aha! scorecard",
        "ceil(sum(weight * metric))",
        "support.aha.io, article 202949949",
        AhaParameters,
    ),
)
FRAMEWORKS: Mapping[str, Framework] = {each.name: each for each in _ALL}
assert set(FRAMEWORKS) == set(get_args(FrameworkName))

__all__ = ["FRAMEWORKS", "Explained", "FormulaStep", "Framework", "FrameworkName"]
