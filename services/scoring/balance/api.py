"""Balance over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from services.scoring.balance import domain
from services.scoring.balance.bodies import (
    BalanceReport,
    Basis,
    Breaches,
    ClassShare,
    DebtWorthPaying,
    KindEffort,
    Shares,
    ShareSuggestion,
    TeamBalance,
    TeamBreach,
)
from services.scoring.balance.domain import Balance, Measured
from services.scoring.balance.suggestion import suggest
from services.scoring.capacity.bodies import PERIOD
from services.scoring.capacity.domain import MOST_TEAMS, Period
from shared.access.keys import Caller
from shared.database import Read
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow

router = APIRouter(prefix="/v1", tags=["balance"], route_class=Route)
READING = GUARDED | responses(NotFound, Conflict)
Periods = Annotated[
    list[Period], Query(min_length=1, max_length=12, description=f"once for each: {PERIOD}", examples=[["2027-Q1"]])
]
TeamIds = Annotated[
    list[UUID] | None,
    Query(max_length=MOST_TEAMS, description="once for each team; left out: the first 50 that are not archived"),
]
BasisOf = Annotated[
    Basis,
    Query(description="what is planned: `commitments`, or the adopted `plan` (`/v1/plans`), its teams together"),
]


@router.get("/balance", responses=READING, dependencies=[allow("scores:read")])
async def show_balance(
    caller: CallerDep, read: ReadDep, period: Periods, team_id: TeamIds = None, basis: BasisOf = "commitments"
) -> BalanceReport:
    """Show how work is shared between kinds, as planned and as done, against the policy in force.

    A period is what was told as that period: months are not added up to quarters. Ideas count by today's kind, and in a
    plan by the kind that they had when it was solved.
    """
    found = await _report(read, caller, period, team_id, basis)
    return BalanceReport(data=[_balance(each) for each in found])


@router.get("/balance/breaches", responses=READING, dependencies=[allow("scores:read")])
async def find_breaches(
    caller: CallerDep, read: ReadDep, period: Periods, team_id: TeamIds = None, basis: BasisOf = "commitments"
) -> Breaches:
    """Find where work is shared otherwise than the policy tolerates.

    The event `scoring.balance.changed` tells when that changes for a team, by what is promised and done, or how its
    effort is shared out.
    """
    found = await _report(read, caller, period, team_id, basis)
    return Breaches(
        data=[
            TeamBreach(
                **breach.model_dump(),
                team_id=None if each.team is None else each.team.id,
                team=None if each.team is None else each.team.name,
                period=each.period,
                allocation_id=each.policy.id,
            )
            for each in found
            if each.policy is not None
            for breach in each.breaches
        ]
    )


async def _report(
    read: Read, caller: Caller, periods: Sequence[str], team_ids: Sequence[UUID] | None, basis: Basis
) -> list[Balance]:
    if basis == "commitments":
        return await domain.report(read, caller.workspace_id, periods, team_ids or ())
    if team_ids:
        reason = "a plan is of its teams together: leave it out with basis=plan"
        raise Invalid(errors=[FieldError("/query/team_id", reason)])
    return await domain.by_plan(read, caller.workspace_id, periods)


@router.get("/balance/suggestion", responses=GUARDED, dependencies=[allow("scores:read")])
async def suggest_debt_share(
    caller: CallerDep,
    read: ReadDep,
    horizon: Annotated[float, Query(ge=1, le=120, description="months within which paying off is to pay back")] = 12,
    days_a_month: Annotated[
        float | None,
        Query(ge=0.1, le=1e6, description="working days that there are in a month in all"),
    ] = None,
    period: Annotated[
        Period | None,
        Query(description=f"the capacity of teams in this period is what the share is of: {PERIOD}"),
    ] = None,
) -> ShareSuggestion:
    """Suggest which share of the work to give to debt, from the interest that was measured (`/v1/debts`).

    The share is of `days_a_month`, or of what teams have in `period`.
    """
    owed = await domain.debts(read, caller.workspace_id)
    capacity, whose = days_a_month, None if days_a_month is None else "asked"
    if capacity is None and period is not None:
        capacity = await domain.days_a_month(read, caller.workspace_id, period)
        whose = None if capacity is None else "teams"
    found = None if capacity is None else suggest(owed, capacity, horizon)
    fields: dict[str, Any] = {
        "state": "not_computable",
        "reason": "what there is in days is not known: give days_a_month, or a period in which teams have capacity in "
        "person_days, person_weeks or person_months, and none in points",
        "share": None,
        "interest_share": None,
        "interest_share_left": None,
        "days": None,
        "worth_paying": [],
    }
    if found is not None:
        fields |= {
            "state": "computed",
            "reason": None,
            "share": found.share,
            "interest_share": found.interest_share,
            "interest_share_left": found.left,
            "days": found.days,
            "worth_paying": [
                DebtWorthPaying(
                    debt_id=each.id,
                    title=each.title,
                    principal=each.principal,
                    interest=each.interest,
                    payback_months=each.principal / each.interest,
                )
                for each in found.worth
            ],
        }
    return ShareSuggestion(
        formula="sum of principal where interest * probability * horizon > principal, over capacity * horizon",
        horizon=horizon,
        days_a_month=capacity,
        capacity_from=whose,
        debts=len(owed),
        **fields,
    )


def _balance(found: Balance) -> TeamBalance:
    fields: Mapping[str, Any] = {name: _shares(each) for name, each in found.measures.items()}
    return TeamBalance(
        team_id=None if found.team is None else found.team.id,
        team=None if found.team is None else found.team.name,
        period=found.period,
        unit=found.unit,
        allocation_id=None if found.policy is None else found.policy.id,
        breaches=found.breaches,
        basis="commitments" if found.plan_id is None else "plan",
        plan_id=found.plan_id,
        **fields,
    )


def _shares(found: Measured) -> Shares:
    whole = sum(found.efforts.values())
    return Shares(
        effort=whole,
        kinds=[
            KindEffort(kind=kind, effort=effort, share=effort / whole)
            for kind, effort in sorted(found.efforts.items())
            if effort > 0
        ],
        classes=[
            ClassShare(
                name=each.name,
                kinds=list(each.kinds),
                effort=each.effort,
                share=each.share,
                target=each.target,
                tolerance=each.tolerance,
                breach=each.breach,
            )
            for each in found.parts
        ],
        not_counted=found.not_counted,
    )
