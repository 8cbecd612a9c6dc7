"""Assessments over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from pydantic import Field, TypeAdapter
from pydantic_core import to_json

from services.scoring.assessment import store
from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.tpm_hiring import SOURCES, Band, Facts, Hundred, Thresholds, assess, turning
from shared.errors import NotFound
from shared.ids import new_id
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/assessments", tags=["assessments"], route_class=Route)
People = Annotated[float, Field(ge=0, le=100_000)]
Count = Annotated[float, Field(ge=0, le=1e6)]
FACTS = TypeAdapter(Facts)


class AssessmentIn(Wire):
    """What is asked. What is left out is counted from Cairn's own data where that can be, and else is missing."""

    engineers: People = Field(examples=[24])
    technical_pms: People = Field(description="technical product managers there are", examples=[1])
    complexity: Hundred | None = Field(default=None, description="as judged; left out: from the counts", examples=[60])
    change: Hundred | None = Field(default=None, description="as judged; left out: from the counts", examples=[40])
    debt: Hundred = Field(default=0.0, description="share of the capacity that debt takes as interest, in per cent")
    integrations: Count | None = Field(default=None, description="other systems that it talks to", examples=[12])
    components: Count | None = Field(default=None, examples=[20])
    dependencies: Count | None = Field(default=None, description="between teams or components", examples=[30])
    radar_moves: Count | None = Field(default=None, description="of technologies, in a year", examples=[8])
    deprecations: Count | None = Field(default=None, description="in a year", examples=[3])
    migrations: Count | None = Field(
        default=None, description="left out: those among the newest 1,000 ideas of the workspace", examples=[2]
    )
    thresholds: Thresholds = Field(default_factory=Thresholds)


class AssessedPart(Wire):
    """One part of the score and what it adds."""

    name: str
    value: float
    weight: float
    points: float
    reason: str


class BandChange(Wire):
    """A number that would change the band, moved alone."""

    name: str
    value: float
    at: float = Field(description="what it would have to be; the nearest that was looked at")
    band: Band


class Assessment(Wire):
    """Whether a team needs a technical product manager, with the reasons."""

    id: UUID
    taken_at: datetime
    taken_by: str
    state: Literal["scored", "not_scoreable"]
    score: float | None = Field(description="0 to 100")
    band: Band | None
    reason: str | None = Field(description="why there is no result")
    missing: list[str]
    gated: bool = Field(description="the score alone would say `hire_now`; the team is too small for it")
    parts: list[AssessedPart]
    changes: list[BandChange] = Field(description="sensitivity: what would change the band. Empty in a list")
    counted: dict[str, float] = Field(description="the counts that it rests on, those from Cairn's own data included")
    thresholds: Thresholds
    sources: dict[str, str] = Field(description="where each threshold's default is from")


def _assessment(row: asyncpg.Record, *, alone: bool = True) -> Assessment:
    facts = FACTS.validate_json(row["facts"])
    thresholds = Thresholds.model_validate_json(row["thresholds"])
    found = assess(facts, thresholds)
    refused = isinstance(found, Refusal)
    fields: dict[str, Any] = {
        "state": "not_scoreable" if refused else "scored",
        "reason": found.reason if refused else None,
        "missing": list(found.missing) if refused else [],
        "gated": not refused and found.gated,
        "parts": []
        if refused
        else [
            AssessedPart(name=each.name, value=each.value, weight=each.weight, points=each.points, reason=each.reason)
            for each in found.parts
        ],
    }
    return Assessment(
        id=row["id"],
        taken_at=row["taken_at"],
        taken_by=row["taken_by"],
        score=row["score"],
        band=row["band"],
        changes=[
            BandChange(name=name, value=value, at=at, band=band)
            for name, value, at, band in (turning(facts, thresholds) if alone else ())
        ],
        counted=dict(facts.counts or {}),
        thresholds=thresholds,
        sources=dict(SOURCES),
        **fields,
    )


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def take_assessment(body: AssessmentIn, caller: CallerDep, tx: TxDep, response: Response) -> Assessment:
    """Assess whether a team needs a (further) technical product manager. It is kept, so that the trend can be seen.

    The rubric is ours: no published standard exists. Every number of it can be set, and says where it is from.
    """
    given = {
        "integrations": body.integrations,
        "components": body.components,
        "dependencies": body.dependencies,
        "radar_moves": body.radar_moves,
        "deprecations": body.deprecations,
        "migrations": body.migrations,
    }
    counts = {name: count for name, count in given.items() if count is not None}
    if "migrations" not in counts:
        counts["migrations"] = float(await tx.value(store.MIGRATIONS, caller.workspace_id))
    facts = Facts(body.engineers, body.technical_pms, body.complexity, body.change, body.debt, counts)
    found = assess(facts, body.thresholds)
    score, band = (None, None) if isinstance(found, Refusal) else (found.score, found.band)
    plain = to_json(facts).decode()
    thresholds = body.thresholds.model_dump_json()
    row = await tx.one(store.ADD, caller.workspace_id, new_id(), caller.actor, plain, thresholds, score, band)
    assert row is not None, "it was inserted just now"
    response.headers["Location"] = f"/v1/assessments/{row['id']}"
    return _assessment(row)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_assessments(
    caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[Assessment]:
    """List assessments, the newest first: the trend."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor, LAST), limit + 1)
    return page(rows, limit, lambda row: _assessment(row, alone=False), lambda assessment: (assessment.id,))


@router.get("/{assessment_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_assessment(assessment_id: UUID, caller: CallerDep, read: ReadDep) -> Assessment:
    """Show one assessment."""
    row = await read.one(store.GET, caller.workspace_id, assessment_id)
    if row is None:
        raise NotFound("No assessment by that id.")
    return _assessment(row)
