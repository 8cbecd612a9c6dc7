"""Comparisons over HTTP: models over the same ideas, and two ideas under one model."""

from typing import Annotated, Literal
from uuid import UUID

import asyncpg
import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from services.scoring.candidates.domain import MOST
from services.scoring.comparisons import domain
from services.scoring.comparisons.agreement import Agreement, agree
from services.scoring.comparisons.domain import Side, Why
from services.scoring.comparisons.reasons import Part
from services.scoring.frameworks.factors import Operation
from services.scoring.scores.inputs import Source
from shared.apart import compute_apart
from shared.errors import Conflict, NotFound, TooMany
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/comparisons", tags=["comparisons"], route_class=Route)


class ComparedModel(Wire):
    """A model that is compared."""

    id: UUID
    name: str
    framework: str
    version: int = Field(description="the model's `revision`")
    rescoring: bool = Field(description="whether a change of it has not reached every idea yet")


class ModelPair(Wire):
    """Two models over the same ideas."""

    first: UUID
    second: UUID
    tau: float | None = Field(
        description="Kendall's tau-b: 1 the same order, -1 its reverse; null: fewer than two ideas, or a model that "
        "scores all of them alike"
    )


class Standpoint(Wire):
    """Where one model puts an idea."""

    model_id: UUID
    value: float
    place: float = Field(description="from 1, among the ideas compared; equal scores share the mean of their places")


class Disagreement(Wire):
    """An idea that the models put in different places."""

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus
    apart: float = Field(description="places between the model that puts it highest and the one that puts it lowest")
    places: list[Standpoint] = Field(description="in the order of the models asked for")


class ModelComparison(Wire):
    """The same ideas under several models."""

    models: list[ComparedModel]
    ideas: int = Field(description="how many are compared: those that every one of the models scores")
    left_out: int = Field(description="ideas among the first of one model that another cannot score")
    whole: bool = Field(
        description="whether no model ranks as many as `among`, so that nothing is cut off. Where something is, those "
        "that are on top of no model are not compared, and the models agree less than over all ideas"
    )
    pairs: list[ModelPair]
    disagreements: list[Disagreement] = Field(description="the farthest apart first")


class ComparedInput(Wire):
    """One input of both ideas."""

    unit: str
    a: float | None
    b: float | None
    a_source: Source
    b_source: Source


class DifferencePart(Wire):
    """One step of the formula, with what it accounts for."""

    term: str = Field(description="the part of the formula, as it is written there")
    inputs: list[str] = Field(description="the inputs it uses; none: a constant of the model")
    operation: Operation
    a: float = Field(description="its figure for `a`")
    b: float
    difference: float = Field(description="what it accounts for of the difference")
    log: float | None = Field(description="the same of `log`; null unless both values are above zero")
    times: float | None = Field(
        description="the factor that this is: those of all parts, multiplied, give a's value over b's"
    )
    reached: float | None = Field(
        description="the value of `b` with this part and those before it taken from `a`: the last is a's value. null: "
        "no finite number"
    )


class ComparedIdea(Wire):
    """One of the two ideas."""

    idea_id: UUID = Field(description="the one that was asked for, or that it was merged into")
    title: str | None = Field(description="null until feedback has told of it")
    value: float


class IdeaComparison(Wire):
    """Why one idea is above another: `difference` is that of the parts plus `rounding`."""

    model: ComparedModel
    formula: str
    above: Literal["a", "b"] | None = Field(description="which has the higher value; null: neither")
    a: ComparedIdea
    b: ComparedIdea
    difference: float = Field(description="a's value less b's")
    log: float | None = Field(
        description="the natural logarithm of a's value over b's; null unless both are above zero"
    )
    rounding: float = Field(
        description="what the parts leave of the difference because numbers have 53 bits; nothing else is left"
    )
    parts: list[DifferencePart] = Field(description="in the order of the formula")
    inputs: dict[str, ComparedInput]


