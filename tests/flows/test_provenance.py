"""The whole chain in one call: from an item to the bytes that a survey tool sent, checked by whoever reads it."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.access.keys import SCOPES
from tests.builders import Api, Clients, eventually
from tests.feedback.given import made, new_idea
from tests.flows.given import planned


def below(tree: Any, kind: str) -> Iterator[Any]:
    if tree["kind"] == kind:
        yield tree
    for child in tree["children"]:
        yield from below(child, kind)


def one(tree: Any, kind: str) -> Any:
    (found,) = below(tree, kind)
    return found


def written(value: Any) -> str:
    """Canonical JSON by nothing of Cairn's: enough for trees without numbers that need an exponent."""

    def plain(number: str) -> int | float:
        return int(float(number)) if float(number).is_integer() else float(number)

    exact = json.loads(json.dumps(value), parse_float=plain)
    return json.dumps(exact, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def check(tree: Any) -> None:
    """Every node's digest is that of what it says and of the digests below it."""
    if tree["withheld"] is None:
        content = {"children": [each["digest"] for each in tree["children"]], "content": tree["content"]}
        said = {**content, "id": tree["id"], "kind": tree["kind"]}
        assert hashlib.sha256(written(said).encode()).hexdigest() == tree["digest"], (tree["kind"], tree["id"])
    for child in tree["children"]:
        check(child)


async def settled(clients: Clients, item_id: str) -> dict[str, Any]:
    """The chain once everybody has heard of everything."""

    async def agreed() -> dict[str, Any]:
        told = (await clients.roadmap.get(f"/v1/items/{item_id}/provenance")).json()
        assert {each["claim"].split()[0] for each in told["agreements"]} == {"roadmap", "scoring"}
        assert all(each["holds"] for each in told["agreements"])
        demand, known = one(told["tree"], "demand")["content"], one(told["tree"], "item_idea")["content"]
        assert (demand["votes"], demand["insights"], known["people"]) == (1, 1, 1)
        # The item's status goes to its idea, and from there to scoring.
        assert {one(told["tree"], kind)["content"]["status"] for kind in ("idea", "scores")} == {"planned"}
        return told

    return await eventually(agreed)


@pytest.mark.usefixtures("siblings")
async def test_from_an_item_down_to_the_raw_delivery(api: Api) -> None:
    item, body = await planned(api)
    told = await settled(api, item["id"])
    assert (told["complete"], told["missing"], told["withheld"]) == (True, [], [])
    tree = told["tree"]
    check(tree)
    assert tree["digest"] == told["digest"]
    assert tree["id"] == item["id"]
    score = one(tree, "score")["content"]
    made_of = score["start"]
    for step in score["steps"]:
        made_of = made_of * step["operand"] if step["operation"] == "multiply" else made_of / step["operand"]
    assert made_of == score["value"]
    inputs = {each["content"]["name"]: each for each in below(tree, "input")}
    assert {each["content"]["estimator"] for each in below(inputs["effort"], "estimate")} == {"grace"}
    assert inputs["reach"]["content"]["demand"]["count"] == one(tree, "demand")["content"]["contacts"]
    assert one(tree, "account")["content"]["name"] == "Acme"
    assert one(one(tree, "vote"), "contact")["content"]["email"] == "ada@acme.test"
    feedback = one(one(tree, "insight"), "feedback")
    assert feedback["content"]["text"] == "Month end takes a day: 😀."
    delivery = one(feedback, "delivery")["content"]
    assert delivery["sha256"] == hashlib.sha256(body).hexdigest()
    assert (delivery["intact"], delivery["verdict"], delivery["verified_again"]) == (True, "verified", "verified")
    # A saved answer in which one word was changed no longer fits its digests.
    one(tree, "vote")["content"]["importance"] = "critical"
    with pytest.raises(AssertionError, match="vote"):
        check(tree)


@pytest.mark.usefixtures("siblings")
async def test_what_a_key_may_not_see_is_withheld_under_the_same_root(api: Api) -> None:
    item, _ = await planned(api)
    whole = await settled(api, item["id"])
    few = await api.another(SCOPES - {"feedback:read", "votes:read"})
    part = (await few.roadmap.get(f"/v1/items/{item['id']}/provenance")).json()
    assert (part["complete"], part["withheld"], part["missing"]) == (False, ["feedback:read", "votes:read"], [])
    assert part["digest"] == whole["digest"]
    check(part["tree"])
    assert "Month end" not in json.dumps(part)
    assert one(part["tree"], "insights")["digest"] == one(whole["tree"], "insights")["digest"]
    fewer = await api.another({"roadmap:read", "ideas:read"})
    part = (await fewer.roadmap.get(f"/v1/items/{item['id']}/provenance")).json()
    (missing,) = part["missing"]
    assert (missing["service"], missing["reason"]) == ("scoring", "forbidden")
    assert "scores:read" in missing["detail"]


async def test_however_many_ask_an_answer_is_bounded_and_says_where_it_goes_on(api: Api) -> None:
    idea = await new_idea(api)
    for person in ("ada", "ben", "cem"):
        vote = {"idea_id": idea["id"], "contact": {"external_id": person}}
        await made(await api.feedback.post("/v1/votes", json=vote))
    tree = await made(await api.feedback.get(f"/v1/ideas/{idea['id']}/provenance?evidence=2"), 200)
    check(tree)
    votes = one(tree, "votes")
    assert (votes["content"]["counted"], votes["content"]["shown"]) == (3, 2)
    rest = (await made(await api.feedback.get(votes["content"]["more"]), 200))["data"]
    assert len({each["id"] for each in rest} | {each["id"] for each in votes["children"]}) == 3
    assert len(rest) == 1
