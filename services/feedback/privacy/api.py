"""What is kept of a person, and forgetting it, over HTTP."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from pydantic import Field, model_validator
from pydantic_core import from_json

from services.feedback.privacy import domain, store
from shared.errors import NotFound
from shared.paging import FIRST, LAST, Cursor, Limit, Page, after, decode, encode, page, whole
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, TxDep, allow
from shared.runtime import Runtime
from shared.sealing import Seal
from shared.wire import Email, Key, Line, Wire

router = APIRouter(prefix="/v1", tags=["privacy"], route_class=Route)


class PersonalRecord(Wire):
    """One row with something of a person in it."""

    place: str = Field(description="the table it is in", examples=["feedback"])
    holds: str = Field(description="what such a row holds of a person")
    record: dict[str, Any] = Field(description="everything that is kept there")


class ErasureIn(Wire):
    """Who is to be forgotten: one of `subject_id`, `email` and `external_id`, or several that are one person's."""

    subject_id: UUID | None = Field(default=None, description="the contact's id")
    email: Email | None = Field(
        default=None, description="searched for also where no contact has it", examples=["ada@example.com"]
    )
    external_id: Key | None = Field(default=None, description="the person's id in your own system")
    reference: Line | None = Field(default=None, description="your own number of the request", examples=["DSR-17"])

    @model_validator(mode="after")
    def _named(self) -> "ErasureIn":
        if self.subject_id is None and self.email is None and self.external_id is None:
            raise ValueError("needs one of subject_id, email and external_id")
        return self


class Erasure(Wire):
    """A person who is being forgotten, or was."""

    id: UUID
    state: Literal["waiting", "running", "done"]
    contact_ids: list[UUID] = Field(description="the contacts that were this person; they are still counted")
    reference: str | None
    requested_by: str = Field(description="`key:<id>`")
    requested_at: datetime
    finished_at: datetime | None
    failure: str | None = Field(description="why it does not go on; it is tried again each minute")
    rows: dict[str, int] = Field(description="rows changed so far, by table")
    receipt: dict[str, Any] | None = Field(description="what was done and what could not be reached; null until `done`")
    signature: str | None = Field(
        description="HMAC-SHA-256 over the receipt as JSON with sorted names, no blanks, ASCII"
    )


class ReceiptIn(Wire):
    """A receipt to check."""

    receipt: dict[str, Any] = Field(examples=[{"erasure_id": "0197f3c1-6d0e-7cc1-8f6f-3f1d2b5a9e10"}])
    signature: Key = Field(examples=["8a4c1f"])
    email: Email | None = Field(default=None, description="whether it is about who had this address")
    external_id: Key | None = Field(default=None, description="whether it is about who had this id")


class ReceiptChecked(Wire):
    """What a receipt is worth."""

    valid: bool = Field(description="whether it was written here, and nothing in it was changed")
    about: bool | None = Field(description="whether it is about who was asked for; null when nobody was")


def _erasure(row: asyncpg.Record) -> Erasure:
    copied = ("id", "contact_ids", "reference", "requested_by", "requested_at", "finished_at", "failure", "signature")
    return Erasure(
        **{name: row[name] for name in copied},
        state="done" if row["finished_at"] is not None else "waiting" if row["seen_at"] is None else "running",
        rows=from_json(row["counts"]),
        receipt=from_json(row["receipt"]) if row["receipt"] is not None else None,
    )


def _seal(runtime: Runtime) -> Seal:
    return Seal(runtime.settings.sealing_key.get_secret_value())


@router.get(
    "/contacts/{contact_id}/data", responses=GUARDED | responses(NotFound), dependencies=[allow("privacy:read")]
)
async def export_contact(
    contact_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[PersonalRecord]:
    """List everything that is kept of one person, table by table.

    Whoever was merged into them is included, and an id that was merged shows the whole person. Raw deliveries are those
    that their statements were last read from.
    """
    place, key = (0, FIRST) if cursor is None else decode(cursor, whole(len(domain.SHOWN) - 1), UUID)
    found = await domain.show(read, caller.workspace_id, contact_id, place, key, limit + 1)
    data = [
        PersonalRecord(
            place=domain.SHOWN[each.place].table, holds=domain.SHOWN[each.place].holds, record=from_json(each.record)
        )
        for each in found[:limit]
    ]
    last = found[limit - 1] if len(found) > limit else None
    return Page(data=data, next_cursor=encode(last.place, last.key) if last is not None else None)


@router.post("/erasures", status_code=201, responses=EDITING, dependencies=[allow("privacy:write")])
async def create_erasure(
    body: ErasureIn, caller: CallerDep, tx: TxDep, runtime: RuntimeDep, response: Response
) -> Erasure:
    """Forget a person. It cannot be undone.

    Name, address, ids and attributes go at once; their words, and whatever vendors delivered of them, in the
    background: `state` tells when it is done, and the signed receipt what was. Votes and statements stay counted, as
    those of an anonymous contact of the same account.
    """
    row = await domain.begin(tx, _seal(runtime), caller.workspace_id, requested_by=caller.actor, **body.model_dump())
    response.headers["Location"] = f"/v1/erasures/{row['id']}"
    return _erasure(row)


@router.get("/erasures", responses=GUARDED, dependencies=[allow("privacy:read")])
async def list_erasures(caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None) -> Page[Erasure]:
    """List erasures, the newest first."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor, LAST), limit + 1)
    return page(rows, limit, _erasure, lambda erasure: (erasure.id,))


@router.get("/erasures/{erasure_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("privacy:read")])
async def get_erasure(erasure_id: UUID, caller: CallerDep, read: ReadDep) -> Erasure:
    """Show an erasure, with its receipt once it is done."""
    row = await read.one(store.GET, caller.workspace_id, erasure_id)
    if row is None:
        raise NotFound("No erasure by that id.")
    return _erasure(row)


@router.post("/erasures:check", responses=EDITING, dependencies=[allow("privacy:read")])
async def check_receipt(body: ReceiptIn, caller: CallerDep, runtime: RuntimeDep) -> ReceiptChecked:
    """Check a receipt: whether it is ours and unchanged, and whom it is about."""
    seal = _seal(runtime)
    mine = body.receipt.get("workspace_id") == str(caller.workspace_id)
    return ReceiptChecked(
        valid=mine and domain.is_sound(seal, body.receipt, body.signature),
        about=domain.is_about(seal, body.receipt, body.email, body.external_id) if mine else None,
    )
