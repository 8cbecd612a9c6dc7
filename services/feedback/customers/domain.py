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


async def recognise(tx: Tx, persons: Sequence[Person]) -> list[UUID | None]:
    """The contact of each person, made where unknown; None for an id that is nobody's in its workspace.

    One statement when all are known, three when some are new; safe when two transactions meet the same newcomer.
    """
    by_id = [person.id for person in persons if person.id is not None]
    known: set[UUID] = set()
    if by_id:
        workspaces = list({person.workspace_id for person in persons})
        known = {row["id"] for row in await tx.all(store.KNOWN_CONTACTS, by_id, workspaces)}
    named = [person for person in persons if person.id is None]
    found = await _named(tx, named) if named else {}
    return [
        (person.id if person.id in known else None)
        if person.id is not None
        else found[(person.workspace_id, person.external_id, person.email)]
        for person in persons
    ]


async def _named(tx: Tx, persons: Sequence[Person]) -> dict[tuple[UUID, str | None, str | None], UUID]:
    identities = {(person.workspace_id, person.external_id, person.email): person for person in persons}
    accounts = await _accounts(tx, persons)
    found = await _find(tx, list(identities))
    missing = [person for identity, person in identities.items() if identity not in found]
    if missing:
        # Ordered, so that two transactions that meet the same newcomers wait for each other in one direction.
        missing.sort(key=lambda person: (person.workspace_id, person.external_id or "", person.email or ""))
        await tx.run(
            store.ADD_CONTACTS,
            [new_id() for _ in missing],
            [person.workspace_id for person in missing],
            [person.external_id for person in missing],
            [person.email for person in missing],
            [person.name for person in missing],
            [accounts.get((person.workspace_id, person.account or "")) for person in missing],
        )
        # Also those that a rival has made meanwhile.
        found |= await _find(tx, [(p.workspace_id, p.external_id, p.email) for p in missing])
    moved = {
        found[identity][0]: accounts[(person.workspace_id, person.account)]
        for identity, person in identities.items()
        if person.account is not None and found[identity][1] != accounts[(person.workspace_id, person.account)]
    }
    if moved and await tx.run(store.MOVE_CONTACTS, list(moved), list(moved.values())):
        await demand.recount_contacts(tx, list(moved))
    return {identity: contact for identity, (contact, _) in found.items()}


async def _find(
    tx: Tx, identities: Sequence[tuple[UUID, str | None, str | None]]
) -> dict[tuple[UUID, str | None, str | None], tuple[UUID, UUID | None]]:
    rows = await tx.all(
        store.FIND_CONTACTS,
        [workspace for workspace, _, _ in identities],
        [external for _, external, _ in identities],
        [email for _, _, email in identities],
    )
    return {identities[row["position"] - 1]: (row["id"], row["account_id"]) for row in rows if row["id"] is not None}


async def _accounts(tx: Tx, persons: Sequence[Person]) -> dict[tuple[UUID, str], UUID]:
    wanted = sorted({(person.workspace_id, person.account) for person in persons if person.account is not None})
    if not wanted:
        return {}
    columns = [workspace for workspace, _ in wanted], [external for _, external in wanted]
    found = {
        (row["workspace_id"], row["external_id"]): row["id"] for row in await tx.all(store.FIND_ACCOUNTS, *columns)
    }
    missing = [account for account in wanted if account not in found]
    if missing:
        await tx.run(
            store.ADD_ACCOUNTS,
            [new_id() for _ in missing],
            [workspace for workspace, _ in missing],
            [external for _, external in missing],
        )
        rows = await tx.all(store.FIND_ACCOUNTS, *columns)
        found = {(row["workspace_id"], row["external_id"]): row["id"] for row in rows}
    return found


async def save_accounts(tx: Tx, workspace_id: UUID, changes: Sequence[AccountChange]) -> list[asyncpg.Record]:
    """Make or update accounts by external id, in the order given. Demand follows their revenue in the same transaction."""
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
