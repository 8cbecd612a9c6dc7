"""Portfolios: values where scores give them, the best set, and the price of what limits it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from services.scoring.candidates import domain as stored_candidates
from services.scoring.candidates.domain import Candidate, Choice, Model, subject_of
from services.scoring.candidates.draws import Believed, columns, draw, points, stream
from services.scoring.capacity import domain as capacity
from services.scoring.frameworks.recipe import Array
from services.scoring.portfolio import prices
from services.scoring.portfolio.bodies import FrontIn, PlanItem, PortfolioIn
from services.scoring.portfolio.front import Point, front
from services.scoring.portfolio.prices import LeftOut, Price, Robust
from services.scoring.portfolio.program import Infeasible, Item, OutOfTime, Program, Share, Solution, Solver
from services.scoring.portfolio.stocks import P, filled
from services.scoring.portfolio.watch import Watch
from services.scoring.teams import domain as teams
from services.scoring.teams.domain import Unit
from shared.database import Read

SET_SHARE = 0.7
DRAW_SECONDS = 0.2
"""For the best set of one draw."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The best set and what it costs."""

    program: Program
    best: Solution
    capacity: Sequence[Price]
    overrides: Sequence[Price]
    left_out: Sequence[LeftOut]
    robust: Robust | None


@dataclass(frozen=True, slots=True)
class Unscored:
    """Items whose ideas the model cannot score."""

    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class TooLate:
    """No set was found in the time that was given."""


Answer = Solved | Infeasible | Unscored | TooLate


@dataclass(frozen=True, slots=True)
class Stock:
    """Whose capacity it is."""

    team_ids: Sequence[UUID]
    periods: Sequence[str]
    unit: Unit


async def load(read: Read, workspace_id: UUID, body: P) -> tuple[P, Model | None, dict[UUID, Candidate], Stock | None]:
    """The portfolio with its capacity, the model that gives values, and the ideas that it gives them to."""
    if body.model_id is None and body.stored_capacity is None:
        return body, None, {}, None
    body, stock = await stocked(read, workspace_id, body)
    if body.model_id is None:
        return body, None, {}, stock
    wanted = {
        f"/body/items/{place}/idea_id": each.idea_id
        for place, each in enumerate(body.items)
        if each.idea_id is not None and each.value is None and each.spread is None
    }
    model = await stored_candidates.model(read, workspace_id, body.model_id)
    choice = Choice(0, idea_ids=list(wanted.values()), pointers=list(wanted))
    found = await stored_candidates.load(read, workspace_id, model.id, choice)
    return body, model, {each.idea_id: each for each in found}, stock


async def stocked(read: Read, workspace_id: UUID, body: P) -> tuple[P, Stock | None]:
    """The same with the capacity and the efforts that are stored, where it asks for them. Invalid, or NotFound."""
    stored = body.stored_capacity
    if stored is None:
        return body, None
    pointers = {f"/body/stored_capacity/team_ids/{place}": each for place, each in enumerate(stored.team_ids)}
    await teams.named(read, workspace_id, pointers)
    found, _ = await capacity.usage(read, workspace_id, stored.periods, stored.team_ids)
    ideas = [item.idea_id for item in body.items if item.idea_id is not None and not item.effort]
    whole = filled(body, found, await capacity.efforts_of(read, workspace_id, ideas))
    teams_there = {use.team.id: None for use in found}
    return whole, Stock(list(teams_there), sorted(set(stored.periods)), found[0].team.unit)


def solve(
    asked: PortfolioIn, model: Model | None, candidates: Mapping[UUID, Candidate], watch: Watch | None = None
) -> Answer:
    """The best set. Pure: run it away from the loop; it takes as long as was asked, and the prices are in that.

    `watch` is told how far it is. Stopped when it says so.
    """
    solver = prepared(asked, model, candidates)
    if isinstance(solver, Unscored):
        return solver
    if watch is not None:
        solver.watch = watch
    periods = sum(len(each.amounts) for each in asked.capacity)
    draws = 0 if asked.robust is None else asked.robust.samples
    solver.watch.runs = periods + len(solver.program.must) + len(solver.program.without) + asked.left_out + draws
    try:
        # Most of the time for the set itself: prices of one that is far from the best tell little. What they leave is
        # for the draws.
        best = solver.best(tidy=True, seconds=asked.seconds * SET_SHARE)
    except OutOfTime:
        return TooLate()
    solver.watch.phase = "pricing"
    if best is None:
        return solver.conflict()
    return Solved(
        solver.program,
        best,
        prices.of_capacity(solver, best, asked.unit),
        prices.of_overrides(solver, best),
        prices.of_left_out(solver, best, asked.left_out),
        _robust(asked, model, candidates, solver, best),
    )


