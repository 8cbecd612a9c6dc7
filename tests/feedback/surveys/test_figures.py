"""Published figures of surveys, each with its source in `figures/`, and the edges of every formula.

Where the vectors that they were carried over from lie beside the repository, those that are not among them run as well.
Kano's are in tests/scoring: the same module serves both.
"""

import csv
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.surveys import answers, ces, csat, importance, nps, scales
from services.feedback.surveys.domain import Place
from services.feedback.surveys.nps import Tally
from services.feedback.surveys.scales import Cell
from shared.statistics import intervals, kano

OURS = Path(__file__).parent / "figures"
SHARED = Path(__file__).parents[4] / "shared"
Vector = dict[str, Any]


def vectors(name: str) -> list[Vector]:
    ours: list[Vector] = json.loads((OURS / f"{name}.json").read_text())
    beside = SHARED / "vectors" / f"{name}.json"
    more: list[Vector] = json.loads(beside.read_text()) if beside.exists() else []
    known = {each["id"] for each in ours}
    return [*ours, *(each for each in more if each["id"] not in known)]


def cells(answers: list[int]) -> list[Cell]:
    return [Cell(value, None, None, n) for value, n in Counter(answers).items()]


def of_nps(inputs: Vector) -> Any:
    if "scores" in inputs:
        return [nps.bucket(each) for each in inputs["scores"]]
    if "a" in inputs:
        return asdict(nps.compare(Tally(*inputs["a"]), Tally(*inputs["b"])))
    if "p_promoter" in inputs:
        p, d, n = inputs["p_promoter"], inputs["p_detractor"], inputs["n"]
        return {"variance": nps.variance(p, d), "se": nps.standard_error(p * n, d * n, n) / 100}
    tally = Tally(inputs["promoters"], inputs["passives"], inputs["detractors"])
    wald, adjusted = nps.wald(tally), nps.adjusted_wald(tally)
    p, d, n = tally.promoters, tally.detractors, tally.n
    return {
        "": nps.score(tally),
        "nps": nps.score(tally),
        "wald_se": nps.standard_error(p, d, n),
        "wald_ci": [wald.low, wald.high],
        "adjwald_centre": 100 * (p - d) / (n + 3),
        "adjwald_se": nps.standard_error(p + 0.75, d + 0.75, n + 3),
        "adjwald_ci": [adjusted.low, adjusted.high],
        "margin": (wald.high - wald.low) / 2,
        # The other two published forms of the variance: E[x²] - E[x]², and the sum of squared distances.
        "all_equal": nps.variance(p / n, d / n)
        == pytest.approx(
            (p * (1 - (p - d) / n) ** 2 + tally.passives * ((p - d) / n) ** 2 + d * (-1 - (p - d) / n) ** 2) / n
        ),
    }


def of_csat(inputs: Vector) -> Any:
    if "ratings" in inputs:
        found, _ = csat.summary(cells(inputs["ratings"]))
        assert found
        return {"csat": found.csat, "mean": found.mean}
    four = intervals.plus_four(inputs["satisfied"], inputs["n"], inputs["level"])
    wilson = intervals.wilson(inputs["satisfied"], inputs["n"], inputs["level"])
    centre = (four.low + four.high) / 2
    se = (four.high - centre) / intervals.z(inputs["level"])
    return {"prop": centre, "se": se, "plus_four": [four.low, four.high], "wilson": [wilson.low, wilson.high]}


@pytest.mark.parametrize("vector", vectors("nps"), ids=lambda vector: vector["id"])
def test_published_nps(vector: Vector) -> None:
    found, expected = of_nps(vector["inputs"]), vector["expected"]
    tolerance = vector["tolerance"] or 1e-12
    if isinstance(expected, dict):
        # A score that was published as a whole number was rounded.
        whole = 0.5 if vector["id"] == "nps-14" else tolerance
        for name, value in cast("Vector", expected).items():
            assert found[name] == pytest.approx(value, abs=whole if name == "nps" else tolerance), name
    elif isinstance(expected, list):
        assert found == expected
    else:
        assert found[""] == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("vector", vectors("csat_ces"), ids=lambda vector: vector["id"])
def test_published_csat(vector: Vector) -> None:
    found, expected = of_csat(vector["inputs"]), dict(vector["expected"])
    if "lo" in expected:
        found |= dict(zip(("lo", "hi"), found["plus_four" if "se" in expected else "wilson"], strict=True))
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=vector["tolerance"]), name


