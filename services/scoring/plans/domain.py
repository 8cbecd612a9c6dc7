"""Plans: portfolios that were asked for by name, solved by a job, and kept as they were.

Of all plans one may be adopted: then it is what balance, capacity and charts call planned. Who adopted which and why is
added in a chain of digests, each over the plan's own, so that none can be altered unseen.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from services.scoring.actuals import domain as actuals
from services.scoring.capacity import domain as capacity
from services.scoring.plans import store
from services.scoring.plans.bodies import PlanIn
from services.scoring.plans.comparison import Comparison, compare
from services.scoring.plans.kept import Kept, kept, sealed
from services.scoring.portfolio import domain as portfolio
from shared.database import Read, Tx
from shared.errors import Conflict, NotFound
from shared.events.scoring import PlanChanged
from shared.ids import new_id
from shared.outbox import emit
from shared.telemetry import traceparent

MOST_WAITING = 10
"""Unfinished plans of a workspace: those of one must not keep all others waiting."""
Action = Literal["adopt", "withdraw"]


@dataclass(frozen=True, slots=True)
class SkillUse:
    """A skill in a period: what there was, what the plan takes, what is promised and what was spent."""

    period: str
    skill: str
    capacity: float
    planned: float
    committed: float
    actual: float


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a plan and the adoptions are what they were."""

    digest: str
    computed: str
    adoptions: int
    broken_at: int | None


async def create(tx: Tx, workspace_id: UUID, body: PlanIn, by: str) -> asyncpg.Record:
    """Have a portfolio solved and kept. Invalid, NotFound or Conflict where it could not be solved as it is."""
    await portfolio.load(tx, workspace_id, body)
    if await tx.value(store.UNFINISHED, workspace_id, MOST_WAITING) >= MOST_WAITING:
        raise Conflict(f"{MOST_WAITING} plans are not solved yet; wait, or cancel one.", code="too_many_waiting")
    asked = body.model_dump_json(exclude={"name", "note"})
    trace = traceparent.get()
    row = await tx.one(store.ADD, workspace_id, new_id(), body.name, body.note, asked, by, trace)
    assert row is not None, "it was inserted just now"
    return row


async def get(read: Read, workspace_id: UUID, plan_id: UUID) -> asyncpg.Record:
    """A plan, or NotFound."""
    row = await read.one(store.GET, workspace_id, plan_id)
    if row is None:
        raise NotFound("No plan by that id.")
    return row


async def solved(read: Read, workspace_id: UUID, plan_id: UUID) -> Kept:
    """A plan with its set. NotFound; Conflict where it has none."""
    row = await get(read, workspace_id, plan_id)
    if row["state"] != "solved":
        raise Conflict(f"The plan {row['name']!r} is {row['state']}: it has no set of items.", code="not_solved")
    return kept(row)


async def adopted(read: Read, workspace_id: UUID) -> Kept:
    """The plan that counts. Conflict when none was adopted."""
    row = await read.one(store.ADOPTED, workspace_id)
    if row is None:
        raise Conflict("No plan is adopted (POST /v1/plans/{plan_id}:adopt).", code="no_plan_adopted")
    return kept(row)


async def cancel(tx: Tx, workspace_id: UUID, plan_id: UUID) -> asyncpg.Record:
    """Stop a plan. NotFound; Conflict when it has ended already."""
    if await tx.one(store.CANCEL, workspace_id, plan_id) is None:
        ended = await get(tx, workspace_id, plan_id)
        raise Conflict(f"The plan is {ended['state']}.", code="has_ended")
    row = await get(tx, workspace_id, plan_id)
    await tell(tx, workspace_id, row)
    return row


async def delete(tx: Tx, workspace_id: UUID, plan_id: UUID) -> None:
    """Take a plan away. NotFound; Conflict when it was ever adopted, or is being solved."""
    await tx.value(store.HOLD, workspace_id)
    row = await tx.one(store.LOCK, workspace_id, plan_id)
    if row is None:
        raise NotFound("No plan by that id.")
    if await tx.value(store.EVER_ADOPTED, workspace_id, plan_id):
        raise Conflict("The plan was adopted once: what was decided stays.", code="was_adopted")
    if row["state"] in {"waiting", "running"}:
        raise Conflict("The plan is not solved yet; cancel it first.", code="not_ended")
    await tx.run(store.DELETE, workspace_id, plan_id)


