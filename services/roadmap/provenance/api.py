"""What an item rests on, down to the raw deliveries, over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from services.roadmap.provenance import domain
from shared.errors import Invalid, NotFound
from shared.problems import GUARDED, responses
from shared.provenance import Node, withheld
from shared.routes import CallerDep, Route, RuntimeDep, allow
from shared.siblings import Reason
from shared.wire import Wire

router = APIRouter(prefix="/v1/items", tags=["items"], route_class=Route)


class MissingPart(Wire):
    """A part of the chain that another service did not give."""

    idea_id: UUID
    service: Literal["feedback", "scoring"]
    reason: Reason
    detail: str = Field(description="the reason, for people; of `forbidden`, which scope the key lacks")


class Agreement(Wire):
    """Something that two services say, compared."""

    idea_id: UUID
    claim: str = Field(description="what should hold, in words")
    holds: bool | None = Field(description="null while one of the two has not heard of the other's newest version")


class Provenance(Wire):
    """An item's chain as one tree."""

    complete: bool = Field(
        description="nothing is missing, withheld or left out; lists may still go on at their `more`"
    )
    digest: str = Field(description="of the root: it stands for all of the tree")
    missing: list[MissingPart]
    withheld: list[str] = Field(description="scopes without which a part of the tree is not shown")
    ideas_left_out: list[UUID] = Field(description="past the first ten: ask for them one by one with `idea_id`")
    agreements: list[Agreement]
    tree: Node


@router.get(
    "/{item_id}/provenance", responses=GUARDED | responses(NotFound, Invalid), dependencies=[allow("roadmap:read")]
)
async def trace_item(
    item_id: UUID,
    request: Request,
    caller: CallerDep,
    runtime: RuntimeDep,
    idea_id: Annotated[UUID | None, Query(description="of the item's ideas this one only")] = None,
    evidence: Annotated[int, Query(ge=1, le=50, description="votes, insights and accounts shown of each idea")] = 20,
) -> Provenance:
    """Show all that an item rests on, down to the bytes that a survey tool sent, in one call.

    `item` > `change` and `item_idea`; an `item_idea` > `scores` > `score` > `input` > `estimate`, as scoring tells it
    (`GET /v1/scores/{idea_id}/provenance`), and > `idea` > `demand` > `accounts`, `votes`, `insights` > `feedback` >
    `delivery`, as feedback tells it (`GET /v1/ideas/{idea_id}/provenance`). Both are asked with your own key: what it
    may not see is withheld, with the scope that it lacks, and the digests stay those of the whole. A service that does
    not answer in time is named in `missing`, and the rest is told all the same.

    To check an answer, compute each node's digest from what it says and the digests of its children; `cairn verify
    --file` does it for a saved answer.
    """
    # Ended before anybody else is asked: a slow sibling must not hold a connection to the database.
    async with runtime.database.read((caller.workspace_id,)) as read:
        found = await domain.known(read, caller.workspace_id, item_id, idea_id)
    authorization = request.headers["authorization"]
    traced = await domain.trace(runtime.siblings, authorization, found, evidence)
    hidden = withheld(traced.root)
    return Provenance(
        complete=not (traced.missing or hidden or traced.left_out),
        digest=traced.root.digest,
        missing=[
            MissingPart(idea_id=each.idea_id, service=each.service, reason=each.fault.reason, detail=each.fault.detail)
            for each in traced.missing
        ],
        withheld=hidden,
        ideas_left_out=traced.left_out,
        agreements=[Agreement(**each._asdict()) for each in traced.findings],
        tree=traced.root,
    )
