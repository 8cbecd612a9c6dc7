"""What feedback and scoring have said, put where roadmap keeps it, as its reader would put it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.roadmap.consumers import CONSUMERS
from shared.database import Database, Tx
from shared.events.base import Delivered, Event
from shared.events.feedback import DemandChanged, IdeaChanged
from shared.events.scoring import ScoreChanged
from shared.ids import new_id

Databases = Callable[[str], Awaitable[Database]]


def delivered(event: Event, seq: int = 1) -> Delivered[Event]:
    """An event as a consumer meets it."""
    return Delivered(id=new_id(), event=event, time=datetime.now(UTC), traceparent="", seq=seq)


async def apply(tx: Tx, events: Sequence[Event]) -> None:
    """Hand a batch to roadmap's consumers."""
    for contract, handler in CONSUMERS.items():
        if batch := [delivered(event) for event in events if type(event) is contract]:
            await handler(tx, batch)


class Said:
    """What the other services have said to one workspace's roadmap."""

    def __init__(self, database: Database, workspace_id: UUID) -> None:
        self._database = database
        self.workspace_id = workspace_id

    async def say(self, *events: Event) -> None:
        """Apply events."""
        async with self._database.transaction({self.workspace_id}) as tx:
            await apply(tx, events)

    async def idea(self, title: str = "Offline mode", **others: Any) -> UUID:
        """An idea that roadmap has heard of, and its id."""
        idea_id: UUID = others.pop("idea_id", None) or new_id()
        named: dict[str, Any] = {"kind": "feature", "status": "open", "version": 1, **others}
        await self.say(IdeaChanged(workspace_id=self.workspace_id, idea_id=idea_id, title=title, **named))
        return idea_id

    async def demand(self, idea_id: UUID, votes: int, people: int, version: int = 1) -> None:
        """How many ask for an idea."""
        await self.say(
            DemandChanged(
                workspace_id=self.workspace_id,
                idea_id=idea_id,
                version=version,
                votes=votes,
                insights=0,
                contacts=people,
                accounts=min(people, 2),
                mrr=98_700,
                currency="USD",
            )
        )

    async def score(self, idea_id: UUID, model_id: UUID, value: float | None, version: int = 1) -> UUID:
        """What an idea scores under a model, and the score's id."""
        score_id = new_id()
        await self.say(
            ScoreChanged(
                workspace_id=self.workspace_id,
                score_id=score_id,
                idea_id=idea_id,
                model_id=model_id,
                model_version=3,
                version=version,
                state="not_scoreable" if value is None else "scored",
                value=value,
                cause="demand",
            )
        )
        return score_id
