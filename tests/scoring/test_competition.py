"""Competition: what they have and we have not, by evidence that grows old and becomes unknown."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.evidence.domain import lapse_one
from services.scoring.frameworks.parity import Cell, Decay, Standing, compete, freshness
from shared.ids import new_id
from tests.builders import Api
from tests.scoring.given import Workspace

TODAY = datetime.now(UTC).date()
STANDINGS: st.SearchStrategy[Standing] = st.sampled_from(["none", "partial", "full"])
BEHIND: dict[str, Any] = {"name": "behind", "weight": 1, "highest": 1, "competition": {}}


def ago(days: int) -> str:
    return f"{TODAY - timedelta(days=days)}"


class Market:
    """What is known of competitors, told over HTTP."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def add(self, path: str, **body: Any) -> dict[str, Any]:
        made = await self.api.scoring.post(f"/v1/{path}", json=body)
        assert made.status_code == 201, made.text
        return made.json()

    async def see(self, capability: str, competitor: str, theirs: str, days: int, **others: Any) -> dict[str, Any]:
        where = {"capability_id": capability, "competitor_id": competitor, "url": "https://rival.example/docs"}
        return await self.add("evidence", **where, theirs=theirs, observed_on=ago(days), **others)

    async def score(self, idea_id: UUID) -> dict[str, Any]:
        (score,) = (await self.api.scoring.get(f"/v1/scores/{idea_id}")).json()["scores"]
        return score


async def test_evidence_moves_scores_grows_old_and_becomes_unknown(api: Api, here: Workspace, neighbour: Api) -> None:
    market = Market(api)
    parameters = {"criteria": [BEHIND]}
    await market.add("models", name="Parity", framework="weighted", parameters=parameters, active=True)
    idea_id = await here.idea()
    rival, other = [(await market.add("competitors", name=name))["id"] for name in ("Rival", "Other")]
    sso = (await market.add("capabilities", name="SSO", ours="none", idea_ids=[str(idea_id)]))["id"]
    score = await market.score(idea_id)
    assert (score["state"], score["missing"]) == ("not_scoreable", ["behind"]), "no evidence is no 0"

    seen = await market.see(sso, rival, "full", 180, note="on every plan", said_by="ada")
    assert (seen["age_days"], seen["freshness"], seen["lapses_on"]) == (180, 0.5, ago(180 - 541))
    score = await market.score(idea_id)
    assert (score["value"], score["cause"]["kind"], score["cause"]["id"]) == (1, "competition", seen["id"])
    await market.see(sso, other, "partial", 0)
    # One half-life apart: (0.5 * 1 + 1 * 0.5) / (0.5 + 1).
    score = await market.score(idea_id)
    assert math.isclose(score["value"], 2 / 3)
    competition = score["inputs"]["behind"]["competition"]
    first = next(each for each in competition["evidence"] if each["competitor"] == "Rival")
    assert (first["capability"], first["theirs"], first["gap"], first["age_days"], first["freshness"]) == (
        "SSO", "full", 1, 180, 0.5,
    )  # fmt: skip
    assert (first["url"], first["note"], first["said_by"]) == ("https://rival.example/docs", "on every plan", "ada")
    assert math.isclose(sum(each["share"] for each in competition["evidence"]), score["value"])

    await market.see(sso, other, "full", 400)
    assert (await market.score(idea_id))["value"] == score["value"], "of a cell the latest day counts"
    await api.scoring.patch(f"/v1/competitors/{rival}", json={"weight": 2})
    assert (await market.score(idea_id))["value"] == 0.75, "(1 * 1 + 1 * 0.5) / (1 + 1)"
    await api.scoring.patch(f"/v1/capabilities/{sso}", json={"ours": "partial"})
    assert (await market.score(idea_id))["value"] == 0.25

    shorter = {"half_life_days": 90, "max_age_days": 100}
    decayed = await api.scoring.put("/v1/competitors/decay", json=shorter, headers={"If-Match": '"0"'})
    assert (decayed.status_code, decayed.json()["version"]) == (200, 1), decayed.text
    score = await market.score(idea_id)
    assert (score["value"], score["cause"]["id"]) == (0, str(here.id)), "one that is level with us is known"
    matrix = (await api.scoring.get("/v1/competitors/parity")).json()
    assert [each["name"] for each in matrix["competitors"]] == ["Rival", "Other"]
    cells = [
        (each["theirs"], each["ahead"], each["freshness"], each["age_days"]) for each in matrix["data"][0]["cells"]
    ]
    assert cells == [("unknown", None, 0, 180), ("partial", 0, 1, 0)]
    about = (await api.scoring.get(f"/v1/competition/{idea_id}")).json()
    assert ([each["competitor"] for each in about["lapsed"]], about["competition"]) == (["Rival"], 0)

    (fresh,) = [each["evidence_id"] for each in about["evidence"]]
    assert (await api.scoring.delete(f"/v1/evidence/{fresh}")).status_code == 204
    score = await market.score(idea_id)
    assert (score["state"], score["value"], score["cause"]["id"]) == ("not_scoreable", None, fresh), "not 0"
    assert await here.differences() == []
    assert (await neighbour.scoring.get(f"/v1/evidence/{fresh}")).status_code == 404
    assert (await api.scoring.get("/v1/evidence", params={"competitor_id": other})).json()["data"][1]["withdrawn_at"]


