"""Outcomes, calibration and corrections over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.scoring.calibration import domain, store
from services.scoring.calibration.accuracy import Accuracy, K, Reliability
from services.scoring.calibration.bodies import (
    BASIS,
    CalibratedInput,
    CalibrationGroup,
    CalibrationReport,
    ModelCalibration,
    Outcome,
    OutcomesIn,
)
from services.scoring.calibration.domain import Basis, Calibration, Draft, Group
from services.scoring.capacity.bodies import Saved
from services.scoring.frameworks.parameters import InputName
from shared.apart import compute_apart
from shared.errors import NotFound
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, TxDep, allow

router = APIRouter(prefix="/v1", tags=["calibration"], route_class=Route)
READING = GUARDED | responses(NotFound)


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
    """Show how far estimates were off, over all, by team and by discipline.

    Of amounts with MAPE, WAPE and the median ratio; of events with the Brier score and reliability bins.
    """
    async with runtime.database.read((caller.workspace_id,)) as read:
        pairs = await domain.pairs(read, caller.workspace_id, input, basis)
    return _report(input, basis, k, await compute_apart(runtime, lambda: domain.calibrate(pairs, basis, k)))


@router.get("/calibrations/models/{model_id}", responses=READING, dependencies=[allow("scores:read")])
async def show_model_calibration(
    model_id: UUID,
    caller: CallerDep,
    runtime: RuntimeDep,
    k: Annotated[float, Query(ge=0, le=1_000, description="k of n / (n + k): outcomes to go half of the way")] = K,
) -> ModelCalibration:
    """Show how far estimates were off that a model reads, input by input, each by team and by discipline."""
    async with runtime.database.read((caller.workspace_id,)) as read:
        model = await domain.model(read, caller.workspace_id, model_id)
    found = await compute_apart(
        runtime, lambda: [(each, domain.calibrate(each.pairs, each.basis, k)) for each in model.inputs]
    )
    return ModelCalibration(
        model_id=model_id,
        name=model.name,
        framework=model.framework,
        revision=model.revision,
        inputs=[
            CalibratedInput(name=each.name, report=_report(each.input, each.basis, k, made)) for each, made in found
        ],
    )


def _report(input: str, basis: Basis, k: float, found: Calibration) -> CalibrationReport:
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
