"""Contacts over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field, model_validator
from pydantic_core import from_json

from services.feedback.customers import domain, store
from services.feedback.customers.domain import Person
from shared.errors import FieldError, Invalid, NotFound
from shared.paging import FIRST, Cursor, Limit, Page, after, decode, encode, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Attributes, Beginning, Email, Key, Line, Wire, storable

router = APIRouter(prefix="/v1", tags=["customers"], route_class=Route)


class ContactRef(Wire):
    """A person, by our id or by how you know them: one of `id`, `external_id` and `email` is needed."""

    id: UUID | None = None
    external_id: Key | None = Field(default=None, description="their id in your own system", examples=["user-17"])
    email: Email | None = Field(default=None, examples=["ada@example.com"])
    name: Line | None = Field(default=None, examples=["Ada Lovelace"])
    account: Key | None = Field(default=None, description="external id of their account", examples=["acme-inc"])

    @model_validator(mode="after")
    def _named(self) -> "ContactRef":
        if self.id is None and self.external_id is None and self.email is None:
            raise ValueError("needs one of id, external_id and email")
        return self

    def person(self, workspace_id: UUID) -> Person:
        """The same for the domain."""
        return Person(workspace_id, self.id, self.external_id, self.email, self.name, self.account)


class ContactEdit(Wire):
    """What to change of a contact; fields left out stay."""

    external_id: Key | None = None
    email: Email | None = None
    name: Line | None = Field(default=None, examples=["Ada King"])
    account: Key | None = Field(default=None, description="external id of the account they belong to now")
    attributes: Attributes = Field(default_factory=dict, description="merged into what is there")


class Contact(Wire):
    """A person at a customer."""

    id: UUID
    external_id: str | None
    email: str | None
    name: str | None
    account_id: UUID | None
    attributes: dict[str, Any]
    erased_at: datetime | None = Field(description="when the person was forgotten at their request: who it was is gone")
    version: int
    created_at: datetime


MOVED: dict[int | str, dict[str, Any]] = {
    308: {
        "description": "It was merged into the contact at `Location`",
        "headers": {"Location": {"description": "the contact it turned out to be", "schema": {"type": "string"}}},
    }
}


def shown(row: asyncpg.Record) -> Contact:
    """A contact's row as callers see it."""
    content = {name: row[name] for name in Contact.model_fields}
    return Contact(**content | {"attributes": from_json(row["attributes"])})


@router.post("/contacts", responses=EDITING, dependencies=[allow("customers:write")])
async def save_contact(body: ContactRef, caller: CallerDep, tx: TxDep) -> Contact:
    """Recognise a contact by external id or email, or make one. Their account is made too when it is new."""
    (contact_id,) = await domain.recognise(tx, [body.person(caller.workspace_id)])
    row = None if contact_id is None else await tx.one(store.GET_CONTACT, caller.workspace_id, contact_id)
    if row is None:
        raise Invalid(errors=[FieldError("/body/id", "no contact by that id")])
    return shown(row)


@router.get("/contacts", responses=GUARDED, dependencies=[allow("customers:read")])
async def list_contacts(
    caller: CallerDep,
    read: ReadDep,
    account_id: Annotated[UUID | None, Query(description="only of this account")] = None,
    external_id: Annotated[Key | None, Query(description="only who has this id in your own system")] = None,
    email: Annotated[Email | None, Query(description="only who has this address")] = None,
    q: Annotated[
        Beginning | None,
        Query(
            description="only those whose name, last name or address begins so, in upper or lower case, in that order",
            examples=["love"],
        ),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Contact]:
    """List contacts in order of making, or find some by how they are called.

    Who was merged into another is found as that one, by any id or address of either; by `q` by what it is called now.
    By `q` a page may have fewer than there are: only without a `next_cursor` is the list at its end.
    """
    if q is not None:
        if (account_id, external_id, email) != (None, None, None):
            raise Invalid(errors=[FieldError("/query/q", "is for whoever has no id and no address: give one of those")])
        place = decode(cursor, storable, UUID) if cursor is not None else ("", FIRST)
        rows, following = await domain.find(read, caller.workspace_id, q, place, limit)
        return Page(data=[shown(row) for row in rows], next_cursor=encode(*following) if following else None)
    page_of = caller.workspace_id, after(cursor), limit + 1
    if external_id is not None or email is not None:
        rows = await read.all(store.LIST_CONTACTS_NAMED, *page_of, external_id, email, account_id)
    elif account_id is not None:
        rows = await read.all(store.LIST_CONTACTS_OF_ACCOUNT, *page_of, account_id)
    else:
        rows = await read.all(store.LIST_CONTACTS, *page_of)
    return page(rows, limit, shown, lambda contact: (contact.id,))


@router.get(
    "/contacts/{contact_id}",
    response_model=Contact,
    responses=GUARDED | responses(NotFound) | MOVED,
    dependencies=[allow("customers:read")],
)
async def get_contact(contact_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Contact | Response:
    """Show one contact. One that was merged into another answers with where that one is."""
    row = await read.one(store.GET_CONTACT, caller.workspace_id, contact_id)
    if row is None:
        raise NotFound("No contact by that id.")
    if row["merged_into"] is not None:
        return Response(status_code=308, headers={"Location": f"/v1/contacts/{row['merged_into']}"})
    response.headers.update(etag(row["version"]))
    return shown(row)


@router.patch("/contacts/{contact_id}", responses=EDITING, dependencies=[allow("customers:write")])
async def update_contact(
    contact_id: UUID, body: ContactEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Contact:
    """Change what is known of a contact. Demand follows them to another account."""
    row = await domain.update_contact(tx, caller.workspace_id, contact_id, expected, **body.model_dump())
    response.headers.update(etag(row["version"]))
    return shown(row)