async def test_a_day_moves_nothing_but_what_lapses(api: Api, here: Workspace) -> None:
    market = Market(api)
    await market.add("models", name="Parity", framework="weighted", parameters={"criteria": [BEHIND]}, active=True)
    idea_id = await here.idea()
    rival = (await market.add("competitors", name="Rival"))["id"]
    sso = (await market.add("capabilities", name="SSO", ours="none", idea_ids=[str(idea_id)]))["id"]
    seen = await market.see(sso, rival, "full", 540)
    assert (await market.score(idea_id))["value"] == 1, "its last day"

    async def on(day: date) -> bool:
        async with here.database.transaction({here.id}) as tx:
            return await lapse_one(tx, day)

    told = await here.published()
    assert await on(TODAY) is False
    assert await here.published() == told
    assert await on(TODAY + timedelta(days=1)) is True
    assert await on(TODAY + timedelta(days=1)) is False, "once"
    # The clock of this test has not moved, so what it lapsed is fresh still, and it moves nothing.
    assert await here.published() == told
    async with api.admin.system() as tx:
        yesterday = UUID(seen["id"]), TODAY - timedelta(days=541)
        await tx.run("update scoring.evidence set observed_on = $2 where id = $1", *yesterday)
        await tx.run(
            "update scoring.parities set observed_on = $2, lapses_on = $2::date + 541 where evidence_id = $1",
            *yesterday,
        )
    assert await on(TODAY) is True
    moved = (await here.published())[-1]
    assert (moved["state"], moved["value"], moved["previous"], moved["cause"], moved["cause_id"]) == (
        "not_scoreable", None, 1, "competition", seen["id"],
    )  # fmt: skip


