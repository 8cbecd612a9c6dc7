"""Merging contacts over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from services.feedback.customers.api import Contact, shown
from services.feedback.merging import domain
from shared.problems import EDITING
from shared.routes import CallerDep, Route, TxDep, allow, etag
from shared.wire import Wire

router = APIRouter(prefix="/v1", tags=["customers"], route_class=Route)


class ContactMergeIn(Wire):
    """Two contacts that are one person."""

    contact_id: UUID = Field(description="the one to keep")
    duplicate_id: UUID = Field(description="the one that turned out to be the same person")


@router.post("/contacts:merge", responses=EDITING, dependencies=[allow("customers:write")])
async def merge_contacts(body: ContactMergeIn, caller: CallerDep, tx: TxDep, response: Response) -> Contact:
    """Merge two contacts. It cannot be undone.

    Feedback, votes, insights, and what they are to be told of follow; where both voted for an idea, the vote of the one
    who is kept stands, and demand counts one contact. That one keeps its own id, address, name, account and attributes
    and gets what it lacks. The ids and addresses of both go on naming it, and the duplicate's id leads there (308).
    """
    row = await domain.merge(tx, caller.workspace_id, body.contact_id, body.duplicate_id)
    response.headers.update(etag(row["version"]))
    return shown(row)
