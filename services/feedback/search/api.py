"""Finding feedback over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, StringConstraints

from services.feedback.customers import domain as customers
from services.feedback.ideas import domain as ideas
from services.feedback.inbox.api import Feedback, Redact, shown
from services.feedback.products import domain as products
from services.feedback.search import domain
from services.feedback.search.domain import Filter, Rank, State
from shared.database import Read
from shared.errors import FieldError, Invalid
from shared.paging import Cursor, Limit, Page, decode, encode
from shared.problems import GUARDED
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Key, Moment, Slug, storable

router = APIRouter(prefix="/v1", tags=["feedback"], route_class=Route)

SEARCHED = (
    "only those whose text has these words, all of them, in any form: `export` finds `exports`. "
    '`"a phrase"` keeps words together, `-word` leaves out. What has just come in is found some seconds later'
)
Words = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(storable)]
Sort = Literal["new", "old", "relevance"]


async def _wanted(
    caller: CallerDep,
    read: ReadDep,
    q: Annotated[Words | None, Query(description=SEARCHED)] = None,
    source: Annotated[Key | None, Query(description="only through this channel")] = None,
    external_id: Annotated[
        Key | None,
        Query(
            description="only with this id in its source; ids of different sources may be the same: give `source` too",
            examples=["ticket-4711"],
        ),
    ] = None,
    product: Annotated[Key | None, Query(description="only about this product, by id or key")] = None,
    language: Annotated[Slug | None, Query(description="only in this language", examples=["en"])] = None,
    contact_id: Annotated[UUID | None, Query(description="only of this contact")] = None,
    account_id: Annotated[UUID | None, Query(description="only of this account's contacts")] = None,
    segment_id: Annotated[UUID | None, Query(description="only of contacts in this segment")] = None,
    idea: Annotated[
        Key | None,
        Query(description="only linked to this idea, by id or key, or to one that was merged into it"),
    ] = None,
    state: Annotated[State | None, Query(description="only where they stand so in the inbox")] = None,
    assignee: Annotated[Key | None, Query(description="only those assigned to them in the inbox")] = None,
    said_from: Annotated[Moment | None, Query(description="only said at that time or later")] = None,
    said_until: Annotated[Moment | None, Query(description="only said before that time")] = None,
    received_from: Annotated[Moment | None, Query(description="only received at that time or later")] = None,
    received_until: Annotated[Moment | None, Query(description="only received before that time")] = None,
) -> Filter:
    for name, since, until in (("said", said_from, said_until), ("received", received_from, received_until)):
        if since is not None and until is not None and until <= since:
            raise Invalid(errors=[FieldError(f"/query/{name}_until", f"must be later than `{name}_from`")])
    product_id, _ = await products.place(read, caller.workspace_id, product, None, pointer="/query")
    return Filter(
        q=q,
        state=state,
        assignee=assignee,
        source=source,
        external_id=external_id,
        language=language,
        product_id=product_id,
        contact_id=contact_id,
        account_id=account_id,
        segment_id=segment_id,
        idea_ids=await _ideas(read, caller.workspace_id, idea) if idea is not None else None,
        said=(said_from, said_until),
        received=(received_from, received_until),
    )


async def _ideas(read: Read, workspace_id: UUID, idea: str) -> tuple[UUID, ...]:
    idea_id = (await ideas.find(read, [(workspace_id, idea)])).get((workspace_id, idea))
    if idea_id is None:
        raise Invalid(errors=[FieldError("/query/idea", "no idea by that id or key")])
    return await domain.members(read, workspace_id, idea_id)


Wanted = Annotated[Filter, Depends(_wanted)]


@router.get("/feedback", responses=GUARDED, dependencies=[allow("feedback:read")])
async def list_feedback(
    caller: CallerDep,
    read: ReadDep,
    wanted: Wanted,
    sort: Annotated[
        Sort | None,
        Query(
            description="by arrival; by `relevance` where `q` is given and `new` where it is not. "
            "Among many matches the newest 500 are ranked by relevance"
        ),
    ] = None,
    redact: Redact = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Feedback]:
    """List and search feedback.

    Where filters leave most out, a page may have few rows or none and still a `next_cursor`: each looks at a bounded
    number of statements. Only without one is the list at its end.
    """
    if sort == "relevance" and wanted.q is None:
        raise Invalid(errors=[FieldError("/query/sort", "relevance needs `q`")])
    if sort == "relevance" or (sort is None and wanted.q is not None):
        place = Rank(*decode(cursor, float, UUID, UUID)) if cursor is not None else None
        rows, rank = await domain.ranked(read, caller.workspace_id, wanted, place, limit)
        data = await _shown(read, caller.workspace_id, rows, redact)
        return Page(data=data, next_cursor=None if rank is None else encode(*rank))
    after = decode(cursor, UUID)[0] if cursor is not None else None
    order = "oldest" if sort == "old" else "newest"
    found = await domain.look(read, caller.workspace_id, wanted, order, after, limit)
    return Page(
        data=await _shown(read, caller.workspace_id, found.rows, redact),
        next_cursor=None if found.next is None else encode(found.next),
    )


async def _shown(read: Read, workspace_id: UUID, rows: Sequence[asyncpg.Record], redact: bool) -> list[Feedback]:
    known = await customers.known_as(read, workspace_id, [row["contact_id"] for row in rows] if redact else ())
    return [shown(row, redact=redact, known=known[row["contact_id"]]) for row in rows]
