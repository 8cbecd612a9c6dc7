"""What feedback listens to."""

from collections.abc import Sequence

from services.feedback.ideas.domain import follow_items
from services.feedback.requesters.domain import name_requesters
from shared.database import Tx
from shared.events.base import Delivered
from shared.events.roadmap import ItemChanged
from shared.reader import Consumers


async def on_item_changed(tx: Tx, delivered: Sequence[Delivered[ItemChanged]]) -> None:
    """Ideas follow the status of their item; when it ships, those who asked are named."""
    await name_requesters(tx, await follow_items(tx, delivered))


CONSUMERS: Consumers = {ItemChanged: on_item_changed}
