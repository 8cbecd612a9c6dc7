"""Events that the roadmap service publishes."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.base import Event

ItemStatus = Literal["considering", "planned", "in_progress", "shipped", "cancelled"]


class ItemChanged(Event):
    """Published when a roadmap item is planned, edited or changes its status. It is the item's whole public state."""

    type: ClassVar[str] = "roadmap.item.changed.v1"
    aggregate: ClassVar[str] = "item_id"

    item_id: UUID
    idea_ids: list[UUID]
    title: str
    status: ItemStatus
    shipped_at: datetime | None = None
