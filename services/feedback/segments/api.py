"""Segments over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from pydantic import Field
from pydantic_core import from_json

from services.feedback.segments import domain, store
from services.feedback.segments.rules import Found, Selects
from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Slug, Wire

router = APIRouter(prefix="/v1", tags=["segments"], route_class=Route)

RuleIn = Annotated[
    dict[str, Any],
    Field(
        description=(
            'A tree. `{"op": "and"|"or", "of": [rule, …]}` and `{"op": "not", "of": [rule]}` join rules; the leaves '
            'are clauses `{"op": …, "field": …, "value": …}` with the ops `eq`, `ne`, `lt`, `le`, `gt`, `ge`, `in` '
            "(one of a list), `contains` (part of a text, whatever its case) and `exists` (takes no value). Fields of "
            "accounts: `mrr`, `plan`, `name`, `external_id`, `created_at` and `attributes.<name>`; of contacts: "
            "`email`, `name`, `external_id`, `created_at`, `attributes.<name>`, and each field of their account as "
            "`account.<field>`. What has no value fits no clause but `ne`. 100 parts and a depth of 8 at most."
        ),
        examples=[{"op": "ge", "field": "mrr", "value": 100_000}],
    ),
]


class SegmentIn(Wire):
    """Accounts or contacts that are looked at together."""

    key: Slug = Field(description="short name, taken once in a workspace", examples=["enterprise"])
    name: Line = Field(examples=["Enterprise customers"])
    selects: Selects = Field(default="accounts", description="an account's segments are also those of its contacts")
    rule: RuleIn | None = Field(default=None, description="who is in it; without one members are named by hand")


class SegmentEdit(Wire):
    """What to change of a segment; fields left out stay."""

    name: Line | None = Field(default=None, examples=["Large customers"])
    rule: dict[str, Any] | None = Field(default=None, description="as when it was made; not where members are named")


class Segment(Wire):
    """Accounts or contacts that are looked at together, by a rule or named by hand."""

    id: UUID
    key: str
    name: str
    selects: Selects
    rule: dict[str, Any] | None = Field(description="null: its members are named by hand")
    members: int = Field(description="how many are in it now")
    settled: bool = Field(description="false while a new rule is still being applied to those who were there before")
    version: int
    created_at: datetime


class RulePreviewIn(Wire):
    """A rule to try."""

    selects: Selects = "accounts"
    rule: RuleIn


class RulePreview(Wire):
    """What a rule would select, without making anything."""

    examined: int = Field(description="customers looked at, 10,000 at most")
    matched: int = Field(description="of those")
    complete: bool = Field(description="whether everybody was looked at")
    sample: list[UUID] = Field(description="the first that match, 20 at most")


class Member(Wire):
    """A customer in a segment."""

    member_id: UUID = Field(description="an account's id or a contact's, as the segment selects")
    since: datetime = Field(description="when it came in")


class ClauseSeen(Wire):
    """What one part of the rule says of a customer."""

    pointer: str = Field(description="where it stands in the rule", examples=["/rule/of/0"])
    op: str
    field: str | None = Field(description="null for what joins other parts")
    value: Any = Field(description="what it was compared with")
    seen: Any = Field(description="the value that the customer has; null for none")
    holds: bool


class Membership(Wire):
    """Whether a customer is in a segment, and why."""

    segment_id: UUID
    member_id: UUID
    member: bool
    since: datetime | None = Field(description="when it came in; null when it is not in it")
    clauses: list[ClauseSeen] = Field(description="the whole rule first; empty where members are named by hand")


class SegmentOf(Wire):
    """A segment that a customer is in."""

    segment_id: UUID
    key: str
    name: str
    through: Literal["itself", "account"] = Field(description="whether it is the customer or its account that is in it")
    since: datetime


class SegmentsOf(Wire):
    """Every segment that a customer is in."""

    data: list[SegmentOf]


def _segment(row: asyncpg.Record) -> Segment:
    content = {name: row[name] for name in ("id", "key", "name", "selects", "members", "version", "created_at")}
    rule = from_json(row["rule"]) if row["rule"] is not None else None
    return Segment(**content, rule=rule, settled=row["fill_from"] is None)


def _clause(found: Found) -> ClauseSeen:
    return ClauseSeen(**found._asdict())


def _segments_of(rows: list[asyncpg.Record], customer_id: UUID) -> SegmentsOf:
    return SegmentsOf(
        data=[
            SegmentOf(
                segment_id=row["id"],
                key=row["key"],
                name=row["name"],
                through="itself" if row["member_id"] == customer_id else "account",
                since=row["since"],
            )
            for row in rows
        ]
    )


@router.post("/segments", status_code=201, responses=EDITING, dependencies=[allow("customers:write")])
async def create_segment(body: SegmentIn, caller: CallerDep, tx: TxDep, response: Response) -> Segment:
    """Make a segment, 200 in a workspace at most.

    A rule is applied at once to whoever is made or changed, and in the background to those who were there before:
    `settled` tells when that is done.
    """
    row = await domain.create(
        tx, caller.workspace_id, key=body.key, name=body.name, selects=body.selects, rule=body.rule
    )
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/segments/{row['id']}"})
    return _segment(row)


@router.post("/segments:preview", responses=EDITING, dependencies=[allow("customers:read")])
async def preview_segment(body: RulePreviewIn, caller: CallerDep, tx: TxDep) -> RulePreview:
    """Try a rule: how many it would select, and some of them. Nothing is stored."""
    found = await domain.preview(tx, caller.workspace_id, body.selects, body.rule, 20)
    return RulePreview(**found._asdict())


@router.get("/segments", responses=GUARDED, dependencies=[allow("customers:read")])
async def list_segments(caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None) -> Page[Segment]:
    """List segments in order of making."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor), limit + 1)
    return page(rows, limit, _segment, lambda segment: (segment.id,))


