"""Models over HTTP."""

import math
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from pydantic import Field, ValidationError

from services.scoring.frameworks import FRAMEWORKS, FrameworkName
from services.scoring.frameworks.parameters import AlignmentRule, CompetitionRule, DemandRule, Parameters
from services.scoring.models import domain, store
from services.scoring.models.bodies import AnyParameters, ModelIn, UnreadParameters
from services.scoring.models.differences import Difference, differences
from services.scoring.scores.inputs import sought
from shared.errors import Invalid, NotFound
from shared.paging import Cursor, Limit, Page, after, decode, page, whole
from shared.problems import EDITING, GUARDED, field_errors, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import INT8, Line, Wire

router = APIRouter(prefix="/v1/models", tags=["models"], route_class=Route)
frameworks = APIRouter(prefix="/v1/frameworks", tags=["models"], route_class=Route)


class ModelEdit(Wire):
    """What to change of a model; fields left out stay. `parameters` replaces all of them."""

    name: Line | None = None
    parameters: UnreadParameters | None = Field(default=None, description="those of the model's own framework")
    active: bool | None = Field(default=None, description="whether it scores", examples=[True])


class ModelInput(Wire):
    """An input of a model: what to estimate for each idea."""

    name: str
    unit: str
    lowest: float = Field(description="the least that is taken")
    above_lowest: bool = Field(description="whether `lowest` itself is refused")
    highest: float | None = Field(description="the most that is taken; null: no limit")
    scale: list[float] = Field(description="the values that are usual; empty: any")
    scale_only: bool = Field(description="whether values between those of the scale are refused, rather than flagged")
    estimated_as: str = Field(
        description="the `input` of its estimates; where `alignment` or `competition` gives it they are left aside"
    )
    demand: DemandRule | None = Field(description="how it follows from demand where nobody has estimated it")
    alignment: AlignmentRule | None = Field(description="how it follows from the strategy; estimates are left aside")
    competition: CompetitionRule | None = Field(
        description="how it follows from what competitors have; estimates are left aside"
    )


class Model(Wire):
    """A framework with parameters. While it is active it scores every idea of the workspace."""

    id: UUID
    name: str
    framework: FrameworkName
    formula: str
    inputs: list[ModelInput] = Field(description="what each idea needs to be scored, in the order of the formula")
    parameters: AnyParameters
    active: bool
    revision: int = Field(description="rises when the parameters change; a score names it as its `model_version`")
    rescoring: bool = Field(description="true while a change has not reached every idea yet")
    rescoring_id: UUID | None = Field(
        description="how far the change is: `GET /v1/rescorings/{rescoring_id}`; null: it has reached every idea"
    )
    version: int = Field(description="rises with each edit")
    created_at: datetime


class ModelRevision(Wire):
    """The parameters of a model as they were from some time on."""

    revision: int = Field(description="a score names it as its `model_version`")
    formula: str
    parameters: AnyParameters
    changes: list[Difference] = Field(description="what is otherwise than in the revision before; empty: the first")
    created_at: datetime


class FrameworkAbout(Wire):
    """A framework that models can be made of."""

    framework: FrameworkName
    title: str
    formula: str
    source: str = Field(description="who published it")
    inputs: list[ModelInput] | None = Field(
        description="those of a model with default parameters; null: each model declares its own"
    )


class Frameworks(Wire):
    """All frameworks."""

    data: list[FrameworkAbout]


def _inputs(parameters: Parameters) -> list[ModelInput]:
    recipe = parameters.recipe()
    return [
        ModelInput(
            name=each.name,
            unit=recipe.inputs[each.name].unit,
            lowest=(range := recipe.inputs[each.name].range).lowest,
            above_lowest=range.above,
            highest=None if math.isinf(range.highest) else range.highest,
            scale=list(range.steps),
            scale_only=range.only,
            estimated_as=each.estimated_as,
            demand=each.rule if isinstance(each.rule, DemandRule) else None,
            alignment=each.rule if isinstance(each.rule, AlignmentRule) else None,
            competition=each.rule if isinstance(each.rule, CompetitionRule) else None,
        )
        for each in sought(parameters)
    ]


