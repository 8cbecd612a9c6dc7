"""What every event has, and how it travels.

An event is a snapshot of one aggregate with a version that rises by each change. A consumer applies it where its own
version is older, so a duplicate or a late arrival is harmless. It travels as CloudEvents 1.0 in binary mode: attributes
in headers, JSON in the body.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

CONTRACTS: dict[str, type["Event"]] = {}


class Event(BaseModel):
    """Base of all contracts. Unknown fields are ignored: additive changes must not break an older consumer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    """Subject without the aggregate: `<service>.<noun>.<past verb>.v<N>`."""
    aggregate: ClassVar[str]
    """Name of the field that identifies the aggregate."""

    workspace_id: UUID = Field(description="the tenant this belongs to")
    version: int = Field(ge=1, description="rises by each change of the aggregate; compare, never subtract")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        CONTRACTS[cls.type] = cls

    @property
    def aggregate_id(self) -> UUID:
        """Id of the aggregate whose state this is."""
        return getattr(self, self.aggregate)


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Delivered(Generic[E]):
    """An event as a consumer meets it."""

    id: UUID
    event: E
    time: datetime
    traceparent: str
    seq: int


def latest(delivered: Iterable[Delivered[E]]) -> list[Delivered[E]]:
    """The newest snapshot of each aggregate, ordered by aggregate so that row locks are taken in one order."""
    newest: dict[UUID, Delivered[E]] = {}
    for each in delivered:
        held = newest.get(each.event.aggregate_id)
        if held is None or held.event.version < each.event.version:
            newest[each.event.aggregate_id] = each
    return [newest[key] for key in sorted(newest)]


def headers_of(
    *, id: UUID, type: str, aggregate_id: UUID, workspace_id: UUID, time: datetime, traceparent: str
) -> dict[str, str]:
    """CloudEvents attributes as message headers. `Nats-Msg-Id` is what the stream drops duplicates by."""
    headers = {
        "Nats-Msg-Id": str(id),
        "ce-specversion": "1.0",
        "ce-id": str(id),
        "ce-source": f"/cairn/{type.partition('.')[0]}",
        "ce-type": type,
        "ce-subject": str(aggregate_id),
        "ce-time": time.isoformat(),
        "ce-workspaceid": str(workspace_id),
        "content-type": "application/json",
    }
    if traceparent:
        headers["traceparent"] = traceparent
    return headers


def decode(headers: dict[str, str], payload: bytes, seq: int) -> Delivered[Event] | None:
    """The event in a message, or None when this version of Cairn knows no such type. ValueError when it is broken."""
    contract = CONTRACTS.get(headers.get("ce-type", ""))
    if contract is None:
        return None
    return Delivered(
        id=UUID(headers["ce-id"]),
        event=contract.model_validate_json(payload),
        time=datetime.fromisoformat(headers["ce-time"]).astimezone(UTC),
        traceparent=headers.get("traceparent", ""),
        seq=seq,
    )
