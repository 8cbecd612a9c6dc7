"""Where an item comes from, down to the bytes that a survey tool sent: one call, and every claim in it is checked."""

import hashlib
import hmac
from collections.abc import Iterator
from functools import reduce
from typing import Any

from deploy.caller import check
from deploy.demo.ranking import explained
from deploy.demo.scene import Scene
from deploy.demo.terminal import Branch, money, number, quote
from deploy.demo.vendors import TOOLS
from shared.provenance import Node, faults

SHOWN = 3
EVIDENCE = 50
"""Votes and insights that are asked for."""


async def provenance(scene: Scene) -> None:
    """Item, idea, score, factors, votes and insights, feedback, raw delivery."""
    scene.terminal.step("Where all this comes from, in one call")
    for idea_id in scene.item["idea_ids"]:
        await explained(scene, next(key for key, id in scene.ideas.items() if id == idea_id))
    told = await scene.cairn.get(f"/v1/items/{scene.item['id']}/provenance", evidence=EVIDENCE)
    check(told["complete"], f"Not all is told: {told['missing']} {told['withheld']} {told['ideas_left_out']}")
    # Of what is on its way still, nothing can be told.
    unlike = [each["claim"] for each in told["agreements"] if each["holds"] is False]
    check(not unlike, f"The services do not agree: {unlike}")
    wrong = faults(Node.model_validate(told["tree"]))
    check(not wrong, f"These are not what their digests say: {wrong}")
    tree = told["tree"]
    moves = " → ".join(each["content"]["status"] for each in reversed(list(_below(tree, "change"))))
    roots = [await _idea(scene, each) for each in _below(tree, "item_idea")]
    scene.terminal.tree(Branch("item", f"{tree['content']['title']}: {moves}", roots))
    scene.terminal.say()
    scene.terminal.passed("the factors, multiplied and divided in order, give the score to the last digit")
    scene.terminal.passed(f"each line's digest covers those below it, up to the root: sha256 {told['digest'][:16]}…")
    scene.terminal.passed("each delivery's bytes have the hash that was taken at the door, and its signature")


async def _idea(scene: Scene, root: Any) -> Branch:
    idea, demand = _one(root, "idea")["content"], _one(root, "demand")
    asked = demand["content"]
    score = next(each for each in _below(root, "score") if each["content"]["model"]["id"] == scene.model["id"])
    people = f"{asked['contacts']} people of {asked['accounts']} accounts that pay {money(asked['mrr'])} a month"
    return Branch("idea", f"{idea['key']}, a {idea['kind']} wanted by {people}", [await _score(scene, score, demand)])


async def _score(scene: Scene, root: Any, demand: Any) -> Branch:
    def apply(value: float, step: Any) -> float:
        return value * step["operand"] if step["operation"] == "multiply" else value / step["operand"]

    score = root["content"]
    inputs = list(_below(root, "input"))
    steps = [each["content"]["contribution"] for each in inputs]
    check(reduce(apply, steps, 1.0) == score["value"], "The factors do not give the score")
    formula = "".join(f" {'*' if step['operation'] == 'multiply' else '/'} {number(step['operand'])}" for step in steps)
    text = (
        f"{number(score['value'])} = {formula[3:]} by {score['model']['name']}, last moved by {score['cause']['kind']}"
    )
    return Branch("score", text, [await _factor(scene, each, demand) for each in inputs])


async def _factor(scene: Scene, root: Any, demand: Any) -> Branch:
    given = root["content"]
    value = number(given["value"])
    if given["source"] == "estimate":
        said = [f"{number(each['value'])} by {each['estimator']}" for each in _contents(root, "estimate")]
        text = said[0] if len(said) == 1 else f"{value}, the mean of {' and '.join(said)}"
        return Branch(given["name"], f"{text} ({given['unit']})")
    told = given["demand"]
    text = f"{value} = {told['count']} {told['measure']} * {number(told['per_ask'])} a {told['horizon']}"
    roots = [_votes(_one(demand, "votes")), await _insights(scene, _one(demand, "insights"))]
    return Branch(given["name"], f"{text}, as event {_short(told['event_id'])} told", roots)


def _votes(root: Any) -> Branch:
    roots = [
        Branch(
            "vote",
            f"{vote['content']['importance']}, by {_who(vote)}"
            f"{' (cast on their behalf)' * vote['content']['on_behalf']}",
        )
        for vote in root["children"][:SHOWN]
    ]
    counted = root["content"]["counted"]
    return Branch(f"{counted} votes", "", _and_more(roots, counted))


async def _insights(scene: Scene, root: Any) -> Branch:
    # The first of each way in: a rule of one connection or another, a key.
    first = {each["content"]["linked_by"]: each for each in reversed(root["children"])}
    roots = [await _feedback(scene, each) for each in sorted(first.values(), key=lambda each: each["id"])]
    counted = root["content"]["counted"]
    return Branch(f"{counted} insights", "", _and_more(roots, counted))


async def _feedback(scene: Scene, insight: Any) -> Branch:
    said = _one(insight, "feedback")
    text = f"{quote(said['content']['text'], 44)} {_who(said)}, {said['content']['source']}"
    roots = [await _delivery(scene, said["content"]["source"], each) for each in _below(said, "delivery")]
    return Branch("feedback", text, roots)


async def _delivery(scene: Scene, source: str, root: Any) -> Branch:
    told = root["content"]
    # What the tree says of the bytes, found anew from the bytes.
    body = (await scene.cairn.send("GET", f"/v1/deliveries/{root['id']}/body", 200)).content
    digest = hashlib.sha256(body).hexdigest()
    check(digest == told["sha256"] and told["intact"], f"Delivery {root['id']} hashes to {digest}: {told}")
    delivery = await scene.cairn.get(f"/v1/deliveries/{root['id']}")
    tool = TOOLS[source]
    signature = tool.sign(scene.doors[tool.vendor].secret, body)[tool.header]
    kept = delivery["headers"][tool.header.lower()]
    check(hmac.compare_digest(signature, kept), f"Delivery {root['id']} was signed {kept}, not {signature}")
    check(told["verdict"] == told["verified_again"] == "verified", f"Delivery {root['id']} is {told}")
    text = f"{_short(root['id'])}, {len(body):,} bytes, sha256 {digest[:16]}…, signature {told['verdict']}"
    return Branch("delivery", text)


def _who(root: Any) -> str:
    contact = _one(root, "contact")["content"]
    return f"{contact['name'] or contact['email']} of {contact['account']}"


def _below(root: Any, kind: str) -> Iterator[Any]:
    """Nodes of a kind, in order."""
    if root["kind"] == kind:
        yield root
    for each in root["children"]:
        yield from _below(each, kind)


def _one(root: Any, kind: str) -> Any:
    found = list(_below(root, kind))
    check(len(found) == 1, f"Below {root['kind']} {root['id']} are {len(found)} of {kind}")
    return found[0]


def _contents(root: Any, kind: str) -> list[Any]:
    return [each["content"] for each in _below(root, kind)]


def _and_more(roots: list[Branch], of: int) -> list[Branch]:
    return [*roots, Branch("", f"and {of - len(roots):,} more")] if of > len(roots) else roots


def _short(identity: str) -> str:
    return f"…{identity[-12:]}"
