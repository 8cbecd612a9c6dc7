"""Estimates over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field, model_validator
from pydantic_core import from_json

from services.scoring.estimates import domain, store
from services.scoring.estimates.domain import Draft
from services.scoring.estimates.summary import Summary, summarise
from services.scoring.frameworks.parameters import InputName
from services.scoring.frameworks.spreads import Spread
from services.scoring.teams import domain as teams
from shared.errors import NotFound
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Key, Text, Wire

router = APIRouter(prefix="/v1/estimates", tags=["estimates"], route_class=Route)

Discipline = Literal["product", "engineering", "design", "marketing", "support"]

MOST = 5_000
"""Current estimates of one idea that are summarised."""


class EstimateIn(Wire):
    """One person's value for one input of an idea's score. It replaces what the same estimator gave before."""

    idea_id: UUID = Field(
        description="an idea of feedback; scoring need not have heard of it yet. Of one that was merged it stays with "
        "that, and counts for the other where nobody has estimated the input of the other itself"
    )
    input: InputName = Field(
        description="what is estimated: `estimated_as` of an input of a model. Every model that reads it is rescored. "
        "RICE reads `reach`, `impact`, `confidence` and `effort`; `GET /v1/frameworks` says what others read",
        examples=["effort"],
    )
    value: Annotated[float, Field(ge=-1e12, le=1e12)] | None = Field(
        default=None,
        description="in the unit of the input. Each model decides whether it can be scored with. Left out: the mean of "
        "`spread` (not its mode)",
        examples=[2.5],
    )
    spread: Spread | None = Field(
        default=None,
        description="how sure the estimator is. Simulations draw from it; scores are computed with `value`",
    )
    estimator: Key = Field(description="who, by an id of your own; not a name", examples=["user-17"])
    discipline: Discipline | None = Field(default=None, examples=["engineering"])
    team_id: UUID | None = Field(
        default=None, description="the team that it speaks for: how far its estimates were off corrects them"
    )
    note: Text | None = Field(default=None, examples=["Two sprints for two, once the importer is out."])

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.value is None and self.spread is None:
            raise ValueError("give a value, a spread, or both")
        return self

    def draft(self) -> Draft:
        """The same for the domain."""
        value = self.spread.mean if self.value is None and self.spread is not None else self.value
        assert value is not None, "one of the two is there"
        return Draft(
            self.idea_id, self.input, value, self.estimator, self.discipline, self.note, self.spread, self.team_id
        )


class EstimatesIn(Wire):
    """Estimates to store: all or none."""

    estimates: list[EstimateIn] = Field(min_length=1, max_length=200)


class Estimate(Wire):
    """What one person thinks an input is."""

    id: UUID
    idea_id: UUID
    input: str
    value: float = Field(
        description="the point that scores are computed with; the mean of `spread` unless another was given"
    )
    spread: Spread | None
    estimator: str
    discipline: str | None
    team_id: UUID | None
    note: str | None
    round_id: UUID | None = Field(description="the round that agreed on it")
    current: bool = Field(description="the estimator's latest of this idea, not withdrawn")
    withdrawn_at: datetime | None
    created_at: datetime


class EstimatesSaved(Wire):
    """The estimates stored, in the order sent."""

    data: list[Estimate]


class DisciplineSpread(Wire):
    """What the people of one discipline think."""

    discipline: str | None = Field(description="null: those who gave none")
    spread: Summary


class InputSpread(Wire):
    """How far the current estimates of one input lie apart."""

    input: str
    spread: Summary
    disciplines: list[DisciplineSpread] = Field(description="in the order of their names, those without one first")


class EstimateSpread(Wire):
    """How far people are apart over an idea."""

    idea_id: UUID
    estimates: int = Field(description="how many are summarised")
    whole: bool = Field(description="false: there are more than 5,000, and the inputs last by name are left out or cut")
    inputs: list[InputSpread] = Field(description="in the order of their names; empty: nobody has estimated any")


def _estimate(row: asyncpg.Record) -> Estimate:
    fields: dict[str, Any] = {**row, "spread": None if row["spread"] is None else from_json(row["spread"])}
    return Estimate(**fields)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def create_estimate(body: EstimateIn, caller: CallerDep, tx: TxDep, response: Response) -> Estimate:
    """Estimate one input of an idea. Its scores have moved when this answers."""
    if body.team_id is not None:
        await teams.named(tx, caller.workspace_id, {"/body/team_id": body.team_id})
    rows = await domain.add(tx, caller.workspace_id, [body.draft()])
    response.headers["Location"] = f"/v1/estimates/{rows[0]['id']}"
    return _estimate(rows[0])


@router.post("/bulk", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def create_estimates(body: EstimatesIn, caller: CallerDep, tx: TxDep) -> EstimatesSaved:
    """Store up to 200 estimates together: all or none."""
    pointers = {
        f"/body/estimates/{place}/team_id": each.team_id
        for place, each in enumerate(body.estimates)
        if each.team_id is not None
    }
    if pointers:
        await teams.named(tx, caller.workspace_id, pointers)
    rows = await domain.add(tx, caller.workspace_id, [each.draft() for each in body.estimates])
    return EstimatesSaved(data=[_estimate(row) for row in rows])


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_estimates(
    caller: CallerDep,
    read: ReadDep,
    idea_id: UUID,
    input: Annotated[InputName | None, Query(description="only of this input")] = None,
    superseded: Annotated[bool, Query(description="with those that count no more")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Estimate]:
    """List the estimates of an idea, the newest first, with those of ideas that were merged into it.

    A merged idea's id lists the same as that of the one that it went into.
    """
    rows = await read.all(store.LIST, caller.workspace_id, idea_id, after(cursor, LAST), superseded, input, limit + 1)
    return page(rows, limit, _estimate, lambda estimate: (estimate.id,))


@router.get("/spread", responses=GUARDED, dependencies=[allow("scores:read")])
async def get_estimate_spread(caller: CallerDep, read: ReadDep, idea_id: UUID) -> EstimateSpread:
    """Show how far the estimates of an idea lie apart, by input and by discipline. Only those that count are looked at.

    For a merged idea it is told of the one that it went into.
    """
    idea_id = await read.value(store.LIVING, caller.workspace_id, idea_id) or idea_id
    rows = await read.all(store.CURRENT, caller.workspace_id, idea_id, MOST + 1)
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows[:MOST]:
        found.setdefault(row["input"], {}).setdefault(row["discipline"] or "", []).append(row["value"])
    return EstimateSpread(
        idea_id=idea_id,
        estimates=min(len(rows), MOST),
        whole=len(rows) <= MOST,
        inputs=[
            InputSpread(
                input=name,
                spread=summarise([value for values in by.values() for value in values]),
                disciplines=[
                    DisciplineSpread(discipline=discipline or None, spread=summarise(values))
                    for discipline, values in sorted(by.items())
                ],
            )
            for name, by in found.items()
        ],
    )


@router.get("/{estimate_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_estimate(estimate_id: UUID, caller: CallerDep, read: ReadDep) -> Estimate:
    """Show one estimate, whether it counts or not."""
    row = await read.one(store.GET, caller.workspace_id, estimate_id)
    if row is None:
        raise NotFound("No estimate by that id.")
    return _estimate(row)


@router.delete("/{estimate_id}", status_code=204, responses=EDITING, dependencies=[allow("scores:write")])
async def withdraw_estimate(estimate_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Withdraw an estimate: it is kept and counts no more. The estimator's older ones stay superseded."""
    await domain.withdraw(tx, caller.workspace_id, estimate_id)
