"""What charts show, out of what is stored. All but the reading is pure: run it away from the loop."""

from collections.abc import Sequence

import numpy as np

from services.scoring.candidates.domain import Candidate, Model, subject_of
from services.scoring.candidates.draws import points
from services.scoring.capacity.usage import Use
from services.scoring.charts import plans, specs
from services.scoring.charts.pictures import Chart
from services.scoring.charts.specs import Dot, Reach, Stage
from services.scoring.debts import curve
from services.scoring.debts.curve import Debt
from services.scoring.plans.domain import SkillUse
from services.scoring.plans.kept import Kept
from services.scoring.portfolio.bodies import FrontIn
from services.scoring.portfolio.domain import TooLate, Unscored, balance
from services.scoring.portfolio.program import Infeasible
from services.scoring.scores.inputs import resolve
from services.scoring.uncertainty.domain import Asked, simulate
from shared.errors import Conflict, FieldError, Invalid, TooMany

MOST_PANELS = 24
"""Of capacity: a team's skill each."""
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def value_effort(model: Model, found: Sequence[Candidate], effort: str) -> Chart:
    """Ideas by value and effort; Invalid when the model has no such input.

    A score that is divided by the effort is multiplied by it again: else effort would count twice.
    """
    recipe, needed = model.parameters.recipe(), model.needed()
    if effort not in recipe.inputs:
        reason = f"the model has no such input; it has {', '.join(recipe.inputs)}"
        raise Invalid(errors=[FieldError("/query/effort", reason)])
    columns = points([subject_of(each, needed) for each in found], tuple(recipe.inputs))
    divided = any(step.operation == "divide" and step.inputs == (effort,) for step in recipe.steps)
    values = recipe.score(columns).values
    worth = values * columns[effort] if divided else values
    dots = [
        Dot(each.title, each.kind, x, y)
        for each, x, y in zip(found, columns[effort].tolist(), worth.tolist(), strict=True)
        if np.isfinite(x) and np.isfinite(y)
    ]
    return specs.value_effort(model.name, effort, f"score * {effort}" if divided else "score", dots)


def rank_intervals(model: Model, found: Sequence[Candidate], seed: int) -> Chart:
    """How far ranks reach, by draws from the estimates' spreads; what is a point only is taken to be exact."""
    share = 0.8
    made = simulate(model, found, Asked(5, 1_000, seed, share, 0.9, {}, 0))
    reaches = [
        Reach(found[place].title, each.rank_low, each.rank_high, each.mean_rank)
        for place, each in ((place, made.standings[place]) for place in made.order)
    ]
    return specs.rank_intervals(model.name, share, reaches)


def front(asked: FrontIn, model: Model, found: Sequence[Candidate]) -> Chart:
    """The Pareto front of business value and technical value within a capacity."""
    match balance(asked, model, {each.idea_id: each for each in found}):
        case Unscored():
            raise Conflict("The model has no value for some of these ideas.", code="not_scoreable")
        case TooLate():
            raise TooMany("There was no time to find the front; try again, with fewer ideas.")
        case Infeasible():
            return specs.pareto(model.name, [])
        case (made, _):
            return specs.pareto(model.name, [(each.business, each.technical, each.share) for each in made])


def no_efforts(model: Model) -> Chart:
    """In place of a front where no idea could be planned."""
    return specs.nothing(
        f"Business value against technical value: {model.name}",
        "No idea of the ranking has a stored effort (PUT /v1/efforts).",
    )


def waterfall(model: Model, candidate: Candidate) -> Chart:
    """How one idea's score comes about, by the same steps that its explanation gives."""
    given = resolve(model.needed(), candidate.known)
    explained = model.parameters.recipe().explain({name: each.value for name, each in given.items()})
    stages: list[Stage] = []
    value = explained.start
    for step in explained.steps:
        stages.append(Stage(f"{SIGNS[step.operation]} {step.term}", value, step.result))
        value = step.result
    return specs.waterfall(candidate.title, model.name, explained.start, stages)


def capacity(found: Sequence[Use]) -> Chart:
    """What is promised of each skill. Conflict when there are more than fit a picture."""
    if len({(use.team.id, use.skill) for use in found}) > MOST_PANELS:
        raise Conflict(f"These teams have more than {MOST_PANELS} skills: name fewer teams.", code="too_many")
    burns = [
        plans.Burn(use.team.name, use.period, use.skill, use.capacity, use.needed, unit=use.team.unit) for use in found
    ]
    return plans.capacity(burns)


def planned(plan: Kept, found: Sequence[SkillUse]) -> Chart:
    """What the adopted plan takes of each skill, and what was spent of it. Conflict as above."""
    if len({each.skill for each in found}) > MOST_PANELS:
        raise Conflict(f"The plan has more than {MOST_PANELS} skills.", code="too_many")
    burns = [
        plans.Burn("", each.period, each.skill, each.capacity, each.planned, each.actual, plan.unit or "amount")
        for each in found
    ]
    return plans.capacity(burns, f"Planned against capacity: {plan.name}", "planned")


def debt(title: str, held: Debt, months: int) -> Chart:
    """Carrying a debt on against paying it off now."""
    made = curve.curve(held, months)
    spent = [(each.month, each.carried, each.paid_now) for each in made]
    return plans.debt(title, spent, curve.breaks_even(made))
