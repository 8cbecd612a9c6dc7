"""Which statements are wanted, and by which index those are walked."""

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from services.feedback.search.store import Driver, Order
from shared.ids import earliest_id
from shared.paging import FIRST, LAST

State = Literal["new", "linked", "archived", "snoozed"]

SLACK = timedelta(hours=1)
"""How much earlier than it is stored a statement may be given its id, and how far two clocks may be apart."""


class Filter(NamedTuple):
    """Which statements are wanted; None leaves it open. Times are from the first and before the second."""

    q: str | None = None
    state: State | None = None
    assignee: str | None = None
    unassigned: bool = False
    source: str | None = None
    language: str | None = None
    product_id: UUID | None = None
    contact_id: UUID | None = None
    account_id: UUID | None = None
    segment_id: UUID | None = None
    idea_ids: tuple[UUID, ...] | None = None
    said: tuple[datetime | None, datetime | None] = (None, None)
    received: tuple[datetime | None, datetime | None] = (None, None)
    external_id: str | None = None

    def arguments(self) -> tuple[Any, ...]:
        """As statements take them."""
        return (
            self.source, self.product_id, self.language, self.contact_id, self.account_id, self.segment_id,
            None if self.idea_ids is None else list(self.idea_ids), self.state, self.assignee, self.unassigned,
            *self.said, *self.received, self.external_id,
        )  # fmt: skip


def implied(driver: Driver, wanted: Filter) -> Filter:
    """The filter that asks for all there is to be walked."""
    bare = Filter(q=wanted.q)
    match driver:
        case "external":
            return bare._replace(external_id=wanted.external_id)
        case "contact":
            return bare._replace(contact_id=wanted.contact_id)
        case "ideas":
            return bare._replace(idea_ids=wanted.idea_ids)
        case "account":
            return bare._replace(account_id=wanted.account_id)
        case "assignee":
            return bare._replace(assignee=wanted.assignee)
        case "new" | "seen":
            return bare._replace(state=wanted.state)
        case "product":
            return bare._replace(product_id=wanted.product_id)
        case "source":
            return bare._replace(source=wanted.source)
        case "any" | "words":
            return bare


def bounds(wanted: Filter, order: Order, after: UUID | None) -> tuple[UUID, UUID]:
    """Between which ids, which tell when they were made, in the order of looking."""
    since, until = wanted.received
    least = FIRST if since is None else earliest_id(since - SLACK)
    most = LAST if until is None else earliest_id(until + SLACK)
    if order == "newest":
        return most if after is None else min(after, most), least
    return least if after is None else max(after, least), most
