"""What the demand for an idea rests on, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.feedback.provenance import domain
from shared.errors import Moved, NotFound
from shared.problems import GUARDED, responses
from shared.provenance import Node
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, allow
from shared.sealing import Seal

router = APIRouter(prefix="/v1/ideas", tags=["ideas"], route_class=Route)


@router.get("/{idea_id}/provenance", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("ideas:read")])
async def trace_idea(
    idea_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    runtime: RuntimeDep,
    evidence: Annotated[int, Query(ge=1, le=50, description="accounts, votes and insights that are shown")] = 20,
) -> Node:
    """Show what the demand for an idea rests on: who asked, in which words, and the raw deliveries.

    `idea` > `demand` > `accounts`, `votes`, `insights`; a `vote` > `contact`; an `insight` > `feedback` > `contact`,
    and `delivery` where a survey tool sent it. Of that, `intact` says whether its bytes have the hash that was taken at
    the door (`sha256`), `verdict` what the signature said there, and `verified_again` what it says of the bytes now:
    `mismatch` when they were altered, or the secret is no longer kept. Both are null where that cannot be told, as of
    an erased one. Votes need `votes:read`, insights and feedback `feedback:read`, contacts `customers:read`, deliveries
    `connections:read`: without, they are withheld, and their digests stay. `more` is where a list goes on.
    """
    seal = Seal(runtime.settings.sealing_key.get_secret_value())
    return await domain.provenance(read, seal, caller, idea_id, evidence)