@router.get("/segments/{segment_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("customers:read")])
async def get_segment(segment_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Segment:
    """Show one segment."""
    row = await domain.get(read, caller.workspace_id, segment_id)
    response.headers.update(etag(row["version"]))
    return _segment(row)


@router.patch("/segments/{segment_id}", responses=EDITING, dependencies=[allow("customers:write")])
async def update_segment(
    segment_id: UUID, body: SegmentEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Segment:
    """Change a segment's name or rule."""
    row = await domain.update(tx, caller.workspace_id, segment_id, expected, **body.model_dump())
    response.headers.update(etag(row["version"]))
    return _segment(row)


@router.delete("/segments/{segment_id}", status_code=204, responses=EDITING, dependencies=[allow("customers:write")])
async def delete_segment(segment_id: UUID, caller: CallerDep, tx: TxDep, expected: IfMatch) -> None:
    """Delete a segment. Its members stay customers."""
    await domain.delete(tx, caller.workspace_id, segment_id, expected)


@router.get(
    "/segments/{segment_id}/members", responses=GUARDED | responses(NotFound), dependencies=[allow("customers:read")]
)
async def list_members(
    segment_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[Member]:
    """List who is in a segment, in order of their ids."""
    await domain.get(read, caller.workspace_id, segment_id)
    rows = await read.all(store.MEMBERS, caller.workspace_id, segment_id, after(cursor), limit + 1)
    return page(rows, limit, lambda row: Member(**row), lambda member: (member.member_id,))


@router.get(
    "/segments/{segment_id}/members/{member_id}",
    responses=GUARDED | responses(NotFound),
    dependencies=[allow("customers:read")],
)
async def explain_membership(segment_id: UUID, member_id: UUID, caller: CallerDep, read: ReadDep) -> Membership:
    """Tell whether a customer is in a segment, and why.

    Each part of the rule is there with the value that it sees now and what it says of that.
    """
    member, found = await domain.explain(read, caller.workspace_id, segment_id, member_id)
    return Membership(
        segment_id=segment_id,
        member_id=member_id,
        member=member is not None,
        since=member["since"] if member is not None else None,
        clauses=[_clause(each) for each in found],
    )


@router.put(
    "/segments/{segment_id}/members/{member_id}",
    status_code=204,
    responses=EDITING,
    dependencies=[allow("customers:write")],
)
async def put_member(segment_id: UUID, member_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Name a member of a segment without a rule. Naming one twice changes nothing."""
    await domain.put(tx, caller.workspace_id, segment_id, member_id)


@router.delete(
    "/segments/{segment_id}/members/{member_id}",
    status_code=204,
    responses=EDITING,
    dependencies=[allow("customers:write")],
)
async def remove_member(segment_id: UUID, member_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Take a member out of a segment without a rule."""
    await domain.remove(tx, caller.workspace_id, segment_id, member_id)


@router.get(
    "/contacts/{contact_id}/segments", responses=GUARDED | responses(NotFound), dependencies=[allow("customers:read")]
)
async def list_segments_of_contact(contact_id: UUID, caller: CallerDep, read: ReadDep) -> SegmentsOf:
    """List every segment that a contact is in, itself or through its account."""
    return _segments_of(await domain.of(read, caller.workspace_id, "contacts", contact_id), contact_id)


@router.get(
    "/accounts/{account_id}/segments", responses=GUARDED | responses(NotFound), dependencies=[allow("customers:read")]
)
async def list_segments_of_account(account_id: UUID, caller: CallerDep, read: ReadDep) -> SegmentsOf:
    """List every segment that an account is in."""
    return _segments_of(await domain.of(read, caller.workspace_id, "accounts", account_id), account_id)
