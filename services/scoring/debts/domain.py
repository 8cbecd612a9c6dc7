"""Debts in the currency of features: the idea of paying one off gets its cost of delay and its duration as estimates.

A CD3 model then ranks it in one list with everything else. The estimates are withdrawn when the debt is paid, accepted
or told of another idea.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import asyncpg
import numpy as np
from pydantic_core import from_json, to_json

from services.scoring.debts import store
from services.scoring.debts.curve import Debt
from services.scoring.estimates import domain as estimates
from services.scoring.estimates.domain import Draft
from services.scoring.frameworks import tech_debt
from services.scoring.frameworks.factors import Refusal
from services.scoring.scores.domain import lock_ideas
from shared.database import Read, Tx
from shared.errors import NotFound
from shared.ids import new_id
from shared.routes import require_version

Type = Literal["architecture", "code", "dependencies", "infrastructure", "tests", "documentation", "security", "data"]
State = Literal["open", "paid", "accepted"]
INPUTS = ("cost_of_delay", "duration")
WEEKS_A_MONTH = 365.25 / 12 / 7
DAYS_A_WEEK = 5
"""Working days, in which principal and interest are told."""
FIELDS = (
    "title",
    "component",
    "type",
    "idea_id",
    "principal",
    "interest",
    "probability",
    "growth",
    "day_cost",
    "changes",
    "complexity",
    "evidence",
    "state",
)
"""All that is told of a debt, in the order of the statements."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What a debt comes to."""

    cost_of_delay: float
    """Money a month."""
    payback_months: float | None
    """By the interest at its probability; None: never."""
    hotspot: float | None
    """Changes times complexity; None: one of them is not told."""


def worth(row: asyncpg.Record) -> Worth:
    """What a debt comes to, by the figures that are told of it."""
    principal, interest, probability = (np.array([row[name]]) for name in ("principal", "interest", "probability"))
    delay = tech_debt.cost_of_delay(interest, probability)
    months = tech_debt.payback(principal, interest * probability)
    assert not isinstance(delay, Refusal), "bodies hold what the formula takes"
    assert not isinstance(months, Refusal), "bodies hold what the formula takes"
    hot = None
    if row["changes"] is not None and row["complexity"] is not None:
        hotspots = tech_debt.hotspots(np.array([row["changes"]]), np.array([row["complexity"]]))
        assert not isinstance(hotspots, Refusal), "bodies hold what the formula takes"
        hot = float(hotspots[0])
    return Worth(float(delay[0]) * row["day_cost"], months[0], hot)


async def create(tx: Tx, workspace_id: UUID, told: Mapping[str, Any], actor: str) -> asyncpg.Record:
    """A new debt, and the estimates that follow from it."""
    debt_id = new_id()
    if told["idea_id"] is not None:
        await lock_ideas(tx, [(workspace_id, told["idea_id"])])
    row = await tx.one(store.ADD, workspace_id, debt_id, *_columns(told))
    assert row is not None, "it was inserted just now"
    await _keep(tx, workspace_id, row, actor)
    await _estimate(tx, workspace_id, row)
    return row


async def update(
    tx: Tx, workspace_id: UUID, debt_id: UUID, expected: int | None, told: Mapping[str, Any], actor: str
) -> asyncpg.Record:
    """Change what is told; fields left out stay. NotFound, or PreconditionFailed."""
    old = await tx.one(store.LOCK, workspace_id, debt_id)
    if old is None:
        raise NotFound("No debt by that id.")
    require_version(expected, old["version"])
    held = {name: old[name] for name in FIELDS} | {"evidence": from_json(old["evidence"])}
    wanted = {**held, **told}
    if wanted == held:
        return old
    ideas = {each for each in (held["idea_id"], wanted["idea_id"]) if each is not None}
    await lock_ideas(tx, {(workspace_id, idea_id) for idea_id in ideas})
    row = await tx.one(store.UPDATE, workspace_id, debt_id, *_columns(wanted))
    assert row is not None, "it is locked"
    await _keep(tx, workspace_id, row, actor)
    if held["idea_id"] is not None and (wanted["idea_id"], wanted["state"]) != (held["idea_id"], "open"):
        for found in await tx.all(store.ESTIMATES, workspace_id, held["idea_id"], list(INPUTS), _estimator(debt_id)):
            await estimates.withdraw(tx, workspace_id, found["id"])
    await _estimate(tx, workspace_id, row)
    return row


async def get(read: Read, workspace_id: UUID, debt_id: UUID) -> asyncpg.Record:
    """A debt, or NotFound."""
    row = await read.one(store.GET, workspace_id, debt_id)
    if row is None:
        raise NotFound("No debt by that id.")
    return row


def figures(row: asyncpg.Record) -> Debt:
    """What a curve needs of a debt."""
    return Debt(row["principal"], row["interest"], row["probability"], row["growth"], row["day_cost"])


def _columns(told: Mapping[str, Any]) -> list[Any]:
    return [to_json(told[name]).decode() if name == "evidence" else told[name] for name in FIELDS]


async def _keep(tx: Tx, workspace_id: UUID, row: asyncpg.Record, actor: str) -> None:
    state = {name: row[name] for name in FIELDS} | {"evidence": from_json(row["evidence"])}
    await tx.run(store.KEEP, workspace_id, row["id"], row["version"], to_json(state).decode(), actor)


async def _estimate(tx: Tx, workspace_id: UUID, row: asyncpg.Record) -> None:
    """In money per week and weeks: what a CD3 model counts in unless it is told otherwise."""
    if row["idea_id"] is None or row["state"] != "open":
        return
    values = (worth(row).cost_of_delay / WEEKS_A_MONTH, row["principal"] / DAYS_A_WEEK)
    note = "From the debt register: money per week, and weeks of five days."
    drafts = [
        Draft(row["idea_id"], name, value, _estimator(row["id"]), "engineering", note)
        for name, value in zip(INPUTS, values, strict=True)
    ]
    await estimates.add(tx, workspace_id, drafts)


def _estimator(debt_id: UUID) -> str:
    return f"debt:{debt_id}"
