"""What the demand for an idea rests on, down to the bytes that a vendor sent, as a tree of digests.

Idea, demand, then accounts, votes and insights (the first of each), the statements that insights link, and their raw
deliveries. What a key may not see is withheld with its digest, so that every key gets the same root.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_jsonable_python

from services.feedback.ideas import domain as ideas
from services.feedback.intake import domain as intake
from services.feedback.intake.signing import scheme_of
from services.feedback.provenance import store
from shared.access.keys import Caller
from shared.database import Read
from shared.errors import NotFound
from shared.paging import encode
from shared.provenance import Node, node, shown
from shared.sealing import Seal

MOST_CHARACTERS = 2_000
"""Of a statement's text."""


async def provenance(read: Read, seal: Seal, caller: Caller, idea_id: UUID, limit: int) -> Node:
    """The tree under an idea, with up to `limit` accounts, votes and insights. Seven statements at most.

    NotFound; Moved when the idea was merged into another.
    """
    workspace = caller.workspace_id
    await ideas.get(read, workspace, idea_id, "/provenance")
    idea = await read.one(store.IDEA, workspace, idea_id)
    if idea is None:
        raise NotFound("No idea by that id.")
    parts = [
        _accounts(seal, idea, await read.all(store.ACCOUNTS, workspace, idea_id, limit)),
        shown(await _votes(read, seal, caller, idea, limit), caller.scopes, "votes:read"),
        shown(await _insights(read, seal, caller, idea, limit), caller.scopes, "feedback:read"),
    ]
    counts = {name: idea[name] for name in ("votes", "insights", "contacts", "accounts", "mrr", "currency")}
    demand = node("demand", idea_id, {**counts, "version": idea["demand_version"]}, parts)
    told = {name: idea[name] for name in ("key", "title", "kind", "status", "version")}
    return node("idea", idea_id, told, [demand])


def _accounts(seal: Seal, idea: asyncpg.Record, rows: Sequence[asyncpg.Record]) -> Node:
    more = f"/v1/ideas/{idea['id']}/demand/breakdown?by=account" if idea["accounts"] > len(rows) else None
    named = ("external_id", "name", "plan", "mrr", "contacts")
    children = [_salted(seal, "account", row["id"], {name: row[name] for name in named}) for row in rows]
    return node("accounts", idea["id"], {"counted": idea["accounts"], "shown": len(rows), "more": more}, children)


async def _votes(read: Read, seal: Seal, caller: Caller, idea: asyncpg.Record, limit: int) -> Node:
    rows = await read.all(store.VOTES, caller.workspace_id, idea["id"], limit + 1)
    said = ("idea_id", "importance", "on_behalf", "cast_by", "source", "source_url", "reason", "mrr", "version")
    children = [
        _salted(
            seal,
            "vote",
            row["id"],
            {**{name: row[name] for name in said}, "created_at": row["created_at"]},
            _contact(seal, caller, row),
        )
        for row in rows[:limit]
    ]
    return _list("votes", idea, rows, limit, children)


async def _insights(read: Read, seal: Seal, caller: Caller, idea: asyncpg.Record, limit: int) -> Node:
    rows = await read.all(store.INSIGHTS, caller.workspace_id, idea["id"], limit + 1, MOST_CHARACTERS)
    named = list({row["delivery_id"] for row in rows[:limit] if row["delivery_id"] is not None})
    found = await read.all(store.DELIVERIES, caller.workspace_id, named) if named else []
    deliveries = {row["id"]: shown(_delivery(seal, row), caller.scopes, "connections:read") for row in found}
    return _list("insights", idea, rows, limit, [_insight(seal, caller, row, deliveries) for row in rows[:limit]])


def _list(
    kind: str, idea: asyncpg.Record, rows: Sequence[asyncpg.Record], limit: int, children: Sequence[Node]
) -> Node:
    more = None
    if len(rows) > limit:
        more = f"/v1/{kind}?idea_id={idea['id']}&cursor={encode(rows[limit - 1]['id'])}"
    return node(kind, idea["id"], {"counted": idea[kind], "shown": len(children), "more": more}, children)


def _insight(seal: Seal, caller: Caller, row: asyncpg.Record, deliveries: Mapping[UUID, Node]) -> Node:
    delivery = deliveries.get(row["delivery_id"])
    said = ("source", "external_id", "text", "characters", "connection_id", "said_at", "received_at")
    statement = _salted(
        seal,
        "feedback",
        row["feedback_id"],
        {**{name: row[name] for name in said}, "version": row["feedback_version"]},
        [*_contact(seal, caller, row), *([delivery] if delivery is not None else [])],
    )
    linked = ("idea_id", "confidence", "linked_by", "stale", "version", "created_at")
    excerpt = None if row["excerpt_start"] is None else {"start": row["excerpt_start"], "end": row["excerpt_end"]}
    content = {name: row[name] for name in linked}
    content |= {"excerpt": excerpt, "quote": None if row["stale"] else row["words"]}
    return _salted(seal, "insight", row["id"], content, [statement])


def _contact(seal: Seal, caller: Caller, row: asyncpg.Record) -> list[Node]:
    if row["contact_id"] is None:
        return []
    content = {"name": row["name"], "email": row["email"], "external_id": row["known_as"]}
    content |= {"account_id": row["belongs_to"], "account": row["account"]}
    return [shown(_salted(seal, "contact", row["contact_id"], content), caller.scopes, "customers:read")]


def _delivery(seal: Seal, row: asyncpg.Record) -> Node:
    erased = row["state"] == "erased"
    content = {
        "connection_id": row["connection_id"],
        "vendor": row["vendor"],
        "delivery_key": row["delivery_key"],
        "sha256": row["sha256"],
        "intact": None if erased else row["hashed"] == row["sha256"],
        "bytes": len(row["body"]),
        "fetched_sha256": row["fetched"],
        "verdict": row["verdict"],
        "verified_again": None if erased else _again(seal, row),
        "state": row["state"],
        "mapping_version": row["mapping_version"],
        "received_at": row["received_at"],
    }
    return _salted(seal, "delivery", row["id"], content)


def _again(seal: Seal, row: asyncpg.Record) -> str | None:
    """What its signature says of the bytes as they are kept. None where that cannot be told any more."""
    if row["vendor"] is None:
        return None
    scheme = scheme_of(row["vendor"], row["signing"])
    return intake.verify_kept(seal, scheme, row["secrets"], from_json(row["headers"]), row["body"], row["received_at"])


def _salted(seal: Seal, kind: str, id: UUID, content: Mapping[str, Any], children: Sequence[Node] = ()) -> Node:
    """A node whose digest tells nothing to those from whom it is withheld: short words could be guessed from it."""
    salt = seal.sign(f"provenance:{kind}:{id}")[:32]
    return node(kind, id, to_jsonable_python({**content, "salt": salt}), children)
