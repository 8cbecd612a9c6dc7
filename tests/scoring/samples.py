"""Models of every framework, as callers send their parameters, with figures and the value that they give."""

from typing import Any, NamedTuple


class Sample(NamedTuple):
    """One model, and one idea under it."""

    framework: str
    parameters: dict[str, Any]
    given: dict[str, float]
    value: float
    label: str | None = None


WEIGHTED = [
    {"name": "fit", "weight": 3},
    {"name": "risk", "weight": 1, "better": "lower", "lowest": 1, "highest": 5},
]
FORMULA = {
    "formula": "(gain + 2 * urgency) / weeks ^ 2 - min(gain, 3)",
    "inputs": [
        {"name": "gain", "unit": "1", "highest": 10},
        {"name": "urgency", "unit": "share", "highest": 1},
        {"name": "weeks", "unit": "1", "above_lowest": True},
    ],
}
CANNY = {
    "impact": [
        {"name": "worth", "scale": "stars", "weight": 2},
        {"name": "asked", "scale": "count", "weight": 1, "top": 50, "demand": {"measure": "votes"}},
        {"name": "sure", "scale": "percentage"},
    ],
    "effort": [{"name": "build", "scale": "0-10"}],
}
SAMPLES = (
    Sample("rice", {}, {"reach": 100, "impact": 2, "confidence": 0.8, "effort": 4}, 40),
    Sample("ice", {}, {"impact": 8, "confidence": 7, "ease": 9}, 504),
    Sample("ice", {"combine": "mean", "scale": "five"}, {"impact": 1, "confidence": 3, "ease": 5}, 3),
    Sample("ice", {"scale": "meter"}, {"impact": 8, "confidence": 0.1, "ease": 5}, 4),
    Sample(
        "wsjf",
        {},
        {"user_business_value": 100, "time_criticality": 50, "risk_reduction": 20, "job_size": 10},
        17,
    ),
    Sample("cd3", {"money": "EUR", "per": "month"}, {"cost_of_delay": 30, "duration": 4}, 7.5),
    Sample("value_effort", {}, {"value": 8, "effort": 2}, 4, "quick_win"),
    Sample("value_effort", {"highest_effort": 100, "middle_effort": 1}, {"value": 2, "effort": 2}, 1, "money_pit"),
    Sample("weighted", {"criteria": WEIGHTED}, {"fit": 8, "risk": 2}, (3 * 8 + 4) / 4),
    Sample("weighted", {"criteria": WEIGHTED, "combine": "sum"}, {"fit": 8, "risk": 2}, 28),
    Sample("moscow", {}, {"priority": 3}, 3, "should"),
    Sample("opportunity", {}, {"importance": 9, "satisfaction": 3}, 15, "under_served"),
    Sample("opportunity", {"scale": "five"}, {"importance": 2, "satisfaction": 4}, 2),
    Sample("pie", {}, {"potential": 7, "importance": 7, "ease": 4}, 6),
    Sample("dvf", {}, {"desirability": 1, "viability": 0.5, "feasibility": 0.75}, 0.75),
    Sample("dvf", {"desirability": 2}, {"desirability": 1, "viability": 0.5, "feasibility": 0.5}, 0.75),
    Sample("formula", FORMULA, {"gain": 5, "urgency": 0.5, "weeks": 2}, 6 / 4 - 3),
    Sample("canny", CANNY, {"worth": 3, "asked": 25, "sure": 50, "build": 5}, 1000 * (122 / 3) * 0.5 / 25),
    Sample("productboard", {"user_impact": None}, {"user_impact": 6}, 6),
    Sample(
        "airfocus",
        {
            "values": [{"name": "gain", "weight": 7}, {"name": "size", "weight": 3, "scale": "sizes"}],
            "costs": [{"name": "price", "scale": "money", "top": 2000}],
            "value_weight": 0.6,
            "cost_weight": 0.4,
        },
        {"gain": 8, "size": 4, "price": 500},
        100 * (0.6 * (0.7 * 0.8 + 0.3) + 0.4 * 0.75),
    ),
    Sample(
        "jira_product_discovery",
        {"fields": [{"name": "gain"}, {"name": "pain", "weight": 3}, {"name": "toil", "weight": -2, "highest": 10}]},
        {"gain": 5, "pain": 3, "toil": 4},
        (100 + 3 * 60) / 4 / 40,
    ),
    Sample(
        "aha",
        {"metrics": [{"name": "a"}, {"name": "b", "weight": 0.25}, {"name": "c", "weight": -1}]},
        {"a": 3, "b": 9, "c": 2},
        4,
    ),
)
IDS = [f"{sample.framework}-{place}" for place, sample in enumerate(SAMPLES)]
