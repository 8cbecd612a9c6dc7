"""Many contacts in one request: made or changed, all or none."""

from typing import Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter
from pydantic import Field, model_validator
from pydantic_core import to_json

from services.feedback.customers import domain, store
from services.feedback.customers.api import Contact, shown
from services.feedback.customers.domain import Person
from services.feedback.segments import domain as segments
from shared.database import Tx
from shared.errors import Conflict, FieldError, Invalid
from shared.problems import EDITING
from shared.routes import CallerDep, Route, TxDep, allow
from shared.wire import Attributes, Email, Key, Line, Wire

router = APIRouter(prefix="/v1/contacts", tags=["customers"], route_class=Route)


class ContactChange(Wire):
    """A person, by how you know them: `external_id`, `email` or both. Fields left out stay as they are."""

    external_id: Key | None = Field(default=None, description="their id in your own system", examples=["user-17"])
    email: Email | None = Field(default=None, examples=["ada@example.com"])
    name: Line | None = Field(default=None, examples=["Ada Lovelace"])
    account: Key | None = Field(default=None, description="external id of their account", examples=["acme-inc"])
    attributes: Attributes = Field(
        default_factory=dict, description="merged into what is there", examples=[{"role": "admin"}]
    )

    @model_validator(mode="after")
    def _named(self) -> "ContactChange":
        if self.external_id is None and self.email is None:
            raise ValueError("needs external_id or email")
        return self


class ContactsIn(Wire):
    """Contacts to make or change: all or none."""

    contacts: list[ContactChange] = Field(min_length=1, max_length=1_000)


class ContactsSaved(Wire):
    """The contacts as they are now, in the order sent."""

    data: list[Contact]


@router.post("/bulk", responses=EDITING, dependencies=[allow("customers:write")])
async def save_contacts(body: ContactsIn, caller: CallerDep, tx: TxDep) -> ContactsSaved:
    """Make or change up to 1,000 contacts, all or none. Unlike a vote's or a statement's, what is said here replaces.

    The external id decides who is meant, then the address. Accounts that are new are made too.
    """
    return ContactsSaved(data=[shown(row) for row in await _save(tx, caller.workspace_id, body.contacts)])


async def _save(tx: Tx, workspace_id: UUID, changes: list[ContactChange]) -> list[asyncpg.Record]:
    """Invalid when two entries are one contact; Conflict on an identity that somebody else has."""
    persons = [
        Person(workspace_id, None, change.external_id, change.email, change.name, change.account) for change in changes
    ]
    recognised = await domain.recognise(tx, persons)
    ids = [each for each in recognised if each is not None]
    assert len(ids) == len(changes)  # only an id of ours can be nobody's
    seen: dict[UUID, int] = {}
    for position, id in enumerate(ids):
        if seen.setdefault(id, position) != position:
            raise Invalid(errors=[FieldError(f"/body/contacts/{position}", f"is the same contact as entry {seen[id]}")])
    named: list[list[Any]] = [ids, [each.external_id for each in changes], [each.email for each in changes]]
    taken = await tx.all(store.TAKEN, workspace_id, *named)
    if taken:
        raise Conflict(
            "Somebody else has this external id or address.",
            code="identity_taken",
            errors=[
                FieldError(f"/body/contacts/{row['position'] - 1}/{field}", "belongs to another contact")
                for row in taken
                for field in ("external_id", "email")
                if row[field]
            ],
        )
    rows = await tx.all(
        store.SAVE_CONTACTS,
        workspace_id,
        *named,
        [each.name for each in changes],
        [to_json(each.attributes).decode() for each in changes],
    )
    await segments.follow(tx, [workspace_id], contacts=ids)
    by_id = {row["id"]: row for row in rows}
    return [by_id[id] for id in ids]
