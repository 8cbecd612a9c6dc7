"""As whom somebody looks at a board, and how that is proven: what each room of the portal asks first."""

from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import Depends, Header, Query
from pydantic import Field

from services.feedback.customers import domain as customers
from services.feedback.customers.api import ContactRef
from services.feedback.portal import domain
from services.feedback.portal.viewer import ANONYMOUS, TEAM, Sight, Viewer, admit
from services.feedback.texts.remembered import Redactions
from shared.access.keys import Caller
from shared.database import Tx
from shared.errors import FieldError, Forbidden, Invalid, NotFound
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, RuntimeDep, allow, require_scopes
from shared.runtime import Runtime
from shared.sealing import Seal
from shared.wire import Slug

PREFIX = "/v1/boards/{board_key}"
READING = GUARDED | responses(NotFound)
VISITOR_RATE, VISITOR_BURST = 1, 20
"""Changes a second that one visitor may make, and how many at once: a crowd behind one key, and none drowns it."""
Named = Annotated[
    ContactRef | None,
    Field(description="the visitor, from keys with `customers:write`; left out beside a visitor's token"),
]
_REDACTIONS = Redactions()
TokenHeader = Annotated[str | None, Header(alias="Cairn-Visitor", max_length=1_000, description="the visitor's token")]


async def _token(caller: CallerDep, runtime: RuntimeDep, visitor: TokenHeader = None) -> UUID | None:
    """The contact whom the visitor's token names, where there is one."""
    if visitor is None:
        return None
    admitted = admit(seal(runtime), visitor)
    if admitted is None or admitted.workspace_id != caller.workspace_id:
        raise Forbidden("The visitor's token is not good, or has ended: ask for another.", code="visitor_needed")
    return admitted.contact_id


TokenDep = Annotated[UUID | None, Depends(_token)]


async def _spend(runtime: RuntimeDep, admitted: TokenDep) -> None:
    if admitted is not None:
        runtime.limits.spend_share(admitted, VISITOR_RATE, VISITOR_BURST)


CHANGES = [allow("boards:submit"), Depends(_spend)]
"""What a route demands by which visitors change something."""


async def _viewer(
    caller: CallerDep,
    admitted: TokenDep,
    viewer: Annotated[
        Literal["outside", "team"],
        Query(description="team: everything on the board, for keys with `ideas:read`; else what the visitor may see"),
    ] = "outside",
    contact_id: Annotated[
        UUID | None, Query(description="the visitor, for keys with `customers:read`; everybody when left out")
    ] = None,
) -> Viewer:
    """As whom the board is looked at: as everybody, unless it is said and may be said."""
    if admitted is not None and contact_id not in (None, admitted):
        raise Invalid(errors=[FieldError("/query/contact_id", "is not whom the visitor's token names")])
    if viewer == "team" and (admitted or contact_id) is not None:
        raise Invalid(
            errors=[FieldError("/query/viewer", "is for whoever looks as no contact: leave one of the two out")]
        )
    if admitted is not None:
        return Viewer("contact", admitted)
    if contact_id is not None:
        require_scopes(caller, frozenset({"customers:read"}))
        return Viewer("contact", contact_id)
    if viewer == "team":
        require_scopes(caller, frozenset({"ideas:read"}))
        return TEAM
    return ANONYMOUS


async def _sight(
    board_key: Slug, caller: CallerDep, read: ReadDep, viewer: Annotated[Viewer, Depends(_viewer)]
) -> Sight:
    return await domain.look(read, caller.workspace_id, board_key, viewer)


SightDep = Annotated[Sight, Depends(_sight)]
"""The board, and who looks at it."""


async def _changing(caller: CallerDep, admitted: TokenDep, sight: SightDep) -> Sight:
    if admitted is None and sight.viewer.contact_id is not None:
        require_scopes(caller, frozenset({"customers:write"}))
    return sight


ActorDep = Annotated[Sight, Depends(_changing)]
"""The same of somebody who takes back what they did: to do it for them takes what doing it took."""


async def acting(
    caller: Caller, tx: Tx, board_key: str, admitted: UUID | None, contact: ContactRef | None, *, votes: bool = False
) -> Sight:
    """The board, and who does something there: whom the token names, or the contact that a server names.

    That one is made where unknown. `votes` says that demand may be counted in this transaction: then its lock is taken
    before any contact's.
    """
    viewer = await _visitor(caller, tx, admitted, contact, votes=votes)
    return await domain.look(tx, caller.workspace_id, board_key, viewer)


async def _visitor(caller: Caller, tx: Tx, admitted: UUID | None, contact: ContactRef | None, *, votes: bool) -> Viewer:
    if contact is None:
        return ANONYMOUS if admitted is None else Viewer("contact", admitted)
    if admitted is not None:
        raise Invalid(errors=[FieldError("/body/contact", "the visitor's token says who it is")])
    require_scopes(caller, frozenset({"customers:write"}))
    counting = [caller.workspace_id] if votes else ()
    (contact_id,) = await customers.recognise(tx, [contact.person(caller.workspace_id)], counting)
    if contact_id is None:
        raise Invalid(errors=[FieldError("/body/contact/id", "no contact by that id")])
    return Viewer("contact", contact_id)


def seal(runtime: Runtime) -> Seal:
    """What tokens are sealed with."""
    return Seal(runtime.settings.sealing_key.get_secret_value())


def outside(row: asyncpg.Record, words: str) -> str:
    """Words as they may leave: customers' without what identifies them, the team's as they are."""
    return _REDACTIONS.of(words, row["known"] or ()) if row["from_customer"] else words