def prepared(asked: PortfolioIn, model: Model | None, candidates: Mapping[UUID, Candidate]) -> Solver | Unscored:
    """The program of what was asked, with every value in it."""
    scores = values_of(model, candidates)
    values = {item.key: value_of(item, scores) for item in asked.items}
    if lost := [key for key, value in values.items() if value is None]:
        return Unscored(lost)
    program = Program(
        items=[Item(each.key, values[each.key] or 0.0, each.effort, each.kind) for each in asked.items],
        capacity={each.skill: each.amounts for each in asked.capacity},
        needs=[(each.key, needed) for each in asked.items for needed in dict.fromkeys(each.needs)],
        must={each.key for each in asked.items if each.must},
        without={each.key for each in asked.items if each.without},
        shares=[Share(tuple(dict.fromkeys(each.kinds)), each.least, each.most) for each in asked.shares],
        share_of=asked.share_of,
        keep=1 - asked.discount,
    )
    return Solver(program, time.monotonic() + asked.seconds)


def balance(
    asked: FrontIn, model: Model | None, candidates: Mapping[UUID, Candidate]
) -> tuple[list[Point], bool] | Infeasible | Unscored | TooLate:
    """Sets from the most business value to the most technical. Pure: run it away from the loop."""
    solver = prepared(asked, model, candidates)
    if isinstance(solver, Unscored):
        return solver
    points, complete = front(solver, asked.technical, asked.points)
    if points:
        return points, complete
    return solver.conflict() if complete else TooLate()


def values_of(model: Model | None, candidates: Mapping[UUID, Candidate]) -> dict[UUID, float]:
    """What the model makes of candidates, those left out that it cannot score."""
    if model is None or not candidates:
        return {}
    recipe, needed = model.parameters.recipe(), model.needed()
    subjects = [subject_of(each, needed) for each in candidates.values()]
    values = recipe.score(points(subjects, tuple(recipe.inputs))).values.tolist()
    return {idea_id: value for idea_id, value in zip(candidates, values, strict=True) if not np.isnan(value)}


def value_of(item: PlanItem, scores: Mapping[UUID, float]) -> float | None:
    """What an item is worth: as given, else the mean of its spread, else its idea's score; None: none of these."""
    if item.value is not None:
        return item.value
    if item.spread is not None:
        return item.spread.mean
    if item.idea_id is None:
        return None
    return scores.get(item.idea_id)


def _robust(
    asked: PortfolioIn, model: Model | None, candidates: Mapping[UUID, Candidate], solver: Solver, best: Solution
) -> Robust | None:
    if asked.robust is None:
        return None
    size, seed = asked.robust.samples, asked.robust.seed
    drawn: list[Array] = []
    for plan, item in zip(asked.items, solver.program.items, strict=True):
        if plan.spread is not None:
            drawn.append(draw(Believed([item.value], [plan.spread]), stream(seed, plan.key), size))
        elif plan.value is None and plan.idea_id is not None and model is not None:
            subject = subject_of(candidates[plan.idea_id], model.needed())
            recipe = model.parameters.recipe()
            values = recipe.score(columns(subject, tuple(recipe.inputs), seed, size, {})).values
            # What the model refuses in a draw is worth nothing in it.
            drawn.append(np.where(np.isnan(values), 0.0, values))
        else:
            drawn.append(np.full(size, item.value))
    solver.watch.phase = "drawing"
    return prices.robust(solver, best, np.array(drawn), DRAW_SECONDS)
