"""Segments: rules that select customers, and lists that people keep by hand.

A change of a customer is judged by the workspace's rules in its own transaction. A new rule is applied to those who are
there already by a worker, some at a time. Whoever judges holds the workspace's rules until the end, so that nobody is
judged by what is changed at the same moment.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.feedback.segments import rules, store
from services.feedback.segments.rules import Document, Found, Rule, Selects
from shared.database import Read, Tx
from shared.errors import Conflict, NotFound
from shared.events.feedback import SegmentChanged
from shared.ids import new_id
from shared.outbox import emit
from shared.paging import FIRST
from shared.routes import require_version

MOST_SEGMENTS = 200
"""In a workspace: each change of a customer is judged by all of them."""
AT_ONCE = 1_000
"""Customers judged at a time where there may be many."""
MOST_PREVIEWED = 10_000


class Preview(NamedTuple):
    """What a rule would select: of how many that were looked at, and whether those were all."""

    examined: int
    matched: int
    complete: bool
    sample: list[UUID]


def _event(workspace_id: UUID, row: asyncpg.Record, *, deleted: bool = False) -> SegmentChanged:
    return SegmentChanged(
        workspace_id=workspace_id,
        segment_id=row["id"],
        version=row["version"] + deleted,
        key=row["key"],
        title=row["name"],
        selects=row["selects"],
        members=0 if deleted else row["members"],
        settled=row["fill_from"] is None,
        deleted=deleted,
    )


def _rule(row: asyncpg.Record) -> Rule:
    return rules.parse(from_json(row["rule"]), row["selects"], "/rule")


def _account(row: asyncpg.Record, prefix: str = "") -> Document:
    fields = {name: row[prefix + name] for name in rules.FIELDS["accounts"]}
    return fields | {"attributes": from_json(row[prefix + "attributes"])}


def _contact(row: asyncpg.Record) -> Document:
    fields = {name: row[name] for name in ("email", "name", "external_id", "created_at")}
    account = _account(row, "account_") if row["account_id"] is not None else None
    return fields | {"attributes": from_json(row["attributes"]), "account": account}


def _document(selects: str, row: asyncpg.Record) -> Document:
    return _account(row) if selects == "accounts" else _contact(row)


async def create(
    tx: Tx, workspace_id: UUID, *, key: str, name: str, selects: Selects, rule: dict[str, Any] | None
) -> asyncpg.Record:
    """A new segment; without a rule its members are named by hand. Conflict when the key is taken or there are many."""
    if rule is not None:
        rules.parse(rule, selects)
    if await tx.value(store.COUNT, workspace_id) >= MOST_SEGMENTS:
        raise Conflict(f"A workspace has {MOST_SEGMENTS} segments at most.", code="too_many_segments")
    written = to_json(rule).decode() if rule is not None else None
    fill_from = FIRST if rule is not None else None
    row = await tx.one(store.ADD, new_id(), workspace_id, key, name, selects, written, fill_from)
    if row is None:
        raise Conflict(f"There is a segment with the key {key!r} already.", code="key_taken")
    await emit(tx, [_event(workspace_id, row)])
    return row


async def get(read: Read, workspace_id: UUID, segment_id: UUID, *, lock: bool = False) -> asyncpg.Record:
    """A segment; NotFound when there is none by that id."""
    if lock:
        row = await read.one(store.LOCK, workspace_id, segment_id)
    else:
        row = await read.one(store.GET, workspace_id, segment_id)
    if row is None:
        raise NotFound("No segment by that id.")
    return row


async def update(
    tx: Tx, workspace_id: UUID, segment_id: UUID, expected: int | None, *, name: str | None, rule: dict[str, Any] | None
) -> asyncpg.Record:
    """Change a segment; None leaves a field as it is. A new rule is applied to everybody again."""
    old = await get(tx, workspace_id, segment_id, lock=True)
    require_version(expected, old["version"])
    if rule is not None:
        if old["rule"] is None:
            raise Conflict("Its members are named by hand; make another one for a rule.", code="no_rule")
        rules.parse(rule, old["selects"])
    same_rule = rule is None or rule == from_json(old["rule"])
    if same_rule and name in (None, old["name"]):
        return old
    row = await tx.one(
        store.UPDATE,
        workspace_id,
        segment_id,
        old["name"] if name is None else name,
        old["rule"] if rule is None else to_json(rule).decode(),
        old["fill_from"] if same_rule else FIRST,
    )
    assert row is not None  # locked above
    await emit(tx, [_event(workspace_id, row)])
    return row


async def delete(tx: Tx, workspace_id: UUID, segment_id: UUID, expected: int | None) -> None:
    """Delete a segment; its members stay customers."""
    old = await get(tx, workspace_id, segment_id, lock=True)
    require_version(expected, old["version"])
    await tx.run(store.DELETE, workspace_id, segment_id)
    await emit(tx, [_event(workspace_id, old, deleted=True)])


async def follow(
    tx: Tx, workspaces: Collection[UUID], *, accounts: Collection[UUID] = (), contacts: Collection[UUID] = ()
) -> None:
    """Judge customers that were just made or changed, the contacts of changed accounts included, by all rules."""
    if not accounts and not contacts:
        return
    held = await tx.all(store.HOLD_RULES, sorted(workspaces))
    read = [(row, _rule(row)) for row in held]
    of_accounts = [each for each in read if each[0]["selects"] == "accounts"]
    if of_accounts and accounts:
        await _settle(tx, of_accounts, await tx.all(store.ACCOUNTS, workspaces, accounts), accounts)
    of_contacts = [each for each in read if each[0]["selects"] == "contacts"]
    if of_contacts and contacts:
        await _settle(tx, of_contacts, await tx.all(store.CONTACTS, workspaces, contacts), contacts)
    of_contacts = [each for each in of_contacts if rules.looks_at_accounts(each[1])]
    after = FIRST
    while of_contacts and accounts:
        rows = await tx.all(store.CONTACTS_OF, workspaces, accounts, after, AT_ONCE)
        await _settle(tx, of_contacts, rows, [row["id"] for row in rows])
        if len(rows) < AT_ONCE:
            break
        after = rows[-1]["id"]


async def _settle(
    tx: Tx,
    judges: Sequence[tuple[asyncpg.Record, Rule]],
    rows: Sequence[asyncpg.Record],
    asked: Collection[UUID],
) -> None:
    """Make those of `asked` members who are among `rows` and fit, and nobody else of them."""
    fit: list[tuple[UUID, UUID]] = []
    for row in rows:
        document = _document(judges[0][0]["selects"], row)
        fit.extend(
            (segment["id"], row["id"])
            for segment, rule in judges
            if segment["workspace_id"] == row["workspace_id"] and rules.holds(rule, document)
        )
    columns = [segment for segment, _ in fit], [member for _, member in fit]
    await tx.run(store.SETTLE, *columns, [segment["id"] for segment, _ in judges], asked)


async def fill_some(tx: Tx, segment: asyncpg.Record) -> None:
    """Apply a new rule (its row locked by the caller) to some of those who are there, and say so after the last."""
    workspace_id, segment_id = segment["workspace_id"], segment["id"]
    rows = await _some(tx, workspace_id, segment["selects"], segment["fill_from"])
    await _settle(tx, [(segment, _rule(segment))], rows, [row["id"] for row in rows])
    if len(rows) == AT_ONCE:
        await tx.run(store.FILLED_TO, workspace_id, segment_id, rows[-1]["id"])
        return
    row = await tx.one(store.FILLED, workspace_id, segment_id)
    assert row is not None  # locked
    await emit(tx, [_event(workspace_id, row)])


async def _some(read: Read, workspace_id: UUID, selects: str, after: UUID) -> list[asyncpg.Record]:
    if selects == "accounts":
        return await read.all(store.SOME_ACCOUNTS, workspace_id, after, AT_ONCE)
    return await read.all(store.SOME_CONTACTS, workspace_id, after, AT_ONCE)


async def preview(read: Read, workspace_id: UUID, selects: Selects, given: dict[str, Any], sample: int) -> Preview:
    """What a rule would select, of 10,000 customers at most."""
    rule = rules.parse(given, selects)
    matched: list[UUID] = []
    examined, after = 0, FIRST
    while examined < MOST_PREVIEWED:
        rows = await _some(read, workspace_id, selects, after)
        examined += len(rows)
        matched.extend(row["id"] for row in rows if rules.holds(rule, _document(selects, row)))
        if len(rows) < AT_ONCE:
            return Preview(examined, len(matched), True, matched[:sample])
        after = rows[-1]["id"]
    return Preview(examined, len(matched), False, matched[:sample])


async def _is_there(read: Read, workspace_id: UUID, selects: str, member_id: UUID) -> bool:
    if selects == "accounts":
        return bool(await read.value(store.IS_ACCOUNT, workspace_id, member_id))
    return bool(await read.value(store.IS_CONTACT, workspace_id, member_id))


async def put(tx: Tx, workspace_id: UUID, segment_id: UUID, member_id: UUID) -> None:
    """Name a member by hand. Conflict where a rule decides; NotFound when there is no such customer."""
    segment = await get(tx, workspace_id, segment_id, lock=True)
    _require_by_hand(segment)
    if not await _is_there(tx, workspace_id, segment["selects"], member_id):
        raise NotFound(f"No {segment['selects'].removesuffix('s')} by that id.")
    await tx.run(store.PUT, workspace_id, segment_id, member_id)


async def remove(tx: Tx, workspace_id: UUID, segment_id: UUID, member_id: UUID) -> None:
    """Take a member out that was named by hand. Conflict where a rule decides; NotFound when it is none."""
    _require_by_hand(await get(tx, workspace_id, segment_id, lock=True))
    if not await tx.run(store.REMOVE, workspace_id, segment_id, member_id):
        raise NotFound("No such member of this segment.")


def _require_by_hand(segment: asyncpg.Record) -> None:
    if segment["rule"] is not None:
        raise Conflict("A rule decides who is in this segment.", code="rule_decides")


async def explain(
    read: Read, workspace_id: UUID, segment_id: UUID, member_id: UUID
) -> tuple[asyncpg.Record | None, list[Found]]:
    """A customer's membership, if any, and what each part of the rule says of them now. NotFound for nobody."""
    segment = await get(read, workspace_id, segment_id)
    member = await read.one(store.MEMBER, workspace_id, segment_id, member_id)
    rows = (
        await read.all(store.ACCOUNTS, [workspace_id], [member_id])
        if segment["selects"] == "accounts"
        else await read.all(store.CONTACTS, [workspace_id], [member_id])
    )
    if not rows:
        raise NotFound(f"No {segment['selects'].removesuffix('s')} by that id.")
    if segment["rule"] is None:
        return member, []
    return member, list(rules.explain(_rule(segment), _document(segment["selects"], rows[0])))


