"""Charts in Vega-Lite, and the same in words. Colours are told apart by those who do not tell red from green."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.scoring.charts.pictures import Chart

PLAIN = {"tickCount": 10, "labelFlush": False}
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#6b7280"
LONGEST_LABEL = 36
WIDTH, HEIGHT = 720, 440
LETTER, LINE = 6.5, 15
"""About how much room a letter and a line take, in pixels."""


@dataclass(frozen=True, slots=True)
class Dot:
    """An idea between two figures."""

    title: str
    kind: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an idea's rank reaches."""

    title: str
    low: int
    high: int
    mean: float


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a score: what it does, and the value before and after it."""

    words: str
    before: float
    after: float


def label(title: str) -> str:
    """A title as long as a chart has room for."""
    title = " ".join(title.split()) or "(untitled)"
    return title if len(title) <= LONGEST_LABEL else title[: LONGEST_LABEL - 1].rstrip() + "…"


def axis(field: str, title: str, **others: Any) -> dict[str, Any]:
    """A figure along an axis."""
    return {"field": field, "type": "quantitative", "title": title, **others}


def nothing(title: str, why: str) -> Chart:
    """A chart of nothing, which says why."""
    spec = {
        "width": 640,
        "height": 120,
        "data": {"values": [{"text": why}]},
        "mark": {"type": "text", "fontSize": 14},
        "encoding": {"text": {"field": "text"}},
    }
    return Chart(title, (why,), spec)


def _readable(dots: Sequence[Dot]) -> list[str]:
    """The labels of dots, the first ones first; empty where it would lie on one before it."""
    wide, high = (
        max([1e-300, *(abs(each) for each in side)]) for side in zip(*((d.x, d.y) for d in dots), strict=True)
    )
    taken: list[tuple[float, float, float]] = []
    labels: list[str] = []
    for dot in dots:
        told = label(dot.title)
        left, top = dot.x / wide * WIDTH, dot.y / high * HEIGHT
        right = left + len(told) * LETTER
        free = all(left > end or right < start or abs(top - line) > LINE for start, end, line in taken)
        labels.append(told if free else "")
        if free:
            taken.append((left, right, top))
    return labels


def value_effort(name: str, effort: str, value: str, dots: Sequence[Dot]) -> Chart:
    """Ideas by what they are worth and what they take; the best are up and to the left."""
    title = f"Value against {effort}: {name}"
    if not dots:
        return nothing(title, "No idea has both.")
    rows = [
        {"title": told, "kind": dot.kind, "x": dot.x, "y": dot.y}
        for dot, told in zip(dots, _readable(dots), strict=True)
    ]
    scale = {"nice": True, "zero": True}
    x, y = axis("x", effort, scale=scale, axis=PLAIN), axis("y", value, scale=scale, axis=PLAIN)
    spec = {
        "width": WIDTH,
        "height": HEIGHT,
        "data": {"values": rows},
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 0.9},
                "encoding": {
                    "color": {
                        "field": "kind",
                        "title": "kind",
                        "scale": {"range": [BLUE, ORANGE, "#009e73", "#cc79a7", "#e69f00"]},
                    },
                    "shape": {"field": "kind", "title": "kind"},
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "dy": -6, "fontSize": 12, "limit": 240},
                "encoding": {"text": {"field": "title"}},
            },
        ],
    }
    words = [f"{dot.title} ({dot.kind}): {value} {dot.y:g}, {effort} {dot.x:g}" for dot in dots]
    return Chart(title, words, spec)


def rank_intervals(name: str, share: float, reaches: Sequence[Reach]) -> Chart:
    """Each idea's interval of ranks, the best first."""
    title = f"Rank intervals: {name}"
    if not reaches:
        return nothing(title, "No idea is ranked.")
    rows = [
        {"title": f"{place}. {label(each.title)}", "low": each.low, "high": each.high, "mean": each.mean}
        for place, each in enumerate(reaches, 1)
    ]
    y = {"field": "title", "type": "nominal", "sort": None, "title": None}
    top = max(each.high for each in reaches)
    scale = {"domain": [0.5, top + 0.5], "nice": False, "zero": False}
    spec = {
        "title": {"text": title, "subtitle": f"bar: {share:.0%} of the draws; dot: mean rank; 1 is the best"},
        "width": 620,
        "height": {"step": 26},
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 7, "color": BLUE, "opacity": 0.45, "strokeCap": "round"},
                "encoding": {
                    "y": y,
                    "x": axis("low", "rank", scale=scale, axis={"tickMinStep": 1, "format": "d"}),
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "color": ORANGE, "opacity": 1},
                "encoding": {"y": y, "x": axis("mean", "rank")},
            },
        ],
    }
    words = [
        f"{place}. {each.title}: rank {each.low} to {each.high}, on average {each.mean:.1f}"
        for place, each in enumerate(reaches, 1)
    ]
    return Chart(title, words, spec)


