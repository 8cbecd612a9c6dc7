"""Closing the loop: when an item ships, everyone who asked for its ideas is named, once each."""

from collections.abc import Sequence

from services.feedback.requesters import store
from shared.database import Tx
from shared.events.base import Delivered, latest
from shared.events.feedback import RequestersNamed
from shared.events.roadmap import ItemChanged
from shared.outbox import emit


async def name_requesters(tx: Tx, delivered: Sequence[Delivered[ItemChanged]]) -> None:
    """Name those who voted for, or spoke for, an idea of an item that has shipped. A replay names nobody twice."""
    shipped = [each for each in latest(delivered) if each.event.status == "shipped"]
    if not shipped:
        return
    items = [each.event for each in shipped]
    done = {row["item_id"]: row["version"] for row in await tx.all(store.LOCK, [item.item_id for item in items])}
    due = [each for each in shipped if done.get(each.event.item_id, 0) < each.event.version]
    if not due:
        return
    pairs = [(each, idea_id) for each in due for idea_id in each.event.idea_ids]
    await tx.run(
        store.NAME,
        [each.event.workspace_id for each, _ in pairs],
        [each.event.item_id for each, _ in pairs],
        [idea_id for _, idea_id in pairs],
        [each.event.shipped_at or each.time for each, _ in pairs],
    )
    rows = await tx.all(
        store.CLOSE,
        [each.event.workspace_id for each in due],
        [each.event.item_id for each in due],
        [each.event.version for each in due],
    )
    traces = {each.event.item_id: each.traceparent for each in due}
    await emit(tx, [RequestersNamed(**row) for row in rows], [traces[row["item_id"]] for row in rows])
