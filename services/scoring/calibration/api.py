"""Outcomes, calibration and corrections over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field, model_validator
from pydantic_core import from_json

from services.scoring.calibration import corrections, domain, store
from services.scoring.calibration.accuracy import Accuracy, K, Reliability
from services.scoring.calibration.domain import Basis, Draft, Group
from services.scoring.capacity.bodies import Saved
from services.scoring.frameworks import FrameworkName
from services.scoring.frameworks.parameters import InputName
from shared.apart import compute_apart
from shared.errors import NotFound
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, RuntimeDep, TxDep, allow, etag
from shared.wire import Moment, Text, Wire

router = APIRouter(prefix="/v1", tags=["calibration"], route_class=Route)
READING = GUARDED | responses(NotFound)
BASIS = (
    "`amounts`: outcomes against estimates of the input; `events`: whether it happened, against estimates that are "
    "probabilities; `efforts`: what shipped ideas took (`/v1/actuals`) against the effort expected of them"
)
Doubt = Annotated[
    float, Field(ge=0, le=1_000, description="k of n / (n + k): how many outcomes it takes to go half of the way")
]


class OutcomeIn(Wire):
    """What an estimated input of an idea turned out to be."""

    idea_id: UUID
    input: InputName = Field(description="as in the estimates", examples=["effort"])
    kind: Literal["amount", "event"] = Field(
        default="amount",
        description="`amount`: in the unit of the estimates; `event`: 1 or 0, it succeeded or not, held against "
        "estimates that are probabilities, such as RICE's confidence",
    )
    actual: Annotated[float, Field(ge=0, le=1e12)] | None = Field(description="null: forget it", examples=[3.5])
    predicted_at: Moment | None = Field(
        default=None,
        description="estimates that were current then are held against it: the moment of the decision, before anybody "
        "knew better. Left out: now, or as told before",
        examples=["2026-11-02T09:00:00Z"],
    )
    note: Text | None = Field(default=None, examples=["By the timesheets."])

    @model_validator(mode="after")
    def _happened_or_not(self) -> Self:
        if self.kind == "event" and self.actual not in {None, 0.0, 1.0}:
            raise ValueError("actual: of an event it is 1 or 0")
        return self


class OutcomesIn(Wire):
    """Outcomes to set: all or none."""

    outcomes: list[OutcomeIn] = Field(min_length=1, max_length=200)


class Outcome(Wire):
    """What an estimated input of an idea turned out to be."""

    id: UUID
    idea_id: UUID
    input: str
    kind: Literal["amount", "event"]
    actual: float
    predicted_at: datetime
    note: str | None
    recorded_by: str
    created_at: datetime
    updated_at: datetime


class CalibrationGroup(Wire):
    """How far the estimates of some people were off."""

    team_id: UUID | None
    discipline: str | None
    skill: str | None
    amounts: Accuracy | None = Field(description="of amounts and efforts")
    events: Reliability | None = Field(description="of events")


class CalibrationReport(Wire):
    """How far estimates were off, by the newest 1,000 outcomes (of efforts: the newest 2,000 skills of ideas)."""

    input: str
    basis: Basis
    k: float
    overall: CalibrationGroup
    teams: list[CalibrationGroup] = Field(
        description="of efforts, ideas that several teams worked on count in `overall` only"
    )
    disciplines: list[CalibrationGroup] = Field(description="of estimates")
    skills: list[CalibrationGroup] = Field(description="of efforts")
    not_probabilities: int = Field(description="of events: estimates that are not from 0 to 1, and so are left out")


class CorrectionIn(Wire):
    """What to correct. The factor is computed from what was measured; it cannot be given."""

    input: InputName = Field(description="estimates of this are corrected", examples=["effort"])
    basis: Basis = Field(default="amounts", description=BASIS)
    team_id: UUID | None = Field(
        default=None, description="estimates that speak for this team, by its own outcomes; null: all others, by all"
    )
    framework: FrameworkName | None = Field(default=None, description="in models of this framework; null: in all")
    k: Doubt = K


class Correction(Wire):
    """A version of a correction. Its factor never changes; whether it is in force does.

    `ratio` multiplies estimates whose scale has no upper end; `odds` multiplies the odds of probabilities. The most
    particular that is in force counts, never two: a team's before that of all, a framework's before that of all.
    """

    id: UUID
    input: str
    team_id: UUID | None
    framework: str | None
    number: int = Field(description="its version among corrections of the same input, team and framework")
    basis: Basis
    kind: Literal["ratio", "odds"]
    factor: float
    n: int = Field(description="outcomes that it rests on")
    small: bool = Field(description="fewer than ten")
    k: float
    amounts: Accuracy | None
    events: Reliability | None
    on: bool = Field(description="whether scores use it now")
    made_by: str
    created_at: datetime
    version: int


class CorrectionSwitch(Wire):
    """A time in which it was in force."""

    on_at: datetime
    on_by: str
    off_at: datetime | None
    off_by: str | None


class CorrectionPair(Wire):
    """What was estimated of an idea, and what came of it."""

    idea_id: UUID
    estimate: float
    actual: float


class CorrectionDetail(Correction):
    """A correction with what it rests on and when it was in force."""

    pairs: list[CorrectionPair] = Field(description="1,000 at most")
    switches: list[CorrectionSwitch] = Field(description="the newest 100, the newest first")


class CorrectionEdit(Wire):
    """Whether scores are to use it."""

    on: bool = Field(description="in place of any other with the same input, team and framework")


@router.put("/outcomes", responses=EDITING, dependencies=[allow("scores:write")])
async def set_outcomes(body: OutcomesIn, caller: CallerDep, tx: TxDep) -> Saved:
    """Set what estimated inputs of ideas turned out to be. It corrects nothing by itself."""
    drafts = [Draft(**each.model_dump()) for each in body.outcomes]
    await domain.set_outcomes(tx, caller.workspace_id, drafts, caller.actor)
    return Saved(saved=len(drafts))


@router.get("/outcomes", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_outcomes(
    caller: CallerDep,
    read: ReadDep,
    idea_id: Annotated[UUID | None, Query(description="only of this idea")] = None,
    input: Annotated[InputName | None, Query(description="only of this input")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Outcome]:
    """List outcomes, the newest first."""
    asked = (caller.workspace_id, after(cursor, LAST), limit + 1)
    if idea_id is not None:
        rows = await read.all(store.LIST_OUTCOMES_OF_IDEA, *asked, idea_id, input)
    elif input is not None:
        rows = await read.all(store.LIST_OUTCOMES_OF_INPUT, *asked, input)
    else:
        rows = await read.all(store.LIST_OUTCOMES, *asked)
    return page(rows, limit, lambda row: Outcome(**row), lambda outcome: (outcome.id,))


@router.get("/outcomes/{outcome_id}", responses=READING, dependencies=[allow("scores:read")])
async def get_outcome(outcome_id: UUID, caller: CallerDep, read: ReadDep) -> Outcome:
    """Show one outcome."""
    row = await read.one(store.GET_OUTCOME, caller.workspace_id, outcome_id)
    if row is None:
        raise NotFound("No outcome by that id.")
    return Outcome(**row)


@router.get("/calibrations", responses=GUARDED, dependencies=[allow("scores:read")])
async def show_calibration(
    caller: CallerDep,
    runtime: RuntimeDep,
    input: Annotated[InputName, Query(description="which estimates")] = "effort",
    basis: Annotated[Basis, Query(description=BASIS)] = "amounts",
    k: Annotated[float, Query(ge=0, le=1_000, description="k of n / (n + k): outcomes to go half of the way")] = K,
) -> CalibrationReport:
    """Show how far estimates were off, over all and by team and discipline: MAPE, ratio, Brier score, reliability."""
    async with runtime.database.read((caller.workspace_id,)) as read:
        pairs = await domain.pairs(read, caller.workspace_id, input, basis)
    found = await compute_apart(runtime, lambda: domain.calibrate(pairs, basis, k))
    labels = [_group(each, basis) for each in found.labels]
    return CalibrationReport(
        input=input,
        basis=basis,
        k=k,
        overall=_group(found.whole, basis),
        teams=[_group(each, basis) for each in found.teams],
        disciplines=[] if basis == "efforts" else labels,
        skills=labels if basis == "efforts" else [],
        not_probabilities=found.not_probabilities,
    )


def _group(group: Group, basis: Basis) -> CalibrationGroup:
    figures = group.figures
    return CalibrationGroup(
        team_id=group.team_id,
        discipline=None if basis == "efforts" else group.label,
        skill=group.label if basis == "efforts" else None,
        amounts=figures if isinstance(figures, Accuracy) else None,
        events=figures if isinstance(figures, Reliability) else None,
    )


@router.post("/corrections", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def make_correction(body: CorrectionIn, caller: CallerDep, tx: TxDep, response: Response) -> Correction:
    """Make a correction of what was measured. Scores use it once it is switched on, not before."""
    row = await corrections.make(
        tx,
        caller.workspace_id,
        input=body.input,
        basis=body.basis,
        team_id=body.team_id,
        framework=body.framework,
        k=body.k,
        by=caller.actor,
    )
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/corrections/{row['id']}"})
    return Correction(**_fields(row))


@router.get("/corrections", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_corrections(
    caller: CallerDep,
    read: ReadDep,
    input: Annotated[InputName | None, Query(description="only of this input")] = None,
    on: Annotated[bool, Query(description="only those that scores use now")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Correction]:
    """List corrections, the newest first."""
    statement = store.LIST_IN_FORCE if on else store.LIST
    rows = await read.all(statement, caller.workspace_id, after(cursor, LAST), input, limit + 1)
    return page(rows, limit, lambda row: Correction(**_fields(row)), lambda correction: (correction.id,))


@router.get("/corrections/{correction_id}", responses=READING, dependencies=[allow("scores:read")])
async def get_correction(correction_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> CorrectionDetail:
    """Show one correction, the outcomes that it rests on, and when scores used it."""
    row = await corrections.get(read, caller.workspace_id, correction_id)
    response.headers.update(etag(row["version"]))
    switches = await read.all(store.SWITCHES, caller.workspace_id, correction_id)
    return CorrectionDetail(
        **_fields(row),
        pairs=[
            CorrectionPair(idea_id=idea_id, estimate=estimate, actual=actual)
            for idea_id, estimate, actual in from_json(row["evidence"])["pairs"]
        ],
        switches=[CorrectionSwitch(**each) for each in switches],
    )


@router.patch("/corrections/{correction_id}", responses=EDITING, dependencies=[allow("scores:write")])
async def switch_correction(
    correction_id: UUID, body: CorrectionEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Correction:
    """Switch a correction on or off. The scores that it bears on move, and say so; off gives what there was before.

    The first 200 ideas of each model have moved when this answers, the rest a moment later.
    """
    row = await corrections.switch(tx, caller.workspace_id, correction_id, expected, on=body.on, by=caller.actor)
    response.headers.update(etag(row["version"]))
    return Correction(**_fields(row))


def _fields(row: asyncpg.Record) -> dict[str, Any]:
    evidence = from_json(row["evidence"])
    figures = evidence["figures"]
    events = row["basis"] == "events"
    names = ("id", "input", "team_id", "framework", "number", "basis", "kind", "factor", "n", "made_by", "created_at")
    return {name: row[name] for name in (*names, "version")} | {
        "on": row["in_force"],
        "k": evidence["k"],
        "small": figures["small"],
        "amounts": None if events else figures,
        "events": figures if events else None,
    }