def _model(row: asyncpg.Record) -> Model:
    parameters = FRAMEWORKS[row["framework"]].parameters.model_validate_json(row["parameters"])
    fields: dict[str, Any] = {**row, "parameters": parameters, "rescoring": row["rescoring_id"] is not None}
    return Model(formula=parameters.recipe().formula, inputs=_inputs(parameters), **fields)


@frameworks.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_frameworks() -> Frameworks:
    """List the frameworks that models can be made of. Each comes with its formula, its source and what to estimate."""
    return Frameworks(
        data=[
            FrameworkAbout(
                framework=each.name,
                title=each.title,
                formula=each.formula,
                source=each.source,
                inputs=None
                if any(field.is_required() for field in each.parameters.model_fields.values())
                else _inputs(each.parameters()),
            )
            for each in FRAMEWORKS.values()
        ]
    )


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def create_model(body: ModelIn, caller: CallerDep, tx: TxDep, response: Response) -> Model:
    """Add a model. An active one has scored 200 ideas when this answers; a job scores the rest (`rescoring_id`)."""
    row = await domain.create(
        tx,
        caller.workspace_id,
        name=body.name,
        framework=body.framework,
        parameters=body.parameters,
        active=body.active,
    )
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/models/{row['id']}"})
    return _model(row)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_models(caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None) -> Page[Model]:
    """List the workspace's models, the oldest first."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor), limit + 1)
    return page(rows, limit, _model, lambda model: (model.id,))


@router.get("/{model_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_model(model_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Model:
    """Show one model."""
    row = await read.one(store.GET, caller.workspace_id, model_id)
    if row is None:
        raise NotFound("No model by that id.")
    response.headers.update(etag(row["version"]))
    return _model(row)


@router.get("/{model_id}/revisions", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def list_model_revisions(
    model_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[ModelRevision]:
    """List the parameters that a model has had, the newest first, each with what it changed.

    What a change of formula would have made of the past: `POST /v1/runs/{run_id}/replays`.
    """
    model = await read.one(store.GET, caller.workspace_id, model_id)
    if model is None:
        raise NotFound("No model by that id.")
    before = INT8 if cursor is None else decode(cursor, whole())[0]
    rows = await read.all(store.REVISIONS, caller.workspace_id, model_id, before, limit + 1)
    return page(rows, limit, lambda row: _revision(model["framework"], row), lambda each: (each.revision,))


def _revision(framework: str, row: asyncpg.Record) -> ModelRevision:
    # Read as models are today, so that what a newer version of Cairn adds to both is no difference.
    read = FRAMEWORKS[framework].parameters.model_validate_json
    parameters = read(row["parameters"])
    held = parameters if row["before"] is None else read(row["before"])
    fields: dict[str, Any] = {"parameters": parameters}
    return ModelRevision(
        revision=row["revision"],
        formula=parameters.recipe().formula,
        changes=list(differences(held.model_dump(mode="json"), parameters.model_dump(mode="json"))),
        created_at=row["created_at"],
        **fields,
    )


@router.patch("/{model_id}", responses=EDITING, dependencies=[allow("scores:write")])
async def update_model(
    model_id: UUID, body: ModelEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Model:
    """Edit, activate or deactivate a model.

    New parameters, or its activation, score every idea anew: the first 200 before this answers, the others by a job
    (`rescoring_id`), in place of one that is not done. A model that is deactivated keeps its scores as they were;
    nothing moves them any more.
    """
    parameters = None
    if body.parameters is not None:
        held = await tx.one(store.GET, caller.workspace_id, model_id)
        if held is None:
            raise NotFound("No model by that id.")
        parameters = _read(held["framework"], body.parameters)
    row = await domain.update(
        tx,
        caller.workspace_id,
        model_id,
        expected,
        name=body.name,
        parameters=parameters,
        active=body.active,
    )
    response.headers.update(etag(row["version"]))
    return _model(row)


def _read(framework: str, parameters: dict[str, Any]) -> Parameters:
    try:
        return FRAMEWORKS[framework].parameters.model_validate(parameters)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        raise Invalid(errors=field_errors(errors, "/body/parameters")) from None
