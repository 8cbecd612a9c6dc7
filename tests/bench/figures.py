"""What was measured: a table for people, JSON for machines."""

import json
import math
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from tests.bench.load import Sample

QUIET = 0.2
"""What others may use of a core before the figures are worth a warning."""
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
        self.others = 0.0
        """The most of a core that programs of others used during a measurement."""

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

    def rate(self, name: str, samples: Sequence[Sample], unit: str) -> None:
        """Add the median rate of the rounds; nothing but its absence when an answer was not 2xx."""
        refused = sum((Counter(sample.refused) for sample in samples), Counter[int]())
        if refused:
            told = ", ".join(f"{status} ({count} times)" for status, count in sorted(refused.items()))
            self.note(f"{name}: no figure, since answers were not 2xx: {told}")
        self.add(name, None if refused or not samples else median(sample.rate for sample in samples), unit)

    def rates(self, name: str, samples: Sequence[Sample], unit: str) -> None:
        """The same with the medians of the rounds' p50 and p99."""
        self.rate(name, samples, unit)
        self.add(f"{name}.p50", median(sample.p50 for sample in samples), "ms")
        self.add(f"{name}.p99", median(sample.p99 for sample in samples), "ms")

    def cost(self, name: str, samples: Sequence[Sample], per: str = "request") -> None:
        """Note who used the machine meanwhile, what one request cost them, and what that cost allows on a quiet one."""
        shares: dict[str, float] = {
            who: median(sample.busy[who] for sample in samples) for who in (samples[0].busy if samples else ())
        }
        rate = median(sample.rate for sample in samples) if samples else 0.0
        if not shares or not rate:
            return
        others = max(0.0, shares.pop("machine") - sum(shares.values()))
        self.others = max(self.others, others)
        costs = {who: share / rate for who, share in shares.items() if share >= 0.01}
        # PostgreSQL and NATS spread over cores; everything else is one Python process each.
        alone = max((cost for who, cost in costs.items() if who not in {"postgres", "nats"}), default=0.0)
        most = min(1 / alone if alone else rate, (os.cpu_count() or 1) / sum(costs.values()))
        shown = ", ".join(f"{who} {shares[who]:.0%} ({cost * 1e6:,.0f} µs)" for who, cost in costs.items())
        self.note(f"{name}: core shares (CPU a {per}): {shown}; others {others:.0%}; allows {most:,.0f}/s when quiet")

    def table(self) -> str:
        """All of it."""
        width = max((len(figure.name) for figure in self.figures), default=0)
        lines = [
            f"{figure.name:<{width}}  {_shown(figure.value):>12} {figure.unit:<11} "
            f"{figure.goal or '':<10}{'' if figure.goal is None else 'holds' if figure.holds else 'MISSED'}".rstrip()
            for figure in self.figures
        ]
        noise = [f"Programs of others used up to {self.others:.0%} of a core: all rates suffered from that."]
        return "\n".join([*lines, "", *self.notes, *(noise if self.others > QUIET else ())])

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
