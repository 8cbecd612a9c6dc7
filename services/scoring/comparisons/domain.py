"""Comparisons: what may be held against each other, and what is read for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from pydantic_core import from_json

from services.scoring.comparisons import store
from services.scoring.comparisons.reasons import Reasons, account
from services.scoring.frameworks import FRAMEWORKS
from services.scoring.frameworks.recipe import Recipe
from services.scoring.rankings.domain import best
from services.scoring.scores.computed import INPUTS
from services.scoring.scores.inputs import Input
from shared.database import Read
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.events.feedback import IdeaKind, IdeaStatus


async def models(read: Read, workspace_id: UUID, model_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Active models, in the order asked for.

    Invalid when one is named twice, NotFound when there is none, Conflict when its scores are not kept up.
    """
    if len(set(model_ids)) < len(model_ids):
        raise Invalid(errors=[FieldError("/query/model_id", "names a model twice")])
    rows = await read.all(store.MODELS, workspace_id, model_ids)
    if len(rows) < len(model_ids):
        raise NotFound("No model by that id.")
    if off := [row["name"] for row in rows if not row["active"]]:
        raise Conflict(f"{off[0]!r} is not active, so its scores are not kept up.", code="model_inactive")
    return rows


@dataclass(frozen=True, slots=True)
class Compared:
    """An idea that is on top of one of the models, with its value under each; None: not scoreable."""

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus
    values: Sequence[float | None]


async def top(
    read: Read,
    workspace_id: UUID,
    model_ids: Sequence[UUID],
    among: int,
    *,
    kind: str | None,
    status: str | None,
    product_id: UUID | None,
) -> tuple[list[Compared], int]:
    """The first of each model's ranking, under all of them; and how many the model has that ranks most.

    Conflict where too few are far enough up.
    """
    ranked = [
        await best(read, workspace_id, model_id, among, kind=kind, status=status, product_id=product_id)
        for model_id in model_ids
    ]
    rows = {row["idea_id"]: row for each in ranked for row in each}
    found = await read.all(store.VALUES, workspace_id, model_ids, list(rows)) if rows else []
    compared = [
        Compared(row["idea_id"], title["title"], title["kind"], title["status"], row["values"])
        for row in found
        if (title := rows[row["idea_id"]])
    ]
    return compared, max(len(each) for each in ranked)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two ideas."""

    idea_id: UUID
    title: str | None
    value: float
    inputs: dict[str, Input]


@dataclass(frozen=True, slots=True)
class Why:
    """Two ideas under one model."""

    model: asyncpg.Record
    recipe: Recipe
    a: Side
    b: Side
    reasons: Reasons


async def why(read: Read, workspace_id: UUID, model_id: UUID, a: UUID, b: UUID) -> Why:
    """Account for what is between two ideas; for a merged one stands the one that it went into.

    NotFound without the model or a score of one of them; Conflict when one has no value, when a change of the model has
    reached only one of them, or when the difference is beyond what a double holds; Invalid for an idea and itself.
    """
    if a == b:
        raise Invalid(errors=[FieldError("/query/b", "is the same idea as a")])
    (model,) = await models(read, workspace_id, [model_id])
    living = {row["asked"]: row["idea_id"] for row in await read.all(store.LIVING, workspace_id, [a, b])}
    a, b = living[a], living[b]
    if a == b:
        raise Invalid(errors=[FieldError("/query/b", "is one idea with a: one was merged into the other")])
    rows = await read.all(store.SCORED, workspace_id, model_id, [a, b])
    if len(rows) < 2:
        raise NotFound("The model has no score of one of the ideas.")
    for row in rows:
        if row["value"] is None:
            lacks = ", ".join(from_json(row["missing"]))
            raise Conflict(f"{row['idea_id']} is not scoreable: it lacks {lacks}.", code="not_scoreable")
    if rows[0]["model_version"] != rows[1]["model_version"]:
        raise Conflict(
            "A change of the model is not at every idea yet: see /v1/rescorings.",
            code="rescoring",
        )
    framework = FRAMEWORKS[model["framework"]]
    parameters: Any = framework.parameters.model_validate_json(rows[0]["parameters"])
    one, other = (Side(row["idea_id"], row["title"], row["value"], INPUTS.validate_json(row["inputs"])) for row in rows)
    reasons = account(
        *(
            framework.explain({name: each.value for name, each in side.inputs.items()}, parameters)
            for side in (one, other)
        )
    )
    if reasons is None:
        raise Conflict("The values are too far apart for their difference to be a number.", code="too_far_apart")
    return Why(model, parameters.recipe(), one, other, reasons)
