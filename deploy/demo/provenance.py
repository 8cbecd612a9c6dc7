"""Where an item comes from, down to the bytes that a survey tool sent; every claim on the way is checked."""

import hashlib
import hmac
from collections.abc import Sequence
from functools import reduce
from typing import Any

from deploy.caller import check
from deploy.demo.ranking import explained
from deploy.demo.scene import Scene
from deploy.demo.terminal import Branch, money, number, quote
from deploy.demo.vendors import TOOLS

SHOWN = 3


async def provenance(scene: Scene) -> None:
    """Item, idea, score, factors, votes and insights, feedback, raw delivery."""
    scene.terminal.step("Where all this comes from")
    item = await scene.cairn.get(f"/v1/items/{scene.item['id']}")
    moves = " → ".join(change["status"] for change in reversed(item["history"]))
    roots = [await _idea(scene, each) for each in item["ideas"]]
    scene.terminal.tree(Branch("item", f"{item['title']}: {moves}", roots))
    scene.terminal.say()
    scene.terminal.passed("the factors, multiplied and divided in order, give the score to the last digit")
    scene.terminal.passed("the people counted are exactly those who voted or said so, each once")
    scene.terminal.passed("each delivery's bytes have the hash that was taken at the door, and its signature")


async def _idea(scene: Scene, evidence: Any) -> Branch:
    idea = await scene.cairn.get(f"/v1/ideas/{evidence['idea_id']}")
    demand = await scene.cairn.get(f"/v1/ideas/{idea['id']}/demand")
    key = next(key for key, idea_id in scene.ideas.items() if idea_id == idea["id"])
    score = await explained(scene, key)
    told = next(each for each in evidence["scores"] if each["model_id"] == scene.model["id"])
    check(told["value"] == score["value"], f"Roadmap says {told['value']}, scoring says {score['value']}")
    people = f"{demand['contacts']} people of {demand['accounts']} accounts that pay {money(demand['mrr'])} a month"
    return Branch(
        "idea", f"{idea['key']}, a {idea['kind']} wanted by {people}", [await _score(scene, idea["id"], score, demand)]
    )


async def _score(scene: Scene, idea_id: str, score: Any, demand: Any) -> Branch:
    def apply(value: float, step: Any) -> float:
        return value * step["operand"] if step["operation"] == "multiply" else value / step["operand"]

    steps = [given["contribution"] for given in score["inputs"].values()]
    check(reduce(apply, steps, 1.0) == score["value"], "The factors do not give the score")
    formula = "".join(f" {'*' if step['operation'] == 'multiply' else '/'} {number(step['operand'])}" for step in steps)
    text = (
        f"{number(score['value'])} = {formula[3:]} by {score['model']['name']}, last moved by {score['cause']['kind']}"
    )
    factors = [await _factor(scene, idea_id, name, given, demand) for name, given in score["inputs"].items()]
    return Branch("score", text, factors)


async def _factor(scene: Scene, idea_id: str, name: str, given: Any, demand: Any) -> Branch:
    value = number(given["value"])
    if given["source"] == "estimate":
        said = [f"{number(each['value'])} by {each['estimator']}" for each in given["estimates"]]
        text = said[0] if len(said) == 1 else f"{value}, the mean of {' and '.join(said)}"
        return Branch(name, f"{text} ({given['unit']})")
    told = given["demand"]
    check(told["count"] == demand[told["measure"]], f"Scoring counts {told['count']}, feedback counts {demand}")
    votes = await scene.cairn.everything("/v1/votes", idea_id=idea_id)
    insights = await scene.cairn.everything("/v1/insights", idea_id=idea_id)
    counts = (len(votes), len(insights), len({each["contact_id"] for each in (*votes, *insights)}))
    check(counts == (demand["votes"], demand["insights"], demand["contacts"]), f"Counted {counts}, told {demand}")
    text = f"{value} = {told['count']} {told['measure']} * {number(told['per_ask'])} a {told['horizon']}"
    roots = [await _votes(scene, votes), await _insights(scene, insights)]
    return Branch(name, f"{text}, as event {_short(told['event_id'])} told", roots)


async def _votes(scene: Scene, votes: Sequence[Any]) -> Branch:
    behalf = sum(vote["on_behalf"] for vote in votes)
    roots = [
        Branch(
            "vote", f"{vote['importance']}, by {await _who(scene, vote)}{' (cast on their behalf)' * vote['on_behalf']}"
        )
        for vote in votes[:SHOWN]
    ]
    return Branch(f"{len(votes)} votes", f"({behalf} on behalf)", _and_more(roots, len(votes)))


async def _insights(scene: Scene, insights: Sequence[Any]) -> Branch:
    # The first of each way in: a rule of one connection or another, a key.
    first = {insight["linked_by"]: insight for insight in reversed(insights)}
    roots = [await _feedback(scene, insight) for insight in sorted(first.values(), key=lambda each: each["id"])]
    return Branch(f"{len(insights)} insights", "", _and_more(roots, len(insights)))


async def _feedback(scene: Scene, insight: Any) -> Branch:
    said = await scene.cairn.get(f"/v1/feedback/{insight['feedback_id']}")
    text = f"{quote(said['text'], 44)} {await _who(scene, said)}, {said['source']}"
    roots = [await _delivery(scene, said)] if said["delivery_id"] is not None else []
    return Branch("feedback", text, roots)


async def _delivery(scene: Scene, said: Any) -> Branch:
    delivery = await scene.cairn.get(f"/v1/deliveries/{said['delivery_id']}")
    body = (await scene.cairn.send("GET", f"/v1/deliveries/{delivery['id']}/body", 200)).content
    digest = hashlib.sha256(body).hexdigest()
    check(digest == delivery["sha256"], f"Delivery {delivery['id']} hashes to {digest}, not {delivery['sha256']}")
    tool = TOOLS[said["source"]]
    signature = tool.sign(scene.doors[tool.vendor].secret, body)[tool.header]
    kept = delivery["headers"][tool.header.lower()]
    check(hmac.compare_digest(signature, kept), f"Delivery {delivery['id']} was signed {kept}, not {signature}")
    check(delivery["verdict"] == "verified", f"Delivery {delivery['id']} is {delivery['verdict']}")
    text = f"{_short(delivery['id'])}, {len(body):,} bytes, sha256 {digest[:16]}…, signature {delivery['verdict']}"
    return Branch("delivery", text)


async def _who(scene: Scene, owned: Any) -> str:
    contact = await scene.cairn.get(f"/v1/contacts/{owned['contact_id']}")
    account = await scene.cairn.get(f"/v1/accounts/{contact['account_id']}")
    return f"{contact['name'] or contact['email']} of {account['name']}"


def _and_more(roots: list[Branch], of: int) -> list[Branch]:
    return [*roots, Branch("", f"and {of - len(roots):,} more")] if of > len(roots) else roots


def _short(identity: str) -> str:
    return f"…{identity[-12:]}"