@router.get("/models", responses=GUARDED | responses(NotFound, Conflict, TooMany), dependencies=[allow("scores:read")])
async def compare_models(
    caller: CallerDep,
    read: ReadDep,
    runtime: RuntimeDep,
    model_id: Annotated[list[UUID], Query(min_length=2, max_length=5, description="active models, two to five")],
    among: Annotated[int, Query(ge=2, le=MOST, description="the first so many ideas of each model are compared")] = 100,
    kind: Annotated[IdeaKind | None, Query(description="only of this kind")] = None,
    status: Annotated[IdeaStatus | None, Query(description="only in this status")] = None,
    product_id: Annotated[UUID | None, Query(description="only ideas of this product")] = None,
    most: Annotated[int, Query(ge=1, le=50, description="how many disagreements to show")] = 10,
) -> ModelComparison:
    """Compare models over the same ideas: how alike their orders are, and where they are farthest apart."""
    models = await domain.models(read, caller.workspace_id, model_id)
    rows, most_ranked = await domain.top(
        read, caller.workspace_id, model_id, among, kind=kind, status=status, product_id=product_id
    )
    scored = [each for each in rows if None not in each.values]
    values = np.array([each.values for each in scored], np.float64).reshape(-1, len(model_id))
    found: Agreement = await compute_apart(runtime, lambda: agree(values, most))
    return ModelComparison(
        models=[_model(row) for row in models],
        ideas=len(scored),
        left_out=len(rows) - len(scored),
        whole=most_ranked < among,
        pairs=[ModelPair(first=model_id[one], second=model_id[other], tau=tau) for one, other, tau in found.pairs],
        disagreements=[
            Disagreement(
                idea_id=scored[idea].idea_id,
                title=scored[idea].title,
                kind=scored[idea].kind,
                status=scored[idea].status,
                apart=float(np.ptp(found.places[idea])),
                places=[
                    Standpoint(model_id=id, value=value, place=place)
                    for id, value, place in zip(
                        model_id, values[idea].tolist(), found.places[idea].tolist(), strict=True
                    )
                ],
            )
            for idea in found.apart
        ],
    )


@router.get("/ideas", responses=GUARDED | responses(NotFound, Conflict), dependencies=[allow("scores:read")])
async def compare_ideas(
    caller: CallerDep,
    read: ReadDep,
    model_id: Annotated[UUID, Query(description="an active model")],
    a: Annotated[UUID, Query(description="an idea")],
    b: Annotated[UUID, Query(description="another idea")],
) -> IdeaComparison:
    """Say why one idea is above another: their difference, factor by factor, with nothing left unexplained."""
    found = await domain.why(read, caller.workspace_id, model_id, a, b)
    reasons = found.reasons
    return IdeaComparison(
        model=_model(found.model),
        formula=found.recipe.formula,
        above=None if reasons.difference == 0 else "a" if reasons.difference > 0 else "b",
        a=_idea(found.a),
        b=_idea(found.b),
        difference=reasons.difference,
        log=reasons.log,
        rounding=reasons.rounding,
        parts=[_part(each) for each in reasons.parts],
        inputs=_inputs(found),
    )


def _model(row: asyncpg.Record) -> ComparedModel:
    return ComparedModel(
        id=row["id"],
        name=row["name"],
        framework=row["framework"],
        version=row["revision"],
        rescoring=row["rescoring"],
    )


def _idea(side: Side) -> ComparedIdea:
    return ComparedIdea(idea_id=side.idea_id, title=side.title, value=side.value)


def _part(part: Part) -> DifferencePart:
    return DifferencePart(
        term=part.term,
        inputs=list(part.inputs),
        operation=part.operation,
        a=part.a,
        b=part.b,
        difference=part.difference,
        log=part.log,
        times=part.times,
        reached=part.reached,
    )


def _inputs(found: Why) -> dict[str, ComparedInput]:
    return {
        name: ComparedInput(
            unit=declared.unit,
            a=found.a.inputs[name].value,
            b=found.b.inputs[name].value,
            a_source=found.a.inputs[name].source,
            b_source=found.b.inputs[name].source,
        )
        for name, declared in found.recipe.inputs.items()
    }
