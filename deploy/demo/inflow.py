"""What comes in: customers, ideas, estimates, surveys, feedback, an import, votes."""

import asyncio
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from deploy import sample
from deploy.caller import check, eventually
from deploy.demo import vendors
from deploy.demo.scene import Door, Scene
from deploy.demo.terminal import money, quote
from deploy.demo.vendors import DELIGHTED, RULES, TALLY, TOOLS, TYPEFORM

SMALL_ACCOUNTS = 196
VOTES = 60
WANTED = ("csv-export",) * 8 + ("company-sign-in",) * 7 + ("approval-rules",) * 3 + ("booking-events",) * 2
"""Ideas as often as they are asked for."""
QUOTES = {idea.key: idea.quotes for idea in sample.IDEAS}


async def customers(scene: Scene) -> None:
    """Accounts with their revenue."""
    scene.terminal.step("Who the customers are")
    small = [
        sample.Account(f"studio-{n}", f"Studio {n}", 2_900 + n % 7 * 1_500, "starter") for n in range(SMALL_ACCOUNTS)
    ]
    accounts = [asdict(account) for account in (*sample.ACCOUNTS, *small)]
    for account in accounts:
        account["external_id"] = scene.named(account["external_id"])
    saved = (await scene.cairn.post("/v1/accounts", {"accounts": accounts}))["data"]
    revenue = sum(account["mrr"] for account in saved)
    check(revenue == sum(account["mrr"] for account in accounts), "The accounts saved are not those sent")
    scene.accounts = [account["external_id"] for account in saved]
    scene.terminal.passed(f"{len(saved)} accounts in one request; they pay {money(revenue)} a month")


async def ideas(scene: Scene) -> None:
    """Candidate changes of every kind."""
    scene.terminal.step("What could be built")
    for idea in sample.IDEAS:
        body = {"title": idea.title, "key": scene.named(idea.key), "kind": idea.kind, "description": idea.description}
        once = scene.named(f"demo-idea-{idea.key}")
        made = await scene.cairn.post("/v1/ideas", body, 201, once=once)
        again = await scene.cairn.send("POST", "/v1/ideas", 201, json=body, once=once)
        check(again.json() == made and again.headers.get("Idempotency-Replayed"), "A request sent twice made two ideas")
        scene.ideas[idea.key] = made["id"]
    kinds = sorted({idea.kind for idea in sample.IDEAS})
    scene.terminal.passed(f"{len(scene.ideas)} ideas: {', '.join(kinds)}, all to be ranked in one list")
    scene.terminal.passed("each sent twice with one Idempotency-Key, and made once")


async def model(scene: Scene) -> None:
    """RICE, with what the team estimates."""
    scene.terminal.step("How they are compared")
    scene.model = await scene.cairn.post("/v1/models", {**sample.MODEL, "name": scene.named("RICE by customers")}, 201)
    rule = scene.model["parameters"]["reach"]
    scene.terminal.passed(f"{scene.model['name']}: {scene.model['formula']}")
    scene.terminal.say(
        f"reach: {rule['per_ask']:g} people a {rule['horizon']} for each of the {rule['measure']} that ask"
    )
    given = [each for idea in sample.IDEAS for each in idea.estimates(scene.ideas[idea.key])]
    stored = (await scene.cairn.post("/v1/estimates/bulk", {"estimates": given}, 201))["data"]
    check(len(stored) == len(given), "Not every estimate was stored")
    who = {estimate["estimator"] for estimate in stored}
    scene.terminal.passed(f"{len(stored)} estimates by {', '.join(sorted(who))}")


async def surveys(scene: Scene) -> None:
    """Signed webhooks of three vendors; what is not signed is refused, what comes twice changes nothing."""
    scene.terminal.step("Survey tools deliver, by signed webhook")
    for vendor in TOOLS:
        made = await scene.cairn.post(
            "/v1/connections", {"vendor": vendor, "name": f"Demo {vendor}", "rules": RULES}, 201
        )
        scene.doors[vendor] = Door("/v1/hooks/" + made["url"].rpartition("/")[2], made["secret"], made["id"])
    await _typeform(scene)
    await _delighted(scene)
    await _tally(scene)


async def _typeform(scene: Scene) -> None:
    words = QUOTES["company-sign-in"][0]
    person, idea = scene.person(11), scene.named("company-sign-in")
    body = vendors.typeform(scene.named("first"), person, idea, words, 4)
    signed = TYPEFORM.sign(scene.doors["typeform"].secret, body)
    await scene.deliver(TYPEFORM, body, 401, **{"Content-Type": "application/json"})
    await scene.deliver(TYPEFORM, body.replace(b'"number": 4', b'"number": 9'), 401, **signed)
    check(await _deliveries(scene, "typeform") == [], "A delivery that was refused is stored")
    scene.terminal.passed("Typeform, unsigned or with another body than the signed one: 401, and nothing stored")
    first = await scene.deliver(TYPEFORM, body)
    again = await scene.deliver(TYPEFORM, body)
    check((first["status"], again) == ("accepted", {**first, "status": "duplicate"}), "A replay was not recognised")
    (said,) = await _said(scene, "typeform")
    check(said["text"] == words and said["version"] == 1, f"Typeform's words came out as {said}")
    scene.terminal.passed(f"Typeform, signed: {quote(words)}")
    scene.terminal.passed("Typeform, the same again: 200, and nothing changed")


