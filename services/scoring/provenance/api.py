"""What an idea's scores rest on, over HTTP."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.scoring.scores.api import Score, explained
from shared.errors import Moved, NotFound
from shared.problems import GUARDED, responses
from shared.provenance import Node, node
from shared.routes import CallerDep, ReadDep, Route, allow

router = APIRouter(prefix="/v1/scores", tags=["scores"], route_class=Route)


@router.get(
    "/{idea_id}/provenance", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("scores:read")]
)
async def trace_scores(idea_id: UUID, caller: CallerDep, read: ReadDep) -> Node:
    """Show what an idea's scores rest on.

    `scores` > `score`, one for each active model > `input` > `estimate`. Each says what `GET /v1/scores/{idea_id}`
    says. The `steps` of a score, applied in order to its `start`, give its value exactly. An `input` from demand names
    the event and the version of the demand, which feedback traces further: `GET /v1/ideas/{idea_id}/provenance`.
    """
    told = await explained(read, caller.workspace_id, idea_id, "/provenance")
    idea = {"title": told.title, "kind": told.kind, "status": told.status}
    return node("scores", idea_id, idea, [_score(each) for each in told.scores])


def _score(score: Score) -> Node:
    inputs = [
        node(
            "input",
            f"{score.id}/{name}",
            {"name": name, **_plain(given, {"estimates"})},
            [node("estimate", each.estimate_id, _plain(each, {"estimate_id"})) for each in given.estimates],
        )
        for name, given in score.inputs.items()
    ]
    return node("score", score.id, _plain(score, {"id", "inputs"}), inputs)


def _plain(model: BaseModel, without: set[str]) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude=without)