async def rule(
    tx: Tx, workspace_id: UUID, plan_id: UUID, action: Action, reason: str, decided_by: str | None, by: str
) -> asyncpg.Record:
    """Adopt a plan in place of the one before, or withdraw it. NotFound, or Conflict where that cannot be."""
    await tx.value(store.HOLD, workspace_id)
    row = await tx.one(store.LOCK, workspace_id, plan_id)
    if row is None:
        raise NotFound("No plan by that id.")
    if action == "adopt":
        _require_adoptable(row)
        if (before := await tx.one(store.ADOPTED, workspace_id)) is not None:
            await _set_adopted(tx, workspace_id, before["id"], adopted=False)
    elif not row["adopted"]:
        raise Conflict("The plan is not adopted.", code="not_adopted")
    await _set_adopted(tx, workspace_id, plan_id, adopted=action == "adopt")
    last = await tx.one(store.LAST_ADOPTION, workspace_id)
    position, previous = (1, "") if last is None else (last["position"] + 1, last["digest"])
    fields = position, plan_id, action, reason, decided_by, by
    id, now = new_id(), datetime.now(UTC)
    chained = link(previous, row["digest"], id, now, *fields)
    made = await tx.one(store.ADD_ADOPTION, workspace_id, id, *fields, now, chained)
    assert made is not None, "it was inserted just now"
    return made


def _require_adoptable(row: asyncpg.Record) -> None:
    if row["state"] != "solved":
        raise Conflict(f"The plan is {row['state']}: only one with a set of items can be adopted.", code="not_solved")
    if row["adopted"]:
        raise Conflict("The plan is adopted already.", code="adopted_already")
    if kept(row).periods is None:
        reason = "Its periods and teams have no names: ask for it with `stored_capacity`."
        raise Conflict(reason, code="no_periods")


async def _set_adopted(tx: Tx, workspace_id: UUID, plan_id: UUID, *, adopted: bool) -> None:
    await tx.run(store.SET_ADOPTED, workspace_id, plan_id, adopted)
    await tell(tx, workspace_id, await get(tx, workspace_id, plan_id))


async def tell(tx: Tx, workspace_id: UUID, row: asyncpg.Record) -> None:
    """Tell of a plan as it is now; its row is locked."""
    event = PlanChanged(
        workspace_id=workspace_id,
        version=row["version"],
        plan_id=row["id"],
        state=row["state"],
        adopted=row["adopted"],
        value=row["value"],
        gap=row["gap"],
        digest=row["digest"],
    )
    await emit(tx, [event])


def link(before: str, plan_digest: str, id: UUID, at: datetime, *fields: object) -> str:
    """The digest of an adoption: over its own fields, the plan's digest, and the digest of the one before."""
    return hashlib.sha256(to_json([before, plan_digest, id, at.isoformat(), *fields])).hexdigest()


async def comparison(read: Read, workspace_id: UUID, plan_id: UUID, other: UUID) -> tuple[Kept, Kept, Comparison]:
    """Two plans held against each other. NotFound, or Conflict where one has no set."""
    before, after = await solved(read, workspace_id, plan_id), await solved(read, workspace_id, other)
    return before, after, compare(before, after)


async def verify(read: Read, workspace_id: UUID, plan_id: UUID) -> Verification:
    """Compute a plan's digest anew, and those of all adoptions. NotFound; Conflict while there is none."""
    row = await get(read, workspace_id, plan_id)
    if row["digest"] is None:
        raise Conflict(f"The plan is {row['state']}: it has no digest.", code="not_solved")
    before, broken, count = "", None, 0
    for each in await read.all(store.ADOPTIONS_OF, workspace_id):
        count += 1
        fields = (each[name] for name in ("plan_id", "action", "reason", "decided_by", "recorded_by"))
        wanted = link(before, each["plan_digest"], each["id"], each["created_at"].astimezone(UTC), count, *fields)
        if broken is None and (each["position"], each["digest"]) != (count, wanted):
            broken = count
        before = each["digest"]
    return Verification(row["digest"], sealed(row), count, broken)


async def uses(read: Read, workspace_id: UUID, plan: Kept) -> Sequence[SkillUse]:
    """What a plan takes beside what its teams have promised and done, by period and skill.

    Conflict where its capacity was given as figures: nobody is known then who could promise.
    """
    if plan.periods is None or plan.unit is None:
        raise Conflict("The plan's periods and teams have no names.", code="no_periods")
    promised, _ = await capacity.usage(read, workspace_id, plan.periods, plan.team_ids)
    committed: dict[tuple[str, str], float] = {}
    for use in promised:
        committed[use.period, use.skill] = committed.get((use.period, use.skill), 0.0) + use.needed
    spent = await actuals.by_skill(read, workspace_id, plan.periods, plan.team_ids, plan.unit)
    skills = sorted({*plan.capacity, *(skill for _, skill in (*committed, *spent))})
    return [
        SkillUse(
            period,
            skill,
            plan.capacity[skill][place] if skill in plan.capacity else 0.0,
            plan.taken(skill, place),
            committed.get((period, skill), 0.0),
            spent.get((period, skill), 0.0),
        )
        for place, period in enumerate(plan.periods)
        for skill in skills
    ]
