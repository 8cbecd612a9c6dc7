"""The inbox over HTTP: lists whose order holds still, what is done about many statements at once, and its undoing."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import from_json

from services.feedback.search import domain as search
from services.feedback.search.api import SEARCHED, Words
from services.feedback.search.domain import WINDOW, Filter, Found, Order, State
from services.feedback.triage import domain, store
from services.feedback.triage.domain import AT_ONCE, DEEDS, Deed, Done, Wish
from shared.errors import FieldError, Invalid, NotFound
from shared.paging import LAST, Cursor, Limit, Page, after, decode, encode, page, whole
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import INT8, Key, Line, Moment, Wire

router = APIRouter(prefix="/v1/inbox", tags=["inbox"], route_class=Route)

COUNTED = 1_000
"""Counts stop here: nobody works through more at a sitting, and a total would cost every writer a lock."""

Assignee = Annotated[Key, Field(description="who is to look at it, in your own words", examples=["ada"])]


class InboxFilter(Wire):
    """Which statements are meant; what is left out does not matter."""

    state: State | Literal["any"] = "new"
    assignee: Assignee | None = None
    unassigned: bool = False
    source: Key | None = Field(default=None, examples=["support"])
    product_id: UUID | None = None
    segment_id: UUID | None = None
    q: Words | None = Field(default=None, description=SEARCHED)

    def wanted(self) -> Filter:
        """The same for the domain."""
        return Filter(
            q=self.q,
            state=None if self.state == "any" else self.state,
            assignee=self.assignee,
            unassigned=self.unassigned,
            source=self.source,
            product_id=self.product_id,
            segment_id=self.segment_id,
        )


class InboxEntry(Wire):
    """A feedback, and where it stands."""

    id: UUID
    source: str
    external_id: str
    contact_id: UUID | None
    product_id: UUID | None
    text: str
    said_at: datetime
    received_at: datetime
    state: State
    assignee: str | None
    snoozed_until: datetime | None
    note: str | None = Field(description="why it was archived or snoozed")
    changed_by: str | None = Field(description="who last did something about it here; null when nobody has")
    changed_at: datetime | None


class InboxPlace(Wire):
    """An entry between its neighbours in a list, whether it is in that list itself or not any more."""

    entry: InboxEntry
    previous_id: UUID | None = Field(description="what comes before it in the list")
    next_id: UUID | None = Field(description=f"what comes after it; null when there is none within {WINDOW} entries")


class InboxCounts(Wire):
    """How many entries are in each state, counted up to 1,000."""

    new: int = Field(le=COUNTED)
    linked: int = Field(le=COUNTED)
    archived: int = Field(le=COUNTED)
    snoozed: int = Field(le=COUNTED)


def _distinct(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        raise ValueError("names a feedback twice")
    return ids


_TAKEN_BY: dict[str, frozenset[Deed]] = {
    "until": frozenset({"snooze"}),
    "assignee": frozenset({"assign"}),
    "idea_id": frozenset({"link", "unlink"}),
    "need_id": frozenset({"link", "unlink"}),
    "note": frozenset({"archive", "snooze"}),
}
"""Which actions a field is for."""
_BARRED: list[JsonValue] = [
    {"not": {"required": ["ids", "filter"]}},
    {"not": {"required": ["ids", "after"]}},
    {"not": {"required": ["idea_id", "need_id"]}},
    *(
        {
            "not": {
                "required": ["action", name],
                "properties": {"action": {"enum": [deed for deed in DEEDS if deed not in takers]}},
            }
        }
        for name, takers in _TAKEN_BY.items()
    ),
]
"""What `InboxActionIn` refuses to have together, for its schema."""


class InboxActionIn(Wire):
    """What to do, and about which statements: give either `ids` or a `filter`.

    `snooze` takes `until`; `assign` takes `assignee`, null for nobody; `link` and `unlink` take `idea_id` or `need_id`;
    `archive` and `snooze` may give a `note`; `reopen` takes nothing.
    """

    model_config = ConfigDict(json_schema_extra={"allOf": _BARRED})

    action: Deed
    ids: Annotated[list[UUID], Field(min_length=1, max_length=AT_ONCE), AfterValidator(_distinct)] | None = Field(
        default=None, examples=[["0197f3c1-6d0e-7cc1-8f6f-3f1d2b5a9e10"]]
    )
    filter: InboxFilter | None = Field(
        default=None, description=f"the oldest {AT_ONCE} that it names; `next` tells whether there may be more"
    )
    after: UUID | None = Field(default=None, description="with a filter: `next` of the call before")
    until: Moment | None = Field(default=None, description="when it is to come back as new")
    assignee: Assignee | None = None
    idea_id: Key | None = Field(default=None, description="the idea's id or key")
    need_id: Key | None = Field(default=None, description="the need's id or key")
    note: Line | None = Field(default=None, description="why", examples=["A duplicate of a support case"])

    @model_validator(mode="after")
    def _fits(self) -> "InboxActionIn":
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give either ids or a filter")
        if self.after is not None and self.filter is None:
            raise ValueError("after goes with a filter")
        extra = [
            name for name, takers in _TAKEN_BY.items() if self.action not in takers and getattr(self, name) is not None
        ]
        if extra:
            raise ValueError(f"{self.action} takes no {', '.join(extra)}")
        if self.action == "snooze" and self.until is None:
            raise ValueError("snooze needs until")
        if self.action in _TAKEN_BY["idea_id"] and (self.idea_id is None) == (self.need_id is None):
            raise ValueError(f"{self.action} needs either idea_id or need_id")
        return self

    def wish(self) -> Wish:
        """The same for the domain."""
        if self.until is not None and self.until <= datetime.now(UTC):
            raise Invalid(errors=[FieldError("/body/until", "must lie in the future")])
        return Wish(self.action, self.until, self.assignee, self.idea_id, self.need_id, self.note)


class InboxAction(Wire):
    """Something that was done about many statements at once."""

    id: UUID
    action: Deed
    asked: dict[str, Any] = Field(description="what it was done with: until, assignee, idea, need, note")
    changed: int = Field(description="statements that it changed")
    done_by: str
    done_at: datetime
    undone_by: str | None
    undone_at: datetime | None


class InboxResult(Wire):
    """What became of one statement."""

    id: UUID
    status: Literal["changed", "unchanged", "not_found"]
    state: State | None = Field(description="where it stands now")


class InboxActionDone(InboxAction):
    """An action, and what became of each statement."""

    results: list[InboxResult]
    next: UUID | None = Field(description="pass as `after` to go on with what else the filter may name")


class InboxChange(Wire):
    """A change of where a statement stands."""

    seq: int
    kind: Literal["archive", "snooze", "assign", "link", "unlink", "reopen", "wake", "undo"]
    before: dict[str, Any] = Field(description="state, assignee, due and note, as far as they were looked at")
    after: dict[str, Any]
    insight_id: UUID | None = Field(description="the link that was made or taken back")
    action_id: UUID | None = Field(description="the action that it was part of")
    changed_by: str = Field(description="`key:<id>`, `rule:<connection>`, or `cairn` for what came back by itself")
    changed_at: datetime


def _entry(row: asyncpg.Record) -> InboxEntry:
    return InboxEntry(
        **{name: row[name] for name in InboxEntry.model_fields if name != "snoozed_until"}, snoozed_until=row["due"]
    )


def _action(row: asyncpg.Record) -> dict[str, Any]:
    content = dict(row)
    deed = content.pop("kind")
    return content | {"action": deed, "asked": from_json(row["asked"])}


def _done(done: Done) -> InboxActionDone:
    results = [InboxResult(id=each.id, status=each.status, state=each.state) for each in done.results]
    return InboxActionDone(**_action(done.action), results=results, next=done.next)


def _change(row: asyncpg.Record) -> InboxChange:
    content = dict(row)
    insight = content.pop("insight")
    content["insight_id"] = from_json(insight)["id"] if insight is not None else None
    return InboxChange(**content | {"before": from_json(row["before"]), "after": from_json(row["after"])})


async def _wanted(
    state: Annotated[State | Literal["any"], Query(description="where they stand")] = "new",
    assignee: Annotated[Key | None, Query(description="only those assigned to them")] = None,
    unassigned: Annotated[bool, Query(description="only those assigned to nobody")] = False,
    source: Annotated[Key | None, Query(description="only through this channel")] = None,
    product_id: Annotated[UUID | None, Query(description="only about this product")] = None,
    segment_id: Annotated[UUID | None, Query(description="only of contacts in this segment")] = None,
    q: Annotated[Words | None, Query(description=SEARCHED)] = None,
) -> Filter:
    return Filter(
        q=q,
        state=None if state == "any" else state,
        assignee=assignee,
        unassigned=unassigned,
        source=source,
        product_id=product_id,
        segment_id=segment_id,
    )


Wanted = Annotated[Filter, Depends(_wanted)]
Ordered = Annotated[Order, Query(description="by arrival")]


def _only(found: Found) -> UUID | None:
    return found.rows[0]["id"] if found.rows else None


@router.get("", responses=GUARDED, dependencies=[allow("feedback:read")])
async def list_inbox(
    caller: CallerDep,
    read: ReadDep,
    wanted: Wanted,
    order: Ordered = "oldest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[InboxEntry]:
    """List what is in the inbox, by arrival. The order holds still while entries leave it.

    Where filters leave most out, a page may have few rows or none and still a `next_cursor`: each looks at a bounded
    number of entries. Only without one is the list at its end.
    """
    start = after(cursor) if cursor is not None else None
    found = await domain.look(read, caller.workspace_id, wanted, order, start, limit)
    next_cursor = encode(found.next) if found.next is not None else None
    return Page(data=[_entry(row) for row in found.rows], next_cursor=next_cursor)


@router.get("/counts", responses=GUARDED, dependencies=[allow("feedback:read")])
async def get_inbox_counts(caller: CallerDep, read: ReadDep) -> InboxCounts:
    """Count the entries in each state, up to 1,000."""
    row = await read.one(store.COUNTS, caller.workspace_id, COUNTED)
    assert row is not None  # counts always have a row
    return InboxCounts(**row)


@router.post("/actions", responses=EDITING, dependencies=[allow("feedback:write")])
async def act_on_inbox(body: InboxActionIn, caller: CallerDep, tx: TxDep) -> InboxActionDone:
    """Archive, snooze, assign, link, unlink or reopen up to 500 statements: all of it or none."""
    wanted = body.filter.wanted() if body.filter is not None else None
    return _done(await domain.act(tx, caller.workspace_id, caller.actor, body.wish(), body.ids, wanted, body.after))


@router.get("/actions", responses=GUARDED, dependencies=[allow("feedback:read")])
async def list_inbox_actions(
    caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[InboxAction]:
    """List what was done in the inbox, the last first."""
    rows = await read.all(store.LIST_ACTIONS, caller.workspace_id, after(cursor, LAST), limit + 1)
    return page(rows, limit, lambda row: InboxAction(**_action(row)), lambda action: (action.id,))


@router.post(
    "/actions/{action_id}:undo",
    responses=EDITING | responses(NotFound),
    dependencies=[allow("feedback:write")],
)
async def undo_inbox_action(action_id: UUID, caller: CallerDep, tx: TxDep) -> InboxActionDone:
    """Put statements back to where they stood before an action. Those that were changed since stay as they are."""
    return _done(await domain.undo(tx, caller.workspace_id, caller.actor, action_id))


@router.get("/{feedback_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("feedback:read")])
async def get_inbox_entry(
    feedback_id: UUID, caller: CallerDep, read: ReadDep, wanted: Wanted, order: Ordered = "oldest"
) -> InboxPlace:
    """Show an entry and its neighbours in a list, whether it is in that list or has left it.

    It is what a keyboard goes on to: the same filters and order as of the list.
    """
    row = await search.get(read, caller.workspace_id, feedback_id)
    if row is None:
        raise NotFound("No feedback by that id.")
    before, behind = await domain.neighbours(read, caller.workspace_id, wanted, order, feedback_id)
    return InboxPlace(entry=_entry(row), previous_id=_only(before), next_id=_only(behind))


@router.get("/{feedback_id}/history", responses=GUARDED | responses(NotFound), dependencies=[allow("feedback:read")])
async def list_inbox_history(
    feedback_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[InboxChange]:
    """List every change of where a statement stands, the last first."""
    if await search.get(read, caller.workspace_id, feedback_id) is None:
        raise NotFound("No feedback by that id.")
    last = decode(cursor, whole())[0] if cursor is not None else INT8
    rows = await read.all(store.HISTORY, caller.workspace_id, feedback_id, last, limit + 1)
    return page(rows, limit, _change, lambda change: (change.seq,))
