"""Why somebody can or cannot see a record, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from services.feedback.explanations import domain
from services.feedback.explanations.domain import Named
from services.feedback.explanations.reasons import DETAILS, Reason
from shared.errors import NotFound
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Key, Wire

router = APIRouter(prefix="/v1", tags=["boards"], route_class=Route)


class AccessReason(Wire):
    """What decides, on one board."""

    board: str | None = Field(description="the board's key; null where no board has a say")
    visible: bool
    reason: Reason
    detail: str = Field(description="the reason, for people")


class AccessExplained(Wire):
    """Whether somebody can see a record, and why."""

    principal: str
    record: str
    visible: bool = Field(description="on one board at least, or inside")
    reasons: list[AccessReason]


@router.get("/access:explain", responses=GUARDED | responses(NotFound), dependencies=[allow("ideas:read")])
async def explain_access(
    caller: CallerDep,
    read: ReadDep,
    principal: Annotated[Key, Query(description="`anonymous`, `contact:<id>` or `key:<id>`", examples=["anonymous"])],
    record: Annotated[
        Key,
        Query(
            description="`board:<key>`, `idea:<id>`, `comment:<id>`, `submission:<id>` or `feedback:<id>`",
            examples=["board:requests"],
        ),
    ],
) -> AccessExplained:
    """Tell whether somebody can see a record, where, and which rule decides. At most 50 boards are gone through."""
    reasons = await domain.explain(read, caller.workspace_id, _named(principal), _named(record))
    return AccessExplained(
        principal=principal,
        record=record,
        visible=domain.visible(reasons),
        reasons=[AccessReason(**each._asdict(), detail=DETAILS[each.reason]) for each in reasons],
    )


def _named(text: str) -> Named:
    kind, _, name = text.partition(":")
    return Named(kind, name)
