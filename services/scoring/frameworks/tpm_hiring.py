"""Whether a team needs a (further) technical product manager.

    score = (0.40 complexity + 0.35 team + 0.25 change + 0 debt) / sum of the weights
    team  = min(100, 50 * technical product managers that are missing)
    missing = max(0, ceil(engineers / 8) - technical product managers)

| input         | unit                                                              | range  |
|---------------|-------------------------------------------------------------------|--------|
| complexity    | how entangled the product is                                      | 0..100 |
| engineers     | people                                                            | ≥ 0    |
| technical_pms | people                                                            | ≥ 0    |
| change        | how fast its technology changes                                   | 0..100 |
| debt          | share of the capacity that debt takes as interest, times 100      | 0..100 |

    debt, where nobody has told it = 100 * interest of the open debts, in days a month at their probability
                                     / (engineers * 21.7 working days), at most 100

| band                   | when                                              |
|------------------------|---------------------------------------------------|
| hire_now               | the score is 70 or more, and there are 8 engineers |
| plan_next_two_quarters | the score is 40 or more                           |
| not_yet                | else                                              |

There is no published standard. The rubric is ours; each threshold can be set, and says where it is from. A complexity
or a rate of change that nobody has judged can be counted: each count over what is `full`, at most 1, averaged over
those that were given. Nothing is imputed: with neither a judgement nor a count the result is not_scoreable.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.parameters import InputName
from shared.wire import Wire

Band = Literal["hire_now", "plan_next_two_quarters", "not_yet"]
Hundred = Annotated[float, Field(ge=0, le=100)]
Weight = Annotated[float, Field(ge=0, le=1)]
Full = Annotated[float, Field(ge=1, le=1e6)]
OURS = "ours: no published standard"
SOURCES: Mapping[str, str] = {
    "complexity_weight": OURS,
    "team_weight": OURS,
    "change_weight": OURS,
    "debt_weight": OURS + "; 0 until a team has measured the interest of its debt",
    "engineers_per_pm": "sharebird.com: 1 for 8 to 10; ideaplan.io: 1 for 5 to 8; eververse.ai: 1 for 5 where complex",
    "points_per_missing": OURS,
    "hire_now": OURS,
    "plan": OURS,
    "least_engineers": "ideaplan.io: a first one is worth it from some size on; the number is that of engineers_per_pm",
    "full": OURS,
}


class Thresholds(Wire):
    """Every number of the rubric."""

    complexity_weight: Weight = 0.40
    team_weight: Weight = 0.35
    change_weight: Weight = 0.25
    debt_weight: Weight = 0.0
    engineers_per_pm: Annotated[float, Field(ge=1, le=1_000)] = Field(
        default=8.0, description="how many engineers one technical product manager serves"
    )
    points_per_missing: Hundred = Field(default=50.0, description="what each one that is missing adds to `team`")
    hire_now: Hundred = Field(default=70.0, description="the least score to hire now")
    plan: Hundred = Field(default=40.0, description="the least score to plan for it")
    least_engineers: Annotated[float, Field(ge=0, le=1_000)] = Field(
        default=8.0, description="with fewer engineers it is never `hire_now`"
    )
    full: dict[InputName, Full] = Field(
        default_factory=lambda: {
            "integrations": 20.0,
            "components": 30.0,
            "dependencies": 50.0,
            "radar_moves": 20.0,
            "deprecations": 10.0,
            "migrations": 20.0,
        },
        max_length=20,
        description="the count from which on a signal is 100",
        examples=[{"integrations": 20, "components": 30}],
    )


COMPLEXITY = ("integrations", "components", "dependencies")
CHANGE = ("radar_moves", "deprecations", "migrations")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a team and its product; None: not known."""

    engineers: float
    technical_pms: float
    complexity: float | None = None
    change: float | None = None
    debt: float = 0.0
    """0 where it is neither told nor can be computed: then it must not weigh."""
    counts: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score."""

    name: str
    value: float
    weight: float
    points: float
    """What it adds to the score."""
    reason: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """The result with its reasons."""

    score: float
    band: Band
    parts: tuple[Part, ...]
    gated: bool
    """The score alone would say hire_now; the team is too small for it."""


def assess(facts: Facts, thresholds: Thresholds) -> Assessed | Refusal:
    """The score, the band and what each part adds."""
    complexity = _judged("complexity", facts.complexity, COMPLEXITY, facts, thresholds)
    change = _judged("change", facts.change, CHANGE, facts, thresholds)
    lacking = tuple(name for name, each in (("complexity", complexity), ("change", change)) if each is None)
    total = thresholds.complexity_weight + thresholds.team_weight + thresholds.change_weight + thresholds.debt_weight
    if complexity is None or change is None:
        return Refusal("not_scoreable", f"neither judged nor counted: {', '.join(lacking)}", lacking)
    if total == 0:
        return Refusal("not_scoreable", "all weights are zero", ("weights",))
    needed = math.ceil(facts.engineers / thresholds.engineers_per_pm)
    missing = max(0.0, needed - facts.technical_pms)
    team = min(100.0, thresholds.points_per_missing * missing)
    people = f"{facts.engineers:g} engineers need {needed}, and there are {facts.technical_pms:g}"
    given = (
        ("complexity", *complexity, thresholds.complexity_weight),
        ("team", team, people, thresholds.team_weight),
        ("change", *change, thresholds.change_weight),
        ("debt", facts.debt, "the share of capacity that goes into interest", thresholds.debt_weight),
    )
    parts = tuple(Part(name, value, weight, value * weight / total, reason) for name, value, reason, weight in given)
    score = math.fsum(part.points for part in parts)
    enough = facts.engineers >= thresholds.least_engineers
    hire = score >= thresholds.hire_now
    band: Band = "hire_now" if hire and enough else "plan_next_two_quarters" if score >= thresholds.plan else "not_yet"
    return Assessed(score, band, parts, hire and not enough)


def _judged(
    name: str, judged: float | None, signals: tuple[str, ...], facts: Facts, thresholds: Thresholds
) -> tuple[float, str] | None:
    if judged is not None:
        return judged, "as judged"
    counts = facts.counts or {}
    used = {signal: counts[signal] for signal in signals if signal in counts and signal in thresholds.full}
    if not used:
        return None
    value = 100 * sum(min(count / thresholds.full[signal], 1.0) for signal, count in used.items()) / len(used)
    return value, "counted: " + ", ".join(f"{count:g} {signal}" for signal, count in used.items())


@dataclass(frozen=True, slots=True)
class _Number:
    """A number that may move: by steps, within bounds."""

    name: str
    value: float
    step: float
    lowest: float
    highest: float
    then: Callable[[float], Assessed | Refusal]
    """The result with another value of it."""


def turning(facts: Facts, thresholds: Thresholds) -> list[tuple[str, float, float, Band]]:
    """What would change the band: the name of a number, what it is, what it would have to be, and the band then.

    Each is moved alone, by `MOST_STEPS` steps at most, to the nearest place with another band. The score rises or falls
    with each of them and never turns, so the nearest is found by halving.
    """
    now = assess(facts, thresholds)
    if isinstance(now, Refusal):
        return []
    found: list[tuple[str, float, float, Band]] = []
    for number in [*_facts(facts, thresholds), *_thresholds(facts, thresholds)]:
        sides = [side for side in (_nearest(number, now.band, sign) for sign in (-1, 1)) if side is not None]
        if sides:
            steps, at, band = min(sides, key=lambda side: side[0])
            assert steps > 0, "where it stands the band is what it is"
            found.append((number.name, number.value, at, band))
    return found


MOST_STEPS = 100


def _facts(facts: Facts, thresholds: Thresholds) -> Iterator[_Number]:
    def moved(name: str) -> Callable[[float], Assessed | Refusal]:
        return lambda value: assess(replace(facts, **{name: value}), thresholds)

    def counted(signal: str) -> Callable[[float], Assessed | Refusal]:
        held = facts.counts or {}
        return lambda value: assess(replace(facts, counts={**held, signal: value}), thresholds)

    for name in ("engineers", "technical_pms"):
        yield _Number(name, getattr(facts, name), 1.0, 0.0, math.inf, moved(name))
    for name in ("complexity", "change", "debt"):
        value: float | None = getattr(facts, name)
        if value is not None:
            yield _Number(name, value, 0.5, 0.0, 100.0, moved(name))
    for judged, signals in ((facts.complexity, COMPLEXITY), (facts.change, CHANGE)):
        for signal in signals if judged is None else ():
            if signal in (facts.counts or {}) and signal in thresholds.full:
                yield _Number(signal, (facts.counts or {})[signal], 1.0, 0.0, math.inf, counted(signal))


def _thresholds(facts: Facts, thresholds: Thresholds) -> Iterator[_Number]:
    def moved(name: str) -> Callable[[float], Assessed | Refusal]:
        return lambda value: assess(facts, thresholds.model_copy(update={name: value}))

    def filled(signal: str) -> Callable[[float], Assessed | Refusal]:
        full = thresholds.full
        return lambda value: assess(facts, thresholds.model_copy(update={"full": {**full, signal: value}}))

    for name in ("complexity_weight", "team_weight", "change_weight", "debt_weight"):
        yield _Number(name, getattr(thresholds, name), 0.01, 0.0, 1.0, moved(name))
    for name in ("hire_now", "plan", "points_per_missing"):
        yield _Number(name, getattr(thresholds, name), 1.0, 0.0, 100.0, moved(name))
    yield _Number("engineers_per_pm", thresholds.engineers_per_pm, 0.5, 1.0, 1_000.0, moved("engineers_per_pm"))
    yield _Number("least_engineers", thresholds.least_engineers, 1.0, 0.0, 1_000.0, moved("least_engineers"))
    for judged, signals in ((facts.complexity, COMPLEXITY), (facts.change, CHANGE)):
        for signal in signals if judged is None else ():
            if signal in (facts.counts or {}) and signal in thresholds.full:
                yield _Number(f"full/{signal}", thresholds.full[signal], 1.0, 1.0, 1e6, filled(signal))


def _nearest(number: _Number, band: Band, sign: int) -> tuple[int, float, Band] | None:
    """The steps to the nearest other band on one side, the value there and the band; None: there is none."""

    def at(steps: int) -> float:
        return round(number.value + sign * number.step * steps, 6)

    def band_at(steps: int) -> Band | None:
        then = number.then(at(steps))
        return None if isinstance(then, Refusal) else then.band

    room = number.value - number.lowest if sign < 0 else number.highest - number.value
    high = MOST_STEPS if room == math.inf else min(MOST_STEPS, int(room / number.step + 1e-9))
    # With nothing left that weighs there is no result: the last step before it is looked at.
    high -= high > 0 and band_at(high) is None
    if high < 1 or band_at(high) in {band, None}:
        return None
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if band_at(middle) == band else (low, middle)
    reached = band_at(high)
    assert reached is not None, "only the end of the range may have no result"
    return high, at(high), reached
