"""Charts in Vega-Lite, and the same in words. Colours are told apart by those who do not tell red from green."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.scoring.charts.labels import HEIGHT, LONGEST_TITLE, WIDTH, label, placed, span
from services.scoring.charts.pictures import Chart

PLAIN = {"tickCount": 8, "labelFlush": False, "labelOverlap": True}
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#6b7280"
KINDS = {
    "feature": (BLUE, "circle"),
    "enabler": (ORANGE, "square"),
    "debt": ("#009e73", "triangle-up"),
    "migration": ("#cc79a7", "cross"),
    "research": ("#e69f00", "diamond"),
}
"""How ideas of each kind look."""


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


def axis(field: str, title: str, **others: Any) -> dict[str, Any]:
    """A figure along an axis."""
    return {"field": field, "type": "quantitative", "title": title, **others}


def _ticks(highest: float) -> dict[str, Any]:
    """How an axis up to this figure is marked: 200k rather than 200,000."""
    return {**PLAIN, "format": "~s"} if abs(highest) >= 10_000 else PLAIN


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


def value_effort(name: str, effort: str, value: str, dots: Sequence[Dot]) -> Chart:
    """Ideas by what they are worth and what they take; the best are up and to the left."""
    title = f"Value against {effort}: {name}"
    if not dots:
        return nothing(title, "No idea has both.")
    wide, high = span([dot.x for dot in dots]), span([dot.y for dot in dots])
    rows = [
        {"title": each.words, "side": each.side, "kind": dot.kind, "x": dot.x, "y": dot.y}
        for dot, each in zip(dots, placed([(dot.title, dot.x, dot.y) for dot in dots], wide, high), strict=True)
    ]
    # The same for a kind in every chart, whichever others are there.
    kinds = [kind for kind in KINDS if any(dot.kind == kind for dot in dots)]
    looks = {"domain": kinds, "range": [KINDS[kind][0] for kind in kinds]}
    shapes = {"domain": kinds, "range": [KINDS[kind][1] for kind in kinds]}
    spec = {
        "title": {"text": title, "subtitle": _subtitle(dots, rows)},
        "width": WIDTH,
        "height": HEIGHT,
        "data": {"values": rows},
        "encoding": {
            "x": axis("x", effort, scale={"domain": wide, "nice": False}, axis=_ticks(wide[1])),
            "y": axis("y", value, scale={"domain": high, "nice": False}, axis=_ticks(high[1])),
        },
        "layer": [
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 0.85},
                "encoding": {
                    "color": {"field": "kind", "title": "kind", "scale": looks},
                    "shape": {"field": "kind", "title": "kind", "scale": shapes},
                },
            },
            *_texts("title"),
        ],
    }
    words = [f"{dot.title} ({dot.kind}): {value} {dot.y:g}, {effort} {dot.x:g}" for dot in dots]
    return Chart(title, words, spec)


def _texts(field: str) -> list[dict[str, Any]]:
    """What is written beside dots, on the side where there is room."""
    return [
        {
            "transform": [{"filter": f"datum.side === '{side}'"}],
            "mark": {"type": "text", "dy": -7, "fontSize": 12, "limit": 300, "align": align, "dx": move},
            "encoding": {"text": {"field": field}},
        }
        for side, align, move in (("right", "left", 8), ("left", "right", -8))
    ]


def _figure(value: float) -> str:
    """A figure with as many digits as somebody looks at."""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


def _subtitle(dots: Sequence[Dot], rows: Sequence[Mapping[str, Any]]) -> str:
    silent = sum(1 for row in rows if not row["title"])
    best = "the best are up and to the left"
    return f"{best}; {silent} of {len(dots)} have no room for their title" if silent else best


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
    wide, high = span([t for _, t, _ in points]), span([b for b, _, _ in points])
    room = placed([(f"{share:.0%} technical", t, b) for b, t, share in points], wide, high)
    rows = [
        {"b": b, "t": t, "share": each.words, "side": each.side} for (b, t, _), each in zip(points, room, strict=True)
    ]
    spec = {
        "title": {"text": title, "subtitle": "each point is a set of ideas that no other set beats in both"},
        "width": WIDTH,
        "height": HEIGHT,
        "data": {"values": rows},
        "encoding": {
            "x": axis("t", "technical value", scale={"domain": wide, "nice": False}, axis=_ticks(wide[1])),
            "y": axis("b", "business value", scale={"domain": high, "nice": False}, axis=_ticks(high[1])),
        },
        "layer": [
            {"mark": {"type": "line", "interpolate": "step-before", "color": GREY, "strokeDash": [4, 3]}},
            {"mark": {"type": "point", "filled": True, "size": 110, "color": BLUE, "opacity": 1}},
            *_texts("share"),
        ],
    }
    words = [f"business {b:g}, technical {t:g}: {share:.0%} of the effort is technical" for b, t, share in points]
    return Chart(title, words, spec)


def waterfall(idea: str, model: str, start: float, stages: Sequence[Stage]) -> Chart:
    """How a score comes about, step by step from what it begins with."""
    title = f"Score of {label(idea, LONGEST_TITLE)}: {model}"
    if not stages:
        return nothing(title, "It has no score: an input is missing or cannot be used.")
    rows: list[Mapping[str, Any]] = [
        {"step": f"start: {start:g}", "low": 0, "high": start, "after": _figure(start), "way": "total"}
    ]
    for place, each in enumerate(stages, 1):
        rows.append(
            {
                "step": f"{place}. {label(each.words)}",
                "low": min(each.before, each.after),
                "high": max(each.before, each.after),
                "after": _figure(each.after),
                "way": "up" if each.after >= each.before else "down",
            }
        )
    end = stages[-1].after
    rows.append({"step": "score", "low": min(0, end), "high": max(0, end), "after": _figure(end), "way": "total"})
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
            # At the end that a step leads to: above what rises, below what falls.
            *(
                {
                    "transform": [{"filter": f"datum.way {test} 'down'"}],
                    "mark": {"type": "text", "dy": move, "fontSize": 12},
                    "encoding": {"y": axis(field, "value"), "text": {"field": "after"}},
                }
                for test, field, move in (("!==", "high", -8), ("===", "low", 11))
            ),
        ],
    }
    words = [
        f"begins with {start:g}",
        *(f"{each.words}: {each.before:.6g} becomes {each.after:.6g}" for each in stages),
    ]
    return Chart(title, words, spec)