async def leave(tx: Tx, workspace_id: UUID, contacts: Collection[UUID]) -> None:
    """Contacts that are no longer there leave every segment."""
    await tx.all(store.HOLD_RULES, [workspace_id])
    await tx.all(store.HOLD_OF, workspace_id, contacts)
    await tx.run(store.LEAVE_ALL, workspace_id, contacts)


async def take_over(tx: Tx, workspace_id: UUID, before: UUID, after: UUID) -> None:
    """A contact turned out to be another, who is put where the first was named by hand; rules judge them anew."""
    await tx.all(store.HOLD_RULES, [workspace_id])
    held = await tx.all(store.HOLD_OF, workspace_id, [before])
    await tx.run(store.JOIN_ALL, workspace_id, [row["id"] for row in held if row["by_hand"]], after)
    await tx.run(store.LEAVE_ALL, workspace_id, [before])
    await follow(tx, [workspace_id], contacts=[after])


async def of(read: Read, workspace_id: UUID, selects: Selects, customer_id: UUID) -> list[asyncpg.Record]:
    """The segments that an account is in, or a contact itself or by its account. NotFound when there is no such."""
    if not await _is_there(read, workspace_id, selects, customer_id):
        raise NotFound(f"No {selects.removesuffix('s')} by that id.")
    ids = [customer_id]
    if selects == "contacts" and (account_id := await read.value(store.ACCOUNT_OF, workspace_id, customer_id)):
        ids.append(account_id)
    return await read.all(store.OF, workspace_id, ids)
