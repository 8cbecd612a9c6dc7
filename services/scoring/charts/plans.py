"""Charts of plans in Vega-Lite: capacity and what is promised of it, debt and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.scoring.charts.labels import LONGEST_TITLE, label
from services.scoring.charts.pictures import Chart
from services.scoring.charts.specs import BLUE, GREY, ORANGE, axis, nothing


@dataclass(frozen=True, slots=True)
class Burn:
    """A skill of a team in a period."""

    team: str
    period: str
    skill: str
    capacity: float
    needed: float
    spent: float = 0.0
    unit: str = "amount"

    @property
    def over(self) -> float:
        """How much more is taken than there is."""
        return self.needed - self.capacity if self.needed > self.capacity * (1 + 1e-9) else 0.0

    @property
    def words(self) -> str:
        """Whose it is, in full."""
        return f"{self.team}, {self.skill}, {self.period}" if self.team else f"{self.skill}, {self.period}"

    @property
    def row(self) -> str:
        """Whose it is, in as many letters as there is room for."""
        return f"{label(self.team)}: {self.skill}" if self.team else self.skill


def capacity(burns: Sequence[Burn], title: str = "Promised against capacity", verb: str = "promised") -> Chart:
    """What is promised of each skill, or planned, period by period, and what there is."""
    if not burns:
        return nothing(title, "No team has or needs anything in these periods.")
    rows = [
        {
            "row": each.row,
            "period": each.period,
            "needed": each.needed,
            "capacity": each.capacity,
            "spent": each.spent,
            "state": "over" if each.over else "within",
        }
        for each in burns
    ]
    units = {each.unit for each in burns}
    amount = units.pop().replace("_", " ") if len(units) == 1 else "amount"
    thin = "; grey: spent" if any(each.spent for each in burns) else ""
    x = {"field": "period", "type": "ordinal", "title": None, "axis": {"labelAngle": 0}}
    spec = {
        "title": {"text": title, "subtitle": f"bar: {verb}; line: what there is{thin}"},
        "data": {"values": rows},
        "facet": {
            "field": "row",
            "type": "nominal",
            "title": None,
            "header": {"labelFontSize": 13, "labelAnchor": "start"},
        },
        "columns": 2,
        "resolve": {"scale": {"y": "independent"}},
        "spec": {
            "width": {"step": 80},
            "height": 150,
            "layer": [
                {
                    "mark": {"type": "bar", "size": 36},
                    "encoding": {
                        "x": x,
                        "y": axis("needed", amount, scale={"zero": True, "nice": True}),
                        "color": {
                            "field": "state",
                            "title": None,
                            "scale": {"domain": ["within", "over"], "range": [BLUE, ORANGE]},
                        },
                    },
                },
                {
                    "mark": {"type": "bar", "size": 12, "color": GREY},
                    "encoding": {"x": x, "y": axis("spent", amount)},
                },
                {
                    "mark": {"type": "tick", "thickness": 3, "size": 56, "color": "black"},
                    "encoding": {"x": x, "y": axis("capacity", amount)},
                },
            ],
        },
    }
    words = [
        f"{each.words}: {each.needed:g} of {each.capacity:g} {verb}"
        + (f", {each.over:g} too much" if each.over else "")
        + (f", {each.spent:g} spent" if each.spent else "")
        for each in burns
    ]
    return Chart(title, words, spec)


def debt(name: str, months: Sequence[tuple[int, float, float]], even: int | None) -> Chart:
    """Carrying a debt on against paying it off now: month, and money spent either way by its end."""
    title = f"Carry or pay off: {label(name, LONGEST_TITLE)}"
    ways = (("carried on", 1, BLUE), ("paid off now", 2, ORANGE))
    rows = [{"month": each[0], "way": way, "spent": each[place]} for each in months for way, place, _ in ways]
    color = {"domain": [way for way, _, _ in ways], "range": [color for _, _, color in ways]}
    reached = f"carrying has cost as much by month {even}" if even is not None else "it never breaks even here"
    spec = {
        "title": {"text": title, "subtitle": reached},
        "width": 660,
        "height": 340,
        "data": {"values": rows},
        "mark": {"type": "line", "strokeWidth": 3, "point": len(months) <= 40},
        "encoding": {
            "x": axis("month", "month", axis={"format": "d", "tickMinStep": 1}),
            "y": axis("spent", "money spent in all", scale={"zero": True, "nice": True}),
            "color": {"field": "way", "type": "nominal", "title": None, "scale": color},
            "strokeDash": {"field": "way", "type": "nominal", "title": None, "scale": {"domain": color["domain"]}},
        },
    }
    words = [
        reached,
        *(f"month {month}: {carried:.6g} carried, {paid:.6g} paid off" for month, carried, paid in months),
    ]
    return Chart(title, words, spec)
