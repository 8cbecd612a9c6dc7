"""Callers' ledger against what is stored: every acknowledged write is there, as it was told, and once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.database import Database, Read
from tests.chaos.audit import NAMED
from tests.chaos.ledger import Ledger

FEEDBACK = "select id, external_id, text, connection_id from feedback.feedback"
INSIGHTS = """
select f.external_id, i.idea_id from feedback.insights i join feedback.feedback f on f.id = i.feedback_id
"""
DELIVERIES = "select id, sha256 from feedback.deliveries"
VOTES = "select v.id, v.idea_id, c.email from feedback.votes v join feedback.contacts c on c.id = v.contact_id"
ACCOUNTS = "select external_id, mrr from feedback.accounts"
CONTACTS = """
select c.email, a.external_id as account from feedback.contacts c join feedback.accounts a on a.id = c.account_id
"""
IDEAS = "select id, title from feedback.ideas"
ESTIMATES = "select id, idea_id, input, value, current from scoring.estimates where estimator = 'e1'"
ITEMS = "select id, status from roadmap.items"
REQUESTERS = """
select r.item_id, c.email from feedback.requesters r join feedback.contacts c on c.id = r.contact_id
"""

Findings = dict[str, int]
"""How many things are not as they should be, by kind."""


def _wrong(told: Mapping[Any, Any], stored: Mapping[Any, Any]) -> int:
    return sum(stored.get(key) != value for key, value in told.items())


async def compare(admin: Database, ledger: Ledger) -> tuple[Findings, Findings]:
    """What was lost, and what is there twice."""
    async with admin.system() as tx:
        lost, twice = await _feedback(tx, ledger)
        votes = await tx.all(VOTES)
        lost["votes"] = _wrong(ledger.votes, {(str(row["idea_id"]), row["email"]): str(row["id"]) for row in votes})
        lost["withdrawals"] = len(ledger.withdrawn & {str(row["id"]) for row in votes})
        lost["accounts"] = _wrong(ledger.accounts, {row["external_id"]: row["mrr"] for row in await tx.all(ACCOUNTS)})
        lost["contacts"] = _wrong(ledger.contacts, {row["email"]: row["account"] for row in await tx.all(CONTACTS)})
        lost["ideas"] = _wrong(ledger.ideas, {str(row["id"]): row["title"] for row in await tx.all(IDEAS)})
        lost["items"] = _wrong(ledger.items, {str(row["id"]): row["status"] for row in await tx.all(ITEMS)})
        estimates = await tx.all(ESTIMATES)
        current = {(str(e["idea_id"]), e["input"]): (str(e["id"]), e["value"]) for e in estimates if e["current"]}
        lost["estimates"] = _wrong(ledger.estimates, current)
        lost["estimates"] += len(set(ledger.estimated) - {str(row["id"]) for row in estimates})
        # A caller that never gave up knows of every one, so any other is a second copy.
        twice["estimates"] = max(0, len(estimates) - len(ledger.estimated) - ledger.unanswered)
        lost["requesters"], twice["requesters"] = await _requesters(tx, ledger)
    return lost, twice


async def _feedback(tx: Read, ledger: Ledger) -> tuple[Findings, Findings]:
    rows = await tx.all(FEEDBACK)
    own = [row for row in rows if row["connection_id"] is None]
    responses = [row for row in rows if row["connection_id"] is not None]
    linked = {(row["external_id"], str(row["idea_id"])) for row in await tx.all(INSIGHTS)}
    deliveries = await tx.all(DELIVERIES)
    texts = [row["text"] for row in own]
    lost = {
        "feedback": _wrong(ledger.statements, {row["external_id"]: str(row["id"]) for row in own})
        + _wrong(ledger.nameless, {row["text"]: str(row["id"]) for row in own}),
        "insights": len(ledger.links - linked),
        "deliveries": _wrong(ledger.deliveries, {row["sha256"]: str(row["id"]) for row in deliveries}),
        "responses": _wrong(ledger.responses, {row["external_id"]: row["text"] for row in responses}),
    }
    twice = {
        # Every statement has words of its own, whether its source named it or not.
        "feedback": len(texts) - len(set(texts)),
        "deliveries": len(deliveries) - len({row["sha256"] for row in deliveries}),
        "responses": len(responses) - len({row["external_id"] for row in responses}),
    }
    return lost, twice


async def _requesters(tx: Read, ledger: Ledger) -> tuple[int, int]:
    named: dict[UUID, Any] = {row["item_id"]: row for row in await tx.all(NAMED)}
    people = {(str(row["item_id"]), row["email"]) for row in await tx.all(REQUESTERS)}
    lost = sum(UUID(item) not in named for item in ledger.shipped)
    for item, (idea, asked_at) in ledger.shipped.items():
        voters = {email for voted, email in ledger.votes if voted == idea and ledger.cast_at[voted, email] < asked_at}
        lost += sum((item, email) not in people for email in voters)
    return lost, sum(row["times"] != 1 or row["requesters"] != row["stored"] for row in named.values())