@pytest.mark.skipif(not (SHARED / "datasets" / "airlines_expected.csv").exists(), reason="the answers lie elsewhere")
def test_an_airlines_answers_give_its_published_score() -> None:
    with (SHARED / "datasets" / "airlines_nps_prepair.csv").open() as lines:
        ours = Counter(nps.bucket(int(row[2])) for row in list(csv.reader(lines))[1:])
    with (SHARED / "datasets" / "airlines_expected.csv").open() as lines:
        _, published, _ = list(csv.reader(lines))[1]
    tally = Tally(ours["promoter"], ours["passive"], ours["detractor"])
    # Published without its decimals.
    assert int(nps.score(tally)) == int(published)
    interval = nps.adjusted_wald(tally)
    assert interval.low < int(published) < interval.high


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_nps_holds_together(promoters: int, passives: int, detractors: int) -> None:
    tally = Tally(promoters, passives, detractors)
    if not tally.n:
        for wrong in (nps.score, nps.wald, nps.adjusted_wald):
            with pytest.raises(ValueError, match="without answers"):
                wrong(tally)
        return
    interval = nps.adjusted_wald(tally)
    mirrored = nps.adjusted_wald(Tally(detractors, passives, promoters))
    assert -100 <= interval.low < interval.high <= 100
    assert (interval.low, interval.high) == pytest.approx((-mirrored.high, -mirrored.low))
    wider = nps.adjusted_wald(tally, 0.99)
    assert wider.low <= interval.low
    assert interval.high <= wider.high
    found = intervals.wilson(promoters, tally.n)
    assert 0 <= found.low <= promoters / tally.n <= found.high <= 1


def test_answers_on_scales() -> None:
    told = [Cell(4, 1, 4, 2), Cell(9, 0, 10, 1), Cell(3, None, None, 5), Cell(9, None, None, 7), Cell(1, 2, 1, 1)]
    found, outside = csat.summary(told)
    assert found
    # 9 of 1 to 5, which is the usual one, and a scale that falls are no answers.
    assert (found.n, found.satisfied, outside, found.mean) == (8, 3, 8, None)
    easy, _ = ces.summary([Cell(4, None, None, 1), Cell(5, None, None, 1), Cell(7, None, None, 2)])
    assert easy
    assert (easy.n, easy.easy, easy.mean, easy.mean_place) == (4, 3, 5.75, pytest.approx(100 * 4.75 / 6))
    assert easy.mean_place_interval.low < easy.mean_place < easy.mean_place_interval.high
    alone, _ = ces.summary([Cell(7, None, None, 1)])
    assert alone
    assert (alone.easy_share, alone.mean_place_interval.low) == (100, 100)
    for nothing in (csat.summary([]), ces.summary([]), importance.summary([])):
        assert nothing == (None, 0)
    rated, _ = importance.summary(cells([5, 5, 4, 4, 3, 5, 4, 5, 2, 4]))
    assert rated
    # Ulwick's shares of the top two boxes: 80 % important, as in figures odi-13 of scoring.
    assert (rated.out_of_ten, rated.mean) == (8, 4.1)
    assert rated.distribution == {"2": 1, "3": 1, "4": 4, "5": 4}
    assert rated.interval.low < 8 < rated.interval.high
    for wrong in (10.5, -1, 11):
        with pytest.raises(ValueError, match="whole number"):
            nps.bucket(wrong)
    with pytest.raises(ValueError, match="tell nothing of chance"):
        nps.compare(Tally(3, 0, 0), Tally(4, 0, 0))
    for hits, n in ((0, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="no more hits"):
            intervals.wilson(hits, n)
    with pytest.raises(ValueError, match="level"):
        intervals.z(1)
    with pytest.raises(ValueError, match="mean"):
        scales.spread([])
    with pytest.raises(ValueError, match="variance"):
        intervals.of_mean(1, -1, 3)


def test_the_figures_that_the_contract_shows_are_true() -> None:
    """Whoever reads the documentation with a calculator finds what the service would answer."""
    scored = answers.nps_group(Place(None), [Cell(9, None, None, 60), Cell(8, None, None, 30), Cell(3, None, None, 10)])
    satisfied = answers.csat_group(Place(None), cells([5] * 50 + [4] * 34 + [3] * 10 + [1] * 6))
    easy = answers.ces_group(Place(None), cells([7] * 40 + [6] * 30 + [5] * 20 + [3] * 10))
    counts = answers.FeatureByKano.model_json_schema()["properties"]["counts"]["examples"][0]
    judged = kano.judge(counts)
    assert isinstance(judged, kano.Kano)
    moved = nps.compare(Tally(60, 30, 10), Tally(45, 35, 20))
    for model, told in (
        (answers.NpsGroup, scored.model_dump() | {"change": asdict(moved)}),
        (answers.CsatGroup, satisfied.model_dump()),
        (answers.CesGroup, easy.model_dump()),
        (answers.FeatureByKano, {"result": asdict(judged), "n": judged.n}),
    ):
        shown = {
            name: field["examples"][0]
            for name, field in model.model_json_schema(mode="serialization")["properties"].items()
            if field.get("examples") and name in told
        }
        assert len(shown) >= 2
        assert plain({name: told[name] for name in shown}) == plain(shown)


def plain(value: Any) -> Any:
    """Rounded as the contract shows it."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in cast("list[Any]", value)]
    return pytest.approx(value, abs=6e-4) if isinstance(value, float) else value
