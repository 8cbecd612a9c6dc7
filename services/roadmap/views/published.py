"""What the public may read of a roadmap: an allow-list, applied in one place.

Everything that leaves for the public is made here, from the models below and nothing else. A field that a view does not
allow has no influence on what is published, not even on the order of things.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.roadmap import ItemStatus

ViewField = Literal["summary", "target", "shipped", "people", "votes", "scores"]
"""What a view may allow of an item. Its id, title and status are always shown."""


class Heading(NamedTuple):
    """How a status is called on a page: the column's name, and what it means."""

    name: str
    meaning: str


HEADINGS: Mapping[ItemStatus, Heading] = {
    "considering": Heading("Later", "Under consideration"),
    "planned": Heading("Next", "Planned"),
    "in_progress": Heading("Now", "In progress"),
    "shipped": Heading("Shipped", "Out and ready to use"),
    "cancelled": Heading("Not planned", "We decided against these"),
}


class _Public(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PublishedScore(_Public):
    """A score under one model."""

    model_id: UUID
    value: float


class PublishedItem(_Public):
    """All that a published item can have. Fields that the view does not allow, or that have no value, are absent."""

    id: UUID
    title: str
    summary: str | None = None
    target: str | None = Field(default=None, description="quarter it is expected in", examples=["2027-Q1"])
    shipped: date | None = Field(default=None, description="day it shipped, UTC")
    people: int | None = Field(
        default=None,
        description="distinct people who asked for it; where it joins several ideas, for the one most asked for",
    )
    votes: int | None = Field(default=None, description="votes for all of its ideas")
    scores: list[PublishedScore] | None = Field(default=None, description="the best of its ideas, by model")


class PublishedColumn(_Public):
    """The items in one status."""

    status: ItemStatus
    name: str = Field(examples=["Now"])
    meaning: str = Field(examples=["In progress"])
    items: list[PublishedItem]


class PublishedView(_Public):
    """A published roadmap."""

    workspace: str = Field(description="whose roadmap it is")
    title: str
    introduction: str
    updated_at: datetime = Field(description="when the view or an item in it was last edited; numbers move besides")
    columns: list[PublishedColumn]


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as stored, with what can be published of it and more."""

    id: UUID
    title: str
    status: ItemStatus
    summary: str
    target: date | None
    shipped_at: datetime | None
    updated_at: datetime
    people: int
    votes: int
    scores: Sequence[tuple[UUID, float]]


def quarter(day: date) -> str:
    """The quarter of a day, as `2027-Q1`."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def _item(shown: Shown, fields: frozenset[ViewField]) -> PublishedItem:
    allowed: dict[ViewField, Any] = {
        "summary": shown.summary or None,
        "target": quarter(shown.target) if shown.target and shown.status != "shipped" else None,
        "shipped": shown.shipped_at.date() if shown.shipped_at else None,
        "people": shown.people,
        "votes": shown.votes,
        "scores": [PublishedScore(model_id=model, value=value) for model, value in shown.scores] or None,
    }
    return PublishedItem(id=shown.id, title=shown.title, **{name: allowed[name] for name in fields})


def _order(item: PublishedItem) -> tuple[Any, ...]:
    """Newest shipped first, then what is expected soonest, then what most people ask for: as far as the public sees."""
    return (
        -item.shipped.toordinal() if item.shipped else 0,
        item.target or "~",
        -(item.people or 0),
        -(item.votes or 0),
        item.id,
    )


def publish(
    *,
    workspace: str,
    title: str,
    introduction: str,
    edited_at: datetime,
    statuses: Sequence[ItemStatus],
    fields: Iterable[ViewField],
    items: Iterable[Shown],
) -> PublishedView:
    """The public's copy of a view: its statuses as columns, and of their items what `fields` allow."""
    shown = [item for item in items if item.status in statuses]
    allowed = frozenset(fields)
    return PublishedView(
        workspace=workspace,
        title=title,
        introduction=introduction,
        updated_at=max([edited_at, *(item.updated_at for item in shown)]),
        columns=[
            PublishedColumn(
                status=status,
                name=HEADINGS[status].name,
                meaning=HEADINGS[status].meaning,
                items=sorted((_item(item, allowed) for item in shown if item.status == status), key=_order),
            )
            for status in statuses
        ],
    )
