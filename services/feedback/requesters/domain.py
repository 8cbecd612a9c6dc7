"""Closing the loop: when an item ships, everyone who asked for its ideas is named, once each."""

from collections.abc import Sequence

from services.feedback.requesters import store
from shared.database import Tx
from shared.events.base import Delivered
from shared.events.feedback import RequestersNamed
from shared.events.roadmap import ItemChanged
from shared.outbox import emit


async def name_requesters(tx: Tx, news: Sequence[Delivered[ItemChanged]]) -> None:
    """Name those who voted for, or spoke for, an idea of an item that has shipped; who was named before is not again.

    Takes what `ideas.follow_items` found to be news: one event for each item at most.
    """
    shipped = {each.event.item_id: each for each in news if each.event.status == "shipped"}
    if not shipped:
        return
    pairs = [(each, idea_id) for each in shipped.values() for idea_id in each.event.idea_ids]
    await tx.run(
        store.NAME,
        [each.event.workspace_id for each, _ in pairs],
        [each.event.item_id for each, _ in pairs],
        [idea_id for _, idea_id in pairs],
        [each.event.shipped_at or each.time for each, _ in pairs],
    )
    counted = {row["item_id"]: row for row in await tx.all(store.COUNT, list(shipped))}
    await emit(
        tx,
        [
            RequestersNamed(
                workspace_id=each.event.workspace_id,
                item_id=item_id,
                version=each.event.version,
                requesters=counted[item_id]["requesters"] if item_id in counted else 0,
                accounts=counted[item_id]["accounts"] if item_id in counted else 0,
            )
            for item_id, each in shipped.items()
        ],
        [each.traceparent for each in shipped.values()],
    )
