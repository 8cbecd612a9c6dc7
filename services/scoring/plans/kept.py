"""A plan as it was kept: what is done when, and what has to be hashed of it. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import UUID

from services.scoring.candidates.domain import Candidate, Model
from services.scoring.portfolio.bodies import Portfolio, PortfolioIn
from services.scoring.portfolio.domain import Stock, value_of, values_of
from services.scoring.teams.domain import Unit
from shared.canonical import digest
from shared.events.feedback import IdeaKind

SEALED = "id", "name", "note", "state", "reason", "created_by", "created_at"
_JSON = "asked", "program", "result"


class Row(Protocol):
    """A stored plan by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Work:
    """An item of the plan's set."""

    key: str
    idea_id: UUID | None
    kind: IdeaKind
    value: float
    period: int
    effort: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan that was solved."""

    id: UUID
    name: str
    value: float | None
    works: Sequence[Work]
    values: Mapping[str, float]
    """Of all its items, those left out too."""
    capacity: Mapping[str, Sequence[float]]
    periods: Sequence[str] | None
    team_ids: Sequence[UUID]
    unit: Unit | None

    def period(self, place: int) -> str:
        """A period's name; its number where it has none."""
        return str(place) if self.periods is None else self.periods[place]

    def efforts(self, place: int | None = None) -> dict[IdeaKind, float]:
        """The effort by kind, of one period or of all."""
        found: dict[IdeaKind, float] = {}
        for work in self.works:
            if place is None or work.period == place:
                found[work.kind] = found.get(work.kind, 0.0) + sum(work.effort.values())
        return found

    def taken(self, skill: str, place: int) -> float:
        """What the set takes of a skill in a period."""
        return sum(work.effort.get(skill, 0.0) for work in self.works if work.period == place)


def program(
    asked: PortfolioIn, model: Model | None, found: Mapping[UUID, Candidate], stock: Stock | None
) -> dict[str, Any]:
    """What is solved: every value, effort and capacity as it is now."""
    scores = values_of(model, found)
    return {
        "items": [
            {
                "key": item.key,
                "idea_id": item.idea_id,
                "kind": item.kind,
                "value": value_of(item, scores) or 0.0,
                "effort": item.effort,
            }
            for item in asked.items
        ],
        "capacity": {each.skill: each.amounts for each in asked.capacity},
        "periods": None if stock is None else stock.periods,
        "team_ids": None if stock is None else stock.team_ids,
        "unit": None if stock is None else stock.unit,
        "model": None if model is None else {"id": model.id, "name": model.name, "revision": model.revision},
    }


def sealed(plan: Row) -> str:
    """The digest over all that must not change; numbers as doubles, which is what they are after they were stored."""
    content: dict[str, Any] = {name: _text(plan[name]) for name in SEALED}
    content |= {name: None if plan[name] is None else json.loads(plan[name], parse_int=float) for name in _JSON}
    return digest(content)


def _text(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def kept(plan: Row) -> Kept:
    """A solved plan, read again."""
    solved = cast("dict[str, Any]", json.loads(plan["program"]))
    answer = Portfolio.model_validate_json(plan["result"])
    items: dict[str, dict[str, Any]] = {each["key"]: each for each in solved["items"]}
    return Kept(
        id=plan["id"],
        name=plan["name"],
        value=answer.value,
        works=[
            Work(each.key, each.idea_id, each.kind, each.value, each.period, items[each.key]["effort"])
            for each in answer.chosen
        ],
        values={key: each["value"] for key, each in items.items()},
        capacity=solved["capacity"],
        periods=solved["periods"],
        team_ids=[UUID(each) for each in solved["team_ids"] or ()],
        unit=solved["unit"],
    )
