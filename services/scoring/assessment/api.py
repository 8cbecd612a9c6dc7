"""Assessments over HTTP."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from pydantic import Field, TypeAdapter, model_validator
from pydantic_core import from_json, to_json

from services.scoring.assessment import store
from services.scoring.balance import domain as balance
from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.parameters import InputName
from services.scoring.frameworks.tpm_hiring import (
    CHANGE,
    COMPLEXITY,
    SOURCES,
    Band,
    Facts,
    Hundred,
    Thresholds,
    assess,
    turning,
)
from services.scoring.teams.domain import DAYS_A_MONTH
from shared.errors import NotFound
from shared.ids import new_id
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Line, Wire

router = APIRouter(prefix="/v1/assessments", tags=["assessments"], route_class=Route)
People = Annotated[float, Field(ge=0, le=100_000)]
Count = Annotated[float, Field(ge=0, le=1e6)]
FACTS = TypeAdapter(Facts)
Origin = Literal["asked", "computed", "missing"]
CALLERS = "set by the caller, who did not say where it is from"


class AssessmentIn(Wire):
    """What is asked. What is left out is counted from Cairn's own data where that can be, and else is missing."""

    engineers: People = Field(examples=[24])
    technical_pms: People = Field(description="technical product managers there are", examples=[1])
    complexity: Hundred | None = Field(default=None, description="as judged; left out: from the counts", examples=[60])
    change: Hundred | None = Field(default=None, description="as judged; left out: from the counts", examples=[40])
    debt: Hundred | None = Field(
        default=None,
        description="share of the capacity that debt takes as interest, in per cent; left out: computed from the "
        "register of debts and the number of engineers",
        examples=[15],
    )
    integrations: Count | None = Field(default=None, description="other systems that it talks to", examples=[12])
    components: Count | None = Field(default=None, examples=[20])
    dependencies: Count | None = Field(default=None, description="between teams or components", examples=[30])
    radar_moves: Count | None = Field(default=None, description="of technologies, in a year", examples=[8])
    deprecations: Count | None = Field(default=None, description="in a year", examples=[3])
    migrations: Count | None = Field(
        default=None, description="left out: those among the newest 1,000 ideas of the workspace", examples=[2]
    )
    thresholds: Thresholds = Field(default_factory=Thresholds)
    sources: dict[InputName, Line] = Field(
        default_factory=dict,
        max_length=20,
        description="where thresholds that you set are from, by their names",
        examples=[{"engineers_per_pm": "our own figures of the last three years"}],
    )

    @model_validator(mode="after")
    def _names_thresholds(self) -> Self:
        if unknown := sorted(self.sources.keys() - SOURCES.keys()):
            raise ValueError(f"sources: {', '.join(unknown)} is no threshold; they are {', '.join(SOURCES)}")
        return self


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
    changes: list[BandChange] = Field(
        description="sensitivity: each fact, count and threshold that, moved alone, would change the band. `full/…`: "
        "the count from which on a signal is 100. Empty in a list"
    )
    origins: dict[str, Origin] = Field(
        description="how each fact was found: `asked`, `computed` from Cairn's own data, or `missing`. Empty for those "
        "taken before it was kept"
    )
    counted: dict[str, float] = Field(description="the counts that it rests on, those from Cairn's own data included")
    thresholds: Thresholds
    sources: dict[str, str] = Field(
        description="where each threshold is from. `ours`: a guess of ours, for which there is no published source"
    )


def _assessment(row: asyncpg.Record, *, alone: bool = True) -> Assessment:
    facts = FACTS.validate_json(row["facts"])
    thresholds = Thresholds.model_validate_json(row["thresholds"])
    found = assess(facts, thresholds)
    refused = isinstance(found, Refusal)
    origins: dict[str, dict[str, Any]] = from_json(row["origins"])
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
        origins=origins.get("facts", {}),
        sources={**_sources(thresholds), **origins.get("sources", {})},
        **fields,
    )


def _sources(thresholds: Thresholds) -> dict[str, str]:
    usual = Thresholds()
    return {
        name: source if getattr(thresholds, name) == getattr(usual, name) else CALLERS
        for name, source in SOURCES.items()
    }


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
    debt = body.debt
    if debt is None and body.engineers > 0:
        interest = math.fsum(each.interest for each in await balance.debts(tx, caller.workspace_id))
        debt = min(100.0, 100 * interest / (body.engineers * DAYS_A_MONTH))
    facts = Facts(body.engineers, body.technical_pms, body.complexity, body.change, debt or 0.0, counts)
    origins = {"facts": _origins(body, counts, debt), "sources": body.sources}
    found = assess(facts, body.thresholds)
    score, band = (None, None) if isinstance(found, Refusal) else (found.score, found.band)
    plain = to_json(facts).decode()
    thresholds = body.thresholds.model_dump_json()
    kept = (plain, thresholds, to_json(origins).decode(), score, band)
    row = await tx.one(store.ADD, caller.workspace_id, new_id(), caller.actor, *kept)
    assert row is not None, "it was inserted just now"
    response.headers["Location"] = f"/v1/assessments/{row['id']}"
    return _assessment(row)


def _origins(body: AssessmentIn, counts: Mapping[str, float], debt: float | None) -> dict[str, Origin]:
    judged = ("complexity", "change")
    signals = (*COMPLEXITY, *CHANGE)
    found: dict[str, Origin] = {"engineers": "asked", "technical_pms": "asked"}
    found |= {name: "missing" if getattr(body, name) is None else "asked" for name in judged}
    for name in signals:
        given = getattr(body, name) is not None
        found[name] = "asked" if given else "computed" if name in counts else "missing"
    found["debt"] = "asked" if body.debt is not None else "missing" if debt is None else "computed"
    return found


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
