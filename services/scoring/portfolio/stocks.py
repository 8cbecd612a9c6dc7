"""A portfolio that takes its capacity, and the efforts of its ideas, from what is stored."""

from collections.abc import Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from services.scoring.capacity import domain as capacity
from services.scoring.capacity.domain import Spare
from services.scoring.capacity.usage import Effort, Use
from services.scoring.portfolio.bodies import PlanItem, PortfolioIn, StoredCapacity
from shared.errors import FieldError, Invalid
from shared.problems import invalid_body

P = TypeVar("P", bound=PortfolioIn)


def filled(body: P, found: Sequence[Use], efforts: Mapping[UUID, Sequence[Effort]]) -> P:
    """The same with capacity and efforts in it. Invalid where what is stored does not make a portfolio."""
    stored = body.stored_capacity
    assert stored is not None, "else there is nothing to fill in"
    unit, pool = capacity.pooled(found, "/body/stored_capacity/team_ids")
    items = [_item(place, item, efforts, unit) for place, item in enumerate(body.items)]
    # A skill that no team has is a capacity of none: the portfolio then says why what takes it is left out.
    for skill in {skill for item in items for skill in item.effort}:
        pool.setdefault(skill, {})
    try:
        return type(body).model_validate(
            {**body.model_dump(), "items": items, "capacity": _amounts(stored, pool), "stored_capacity": None}
        )
    except ValidationError as error:
        raise invalid_body(error) from None


def _amounts(stored: StoredCapacity, pool: Mapping[str, Mapping[str, Spare]]) -> list[dict[str, object]]:
    none = Spare(0.0, 0.0)
    periods = sorted(set(stored.periods))
    return [
        {
            "skill": skill,
            "amounts": [
                spare.left if stored.spare else spare.whole for spare in (there.get(when, none) for when in periods)
            ],
        }
        for skill, there in sorted(pool.items())
    ]


def _item(place: int, item: PlanItem, efforts: Mapping[UUID, Sequence[Effort]], unit: str) -> PlanItem:
    told: Sequence[Effort] = () if item.idea_id is None or item.effort else efforts.get(item.idea_id, ())
    if not item.effort and not told:
        # It would be free, and so be in every set.
        reason = "has no effort, and none is stored for its idea (PUT /v1/efforts)"
        raise Invalid(errors=[FieldError(f"/body/items/{place}/effort", reason)])
    if unlike := sorted({each.unit for each in told} - {unit}):
        reason = f"is stored in {', '.join(unlike)}, and the teams count in {unit}"
        raise Invalid(errors=[FieldError(f"/body/items/{place}/effort", reason)])
    return item.model_copy(update={"effort": {each.skill: each.amount for each in told}}) if told else item
