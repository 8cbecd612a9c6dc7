"""What merging two ideas would do to their scores: it is done in a savepoint, scored as always, and taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from services.scoring.frameworks import FRAMEWORKS, FrameworkName
from services.scoring.frameworks.parameters import DemandRule
from services.scoring.scores.computed import Computed, Subject
from services.scoring.scores.domain import active_models, compute, lock_ideas
from services.scoring.unions import store
from shared.database import Tx
from shared.errors import FieldError, Invalid

FARTHEST = 10_000
"""Places that are told exactly."""
MEASURES = ("votes", "insights", "contacts", "accounts", "mrr")


class _TakenBack(Exception):
    """Ends the savepoint."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A value, and its place in the model's ranking: None where it has none, or one far below."""

    value: float | None
    missing: tuple[str, ...]
    place: int | None


@dataclass(frozen=True, slots=True)
class Union:
    """Both ideas under one model as they are, and the one that stays as it would be."""

    model_id: UUID
    name: str
    framework: FrameworkName
    idea: Standing
    before: Standing
    after: Standing
    weighed: tuple[str, ...]
    """Inputs from a demand policy, which weighs accounts: they are those of the one that stays alone."""


async def suppose(
    tx: Tx, workspace_id: UUID, idea_id: UUID, into_id: UUID, demand: Mapping[str, int]
) -> tuple[list[asyncpg.Record], list[Union]]:
    """Both ideas, and what merging the first into the second would do under each active model.

    `demand`: of the two together, by MEASURES. Nothing of it stays. Invalid when either is not known or was merged, and
    when they are the same.
    """
    subjects = [(workspace_id, idea_id), (workspace_id, into_id)]
    await lock_ideas(tx, subjects)
    ideas = await _both(tx, workspace_id, idea_id, into_id)
    models = await active_models(tx, subjects)
    if models is None:
        return ideas, []
    now = _by_model(await compute(tx, subjects, models.active))
    then: dict[tuple[UUID, Subject], Computed] = {}
    try:
        async with tx.savepoint():
            await tx.run(store.MERGE, workspace_id, idea_id, into_id)
            await tx.run(store.SERVE, workspace_id, idea_id, into_id)
            await tx.run(store.DEMAND, workspace_id, into_id, *(demand[measure] for measure in MEASURES))
            then = _by_model(await compute(tx, subjects[1:], models.active))
            raise _TakenBack
    except _TakenBack:
        pass
    hidden = [ideas[0]["archived"], ideas[1]["archived"], ideas[1]["archived"]]
    names = {row["id"]: row["name"] for row in await tx.all(store.NAMES, workspace_id)}
    unions: list[Union] = []
    for model in models.active:
        found = [now[model["id"], subject] for subject in subjects]
        united = then[model["id"], subjects[1]]
        above = [
            None if archived else await _above(tx, each, {idea_id, into_id})
            for each, archived in zip((*found, united), hidden, strict=True)
        ]
        # Of the two, one stands above the other as long as they are two and both are shown.
        first = _rank(found[0]) > _rank(found[1])
        framework = FRAMEWORKS[model["framework"]]
        rules = framework.parameters.model_validate_json(model["parameters"]).rules()
        unions.append(
            Union(
                model["id"],
                names[model["id"]],
                framework.name,
                _standing(found[0], above[0], not first and above[1] is not None),
                _standing(found[1], above[1], first and above[0] is not None),
                _standing(united, above[2]),
                tuple(
                    name
                    for name, rule in rules.items()
                    if isinstance(rule, DemandRule)
                    and rule.policy_id is not None
                    and united.inputs[name].source == "demand"
                ),
            )
        )
    return ideas, unions


async def _both(tx: Tx, workspace_id: UUID, idea_id: UUID, into_id: UUID) -> list[asyncpg.Record]:
    if idea_id == into_id:
        raise Invalid(errors=[FieldError("/body/into_id", "an idea cannot be merged into itself")])
    rows = {row["idea_id"]: row for row in await tx.all(store.IDEAS, workspace_id, [idea_id, into_id])}
    errors: list[FieldError] = []
    for field, id in (("idea_id", idea_id), ("into_id", into_id)):
        row = rows.get(id)
        if row is None:
            errors.append(FieldError(f"/body/{field}", "scoring knows no such idea"))
        elif row["merged_into"] is not None:
            errors.append(FieldError(f"/body/{field}", f"was merged into {row['merged_into']}: name that one"))
    if errors:
        raise Invalid(errors=errors)
    return [rows[idea_id], rows[into_id]]


def _by_model(computed: list[Computed]) -> dict[tuple[UUID, Subject], Computed]:
    return {(each.model_id, each.subject): each for each in computed}


def _rank(computed: Computed) -> tuple[bool, float, UUID]:
    value = computed.outcome.value
    return value is not None, value or 0.0, computed.subject[1]


async def _above(tx: Tx, computed: Computed, without: set[UUID]) -> int | None:
    value = computed.outcome.value
    if value is None:
        return None
    workspace_id, idea_id = computed.subject
    found: int = await tx.value(store.ABOVE, workspace_id, computed.model_id, value, idea_id, list(without), FARTHEST)
    return found


def _standing(computed: Computed, above: int | None, below_the_other: bool = False) -> Standing:
    place = None if above is None or above >= FARTHEST else above + below_the_other + 1
    return Standing(computed.outcome.value, tuple(computed.outcome.missing), place)
