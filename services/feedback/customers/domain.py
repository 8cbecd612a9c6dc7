"""Who the customers are: recognised by an id or an address, made known when they first appear."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from services.feedback.customers import store
from services.feedback.demand import domain as demand
from shared.database import Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.ids import new_id


class Person(NamedTuple):
    """A contact as its source names them. At least one of `id`, `external_id` and `email` is given."""

    workspace_id: UUID
    id: UUID | None = None
    external_id: str | None = None
    email: str | None = None
    name: str | None = None
    account: str | None = None
    """External id of their account."""


class AccountChange(NamedTuple):
    """What a caller says of an account; None leaves a field as it is."""

    external_id: str
    name: str | None
    mrr: int | None
    plan: str | None
    attributes: dict[str, str | int | float | bool | None]


Identity = tuple[UUID, str | None, str | None]
"""What a person is recognised by: workspace, external id, address."""


async def recognise(tx: Tx, persons: Sequence[Person], counting: Collection[UUID] = ()) -> list[UUID | None]:
    """The contact of each person, made where unknown; None for an id that is nobody's in its workspace.

    `counting` names the workspaces whose demand the caller goes on to count. What a source says for the first time (an
    id, an address, a name) is added to what is known; another account than before moves the contact there. One statement
    when all are known and nothing is counted; safe when two transactions meet the same newcomer.
    """
    by_id = {person.id for person in persons if person.id is not None}
    known: set[tuple[UUID, UUID]] = set()
    if by_id:
        known = {(row["workspace_id"], row["id"]) for row in await tx.all(store.KNOWN_CONTACTS, by_id)}
    named = [person for person in persons if person.id is None]
    found = await _named(tx, named, counting) if named else {}
    if not named:
        await demand.hold(tx, counting)
    return [
        (person.id if (person.workspace_id, person.id) in known else None)
        if person.id is not None
        else found[_identity(person)]
        for person in persons
    ]


def _identity(person: Person) -> Identity:
    return person.workspace_id, person.external_id, person.email


async def _named(tx: Tx, persons: Sequence[Person], counting: Collection[UUID]) -> dict[Identity, UUID]:
    wanted = {_identity(person): person for person in persons}
    found = await _find(tx, wanted)
    moving = {person.workspace_id for identity, person in wanted.items() if _moves(person, found.get(identity))}
    # Held before anything is written, so that whoever waits for us here has nothing that we wait for.
    await demand.hold(tx, counting, moving)
    accounts = await _accounts(tx, wanted.values(), found)
    for with_email in (True, False):
        # Without the address when it turned out to be somebody else's.
        missing = {identity: person for identity, person in wanted.items() if identity not in found}
        if not missing:
            break
        await _add(tx, missing.values(), accounts, with_email)
        # Also those whom a rival has made meanwhile.
        found |= await _find(tx, missing)
    await _learn(tx, wanted, found)
    if moving:
        said = {
            found[identity].id: Move(found[identity].id, found[identity].account_id, accounts[_account(person)])
            for identity, person in wanted.items()
            if person.account is not None and person.workspace_id in moving
        }
        await _move(tx, [move for move in said.values() if move.before != move.after])
    return {identity: contact.id for identity, contact in found.items()}


class _Found(NamedTuple):
    """A contact as it is stored, and what is stored of the rest that was said of it."""

    id: UUID
    account_id: UUID | None
    external_id: str | None
    email: str | None
    name: str | None
    free: bool
    """Whether the address that was said is nobody's."""
    said_account_id: UUID | None


def _moves(person: Person, contact: _Found | None) -> bool:
    if person.account is None or contact is None:
        return False
    return contact.said_account_id is None or contact.said_account_id != contact.account_id


async def _find(tx: Tx, wanted: Mapping[Identity, Person]) -> dict[Identity, _Found]:
    identities = list(wanted)
    rows = await tx.all(
        store.FIND_CONTACTS,
        [workspace for workspace, _, _ in identities],
        [external for _, external, _ in identities],
        [email for _, _, email in identities],
        [person.account for person in wanted.values()],
    )
    found: dict[Identity, _Found] = {}
    taken: dict[UUID, str] = {}
    for row in rows:
        identity = identities[row["position"] - 1]
        if row["id"] is None:
            continue
        # An address without an id can be claimed by one id only.
        if identity[1] is not None and row["external_id"] != taken.setdefault(row["id"], identity[1]) != identity[1]:
            continue
        found[identity] = _Found(*(row[name] for name in _Found._fields))
    return found


async def save_accounts(tx: Tx, workspace_id: UUID, changes: Sequence[AccountChange]) -> list[asyncpg.Record]:
    """Make or update accounts by external id, in the order given. Demand follows their revenue at once."""
    keys = [change.external_id for change in changes]
    if len(set(keys)) != len(keys):
        twice = next(position for position, key in enumerate(keys) if key in keys[:position])
        raise Invalid(errors=[FieldError(f"/body/accounts/{twice}/external_id", "stands in the list twice")])
    # Locked before demand's rows are, as by whoever adds an account's wish to an idea: no revenue is missed.
    await tx.all(store.LOCK_ACCOUNTS, workspace_id, keys)
    rows = await tx.all(
        store.UPSERT_ACCOUNTS,
        workspace_id,
        [new_id() for _ in changes],
        keys,
        [change.name for change in changes],
        [change.mrr for change in changes],
        [change.plan for change in changes],
        [to_json(change.attributes).decode() for change in changes],
        [change.external_id for change in changes if change.mrr is not None],
    )
    await demand.recount_accounts(tx, [row["id"] for row in rows])
    by_key = {row["external_id"]: row for row in rows}
    return [by_key[key] for key in keys]


async def update_contact(
    tx: Tx,
    workspace_id: UUID,
    contact_id: UUID,
    *,
    external_id: str | None,
    email: str | None,
    name: str | None,
    account: str | None,
    attributes: dict[str, str | int | float | bool | None],
) -> asyncpg.Record:
    """Change what is known of a contact; None leaves a field as it is. NotFound, or Conflict on a taken identity."""
    row = await tx.one(
        store.UPDATE_CONTACT, workspace_id, contact_id, external_id, email, name, to_json(attributes).decode()
    )
    if row is None:
        raise NotFound("No contact by that id.")
    if account is None:
        return row
    accounts = await _accounts(tx, [Person(workspace_id, account=account)])
    if await tx.run(store.MOVE_CONTACTS, [contact_id], [accounts[(workspace_id, account)]]):
        await demand.recount_contacts(tx, [contact_id])
    moved = await tx.one(store.GET_CONTACT, workspace_id, contact_id)
    assert moved is not None  # it was updated a statement ago
    return moved
