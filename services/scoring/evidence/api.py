"""Evidence over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field, StringConstraints

from services.scoring.evidence import domain, store
from services.scoring.facts import domain as facts
from services.scoring.facts.bodies import FRESHNESS
from services.scoring.frameworks.parity import Decay, Standing, age, freshness, lapses_on
from shared.errors import NotFound
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Line, Text, Wire, storable

router = APIRouter(prefix="/v1/evidence", tags=["competition"], route_class=Route)
Day = Annotated[date, Field(ge=date(1970, 1, 1), lt=date(2200, 1, 1))]
Address = Annotated[
    str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^https?://[^\s]+$"), AfterValidator(storable)
]


class EvidenceIn(Wire):
    """What was seen of a competitor."""

    capability_id: UUID
    competitor_id: UUID
    theirs: Standing = Field(description="what they have of it", examples=["full"])
    url: Address = Field(description="where it can be seen", examples=["https://rival.example/docs/sso"])
    observed_on: Day | None = Field(default=None, description="left out: today", examples=["2026-11-03"])
    note: Text | None = Field(default=None, examples=["SAML and OIDC, on every plan"])
    said_by: Line | None = Field(default=None, description="who, by your own id: no name. Left out: the key")


class CompetitorEvidence(Wire):
    """What was seen of a competitor. It is never changed: tell anew, or withdraw it."""

    id: UUID
    capability_id: UUID
    competitor_id: UUID
    theirs: Standing
    url: str
    observed_on: date
    note: str | None
    said_by: str
    created_at: datetime
    withdrawn_at: datetime | None
    age_days: int
    freshness: float = Field(description=FRESHNESS)
    lapses_on: date = Field(description="the first day on which it is too old")


def _evidence(row: asyncpg.Record, decay: Decay) -> CompetitorEvidence:
    seen, today = row["observed_on"], facts.today()
    return CompetitorEvidence(
        **row,
        age_days=age(seen, today),
        freshness=freshness(seen, today, decay),
        lapses_on=lapses_on(seen, decay.max_age),
    )


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def create_evidence(body: EvidenceIn, caller: CallerDep, tx: TxDep, response: Response) -> CompetitorEvidence:
    """Tell what a competitor has of a capability, where that can be seen and since when it is known.

    Of a competitor in a capability the latest counts, by the day it was observed. Scores of its ideas move.
    """
    told: dict[str, Any] = body.model_dump() | {"said_by": body.said_by or caller.actor}
    row = await domain.tell(tx, caller.workspace_id, **told)
    response.headers["Location"] = f"/v1/evidence/{row['id']}"
    return _evidence(row, await facts.decay(tx, caller.workspace_id))


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_evidence(
    caller: CallerDep,
    read: ReadDep,
    capability_id: Annotated[UUID | None, Query(description="only of this capability")] = None,
    competitor_id: Annotated[UUID | None, Query(description="only of this competitor")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CompetitorEvidence]:
    """List evidence, the latest told first, withdrawn and lapsed included."""
    asked = caller.workspace_id, after(cursor, LAST), limit + 1
    if capability_id is not None and competitor_id is not None:
        rows = await read.all(store.LIST_OF_BOTH, *asked, capability_id, competitor_id)
    elif capability_id is not None:
        rows = await read.all(store.LIST_OF_CAPABILITY, *asked, capability_id)
    elif competitor_id is not None:
        rows = await read.all(store.LIST_OF_COMPETITOR, *asked, competitor_id)
    else:
        rows = await read.all(store.LIST, *asked)
    decay = await facts.decay(read, caller.workspace_id)
    return page(rows, limit, lambda row: _evidence(row, decay), lambda evidence: (evidence.id,))


@router.get("/{evidence_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_evidence(evidence_id: UUID, caller: CallerDep, read: ReadDep) -> CompetitorEvidence:
    """Show one piece of evidence, with its age and what it counts for today."""
    row = await domain.get(read, caller.workspace_id, evidence_id)
    return _evidence(row, await facts.decay(read, caller.workspace_id))


@router.delete("/{evidence_id}", status_code=204, responses=EDITING, dependencies=[allow("scores:write")])
async def withdraw_evidence(evidence_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Let evidence count no more. What was seen before it counts again; it stays in the list as withdrawn."""
    await domain.withdraw(tx, caller.workspace_id, evidence_id)