async def _delighted(scene: Scene) -> None:
    words = QUOTES["company-sign-in"][1]
    person, idea = scene.person(14), scene.named("company-sign-in")
    response = scene.named("97104")
    await scene.deliver(DELIGHTED, vendors.delighted(response, person, idea, 3, None))
    (bare,) = await _said(scene, "delighted")
    check(bare["text"] == "" and bare["answers"][0]["value"] == 3, f"Delighted's score came out as {bare}")
    scene.terminal.passed("Delighted, a bare score: 3 of 10, no words yet")
    await scene.deliver(DELIGHTED, vendors.delighted(response, person, idea, 3, words))
    (full,) = await _said(scene, "delighted", version=2)
    check(full["id"] == bare["id"] and full["text"] == words, f"Delighted's update came out as {full}")
    scene.terminal.passed(f"Delighted, the same response with a comment: one feedback, now with {quote(words)}")


async def _tally(scene: Scene) -> None:
    words = QUOTES["company-sign-in"][2]
    await scene.deliver(
        TALLY, vendors.tally(scene.named("sub-1"), scene.person(17), scene.named("company-sign-in"), words)
    )
    (said,) = await _said(scene, "tally")
    check(said["text"] == words, f"Tally's words came out as {said}")
    scene.terminal.passed(f"Tally, signed: {quote(words)}")


async def _deliveries(scene: Scene, vendor: str) -> list[Any]:
    return await scene.cairn.everything("/v1/deliveries", connection_id=scene.doors[vendor].connection_id)


async def _said(scene: Scene, vendor: str, version: int = 1) -> list[Any]:
    """What was read from a vendor's deliveries, once all are read and the newest of it has this version."""

    async def read() -> list[Any]:
        if any(delivery["state"] == "received" for delivery in await _deliveries(scene, vendor)):
            return []
        through = scene.doors[vendor].connection_id
        found = await scene.cairn.everything("/v1/feedback", source=vendor)
        return [each for each in found if each["connection_id"] == through and each["version"] == version]

    return await eventually(read, f"feedback from {vendor}")


async def rest(scene: Scene) -> None:
    """One statement over REST, once however often it is sent."""
    scene.terminal.step("Frontends and scripts deliver, by REST")
    words = QUOTES["company-sign-in"][3]
    body = {"text": words, "source": "support", "contact": scene.person(20), "ideas": [scene.named("company-sign-in")]}
    once = scene.named("demo-ticket-4711")
    first = await scene.cairn.post("/v1/feedback", body, 201, once=once)
    again = await scene.cairn.send("POST", "/v1/feedback", 201, json=body, once=once)
    check(again.json() == first and again.headers.get("Idempotency-Replayed"), "A replay was stored again")
    scene.terminal.passed(f"a support ticket: {quote(words)}")
    scene.terminal.passed("the same with the same Idempotency-Key: the first answer again")
    await scene.cairn.post("/v1/feedback", {**body, "text": "Something else"}, 422, once=once)
    scene.terminal.passed("other words with the same Idempotency-Key: 422")


async def bulk(scene: Scene) -> None:
    """A history of support tickets, as newline-delimited JSON, and once more."""
    scene.terminal.step("A history is imported")
    rows = _history(scene)
    newest: list[str] = []
    for expected, what in (("created", "stored"), ("duplicate", "sent again, recognised and not stored")):
        scene.terminal.busy(f"{len(rows):,} rows on their way")
        began = time.perf_counter()
        result = await scene.cairn.bulk("/v1/feedback/bulk", rows)
        seconds = time.perf_counter() - began
        check(result[expected] == len(rows) == len(result["results"]), f"Not all rows are {expected}")
        newest.append((await scene.cairn.get("/v1/feedback", limit=1))["data"][0]["id"])
        scene.terminal.passed(
            f"{len(rows):,} rows of NDJSON {what}: {seconds:.2f} s, {len(rows) / seconds:,.0f} rows/s"
        )
    check(len(set(newest)) == 1, "Something was stored when the same rows were sent again")
    linked = sum("ideas" in row for row in rows)
    scene.terminal.say(f"{linked:,} of them speak for an idea, the others for none yet")


def _history(scene: Scene) -> list[dict[str, Any]]:
    chance = Random(1912)
    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    for number in range(scene.rows):
        row: dict[str, Any] = {
            "source": "import",
            "external_id": scene.named(f"ticket-{number}"),
            "said_at": (now - timedelta(minutes=(scene.rows - number) * 13)).isoformat(),
            "contact": scene.person(1_000 + chance.randrange(scene.rows // 3)),
            "text": chance.choice(sample.REMARKS),
        }
        if number % 20 == 0:
            wanted = chance.choice(WANTED)
            row |= {"ideas": [scene.named(wanted)], "text": chance.choice(QUOTES[wanted])}
        rows.append(row)
    return rows


async def votes(scene: Scene) -> None:
    """One contact wants one idea, once; also where somebody of ours votes for them."""
    scene.terminal.step("People vote")
    chance = Random(1848)
    ballots = [
        {
            "idea_id": scene.named(chance.choice(WANTED)),
            "contact": scene.person(100_000 + number),
            "importance": chance.choice(("nice", "important", "critical")),
            "on_behalf": number % 3 == 0,
            **({"reason": "Said so on the phone."} if number % 3 == 0 else {}),
        }
        for number in range(VOTES)
    ]
    cast = await asyncio.gather(*(scene.cairn.post("/v1/votes", ballot, 201) for ballot in ballots))
    behalf = sum(bool(ballot["on_behalf"]) for ballot in ballots)
    scene.terminal.passed(f"{len(cast)} votes, {behalf} of them on behalf of a customer by somebody of ours")
    twice = await scene.cairn.post("/v1/votes", {**ballots[0], "importance": "nice"}, 200)
    check((twice["status"], twice["id"]) == ("duplicate", cast[0]["id"]), "Somebody voted twice")
    scene.terminal.passed("voting twice leaves the first vote as it is")
