"""What was measured: a table for people, JSON for machines."""

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from tests.bench.load import Sample

TIMES = "times"
"""Unit of a ratio."""


def say(line: str = "") -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result. Without a goal it holds; None as its value: it could not be measured."""

    name: str
    value: float | None
    unit: str
    goal: str | None
    holds: bool


class Report:
    """Collects figures and says each as it comes."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        self.notes: list[str] = []

    def add(
        self, name: str, value: float | None, unit: str, *, least: float | None = None, most: float | None = None
    ) -> None:
        """A figure; `least` and `most` are goals. None, NaN: it could not be measured."""
        if value is not None and not math.isfinite(value):
            value = None
        goal = f"≥ {least:g}" if least is not None else f"≤ {most:g}" if most is not None else None
        holds = value is not None and (least is None or value >= least) and (most is None or value <= most)
        self.figures.append(Figure(name, None if value is None else round(value, 4), unit, goal, holds))

    def note(self, text: str) -> None:
        """Something a reader of the figures should know."""
        self.notes.append(text)

    def rates(self, name: str, samples: list[Sample], unit: str) -> float | None:
        """Add the medians of an HTTP measurement's rounds; return its rate, or None when an answer was not 2xx."""
        refused = sum(sum(sample.refused.values()) for sample in samples)
        if refused or not samples:
            statuses = sorted({status for sample in samples for status in sample.refused})
            self.note(f"{name}: {refused} answers were not 2xx ({', '.join(map(str, statuses))}): no figure")
            self.add(f"{name}", None, unit)
            return None
        rate = median(sample.rate for sample in samples)
        self.add(name, rate, unit)
        self.add(f"{name}.p50", median(sample.p50 for sample in samples), "ms")
        self.add(f"{name}.p99", median(sample.p99 for sample in samples), "ms")
        return rate

    def cost(self, name: str, samples: list[Sample], per: str = "request") -> None:
        """Note who used the machine meanwhile, and what one request cost them. `others` are not of this benchmark."""
        shares: dict[str, float] = {
            who: median(sample.busy[who] for sample in samples) for who in (samples[0].busy if samples else ())
        }
        if not shares:
            return
        others = shares.pop("machine") - sum(shares.values())
        rate = median(sample.rate for sample in samples)
        shown = [
            f"{who} {share:.0%} ({share / rate * 1e6:,.0f} µs)"
            for who, share in shares.items()
            if share >= 0.01 and rate
        ]
        self.note(f"{name}: core shares (CPU a {per}): {', '.join(shown)}; others {max(0.0, others):.0%}")

    def table(self) -> str:
        """All of it."""
        width = max((len(figure.name) for figure in self.figures), default=0)
        lines = [
            f"{figure.name:<{width}}  {_shown(figure.value):>12} {figure.unit:<11} "
            f"{figure.goal or '':<10}{'' if figure.goal is None else 'holds' if figure.holds else 'MISSED'}".rstrip()
            for figure in self.figures
        ]
        return "\n".join([*lines, "", *self.notes])

    def write(self, path: Path) -> None:
        """As JSON: a list of `{name, value, unit, goal, holds}`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([asdict(figure) for figure in self.figures], indent=2, ensure_ascii=False) + "\n")


def _shown(value: float | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def ratio(ours: Sequence[Sample], theirs: Sequence[Sample]) -> float | None:
    """How many times as fast, as the median of the rounds; None where an answer was refused."""
    if any(sample.refused for sample in (*ours, *theirs)) or not ours:
        return None
    return median(one.rate / other.rate for one, other in zip(ours, theirs, strict=True))
