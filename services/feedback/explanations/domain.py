"""Who sees what, and why: the portal is asked what it shows, and the reasons are said beside it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.explanations import store
from services.feedback.explanations.reasons import Brought, Place, Reason, Said, weigh
from services.feedback.portal import domain as portal
from services.feedback.portal.viewer import ANONYMOUS, Sight, Viewer
from shared.access import registry
from shared.database import Read
from shared.errors import FieldError, Invalid, NotFound

MOST_BOARDS = 50
"""Boards of one idea that are gone through."""
SCOPES = {
    "board": "ideas:read",
    "idea": "ideas:read",
    "comment": "comments:read",
    "submission": "moderation:read",
    "feedback": "feedback:read",
}
"""What reads a record inside."""
RECORDS = "must be `board:<key>`, `idea:<id>`, `comment:<id>`, `submission:<id>` or `feedback:<id>`"


class Because(NamedTuple):
    """What one board, or none, makes of it."""

    board: str | None
    visible: bool
    reason: Reason


class Named(NamedTuple):
    """`idea:0190…` in its two parts."""

    kind: str
    name: str

    @property
    def id(self) -> UUID | None:
        try:
            return UUID(self.name)
        except ValueError:
            return None


class _Record(NamedTuple):
    """What is asked about."""

    board: str | None = None
    idea_id: UUID | None = None
    comment: asyncpg.Record | None = None
    submission: asyncpg.Record | None = None


async def explain(read: Read, workspace_id: UUID, principal: Named, record: Named) -> list[Because]:
    """Each board that the record is on, and whether the principal sees it there; once in all where a scope decides.

    NotFound when there is no such record or principal. Invalid when either is named in no way that is known.
    """
    found = await _record(read, workspace_id, record)
    viewer = ANONYMOUS
    if principal.kind == "key" and principal.id is not None:
        key = await registry.get_key(read, workspace_id, principal.id)
        if SCOPES[record.kind] in key.scopes:
            return [Because(None, True, "scope")]
        if "boards:read" not in key.scopes:
            return [Because(None, False, "no_scope")]
    elif principal.kind == "contact" and principal.id is not None:
        if await read.value(store.CONTACT, workspace_id, principal.id) is None:
            raise NotFound("No contact by that id.")
        viewer = Viewer("contact", principal.id)
    elif principal != ("anonymous", ""):
        raise Invalid(errors=[FieldError("/query/principal", "must be `anonymous`, `contact:<id>` or `key:<id>`")])
    if record.kind == "feedback":
        return [Because(None, False, "feedback_is_internal")]
    rows = await read.all(store.BOARDS, workspace_id, found.board, found.idea_id, viewer.contact_id, MOST_BOARDS)
    reasons = [await _weighed(read, workspace_id, viewer, row, found) for row in rows]
    return reasons or [Because(None, False, "on_no_board")]


async def _record(read: Read, workspace_id: UUID, record: Named) -> _Record:
    found: object = None
    said = _Record()
    if record.kind == "board":
        found = await read.value(store.BOARD, workspace_id, record.name)
        said = _Record(board=record.name)
    elif record.kind not in SCOPES or record.id is None:
        raise Invalid(errors=[FieldError("/query/record", RECORDS)])
    elif record.kind == "comment":
        found = comment = await read.one(store.COMMENT, workspace_id, record.id)
        # On feedback it is on no board, as if of an idea that is none.
        said = _Record(idea_id=comment["idea_id"] or record.id, comment=comment) if comment is not None else said
    elif record.kind == "submission":
        found = brought = await read.one(store.SUBMISSION, workspace_id, record.id)
        said = _Record(board=brought["board"], submission=brought) if brought is not None else said
    elif record.kind == "idea":
        found = await read.value(store.IDEA, workspace_id, record.id)
        said = _Record(idea_id=record.id)
    else:
        found = await read.value(store.FEEDBACK, workspace_id, record.id)
    if found is None:
        raise NotFound(f"No {record.kind} by that name.")
    return said


async def _weighed(read: Read, workspace_id: UUID, viewer: Viewer, row: asyncpg.Record, record: _Record) -> Because:
    place = Place(
        visibility=row["visibility"],
        archived=row["archived"],
        member=row["member"],
        idea_archived=bool(row["idea_archived"]),
        own=row["own"],
        has_idea=record.idea_id is not None,
    )
    said: Said | Brought | None = None
    if record.submission is not None:
        own = viewer.contact_id is not None and record.submission["contact_id"] == viewer.contact_id
        said = Brought(record.submission["state"], own)
    elif record.comment is not None:
        said = Said(
            visibility=record.comment["visibility"],
            state=record.comment["state"],
            deleted=record.comment["deleted"],
            own=viewer.contact_id is not None and record.comment["contact_id"] == viewer.contact_id,
            answers_hidden=record.comment["answers_hidden"],
            elsewhere=record.comment["board_id"] not in (None, row["board_id"]),
        )
    _, reason = weigh(place, said)
    sight = Sight(workspace_id, row["board_id"], row["key"], row["visibility"] == "one_way", viewer)
    return Because(row["key"], await _seen(read, sight, record), reason)


async def _seen(read: Read, sight: Sight, record: _Record) -> bool:
    """What the portal itself shows, whatever the reasons say: a test holds the two against each other."""
    if record.comment is not None:
        return await portal.comment(read, sight, record.comment["id"]) is not None
    if record.submission is not None:
        return await portal.submission(read, sight, record.submission["id"]) is not None
    try:
        if record.idea_id is not None:
            await portal.idea(read, sight, record.idea_id)
        else:
            await portal.board(read, sight)
    except NotFound:
        return False
    return True


def visible(reasons: Sequence[Because]) -> bool:
    """Whether it is seen anywhere."""
    return any(each.visible for each in reasons)
