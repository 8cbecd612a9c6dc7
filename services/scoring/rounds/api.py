"""Rounds over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.scoring.estimates.api import Discipline
from services.scoring.estimates.summary import Summary, summarise
from services.scoring.frameworks.parameters import InputName
from services.scoring.rounds import domain, store
from services.scoring.rounds.domain import Figure
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.ids import new_id
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Key, Line, Wire

router = APIRouter(prefix="/v1/rounds", tags=["rounds"], route_class=Route)
READING = GUARDED | responses(NotFound)
RoundState = Literal["open", "revealed", "closed"]


class RoundIn(Wire):
    """What is to be estimated: each input of each idea."""

    name: Line = Field(examples=["Effort, before the offsite"])
    idea_ids: list[UUID] = Field(min_length=1, max_length=20, description="ideas of feedback")
    inputs: list[InputName] = Field(min_length=1, max_length=10, examples=[["effort"]])


class Round(Wire):
    """People estimate unseen by each other, then together."""

    id: UUID
    name: str
    idea_ids: list[UUID]
    inputs: list[str]
    state: RoundState = Field(
        description="`open`: values are given and hidden; `revealed`: shown, and no more are taken; `closed`: what was "
        "agreed on is written, and nothing changes any more"
    )
    opened_by: str
    opened_at: datetime
    revealed_at: datetime | None
    closed_at: datetime | None


class RoundFigure(Wire):
    """A value for one input of one idea."""

    idea_id: UUID
    input: InputName = Field(examples=["effort"])
    value: Annotated[float, Field(ge=-1e12, le=1e12)] = Field(examples=[3])

    def figure(self) -> Figure:
        """The same for the domain."""
        return Figure(self.idea_id, self.input, self.value)


class RoundValuesIn(Wire):
    """What one person says. A value replaces the one that the same person gave before."""

    estimator: Key = Field(description="who, by an id of your own; not a name", examples=["user-17"])
    discipline: Discipline | None = Field(default=None, examples=["engineering"])
    values: list[RoundFigure] = Field(min_length=1, max_length=200)


class Participant(Wire):
    """Who has said something, and how much; not what."""

    estimator: str
    given: int = Field(description="values they have given")


class RoundProgress(Wire):
    """Who has taken part."""

    asked: int = Field(description="values that each may give: inputs times ideas")
    participants: list[Participant]


class RoundValue(Wire):
    """What one person said."""

    estimator: str
    discipline: str | None
    value: float


class RoundResult(Wire):
    """What all said of one input of one idea."""

    idea_id: UUID
    input: str
    spread: Summary
    values: list[RoundValue]


class RoundResults(Wire):
    """What all said; what nobody gave a value for is left out."""

    data: list[RoundResult]


class AgreementIn(Wire):
    """What was agreed on. What is left out stays as it was."""

    agreed: list[RoundFigure] = Field(max_length=200)


class AgreedEstimate(Wire):
    """An estimate that the round has written."""

    estimate_id: UUID
    idea_id: UUID
    input: str
    value: float


class ClosedRound(Wire):
    """A round that is closed, with the estimates it has written."""

    round: Round
    estimates: list[AgreedEstimate]


def _round(row: asyncpg.Record) -> Round:
    return Round(
        id=row["id"],
        name=row["name"],
        idea_ids=row["idea_ids"],
        inputs=row["inputs"],
        state=row["state"],
        opened_by=row["opened_by"],
        opened_at=row["opened_at"],
        revealed_at=row["revealed_at"],
        closed_at=row["closed_at"],
    )


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def open_round(body: RoundIn, caller: CallerDep, tx: TxDep, response: Response) -> Round:
    """Open a round of estimating for some inputs of some ideas."""
    for name, given in (("idea_ids", body.idea_ids), ("inputs", body.inputs)):
        if len(set(given)) < len(given):
            raise Invalid(errors=[FieldError(f"/body/{name}", "names one twice")])
    row = await tx.one(store.OPEN, caller.workspace_id, new_id(), body.name, body.idea_ids, body.inputs, caller.actor)
    assert row is not None, "it was inserted just now"
    response.headers["Location"] = f"/v1/rounds/{row['id']}"
    return _round(row)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_rounds(
    caller: CallerDep,
    read: ReadDep,
    state: Annotated[RoundState | None, Query(description="only in this state")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Round]:
    """List rounds, the newest first."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor, LAST), state, limit + 1)
    return page(rows, limit, _round, lambda each: (each.id,))


@router.get("/{round_id}", responses=READING, dependencies=[allow("scores:read")])
async def get_round(round_id: UUID, caller: CallerDep, read: ReadDep) -> Round:
    """Show one round."""
    return _round(await domain.get(read, caller.workspace_id, round_id))


@router.get("/{round_id}/progress", responses=READING, dependencies=[allow("scores:read")])
async def get_round_progress(round_id: UUID, caller: CallerDep, read: ReadDep) -> RoundProgress:
    """Show who has given how many values, and not which."""
    row = await domain.get(read, caller.workspace_id, round_id)
    given = await read.all(store.PROGRESS, caller.workspace_id, round_id)
    return RoundProgress(
        asked=len(row["idea_ids"]) * len(row["inputs"]),
        participants=[Participant(estimator=each["estimator"], given=each["given"]) for each in given],
    )


@router.put("/{round_id}/values", responses=EDITING, dependencies=[allow("scores:write")])
async def give_round_values(round_id: UUID, body: RoundValuesIn, caller: CallerDep, tx: TxDep) -> Participant:
    """Give values, hidden from everybody until the round is revealed."""
    figures = [each.figure() for each in body.values]
    given = await domain.give(tx, caller.workspace_id, round_id, body.estimator, body.discipline, figures)
    return Participant(estimator=body.estimator, given=given)


@router.post("/{round_id}:reveal", responses=EDITING, dependencies=[allow("scores:write")])
async def reveal_round(round_id: UUID, caller: CallerDep, tx: TxDep) -> Round:
    """Show everybody's values; none are taken any more."""
    return _round(await domain.reveal(tx, caller.workspace_id, round_id))


@router.get("/{round_id}/results", responses=READING | responses(Conflict), dependencies=[allow("scores:read")])
async def get_round_results(round_id: UUID, caller: CallerDep, read: ReadDep) -> RoundResults:
    """Show what all said and how far they are apart, once the round is revealed."""
    found: dict[domain.Cell, list[RoundValue]] = {}
    for row in await domain.shown(read, caller.workspace_id, round_id):
        said = RoundValue(estimator=row["estimator"], discipline=row["discipline"], value=row["value"])
        found.setdefault((row["idea_id"], row["input"]), []).append(said)
    return RoundResults(
        data=[
            RoundResult(idea_id=idea_id, input=name, spread=summarise([each.value for each in values]), values=values)
            for (idea_id, name), values in found.items()
        ]
    )


@router.post("/{round_id}:close", responses=EDITING, dependencies=[allow("scores:write")])
async def close_round(round_id: UUID, body: AgreementIn, caller: CallerDep, tx: TxDep) -> ClosedRound:
    """Close a revealed round: what was agreed on becomes estimates, and moves the scores.

    They count beside other people's current estimates of the same input, and replace those of earlier rounds.
    """
    rows = await domain.close(tx, caller.workspace_id, round_id, [each.figure() for each in body.agreed])
    return ClosedRound(
        round=_round(await domain.get(tx, caller.workspace_id, round_id)),
        estimates=[
            AgreedEstimate(estimate_id=row["id"], idea_id=row["idea_id"], input=row["input"], value=row["value"])
            for row in rows
        ],
    )