async def test_what_cannot_be_is_refused(api: Api) -> None:
    market = Market(api)
    rival = (await market.add("competitors", name="Rival"))["id"]
    taken = await api.scoring.post("/v1/competitors", json={"name": "Rival"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    sso = await market.add("capabilities", name="SSO", ours="none")
    good = {"capability_id": sso["id"], "competitor_id": rival, "theirs": "full", "url": "https://a.example"}
    for wrong, pointer in (
        ({"capability_id": str(new_id())}, "/body/capability_id"),
        ({"observed_on": ago(-2)}, "/body/observed_on"),
        ({"url": "somewhere"}, "/body/url"),
        ({"theirs": "most"}, "/body/theirs"),
    ):
        refused = await api.scoring.post("/v1/evidence", json={**good, **wrong})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer), refused.text
    stale = await api.scoring.patch(f"/v1/capabilities/{sso['id']}", json={"ours": "full"}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    idea = str(new_id())
    for number in range(10):
        await market.add("capabilities", name=f"{number}", ours="none", idea_ids=[idea])
    crowded = await api.scoring.patch(f"/v1/capabilities/{sso['id']}", json={"idea_ids": [idea]})
    assert (crowded.status_code, crowded.json()["code"]) == (409, "too_many_capabilities")
    long = await api.scoring.put("/v1/competitors/decay", json={"half_life_days": 1, "max_age_days": 61})
    assert long.json()["errors"][0]["pointer"] == "/body/max_age_days"


async def test_deals_are_counted_by_competitor_and_by_what_decided_them(api: Api, neighbour: Api) -> None:
    market = Market(api)
    rival, other = [(await market.add("competitors", name=name))["id"] for name in ("Rival", "Other")]
    sso, export = [(await market.add("capabilities", name=name, ours="none"))["id"] for name in ("SSO", "Export")]
    deals = [
        await market.add("deals", competitor_id=who, outcome=outcome, amount=amount, closed_on=ago(days), **decided)
        for who, outcome, amount, days, decided in (
            (rival, "lost", 500, 10, {"capability_ids": [sso, export]}),
            (rival, "lost", 700, 20, {"capability_ids": [sso]}),
            (rival, "won", None, 20, {}),
            (other, "won", 900, 400, {}),
            (other, "won", 900, 30, {"capability_ids": [export]}),
        )
    ]
    report = (await api.scoring.get("/v1/win-loss")).json()
    counted = [(each["competitor"], each["won"], each["lost"], each["amount_lost"]) for each in report["competitors"]]
    assert (counted, report["currency"]) == ([("Rival", 1, 2, 1200), ("Other", 1, 0, 0)], "USD"), "within the year"
    assert [(each["capability"], each["won"], each["lost"]) for each in report["capabilities"]] == [
        ("SSO", 0, 2),
        ("Export", 1, 1),
    ]
    share = report["competitors"][0]["rate"]
    assert (round(share["low"], 4), round(share["rate"], 4), round(share["high"], 4)) == (0.0615, 0.3333, 0.7923)
    assert (await api.scoring.delete(f"/v1/deals/{deals[1]['id']}")).status_code == 204
    since = (await api.scoring.get("/v1/win-loss", params={"since": ago(15)})).json()
    assert [(each["competitor"], each["lost"]) for each in since["competitors"]] == [("Rival", 1)]
    assert (await api.scoring.get("/v1/win-loss", params={"since": ago(400)})).status_code == 422
    assert (await neighbour.scoring.get("/v1/win-loss")).json()["competitors"] == []
    listed = (await api.scoring.get("/v1/deals", params={"competitor_id": rival})).json()["data"]
    assert [each["withdrawn_at"] is None for each in listed] == [True, False, True]
    lost = {"competitor_id": rival, "outcome": "lost", "capability_ids": [str(new_id())]}
    refused = await api.scoring.post("/v1/deals", json=lost)
    assert refused.json()["errors"][0]["pointer"] == "/body/capability_ids"


CELLS = st.builds(
    Cell,
    evidence_id=st.uuids(),
    ours=STANDINGS,
    theirs=STANDINGS,
    observed_on=st.integers(0, 800).map(lambda days: TODAY - timedelta(days=days)),
    weight=st.floats(0.1, 10),
)


@given(cells=st.lists(CELLS, max_size=8, unique_by=lambda cell: cell.evidence_id), later=st.integers(1, 400))
def test_age_weighs_less_and_ends_in_nothing_known(cells: list[Cell], later: int) -> None:
    decay = Decay(half_life=90, max_age=540)
    found = compete(cells, TODAY, decay)
    fresh = [each for each in cells if freshness(each.observed_on, TODAY, decay) > 0]
    assert (found is None) == (not fresh)
    if found is None:
        return
    assert 0 <= found.competition <= 1
    assert math.isclose(math.fsum(each.share for each in found.evidence), found.competition, abs_tol=1e-12)
    assert compete(list(reversed(cells)), TODAY, decay) == found, "in whatever order"
    last = found.lapses_on - timedelta(days=1)
    assert compete(cells, last, decay) == found, "a day alone moves nothing, to the last bit"
    after = compete(cells, found.lapses_on, decay)
    assert after is None or len(after.evidence) < len(found.evidence)
    ahead = [each for each in fresh if each.ours == "none" and each.theirs == "full"]
    if len(ahead) == len(fresh):
        assert found.competition == 1
    newest = max(each.observed_on for each in fresh)
    assert compete(cells, newest + timedelta(days=541), decay) is None, "unknown, not 0"
