"""Accounts and contacts over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field, model_validator
from pydantic_core import from_json

from services.feedback.customers import domain, store
from services.feedback.customers.domain import AccountChange, Person
from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Attributes, Email, Key, Line, Minor, Wire

router = APIRouter(prefix="/v1", tags=["customers"], route_class=Route)


class AccountIn(Wire):
    """A customer company, by the id it has in your own system. Fields left out stay as they are."""

    external_id: Key = Field(examples=["acme-inc"])
    name: Line | None = Field(default=None, examples=["Acme Inc."])
    mrr: Minor | None = Field(
        default=None,
        description="monthly recurring revenue, minor units of the workspace's currency",
        examples=[420000],
    )
    plan: Line | None = Field(default=None, examples=["enterprise"])
    attributes: Attributes = Field(default_factory=dict, examples=[{"region": "emea"}])


class AccountsIn(Wire):
    """Accounts to make or update: all or none."""

    accounts: list[AccountIn] = Field(min_length=1, max_length=1_000)


class Account(Wire):
    """A customer company."""

    id: UUID
    external_id: str
    name: str
    mrr: int = Field(description="minor units of the workspace's currency")
    plan: str | None
    attributes: dict[str, Any]
    version: int
    created_at: datetime


class AccountsSaved(Wire):
    """The accounts as they are now, in the order sent."""

    data: list[Account]


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
    version: int
    created_at: datetime


def _account(row: asyncpg.Record) -> Account:
    return Account(**{**row, "attributes": from_json(row["attributes"])})


def _contact(row: asyncpg.Record) -> Contact:
    return Contact(**{**row, "attributes": from_json(row["attributes"])})


@router.post("/accounts", responses=EDITING, dependencies=[allow("customers:write")])
async def save_accounts(body: AccountsIn, caller: CallerDep, tx: TxDep) -> AccountsSaved:
    """Make or update up to 1,000 accounts by external id, all or none.

    The demand for every idea that they ask for follows their revenue at once.
    """
    changes = [AccountChange(**account.model_dump()) for account in body.accounts]
    return AccountsSaved(data=[_account(row) for row in await domain.save_accounts(tx, caller.workspace_id, changes)])


@router.get("/accounts", responses=GUARDED, dependencies=[allow("customers:read")])
async def list_accounts(caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None) -> Page[Account]:
    """List accounts in order of making."""
    rows = await read.all(store.LIST_ACCOUNTS, caller.workspace_id, after(cursor), limit + 1)
    return page(rows, limit, _account, lambda account: (account.id,))


@router.get("/accounts/{account_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("customers:read")])
async def get_account(account_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Account:
    """Show one account."""
    row = await read.one(store.GET_ACCOUNT, caller.workspace_id, account_id)
    if row is None:
        raise NotFound("No account by that id.")
    response.headers.update(etag(row["version"]))
    return _account(row)


@router.post("/contacts", responses=EDITING, dependencies=[allow("customers:write")])
async def save_contact(body: ContactRef, caller: CallerDep, tx: TxDep) -> Contact:
    """Recognise a contact by external id or email, or make one. Their account is made too when it is new."""
    (contact_id,) = await domain.recognise(tx, [body.person(caller.workspace_id)])
    row = None if contact_id is None else await tx.one(store.GET_CONTACT, caller.workspace_id, contact_id)
    if row is None:
        raise NotFound("No contact by that id.")
    return _contact(row)


@router.get("/contacts", responses=GUARDED, dependencies=[allow("customers:read")])
async def list_contacts(
    caller: CallerDep,
    read: ReadDep,
    account_id: Annotated[UUID | None, Query(description="only of this account")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Contact]:
    """List contacts in order of making."""
    page_of = caller.workspace_id, after(cursor), limit + 1
    rows = (
        await read.all(store.LIST_CONTACTS, *page_of)
        if account_id is None
        else await read.all(store.LIST_CONTACTS_OF_ACCOUNT, *page_of, account_id)
    )
    return page(rows, limit, _contact, lambda contact: (contact.id,))


@router.get("/contacts/{contact_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("customers:read")])
async def get_contact(contact_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Contact:
    """Show one contact."""
    row = await read.one(store.GET_CONTACT, caller.workspace_id, contact_id)
    if row is None:
        raise NotFound("No contact by that id.")
    response.headers.update(etag(row["version"]))
    return _contact(row)


@router.patch("/contacts/{contact_id}", responses=EDITING, dependencies=[allow("customers:write")])
async def update_contact(
    contact_id: UUID, body: ContactEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Contact:
    """Change what is known of a contact. Demand follows them to another account."""
    row = await domain.update_contact(tx, caller.workspace_id, contact_id, expected, **body.model_dump())
    response.headers.update(etag(row["version"]))
    return _contact(row)
