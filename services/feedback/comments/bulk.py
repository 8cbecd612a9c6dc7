"""Comments from elsewhere: brought once for each external id, and joined with what they answer when both are there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json

from services.feedback.comments import domain, store
from services.feedback.comments.domain import NO_BOARD, Visibility
from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from shared.database import Tx
from shared.errors import FieldError, Invalid
from shared.ids import id_as_of, new_id

JOINED_AT_ONCE = 200


class Arrival(NamedTuple):
    """A comment as it was elsewhere."""

    external_id: str
    idea_id: UUID
    text: str
    visibility: Visibility
    person: Person | None
    """The customer who said it; None: somebody of the team."""
    signature: str | None = None
    answers: str | None = None
    """External id of the comment that it answers there."""
    created_at: datetime | None = None


async def bring(
    tx: Tx, workspace_id: UUID, actor: str, source: str, arrivals: Sequence[Arrival]
) -> list[str | Invalid]:
    """Write down those that did not come before: `created`, `duplicate`, or what is wrong for each.

    They were let through where they were said: no moderator is asked. Whoever they mention is not told.
    """
    await tx.all(store.HOLD_ORIGINS, workspace_id, source)
    rows = await tx.all(store.BROUGHT, workspace_id, source, [each.external_id for each in arrivals])
    known = {row["external_id"] for row in rows}
    people = [each.person for each in arrivals if each.person is not None]
    recognised = iter(await customers.recognise(tx, people) if people else ())
    contacts = [next(recognised) if each.person is not None else None for each in arrivals]
    outcomes: list[str | Invalid] = []
    given: list[dict[str, Any]] = []
    for each, contact_id in zip(arrivals, contacts, strict=True):
        if each.person is not None and contact_id is None:
            outcomes.append(Invalid(errors=[FieldError("/contact/id", "no contact by that id")]))
        elif each.external_id in known:
            outcomes.append("duplicate")
        else:
            known.add(each.external_id)
            outcomes.append("created")
            id = new_id() if each.created_at is None else id_as_of(each.created_at)
            given.append(each._asdict() | {"id": id, "contact_id": contact_id, "person": None})
    if given:
        written = await tx.all(store.BRING, workspace_id, actor, source, to_json(given).decode())
        public = [row["idea_id"] for row in written if row["visibility"] == "public"]
        await domain.count(tx, workspace_id, {(idea_id, NO_BOARD): public.count(idea_id) for idea_id in public})
        await domain.tell(tx, workspace_id, written)
    return outcomes


async def join_some(tx: Tx, workspace_id: UUID, source: str, after: str) -> str | None:
    """Put answers under what they answer, behind an external id in order; the last one looked at, None at the end.

    There is one level: what answers an answer stands under the same comment. What does not fit (another idea, a public
    answer to something that is not) stays by itself, and so does an answer to what has not come.
    """
    await tx.all(store.HOLD_ORIGINS, workspace_id, source)
    rows = await tx.all(store.ANSWERS, workspace_id, source, after, JOINED_AT_ONCE)
    found = {row["comment_id"]: row["root_id"] for row in rows if row["root_id"] is not None}
    if found:
        joined = await tx.all(store.JOIN, workspace_id, list(found), list(found.values()))
        await tx.run(store.JOINED, workspace_id, list(found))
        await domain.tell(tx, workspace_id, joined)
    return rows[-1]["external_id"] if len(rows) == JOINED_AT_ONCE else None
