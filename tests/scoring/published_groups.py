"""How the published figures of methods for groups are computed here."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np

from services.scoring.frameworks import (
    ahp,
    bradley_terry,
    cumulative_voting,
    demand_policies,
    elo,
    error_budget,
    maxdiff,
    moscow,
    recency,
    rfm,
    tech_debt,
    van_westendorp,
)
from services.scoring.frameworks.demand_policies import Policy
from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.peers import productboard
from services.scoring.frameworks.recipe import Array
from shared.statistics import kano
from tests.scoring.given import asks_of

OURS = Path(__file__).parent / "figures"
SHARED = Path(__file__).parents[3] / "shared"
Vector = dict[str, Any]


def vectors(name: str) -> list[Vector]:
    """The figures of a framework: ours, and those beside the repository that ours were not made of."""
    ours: list[Vector] = json.loads((OURS / f"{name}.json").read_text())
    beside = SHARED / "vectors" / f"{name}.json"
    more: list[Vector] = json.loads(beside.read_text()) if beside.exists() else []
    known = {each["id"] for each in ours}
    return [*ours, *(each for each in more if each["id"] not in known)]


def check_ahp(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "criteria" in inputs:
        criteria = ahp.priorities(inputs["criteria"])
        local = {name: ahp.priorities(given) for name, given in inputs["alternatives"].items()}
        assert isinstance(criteria, ahp.Priorities)
        weights = {name: each.weights for name, each in local.items() if isinstance(each, ahp.Priorities)}
        # AHPy rounds its weights to four decimals before they are put together.
        return ahp.synthesise(criteria.weights, weights, decimals=None if inputs.get("rounding") == "none" else 4)
    table = inputs.get("random_index", "saaty2005")
    complete = inputs.get("complete", "refuse")
    found = ahp.priorities(inputs["comparisons"], inputs["items"], table, complete)
    if isinstance(found, Refusal):
        return found
    if inputs.get("what") == "cr":
        return found.consistency_ratio
    return {"weights": list(found.weights.values()), "cr": found.consistency_ratio}


def check_bradley_terry(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "n_items" in inputs:
        items = [f"{place}" for place in range(inputs["n_items"])]
        wins = cast("list[list[int]]", inputs["wins"])
        contests = [(items[winner], items[loser]) for winner, loser in wins]
        found = bradley_terry.fit(items, bradley_terry.wins_of(items, contests))
    else:
        given = next(each for each in vectors("bradley_terry") if each["id"] == "bradley_terry-03")["inputs"] | inputs
        found = bradley_terry.fit(given["items"], np.array(given["win_matrix"], float), given["reference"])
    return list(found.ability.values()) if isinstance(found, bradley_terry.Abilities) else found


def check_cumulative_voting(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "prices" in inputs:
        found = cumulative_voting.budgets({f"{place}": price for place, price in enumerate(inputs["prices"])})
        if isinstance(found, Refusal):
            return found
        return {"min_total_budget": found[0], "max_total_budget": found[1]}
    tally = cumulative_voting.tally(inputs["allocations"])
    if isinstance(tally, Refusal):
        return tally
    return {
        "total": {item: each.total for item, each in tally.items()},
        "share": {item: each.share for item, each in tally.items()},
    }


def check_elo(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "opponents" in inputs:
        opponents, scores = np.array(inputs["opponents"], float), np.array(inputs["scores"], float)
        found = elo.after_period(inputs["rating"], opponents, scores, inputs["K"])
        return {"expected": found.expected, "new": found.rating} if isinstance(found, elo.Rated) else found
    rated = elo.rate([("a", "b", inputs["score_a"])], {"a": inputs["a"], "b": inputs["b"]}, inputs["K"])
    return rated if isinstance(rated, Refusal) else [rated["a"], rated["b"]]


def check_error_budget(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "remaining" in inputs:
        return [error_budget.policy(each) for each in inputs["remaining"]]
    if "burn_rate" in inputs:
        return {"hours_to_exhaust": error_budget.hours_to_exhaust(inputs["burn_rate"], inputs["days"])}
    if "error_rate" in inputs:
        return error_budget.burn_rate(inputs["error_rate"], inputs["slo"])
    return error_budget.budget_minutes(inputs["slo"], inputs["days"])


def check_kano(vector: Vector) -> Any:
    inputs = vector["inputs"]
    op = inputs.get("op", "")
    if op == "evaluation_table":
        answers = np.arange(1, 6)
        return {
            f"{functional},{dysfunctional}": cast(
                "list[str]", kano.classify(np.array([functional]), np.array([dysfunctional]))
            )[0]
            for functional in answers.tolist()
            for dysfunctional in answers.tolist()
        }
    if "pairs" in inputs:
        return _of_pairs(inputs["pairs"])
    judged = kano.judge(inputs.get("counts") or inputs["percent"])
    if isinstance(judged, Refusal):
        return judged
    if op.startswith("M>O>A>I"):
        return judged.by_rule
    if op == "fong_threshold_and_chi2":
        return [judged.fong_threshold, judged.chi2]
    if op == "mode":
        return judged.mode
    return asdict(judged) | {"fong_diff": judged.fong_difference, "fong_significant": judged.significant}


def _of_pairs(pairs: Mapping[str, int]) -> Any:
    """From how many gave each pair of answers; who gave which is nowhere kept."""
    functional, dysfunctional = (
        np.array([int(pair.split(",")[half]) for pair, times in pairs.items() for _ in range(times)]) for half in (0, 1)
    )
    categories, places = kano.classify(functional, dysfunctional), kano.continuous(functional, dysfunctional)
    assert not isinstance(categories, Refusal)
    assert not isinstance(places, Refusal)
    counts = kano.count(categories)
    judged = kano.judge(counts)
    assert not isinstance(judged, Refusal)
    return counts | asdict(places) | {"better": judged.better, "worse": judged.worse}


BWS = {  # t = 1400 of each: the whole survey that bwsTools shows, whose shares are among all thirteen
    "abortion": (302, 352), "biasmedia": (124, 808), "corruption": (318, 351), "crime": (286, 282),
    "drugs": (163, 463), "economy": (634, 119), "education": (467, 252), "foreignaffairs": (121, 545),
    "guns": (354, 290), "healthcare": (731, 125), "natsecurity": (364, 221), "race": (300, 392), "taxes": (386, 350),
}  # fmt: skip


def check_maxdiff(vector: Vector) -> Any:
    inputs = vector["inputs"]
    assert (inputs["best"], inputs["worst"]) == BWS[inputs["item"]]
    best, worst = (np.array(each, float) for each in zip(*BWS.values(), strict=True))
    found = maxdiff.utilities(list(BWS), np.full(len(BWS), float(inputs["shown"])), best, worst)
    if isinstance(found, Refusal):
        return found
    place = list(BWS).index(inputs["item"])
    return {"b": found.utility[place], "se": found.standard_error[place], "choice_p": found.share[place]}


def check_mrr_weighting(vector: Vector) -> Any:
    rows: list[tuple[int, float]] = []
    ideas = list(vector["inputs"]["requests"])
    for idea, given in enumerate(vector["inputs"]["requests"].values()):
        listed = cast("list[Any]", given if isinstance(given, list) else [given["each"]] * given["times"])
        accounts = dict(
            cast("tuple[str, float]", ask) if isinstance(ask, list) else (f"{place}", ask)
            for place, ask in enumerate(listed)
        )
        rows += [(idea, mrr) for mrr in accounts.values()]
    asks = asks_of([(idea, 1, mrr, [(0.0, 1)]) for idea, mrr in rows])
    mrr, votes = (
        dict(zip(ideas, demand_policies.weigh(asks, Policy(kind), len(ideas)).total.tolist(), strict=True))
        for kind in ("mrr", "account")
    )
    return mrr | {"order": sorted(mrr, key=lambda idea: -mrr[idea]), "mrr": mrr, "votes": votes}


def check_recency_decay(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "half_life_days" in inputs:
        found = recency.by_half_life(
            **_columns(inputs, weight="weight", age="age_days"), half_life=inputs["half_life_days"]
        )
    else:
        found = recency.by_gravity(
            **_columns(inputs, points="points", hours="age_hours"), gravity=inputs.get("gravity", recency.GRAVITY)
        )
    if isinstance(found, Refusal):
        return found
    value = float(found[0])
    return {"below_1": value < 1} if isinstance(vector["expected"], dict) else value


def check_rfm(vector: Vector) -> Any:
    inputs = vector["inputs"]
    cuts = inputs["thresholds"]
    columns = _columns(inputs, recency="recency_days", frequency="transactions", monetary="amount")
    found = rfm.score(**columns, at=rfm.Thresholds(cuts["r"], cuts["f"], cuts["m"]))
    return found if isinstance(found, Refusal) else found[0]


def check_tech_debt(vector: Vector) -> Any:
    inputs = vector["inputs"]
    if "files" in inputs:
        names, changes, complexity = zip(*inputs["files"], strict=True)
        heat = tech_debt.hotspots(np.array(changes, float), np.array(complexity, float))
        assert not isinstance(heat, Refusal)
        return [names[place] for place in np.argsort(-heat, kind="stable").tolist()]
    names = list(inputs["items"])
    principal, interest = (np.array(each, float) for each in zip(*inputs["items"].values(), strict=True))
    months = tech_debt.payback(principal, interest)
    if isinstance(months, Refusal):
        return months
    order = [names[place] for place in tech_debt.first_to_last(months)]
    return {"payback": dict(zip(names, months, strict=True)), "order": order}


def check_van_westendorp(vector: Vector) -> Any:
    rows = np.array(vector["inputs"]["rows"], float)
    return {"valid": van_westendorp.valid(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3]).tolist()}


def _columns(inputs: Mapping[str, Any], **names: str) -> dict[str, Array]:
    return {argument: np.array([inputs[name]], float) for argument, name in names.items()}


CHECKS: Mapping[str, Callable[[Vector], Any]] = {
    "ahp": check_ahp,
    "bradley_terry": check_bradley_terry,
    "cumulative_voting": check_cumulative_voting,
    "elo": check_elo,
    "error_budget": check_error_budget,
    "kano": check_kano,
    "maxdiff": check_maxdiff,
    "moscow": lambda vector: moscow.balance(vector["inputs"]),
    "mrr_weighting": check_mrr_weighting,
    "peer_productboard": lambda vector: productboard.user_impact(vector["inputs"]["events"]),
    "recency_decay": check_recency_decay,
    "rfm": check_rfm,
    "tech_debt": check_tech_debt,
    "van_westendorp": check_van_westendorp,
}
