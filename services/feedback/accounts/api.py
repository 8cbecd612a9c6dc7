"""Accounts over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field
from pydantic_core import from_json

from services.feedback.accounts import domain, store
from services.feedback.accounts.domain import AccountChange
from shared.errors import FieldError, Invalid, NotFound
from shared.paging import FIRST, Cursor, Limit, Page, after, decode, encode, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow, etag
from shared.wire import EARLIEST, LATEST, Attributes, Beginning, Key, Line, Minor, Moment, Wire, storable

router = APIRouter(prefix="/v1/accounts", tags=["customers"], route_class=Route)


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
    mrr_since: datetime | None = Field(
        description="when somebody first said what it pays; null: nobody has, and `mrr` is 0 for want of an answer"
    )
    plan: str | None
    attributes: dict[str, Any]
    version: int
    created_at: datetime


class AccountsSaved(Wire):
    """The accounts as they are now, in the order sent."""

    data: list[Account]


class Terms(Wire):
    """What an account pays for what, and since when."""

    since: datetime = Field(description="in force from then until the next")
    mrr: int = Field(description="minor units of the workspace's currency")
    plan: str | None


def _account(row: asyncpg.Record) -> Account:
    return Account(**{name: row[name] for name in Account.model_fields} | {"attributes": from_json(row["attributes"])})


@router.post("", responses=EDITING, dependencies=[allow("customers:write")])
async def save_accounts(body: AccountsIn, caller: CallerDep, tx: TxDep) -> AccountsSaved:
    """Make or update up to 1,000 accounts by external id, all or none.

    The demand for every idea that they ask for follows their revenue at once.
    """
    changes = [AccountChange(**account.model_dump()) for account in body.accounts]
    return AccountsSaved(data=[_account(row) for row in await domain.save_accounts(tx, caller.workspace_id, changes)])


@router.get("", responses=GUARDED, dependencies=[allow("customers:read")])
async def list_accounts(
    caller: CallerDep,
    read: ReadDep,
    external_id: Annotated[
        Key | None, Query(description="only the one with this id in your own system", examples=["acme-inc"])
    ] = None,
    q: Annotated[
        Beginning | None,
        Query(description="only those whose name begins so, in upper or lower case, by name", examples=["acm"]),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Account]:
    """List accounts in order of making, or find one: by the id it has with you, or by how its name begins."""
    if external_id is not None and q is not None:
        raise Invalid(errors=[FieldError("/query/q", "is for whoever has no `external_id`: give one of the two")])
    if q is not None:
        place = decode(cursor, storable, UUID) if cursor is not None else ("", FIRST)
        rows = await read.all(store.FIND_ACCOUNTS, caller.workspace_id, q, *place, limit + 1)
        data = [_account(row) for row in rows[:limit]]
        more = len(rows) > limit
        return Page(data=data, next_cursor=encode(rows[limit - 1]["sought"], data[-1].id) if more else None)
    if external_id is not None:
        rows = await read.all(store.LIST_NAMED, caller.workspace_id, external_id, after(cursor))
        return page(rows, limit, _account, lambda account: (account.id,))
    rows = await read.all(store.LIST_ACCOUNTS, caller.workspace_id, after(cursor), limit + 1)
    return page(rows, limit, _account, lambda account: (account.id,))


@router.get("/{account_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("customers:read")])
async def get_account(account_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Account:
    """Show one account."""
    row = await read.one(store.GET_ACCOUNT, caller.workspace_id, account_id)
    if row is None:
        raise NotFound("No account by that id.")
    response.headers.update(etag(row["version"]))
    return _account(row)


@router.get("/{account_id}/history", responses=GUARDED | responses(NotFound), dependencies=[allow("customers:read")])
async def list_account_history(
    account_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    as_of: Annotated[Moment | None, Query(description="only what was in force then")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Terms]:
    """List what an account paid for what, the newest first. Before the first entry nothing was known."""
    if await read.one(store.GET_ACCOUNT, caller.workspace_id, account_id) is None:
        raise NotFound("No account by that id.")
    if as_of is not None:
        rows = await read.all(store.AS_OF, caller.workspace_id, account_id, as_of)
    else:
        before = LATEST if cursor is None else decode(cursor, _moment)[0]
        rows = await read.all(store.HISTORY, caller.workspace_id, account_id, before, limit + 1)
    return page(rows, limit, lambda row: Terms(**row), lambda terms: (terms.since,))


def _moment(text: Any) -> datetime:
    """ValueError when it is none."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    if not EARLIEST <= moment < LATEST:
        raise ValueError("no time of ours")
    return moment
