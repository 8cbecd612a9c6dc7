"""Models over HTTP."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from pydantic import Field

from services.scoring.frameworks import FRAMEWORKS
from services.scoring.frameworks.rice import RiceParameters
from services.scoring.models import domain, store
from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Wire

router = APIRouter(prefix="/v1/models", tags=["models"], route_class=Route)


class ModelIn(Wire):
    """A framework with parameters."""

    name: Line = Field(examples=["RICE by customers"])
    framework: Literal["rice"] = Field(examples=["rice"])
    parameters: RiceParameters = Field(
        default_factory=RiceParameters,
        examples=[{"scale": "intercom", "reach": {"measure": "contacts", "per_ask": 12.5, "horizon": "quarter"}}],
    )
    active: bool = Field(default=False, description="whether it scores every idea, from now on")


class ModelEdit(Wire):
    """What to change of a model; fields left out stay. `parameters` replaces all of them."""

    name: Line | None = None
    parameters: RiceParameters | None = None
    active: bool | None = Field(default=None, description="whether it scores", examples=[True])


class Model(Wire):
    """A framework with parameters. While it is active it scores every idea of the workspace."""

    id: UUID
    name: str
    framework: Literal["rice"]
    formula: str
    parameters: RiceParameters
    active: bool
    revision: int = Field(description="rises when the parameters change; a score names it as its `model_version`")
    rescoring: bool = Field(description="true while a change has not reached every idea yet")
    version: int = Field(description="rises with each edit")
    created_at: datetime


def _model(row: asyncpg.Record) -> Model:
    framework = FRAMEWORKS[row["framework"]]
    fields: dict[str, Any] = dict(row)
    fields["parameters"] = framework.parameters.model_validate_json(row["parameters"])
    return Model(formula=framework.formula, **fields)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def create_model(body: ModelIn, caller: CallerDep, tx: TxDep, response: Response) -> Model:
    """Add a model. An active one has scored the first 200 ideas when this answers, and goes on with the rest."""
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


@router.patch("/{model_id}", responses=EDITING, dependencies=[allow("scores:write")])
async def update_model(
    model_id: UUID, body: ModelEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Model:
    """Edit, activate or deactivate a model.

    New parameters, or its activation, score every idea anew: the first 200 before this answers, the others after
    (`rescoring`). A model that is deactivated keeps its scores as they were; nothing moves them any more.
    """
    row = await domain.update(
        tx,
        caller.workspace_id,
        model_id,
        expected,
        name=body.name,
        parameters=body.parameters,
        active=body.active,
    )
    response.headers.update(etag(row["version"]))
    return _model(row)
