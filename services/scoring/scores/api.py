"""Scores over HTTP: one idea explained, and all of them ranked."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field
from pydantic_core import from_json

from services.scoring.frameworks import FRAMEWORKS
from services.scoring.frameworks.factors import Contribution, Flag, FormulaStep
from services.scoring.scores import store
from services.scoring.scores.domain import INPUTS, State
from services.scoring.scores.inputs import Demanded, Input, Source
from shared.database import Read
from shared.errors import Conflict, NotFound
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.paging import LAST, Cursor, Limit, Page, decode, page
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1", tags=["scores"], route_class=Route)


class ScoringModel(Wire):
    """The model that a score is by."""

    id: UUID
    name: str
    framework: str
    formula: str
    version: int = Field(description="the model's `revision`: the parameters that gave this score")


class Estimated(Wire):
    """A current estimate that an input rests on."""

    estimate_id: UUID
    estimator: str
    discipline: str | None
    value: float
    at: datetime


class ScoreInput(Wire):
    """One input of a score: its value, where that came from and what it did to the score."""

    source: Source
    value: float | None = Field(description="the value used; null when there is none")
    unit: str
    estimates: list[Estimated] = Field(
        description="the value is their arithmetic mean. Where there is one, demand is not used"
    )
    demand: Demanded | None = Field(
        description="without an estimate, the value is `count` times `per_ask`, or the policy's weight times that; "
        "where the demand cannot be weighed there is no value, and here is why"
    )
    problem: str | None = Field(description="why the idea cannot be scored with it")
    flags: list[Flag] = Field(description="`off_scale`: taken, though not on the framework's published scale")
    contribution: Contribution | None = Field(
        description="its step in the formula. null when not scoreable, or where it shares its steps with other inputs"
    )


class MovedBy(Wire):
    """Why the score is what it is since `at`."""

    kind: Literal["demand", "estimate", "model", "idea", "policy", "time"] = Field(
        description="`policy`: the demand policy that an input follows from; `time`: a month is over, and by that "
        "policy older asks count less"
    )
    id: UUID | None = Field(description="the event, estimate, model or policy that moved it")
    at: datetime


class Score(Wire):
    """A model applied to an idea, with everything that it rests on.

    The `steps`, applied in order to `start`, give the value exactly. The contribution of an input is its own step among
    them; in a product (`start` is 1) their logarithms add up to that of the value.
    """

    id: UUID
    model: ScoringModel
    state: State
    value: float | None = Field(description="absolute: another idea never moves it. null when not scoreable")
    label: str | None = Field(
        description="what the framework calls it: a quadrant of value and effort, a category of MoSCoW, how well a "
        "need is served. null where it has no such words, or the idea is not scoreable"
    )
    missing: list[str] = Field(description="inputs without which it cannot be scored")
    start: float = Field(description="what the steps begin with: 1 in a product, 0 in a sum")
    steps: list[FormulaStep] = Field(description="the formula with this idea's figures; empty when not scoreable")
    inputs: dict[str, ScoreInput] = Field(
        description="in the order of the formula. An estimate wins over demand; what is neither is missing, not imputed"
    )
    cause: MovedBy
    version: int = Field(description="rises each time the score moves")


class Evidence(Wire):
    """Where feedback holds what the demand is made of."""

    demand: str
    votes: str
    insights: str
    estimates: str


class Explanation(Wire):
    """An idea under every active model. The idea's fields are null until feedback has told of it."""

    idea_id: UUID
    title: str | None
    kind: IdeaKind | None
    status: IdeaStatus | None
    scores: list[Score]
    links: Evidence


class Ranked(Wire):
    """An idea in its place."""

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus
    score_id: UUID
    state: State
    value: float | None
    missing: list[str]
    model_version: int
    computed_at: datetime


