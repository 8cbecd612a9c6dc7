"""Who visitors are: tokens that the team's server asks for."""

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from services.feedback.customers import domain as customers
from services.feedback.customers.api import ContactRef
from services.feedback.portal.api.seeing import seal
from services.feedback.portal.viewer import issue
from shared.errors import FieldError, Invalid
from shared.problems import EDITING
from shared.routes import NO_STORE, CallerDep, Route, RuntimeDep, TxDep, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/visitors", tags=["portal"], route_class=Route)


class VisitorIn(Wire):
    """Somebody whom your server has signed in."""

    contact: ContactRef
    seconds: int = Field(default=3_600, ge=60, le=86_400, description="how long the token is good", examples=[3_600])


class VisitorToken(Wire):
    """What the visitor's browser sends as `Cairn-Visitor`, beside a key that can do no more than read boards."""

    token: str = Field(description="says who the visitor is; shown this once")
    contact_id: UUID
    ends_at: datetime


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("customers:write")])
async def create_visitor_token(
    body: VisitorIn, caller: CallerDep, tx: TxDep, runtime: RuntimeDep, response: Response
) -> VisitorToken:
    """Make a token that says who a visitor is. Ask for it on your server, once you know; a contact is made if new."""
    response.headers.update(NO_STORE)
    (contact_id,) = await customers.recognise(tx, [body.contact.person(caller.workspace_id)])
    if contact_id is None:
        raise Invalid(errors=[FieldError("/body/contact/id", "no contact by that id")])
    token, ends = issue(seal(runtime), caller.workspace_id, contact_id, timedelta(seconds=body.seconds))
    return VisitorToken(token=token, contact_id=contact_id, ends_at=ends)