def pareto(name: str, points: Sequence[tuple[float, float, float]]) -> Chart:
    """Sets that no other beats, by business value, technical value and technical share of the effort."""
    title = f"Business value against technical value: {name}"
    if not points:
        return nothing(title, "No set of ideas is within the capacity.")
    rows = [{"b": b, "t": t, "share": f"{share:.0%} technical"} for b, t, share in points]
    spec = {
        "title": {"text": title, "subtitle": "each point is a set of ideas that no other set beats in both"},
        "width": 660,
        "height": 400,
        "data": {"values": rows},
        "encoding": {
            "x": axis("t", "technical value", scale={"zero": True, "nice": True}),
            "y": axis("b", "business value", scale={"zero": True, "nice": True}),
        },
        "layer": [
            {"mark": {"type": "line", "interpolate": "step-before", "color": GREY, "strokeDash": [4, 3]}},
            {"mark": {"type": "point", "filled": True, "size": 110, "color": BLUE, "opacity": 1}},
            {
                "mark": {"type": "text", "align": "left", "dx": 9, "dy": -8, "fontSize": 12},
                "encoding": {"text": {"field": "share"}},
            },
        ],
    }
    words = [f"business {b:g}, technical {t:g}: {share:.0%} of the effort is technical" for b, t, share in points]
    return Chart(title, words, spec)


def waterfall(idea: str, model: str, start: float, stages: Sequence[Stage]) -> Chart:
    """How a score comes about, step by step from what it begins with."""
    title = f"Score of {label(idea)}: {model}"
    if not stages:
        return nothing(title, "It has no score: an input is missing or cannot be used.")
    rows: list[Mapping[str, Any]] = [
        {"step": f"start: {start:g}", "low": 0, "high": start, "after": f"{start:g}", "way": "total"}
    ]
    for place, each in enumerate(stages, 1):
        rows.append(
            {
                "step": f"{place}. {label(each.words)}",
                "low": min(each.before, each.after),
                "high": max(each.before, each.after),
                "after": f"{each.after:.4g}",
                "way": "up" if each.after >= each.before else "down",
            }
        )
    end = stages[-1].after
    rows.append({"step": "score", "low": min(0, end), "high": max(0, end), "after": f"{end:.4g}", "way": "total"})
    x = {
        "field": "step",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"labelAngle": 0 if len(rows) < 7 else -35},
    }
    spec = {
        "width": {"step": 110 if len(rows) < 7 else 70},
        "height": 380,
        "data": {"values": rows},
        "encoding": {"x": x},
        "layer": [
            {
                "mark": {"type": "bar", "size": 46},
                "encoding": {
                    "y": axis("low", "value", scale={"zero": True, "nice": True}),
                    "y2": {"field": "high"},
                    "color": {
                        "field": "way",
                        "title": None,
                        "scale": {"domain": ["up", "down", "total"], "range": [BLUE, ORANGE, GREY]},
                    },
                },
            },
            {
                "mark": {"type": "text", "dy": -8, "fontSize": 12},
                "encoding": {"y": axis("high", "value"), "text": {"field": "after"}},
            },
        ],
    }
    words = [
        f"begins with {start:g}",
        *(f"{each.words}: {each.before:.6g} becomes {each.after:.6g}" for each in stages),
    ]
    return Chart(title, words, spec)