@router.get("/scores/{idea_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def explain_scores(idea_id: UUID, caller: CallerDep, read: ReadDep) -> Explanation:
    """Explain an idea's score under every active model, each input with where it came from."""
    idea = await read.one(store.IDEA, caller.workspace_id, idea_id)
    rows = await read.all(store.EXPLAIN, caller.workspace_id, idea_id)
    if idea is None and not rows:
        raise NotFound("No idea by that id.")
    inputs = await _named(read, caller.workspace_id, [INPUTS.validate_json(row["inputs"]) for row in rows])
    used = [id for given in inputs for each in given.values() for id in each.estimates]
    estimates = {
        row["id"]: Estimated(
            estimate_id=row["id"],
            estimator=row["estimator"],
            discipline=row["discipline"],
            value=row["value"],
            at=row["created_at"],
        )
        for row in (await read.all(store.ESTIMATED, caller.workspace_id, used) if used else ())
    }
    return Explanation(
        idea_id=idea_id,
        title=None if idea is None else idea["title"],
        kind=None if idea is None else idea["kind"],
        status=None if idea is None else idea["status"],
        scores=[_score(row, given, estimates) for row, given in zip(rows, inputs, strict=True)],
        links=Evidence(
            demand=f"/v1/ideas/{idea_id}/demand",
            votes=f"/v1/votes?idea_id={idea_id}",
            insights=f"/v1/insights?idea_id={idea_id}",
            estimates=f"/v1/estimates?idea_id={idea_id}",
        ),
    )


async def _named(read: Read, workspace_id: UUID, inputs: list[dict[str, Input]]) -> list[dict[str, Input]]:
    """The same, with the names that demand policies have now. No statement where none is used."""
    policies = {
        each.demand.policy.policy_id
        for given in inputs
        for each in given.values()
        if each.demand is not None and each.demand.policy is not None
    }
    if not policies:
        return inputs
    names = {row["id"]: row["name"] for row in await read.all(store.POLICY_NAMES, workspace_id, policies)}
    return [{name: _with_name(each, names) for name, each in given.items()} for given in inputs]


def _with_name(given: Input, names: Mapping[UUID, str]) -> Input:
    if given.demand is None or given.demand.policy is None:
        return given
    policy = replace(given.demand.policy, name=names.get(given.demand.policy.policy_id))
    return replace(given, demand=replace(given.demand, policy=policy))


def _score(row: asyncpg.Record, given: Mapping[str, Input], estimates: Mapping[UUID, Estimated]) -> Score:
    framework = FRAMEWORKS[row["framework"]]
    parameters = framework.parameters.model_validate_json(row["parameters"])
    explained = framework.explain({name: each.value for name, each in given.items()}, parameters)
    recipe = parameters.recipe()
    return Score(
        id=row["id"],
        model=ScoringModel(
            id=row["model_id"],
            name=row["model_name"],
            framework=framework.name,
            formula=recipe.formula,
            version=row["model_version"],
        ),
        state=row["state"],
        value=row["value"],
        label=explained.label,
        missing=from_json(row["missing"]),
        start=explained.start,
        steps=list(explained.steps),
        # In the order of the formula, which jsonb does not keep.
        inputs={
            name: ScoreInput(
                source=given[name].source,
                value=given[name].value,
                unit=declared.unit,
                estimates=[estimates[id] for id in given[name].estimates],
                demand=given[name].demand,
                problem=explained.factors[name].problem,
                flags=list(explained.factors[name].flags),
                contribution=explained.factors[name].contribution,
            )
            for name, declared in recipe.inputs.items()
        },
        cause=MovedBy(kind=row["cause"], id=row["cause_id"], at=row["computed_at"]),
        version=row["version"],
    )


@router.get("/rankings", responses=GUARDED | responses(NotFound, Conflict), dependencies=[allow("scores:read")])
async def rank_ideas(
    caller: CallerDep,
    read: ReadDep,
    model_id: Annotated[UUID, Query(description="the active model to rank by")],
    state: Annotated[
        State, Query(description="`not_scoreable` lists those without a place, newest first, with what they lack")
    ] = "scored",
    kind: Annotated[IdeaKind | None, Query(description="only of this kind")] = None,
    status: Annotated[IdeaStatus | None, Query(description="only in this status")] = None,
    as_of: Annotated[
        date | None,
        Query(description="as it was shown at the end of this day (UTC). Titles, kinds and status are those of today"),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Ranked]:
    """Rank ideas by their score, the highest first, archived ones left out.

    Among equal scores the newer idea comes first. An idea that is not scoreable has no place: ask for
    `state=not_scoreable` to see what it lacks.
    """
    model = await read.one(store.MODEL, caller.workspace_id, model_id)
    if model is None:
        raise NotFound("No model by that id.")
    if not model["active"] and as_of is None:
        raise Conflict("The model is not active, so its scores are not kept up.", code="model_inactive")
    chosen = caller.workspace_id, model_id, kind, status
    if state == "scored":
        value, idea_id = (math.inf, LAST) if cursor is None else decode(cursor, float, UUID)
        if as_of is None:
            rows = await read.all(store.RANKED, *chosen, value, idea_id, limit + 1)
        else:
            rows = await read.all(store.RANKED_THEN, *chosen, as_of, value, idea_id, limit + 1)
    else:
        idea_id = LAST if cursor is None else decode(cursor, UUID)[0]
        if as_of is None:
            rows = await read.all(store.NOT_RANKED, *chosen, idea_id, limit + 1)
        else:
            rows = await read.all(store.NOT_RANKED_THEN, *chosen, as_of, idea_id, limit + 1)
    return page(rows, limit, _ranked, _key)


def _ranked(row: asyncpg.Record) -> Ranked:
    return Ranked(
        idea_id=row["idea_id"],
        title=row["title"],
        kind=row["kind"],
        status=row["status"],
        score_id=row["id"],
        state=row["state"],
        value=row["value"],
        missing=from_json(row["missing"]),
        model_version=row["model_version"],
        computed_at=row["computed_at"],
    )


def _key(ranked: Ranked) -> tuple[Any, ...]:
    return (ranked.idea_id,) if ranked.value is None else (ranked.value, ranked.idea_id)
