"""Charts: what they show is what is stored, as a picture and in words."""

from xml.etree import ElementTree

from services.scoring.charts.vega import MARK, SAID, without_boxes
from tests.builders import Api
from tests.scoring.given import Workspace
from tests.scoring.test_capacity import team, told

SVG = "{http://www.w3.org/2000/svg}"


async def test_every_chart_is_a_picture_and_the_same_in_words(api: Api, neighbour: Api, here: Workspace) -> None:
    model_id = str(await here.model())
    # A control character in a title ends the drawing library's process.
    export, debt = [
        await here.idea(title=title, kind=kind) for title, kind in (("Ex<port>\x01", "feature"), ("Old", "debt"))
    ]
    await here.estimate(export, reach=40, impact=2, confidence=0.8, effort=4)
    await here.estimate(debt, reach=10, impact=1, confidence=0.5, effort=1)
    shop = await team(api, "Shop", skills={"backend": 5})
    await told(api, "efforts", *({"idea_id": str(each), "skill": "backend", "amount": 4} for each in (export, debt)))
    await told(api, "commitments", {"team_id": shop, "idea_id": str(export), "period": "2027-Q1", "share": 0.5})
    asked = {
        "value-effort": {"model_id": model_id},
        "rank-intervals": {"model_id": model_id},
        "front": {"model_id": model_id, "period": "2027-Q1"},
        "waterfall": {"model_id": model_id, "idea_id": str(export)},
        "capacity": {"period": ["2027-Q1", "2027-Q2"]},
    }
    words = {
        name: (await api.scoring.get(f"/v1/charts/{name}.txt", params=given)).text for name, given in asked.items()
    }
    assert words["value-effort"].splitlines()[1:] == [
        "Ex<port>\ufffd (feature): score * effort 64, effort 4",
        "Old (debt): score * effort 5, effort 1",
    ]
    assert words["rank-intervals"].splitlines()[1] == "1. Ex<port>\ufffd: rank 1 to 1, on average 1.0"
    assert words["front"].splitlines()[1:] == [
        "business 16, technical 0: 0% of the effort is technical",
        "business 0, technical 5: 100% of the effort is technical",
    ]
    assert words["waterfall"].splitlines()[-1].endswith("64 becomes 16")
    assert words["capacity"].splitlines()[1:] == [
        "Shop, backend, 2027-Q1: 2 of 5 promised",
        "Shop, backend, 2027-Q2: 0 of 5 promised",
    ]

    drawn = await api.scoring.get("/v1/charts/value-effort.svg", params=asked["value-effort"])
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml"), drawn.text
    picture = ElementTree.fromstring(drawn.text)  # noqa: S314  # our own, made a moment ago
    assert picture.findtext(f"{SVG}desc") == words["value-effort"]
    assert "Ex<port>\ufffd" in {each.text for each in picture.iter(f"{SVG}text")}
    assert (await api.scoring.get(drawn.headers["link"].split("<")[1].split(">")[0])).text == words["value-effort"]
    same = await api.scoring.get(
        "/v1/charts/value-effort.svg", params=asked["value-effort"], headers={"If-None-Match": drawn.headers["etag"]}
    )
    assert (same.status_code, same.content) == (304, b"")
    await here.estimate(debt, effort=2)
    other = await api.scoring.get("/v1/charts/value-effort.txt", params=asked["value-effort"])
    assert "effort 2" in other.text
    burned = await api.scoring.get("/v1/charts/capacity.png", params=asked["capacity"])
    assert burned.content.startswith(b"\x89PNG\r\n"), burned.text

    for path, params, pointer in (
        ("value-effort.svg", {"model_id": model_id, "effort": "cost"}, "/query/effort"),
        ("capacity.gif", asked["capacity"], "/path/form"),
    ):
        refused = await api.scoring.get(f"/v1/charts/{path}", params=params)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    for path, params in (
        ("value-effort.svg", {"model_id": str(export)}),
        ("waterfall.svg", {"model_id": model_id, "idea_id": model_id}),
        ("front.svg", {**asked["front"], "team_id": model_id}),
        ("capacity.svg", {**asked["capacity"], "team_id": model_id}),
    ):
        assert (await api.scoring.get(f"/v1/charts/{path}", params=params)).status_code == 404
    hidden = await neighbour.scoring.get("/v1/charts/waterfall.svg", params=asked["waterfall"])
    assert hidden.status_code == 404


def test_a_picture_has_no_empty_boxes() -> None:
    """Letters for private use are in no font: what becomes of them becomes of Chinese where no font here has it."""
    chart = {
        "title": {"text": "\ue123\ue124 Växla", "subtitle": "bars"},
        "data": {"values": [{"team": "\ue123"}, {"team": "\ue124 \ue125"}, {"team": "Ops \ue124 2"}, {"team": "Ж é"}]},
    }
    drawable = without_boxes(chart)
    assert drawable["title"] == {"text": f"{MARK} Växla", "subtitle": ["bars", SAID]}
    teams = [each["team"] for each in drawable["data"]["values"]]
    assert teams == [MARK, f"{MARK} 2", f"Ops {MARK} 2", "Ж é"], "two teams stay two"
    assert without_boxes({"title": "Växla", "mark": "bar"}) == {"title": "Växla", "mark": "bar"}
    assert without_boxes({"title": "\ue123"})["title"] == {"text": MARK, "subtitle": [SAID]}
