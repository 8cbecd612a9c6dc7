"""How good what was suggested is: what people made of it, and what they found to belong together."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.feedback.similar import store
from services.feedback.similar.domain import Method, earliest_id
from services.feedback.similar.shares import Share
from shared.database import Read

JUDGED_MOST = 10_000
"""Suggestions, and links, that the measures are taken over at most: the newest."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of the suggestions of one method (None: of all), and of what belongs together."""

    method: Method | None
    suggested: int
    accepted: int
    dismissed: int
    undecided: int
    precision: Share
    recall: Share


async def judge(read: Read, workspace_id: UUID, since: datetime) -> list[Judged]:
    """Precision and recall of what was suggested since then: of each method, and of all."""
    first = earliest_id(since)
    shown = {row["method"]: row for row in await read.all(store.JUDGED, workspace_id, first, JUDGED_MOST)}
    found: dict[Method | None, int] = {
        row["method"]: row["found"] for row in await read.all(store.FOUND, workspace_id, first, JUDGED_MOST)
    }
    belonging = sum(found.values())
    methods: tuple[Method, ...] = ("lexical", "fused")
    judged: list[Judged] = []
    for method in (None, *methods):
        rows = [row for name, row in shown.items() if method in (None, name)]
        suggested, accepted, dismissed, undecided = (
            sum(row[name] for row in rows) for name in ("suggested", "accepted", "dismissed", "undecided")
        )
        hits = sum(count for name, count in found.items() if name is not None and method in (None, name))
        judged.append(
            Judged(
                method,
                suggested,
                accepted,
                dismissed,
                undecided,
                precision=Share(accepted + dismissed, accepted),
                recall=Share(belonging, hits),
            )
        )
    return judged
