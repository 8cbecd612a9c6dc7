"""Methods for groups through the API: answers, and what has none."""

from typing import Any

import pytest

from tests.builders import Api


async def asked(api: Api, method: str, **body: Any) -> dict[str, Any]:
    """What a method answers."""
    answer = await api.scoring.post(f"/v1/methods/{method}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def pairs(*comparisons: tuple[str, str, float]) -> list[dict[str, Any]]:
    """Comparisons as they are sent."""
    return [{"first": first, "second": second, "times": times} for first, second, times in comparisons]


async def test_ahp(api: Api) -> None:
    found = await asked(api, "ahp", comparisons=pairs(("x", "y", 2), ("x", "z", 6), ("y", "z", 3)))
    assert (found["state"], found["missing"]) == ("scored", [])
    assert found["result"]["weights"] == {"x": pytest.approx(0.6), "y": pytest.approx(0.3), "z": pytest.approx(0.1)}
    assert (found["result"]["random_index"], found["result"]["consistent"]) == ("saaty2005", True)
    lacking = await asked(api, "ahp", comparisons=pairs(("x", "y", 2), ("x", "z", 6)))
    assert (lacking["state"], lacking["missing"], lacking["result"]) == ("not_scoreable", ["y:z"], None)
    apart = await asked(api, "ahp", comparisons=pairs(("x", "y", 2)), items=["x", "y", "z"])
    assert apart["state"] == "not_identified"
    assert (await asked(api, "ahp", comparisons=[]))["state"] == "not_scoreable"


async def test_bradley_terry(api: Api) -> None:
    contests = [{"winner": "a", "loser": "b", "times": 3}, {"winner": "b", "loser": "a", "times": 1}]
    found = await asked(api, "bradley-terry", contests=contests)
    assert found["result"]["ability"] == {"a": 0, "b": pytest.approx(-1.0986122887)}
    unbeaten = [{"winner": "a", "loser": "b"}]
    assert (await asked(api, "bradley-terry", contests=unbeaten))["state"] == "not_identified"
    helped = await asked(api, "bradley-terry", contests=unbeaten, prior=0.5)
    assert helped["result"]["prior"] == 0.5
    tied = await asked(api, "bradley-terry", contests=[{"winner": "a", "loser": "b", "tie": True}], reference="b")
    assert (tied["result"]["ability"]["a"], tied["result"]["reference"]) == (pytest.approx(0), "b")
    assert (await asked(api, "bradley-terry", contests=unbeaten, reference="z"))["state"] == "not_scoreable"
    crowd = [{"winner": f"{place}", "loser": f"{place + 1}"} for place in range(101)]
    refused = await api.scoring.post("/v1/methods/bradley-terry", json={"contests": crowd})
    assert refused.json()["errors"][0]["pointer"] == "/body/contests"


async def test_elo(api: Api) -> None:
    found = await asked(api, "elo", contests=[{"winner": "a", "loser": "b"}], ratings={"a": 2600, "b": 2300}, k=16)
    assert found["result"] == {"a": pytest.approx(2602.4, abs=0.05), "b": pytest.approx(2297.6, abs=0.05)}
    # Equals share what is at stake, so the winner rises by half of K; a tie of equals moves nobody.
    new = await asked(api, "elo", contests=[{"winner": "x", "loser": "y"}, {"winner": "u", "loser": "v", "tie": True}])
    assert new["result"] == {"x": 1516, "u": 1500, "v": 1500, "y": 1484}
    assert list(new["result"]) == ["x", "u", "v", "y"]
    itself = await asked(api, "elo", contests=[{"winner": "a", "loser": "a"}])
    assert (itself["state"], itself["result"]) == ("not_scoreable", None)


async def test_rfm(api: Api) -> None:
    row = {"customer": "Abbey O'Reilly", "recency": 205, "frequency": 6, "monetary": 472}
    cuts = {"recency": [115, 181, 297, 482], "frequency": [4, 5, 6, 8], "monetary": [256, 382, 506, 666]}
    rows = [row, {**row, "customer": "unknown", "monetary": None}]
    found = await asked(api, "rfm", customers=rows, thresholds=cuts)
    assert [each["score"] for each in found["result"]["customers"]] == ["343", None]
    assert found["result"]["thresholds"] == cuts
    many = [
        {"customer": f"{place}", **dict.fromkeys(("recency", "frequency", "monetary"), place)} for place in range(5)
    ]
    relative = await asked(api, "rfm", customers=many)
    assert [each["score"] for each in relative["result"]["customers"]] == ["511", "422", "333", "244", "155"]
    assert (await asked(api, "rfm", customers=[row]))["state"] == "not_identified"
    falling = await asked(api, "rfm", customers=[row], thresholds={**cuts, "recency": [2, 1]})
    assert (falling["state"], falling["missing"]) == ("not_scoreable", ["recency"])
    assert (await api.scoring.post("/v1/methods/rfm", json={"customers": [row, row]})).status_code == 422


async def test_cost_of_delay(api: Api) -> None:
    jobs = [
        {"job": "spoon", "cost_of_delay": 10, "duration": 2},
        {"job": "machine", "cost_of_delay": 30, "duration": 4},
    ]
    found = await asked(api, "cost-of-delay", jobs=jobs, sequence=["spoon", "machine"])
    assert found["result"] == {
        "best": {"jobs": ["machine", "spoon"], "total": 180},
        "asked": {"jobs": ["spoon", "machine"], "total": 200},
    }
    assert (await asked(api, "cost-of-delay", jobs=jobs))["result"]["asked"] is None
    bodies: list[dict[str, Any]] = [{"jobs": [jobs[0]] * 2}, {"jobs": jobs, "sequence": ["spoon", "spoon"]}]
    for wrong in bodies:
        assert (await api.scoring.post("/v1/methods/cost-of-delay", json=wrong)).status_code == 422


async def test_maxdiff(api: Api) -> None:
    items = [{"item": "a", "shown": 10, "best": 5, "worst": 1}, {"item": "b", "shown": 10, "best": 1, "worst": 5}]
    found = await asked(api, "maxdiff", items=items)
    assert [(each["item"], each["counted"]) for each in found["result"]] == [("a", 0.4), ("b", -0.4)]
    assert sum(each["share"] for each in found["result"]) == pytest.approx(1)
    always = await asked(api, "maxdiff", items=[{"item": "a", "shown": 1, "best": 1, "worst": 0}])
    assert (always["state"], always["missing"]) == ("not_identified", ["a"])
    never = await asked(api, "maxdiff", items=[{"item": "a", "shown": 0, "best": 0, "worst": 0}])
    assert never["state"] == "not_scoreable"
    assert (await api.scoring.post("/v1/methods/maxdiff", json={"items": [items[0]] * 2})).status_code == 422


async def test_votes_and_purchases(api: Api) -> None:
    ballots = [{"voter": "s1", "gives": {"A": 50, "B": 50}}, {"voter": "s2", "gives": {"A": 100}}]
    found = await asked(api, "hundred-dollars", ballots=ballots)
    assert found["result"]["A"] == {"total": 150, "share": 0.75, "backers": 2, "rank": 1}
    short = await asked(api, "hundred-dollars", ballots=[{"voter": "s1", "gives": {"A": 99}}])
    assert (short["state"], short["missing"]) == ("not_scoreable", ["s1"])
    twice = await api.scoring.post("/v1/methods/hundred-dollars", json={"ballots": [ballots[0], ballots[0]]})
    assert twice.status_code == 422

    bought = await asked(api, "buy-a-feature", prices={"A": 60, "B": 60}, budget=50, ballots=[
        {"voter": "x", "gives": {"A": 50}}, {"voter": "y", "gives": {"A": 10, "B": 40}},
    ])  # fmt: skip
    assert {item: each["bought"] for item, each in bought["result"].items()} == {"A": True, "B": False}
    assert (bought["least_total_budget"], bought["most_total_budget"]) == (40, 60)
    over = await asked(api, "buy-a-feature", prices={"A": 60}, budget=50, ballots=[{"voter": "x", "gives": {"A": 51}}])
    assert (over["state"], over["missing"]) == ("infeasible", ["x"])


async def test_kano(api: Api) -> None:
    found = await asked(api, "kano", answers=[{"functional": 3, "dysfunctional": 5}] * 20)
    assert (found["result"]["label"], found["result"]["gate"], found["counts"]["M"]) == ("M", "must_have", 20)
    close = await asked(api, "kano", counts={"A": 121, "I": 124, "O": 24, "M": 15, "R": 6, "Q": 6})
    assert (close["result"]["label"], close["result"]["mode"], close["result"]["by_rule"]) == ("undecided", "I", "A")
    assert (await asked(api, "kano", counts={"R": 5}))["state"] == "not_scoreable"
    assert (await asked(api, "kano"))["state"] == "not_scoreable"
    both = await asked(api, "kano", answers=[{"functional": 1, "dysfunctional": 3}], counts={"A": 2, "I": 1})
    assert both["counts"] == {"M": 0, "O": 0, "A": 3, "I": 1, "R": 0, "Q": 0}
    bodies: list[dict[str, Any]] = [{"answers": [{"functional": 0, "dysfunctional": 1}]}, {"counts": {"X": 1}}]
    for wrong in bodies:
        assert (await api.scoring.post("/v1/methods/kano", json=wrong)).status_code == 422


async def test_balance_and_prices(api: Api) -> None:
    found = await asked(api, "moscow", effort={"must": 70, "should": 20, "could": 10, "wont": 999})
    assert found["result"] == {"must": 70, "should": 20, "could": 10, "must_ok": False, "could_ok": False}
    assert (await asked(api, "moscow", effort={}))["state"] == "not_scoreable"
    respondents = [
        {"too_cheap": 1 + step, "cheap": 6 + step, "expensive": 11 + step, "too_expensive": 16 + step}
        for step in range(10)
    ]
    priced = await asked(api, "van-westendorp", respondents=respondents)
    assert (priced["result"]["optimal"], priced["result"]["indifference"]) == (10, 13)
    muddled = [{"too_cheap": 4, "cheap": 3, "expensive": 2, "too_expensive": 1}]
    assert (await asked(api, "van-westendorp", respondents=muddled))["state"] == "not_scoreable"
