"""The first ideas of several demand policies, under all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.scoring.frameworks.demand_policies import State
from services.scoring.policy_comparisons import store
from services.scoring.rankings.domain import DEPTH, left_by, too_far_down
from shared.database import Read
from shared.events.feedback import IdeaKind, IdeaStatus


@dataclass(frozen=True, slots=True)
class Compared:
    """An idea that is on top by one of the policies, with what it weighs by each; None: it is not weighed."""

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus
    values: Sequence[float | None]
    states: Sequence[State | None]


async def top(
    read: Read,
    workspace_id: UUID,
    policy_ids: Sequence[UUID],
    among: int,
    *,
    kind: str | None,
    status: str | None,
    product_id: UUID | None,
) -> tuple[list[Compared], int]:
    """The first of each policy, under all of them; and how many the policy has that ranks most.

    Conflict where each filter leaves many ideas, and the first places of a policy hold too few of them.
    """
    few = await left_by(read, workspace_id, {"kind": kind, "status": status, "product_id": product_id}, DEPTH)
    rows: dict[UUID, tuple[str, IdeaKind, IdeaStatus]] = {}
    most = 0
    for policy_id in policy_ids:
        asked = workspace_id, policy_id, kind, status, product_id, among
        if few is None:
            found = await read.all(store.TOP, *asked, DEPTH)
        else:
            found = await read.all(store.TOP_OF, *asked, few)
        if few is None and len(found) < among and await read.value(store.DEEPER, workspace_id, policy_id, DEPTH):
            raise too_far_down(len(found), among)
        rows |= {row["idea_id"]: (row["title"], row["kind"], row["status"]) for row in found}
        most = max(most, len(found))
    weighed = await read.all(store.VALUES, workspace_id, policy_ids, list(rows)) if rows else []
    return [Compared(row["idea_id"], *rows[row["idea_id"]], row["values"], row["states"]) for row in weighed], most
