"""Balance: what teams have promised and done in each period, held against the policy that is in force for it.

Planned is what is promised of stored efforts, or what the adopted plan says; actual is what was recorded. Ideas count
by the kind that they have today, and in a plan by the kind that they had when it was solved. What changes what is
promised or was recorded asks for a check, and a worker tells it as an event when breaches or shares are others than
before.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic_core import from_json, to_json

from services.scoring.actuals import domain as actuals
from services.scoring.allocations import domain as allocations
from services.scoring.allocations.domain import Policy
from services.scoring.balance import store
from services.scoring.balance.shares import Part, begins, months, parts
from services.scoring.balance.suggestion import Owed
from services.scoring.capacity import domain as capacity
from services.scoring.checks import domain as checks
from services.scoring.plans import domain as plans
from services.scoring.teams import domain as teams
from services.scoring.teams.domain import DAYS, Team, Unit
from shared.database import Read, Tx
from shared.errors import FieldError, Invalid
from shared.events.feedback import IdeaKind
from shared.events.scoring import BalanceChanged, Breach, KindShare
from shared.ids import new_id
from shared.jobs import forever
from shared.outbox import emit
from shared.runtime import Runtime

CHECK_SECONDS = 1.0
Measure = Literal["planned", "actual"]
MEASURES: tuple[Measure, ...] = ("planned", "actual")
ROUNDED = 4
"""Decimals of a share that are told: the event is for a change that somebody could see."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Effort by kind, and by class where there is a policy."""

    efforts: Mapping[IdeaKind, float]
    parts: Sequence[Part]
    not_counted: int
    """Promises without an effort in the team's unit, or ideas done that scoring does not know."""

    @property
    def shares(self) -> list[KindShare]:
        """What each kind has of all effort, rounded as it is told."""
        whole = math.fsum(self.efforts.values())
        return [
            KindShare(kind=kind, share=round(min(effort / whole, 1.0), ROUNDED))
            for kind, effort in sorted(self.efforts.items())
            if effort > 0
        ]


@dataclass(frozen=True, slots=True)
class Balance:
    """A team, or with None all that were asked for together, in a period."""

    team: Team | None
    period: str
    unit: Unit
    policy: Policy | None
    measures: Mapping[Measure, Measured]
    plan_id: UUID | None = None
    """The plan that says what is planned; None: promises do."""

    @property
    def breaches(self) -> list[Breach]:
        """Where it is out of tolerance."""
        return [
            Breach(
                measure=measure,
                name=part.name,
                side=part.breach,
                share=round(part.share, ROUNDED),
                target=part.target,
                tolerance=part.tolerance,
            )
            for measure in MEASURES
            for part in self.measures[measure].parts
            if part.breach is not None
            and part.share is not None
            and part.target is not None
            and part.tolerance is not None
        ]


@dataclass(frozen=True, slots=True)
class _Count:
    """What was counted for one team in one period."""

    efforts: dict[IdeaKind, float]
    not_counted: int


async def report(read: Read, workspace_id: UUID, periods: Sequence[str], team_ids: Sequence[UUID]) -> list[Balance]:
    """Every team in every period, and where there are several that count alike, all of them together.

    Without teams: the first 50 that are not archived. NotFound for a team that does not exist.
    """
    found = (
        await teams.each(read, workspace_id, team_ids)
        if team_ids
        else await teams.present(read, workspace_id, capacity.MOST_TEAMS)
    )
    when = sorted(set(periods))
    counts: dict[Measure, dict[tuple[str, UUID], _Count]] = {
        "planned": await _planned(read, workspace_id, when, found),
        "actual": await _done(read, workspace_id, when, found),
    }
    alone = [(period, (team,)) for period in when for team in found]
    whole = [(period, tuple(found)) for period in when]
    add = len(found) > 1 and len({team.unit for team in found}) == 1
    groups = alone + whole if add else alone
    wanted = [(group[0].id if len(group) == 1 else None, begins(period)) for period, group in groups]
    held = await allocations.in_force(read, workspace_id, wanted)
    return [
        _balance(period, group, held.get(place), counts) for (period, group), place in zip(groups, wanted, strict=True)
    ]


async def by_plan(read: Read, workspace_id: UUID, periods: Sequence[str]) -> list[Balance]:
    """What the adopted plan's teams are to do and did, all of them together, period by period.

    Conflict when no plan is adopted; Invalid for periods that are not the plan's.
    """
    plan = await plans.adopted(read, workspace_id)
    assert plan.periods is not None, "else it could not be adopted"
    assert plan.unit is not None, "likewise"
    if strange := sorted(set(periods) - set(plan.periods)):
        reason = f"{', '.join(strange)} is not in the plan, which is for {', '.join(plan.periods)}"
        raise Invalid(errors=[FieldError("/query/period", reason)])
    found = await teams.each(read, workspace_id, plan.team_ids)
    alone = found[0] if len(found) == 1 else None
    when = sorted(set(periods))
    done = await _done(read, workspace_id, when, found)
    wanted = [(None if alone is None else alone.id, begins(period)) for period in when]
    held = await allocations.in_force(read, workspace_id, wanted)
    made: list[Balance] = []
    for period, place in zip(when, wanted, strict=True):
        policy = held.get(place)
        efforts = plan.efforts(plan.periods.index(period))
        actual = [done[period, team.id] for team in found if (period, team.id) in done]
        measures: dict[Measure, Measured] = {
            "planned": _measured([_Count(efforts, 0)], policy),
            "actual": _measured(actual, policy),
        }
        made.append(Balance(alone, period, plan.unit, policy, measures, plan.id))
    return made


def _balance(
    period: str,
    group: Sequence[Team],
    policy: Policy | None,
    counts: Mapping[Measure, Mapping[tuple[str, UUID], _Count]],
) -> Balance:
    measures: dict[Measure, Measured] = {}
    for measure in MEASURES:
        theirs = [counts[measure][period, team.id] for team in group if (period, team.id) in counts[measure]]
        measures[measure] = _measured(theirs, policy)
    return Balance(group[0] if len(group) == 1 else None, period, group[0].unit, policy, measures)


def _measured(counts: Sequence[_Count], policy: Policy | None) -> Measured:
    efforts: dict[IdeaKind, float] = {}
    for count in counts:
        for kind, effort in count.efforts.items():
            efforts[kind] = efforts.get(kind, 0.0) + effort
    made = parts(efforts, policy.classes) if policy is not None else []
    return Measured(efforts, made, sum(count.not_counted for count in counts))


async def _planned(
    read: Read, workspace_id: UUID, periods: Sequence[str], found: Sequence[Team]
) -> dict[tuple[str, UUID], _Count]:
    if not found:
        return {}
    uses, left = await capacity.usage(read, workspace_id, periods, [team.id for team in found])
    ideas = list({part.promise.idea_id for use in uses for part in use.parts})
    kinds: dict[UUID, IdeaKind] = {
        row["idea_id"]: row["kind"] for row in await read.all(store.KINDS, workspace_id, ideas)
    }
    counts = {(period, team.id): _Count({}, 0) for period in periods for team in found}
    unknown: dict[tuple[str, UUID], set[UUID]] = {
        key: {each.promise.idea_id for each in left if (each.promise.period, each.promise.team_id) == key}
        for key in counts
    }
    for use in uses:
        key = (use.period, use.team.id)
        efforts = counts[key].efforts
        for part in use.parts:
            kind = kinds.get(part.promise.idea_id)
            if kind is None:
                unknown[key].add(part.promise.idea_id)
            else:
                efforts[kind] = efforts.get(kind, 0.0) + part.amount
    return {key: _Count(count.efforts, len(unknown[key])) for key, count in counts.items()}


async def _done(
    read: Read, workspace_id: UUID, periods: Sequence[str], found: Sequence[Team]
) -> dict[tuple[str, UUID], _Count]:
    units = {team.id: team.unit for team in found}
    counts: dict[tuple[str, UUID], _Count] = {}
    for each in await actuals.by_kind(read, workspace_id, periods, list(units)):
        held = counts.get((each.period, each.team_id), _Count({}, 0))
        if each.kind is None or each.unit != units[each.team_id]:
            held = _Count(held.efforts, held.not_counted + each.ideas)
        else:
            held = _Count({**held.efforts, each.kind: held.efforts.get(each.kind, 0.0) + each.amount}, held.not_counted)
        counts[each.period, each.team_id] = held
    return counts


async def debts(read: Read, workspace_id: UUID) -> list[Owed]:
    """Open debts, by what was measured of them."""
    return [Owed(**row) for row in await read.all(store.DEBTS, workspace_id)]


async def days_a_month(read: Read, workspace_id: UUID, period: str) -> float | None:
    """Working days in a month that teams have in a period, over all skills; None: none, or one counts in points."""
    uses, _ = await capacity.usage(read, workspace_id, [period], ())
    if any(use.team.unit not in DAYS for use in uses):
        return None
    return sum(use.capacity * DAYS[use.team.unit] for use in uses) / months(period) or None


async def check_next(tx: Tx) -> bool:
    """Look at one team and period that waits, and tell when its breaches changed; False when none waits."""
    asked = await checks.next_one(tx)
    if asked is None:
        return False
    # Alone for this workspace: two that look at one place would tell of it in either order.
    await tx.value(store.LOCK, asked.workspace_id)
    (found,) = await report(tx, asked.workspace_id, [asked.period], [asked.team_id])
    row = await tx.one(store.HELD, asked.workspace_id, asked.period, asked.team_id)
    held: list[str | None] = ["[]", None] if row is None else [row["breaches"], row["shares"]]
    before = [from_json(each or '{"planned": [], "actual": []}') for each in held]
    shares = {measure: found.measures[measure].shares for measure in MEASURES}
    plain = [to_json(found.breaches).decode(), to_json(shares).decode()]
    if [from_json(each) for each in plain] != before:
        told = await tx.one(store.PUT, asked.workspace_id, new_id(), asked.period, asked.team_id, *plain)
        assert told is not None, "it was written just now"
        event = BalanceChanged(
            workspace_id=asked.workspace_id,
            version=told["version"],
            balance_id=told["id"],
            team_id=asked.team_id,
            period=asked.period,
            allocation_id=None if found.policy is None else found.policy.id,
            breaches=found.breaches,
            **shares,
        )
        await emit(tx, [event], [asked.traceparent])
    await checks.done(tx, asked)
    return True


async def check_all(runtime: Runtime) -> None:
    """The job: look at what waits, and once a second whether anything does."""

    async def step() -> bool:
        async with runtime.database.system() as tx:
            return await check_next(tx)

    await forever(asyncio.Event(), CHECK_SECONDS, step, runtime.lookout.rest(checks.WORK))
