"""What scores are made of: causes, what a model makes of an idea, and how that is sent to be stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from services.scoring.frameworks.factors import Outcome
from services.scoring.scores.inputs import Input, Source
from shared.events.scoring import CauseKind
from shared.ids import new_id_text

State = Literal["scored", "not_scoreable"]
Subject = tuple[UUID, UUID]
"""A workspace and one of its ideas."""
BEARS_ON: Mapping[CauseKind, Source] = {
    "demand": "demand",
    "policy": "demand",
    "time": "demand",
    "estimate": "estimate",
    "correction": "estimate",
    "need": "survey",
    "objective": "alignment",
    "contribution": "alignment",
    "competition": "competition",
}
"""The source of the inputs that a cause moves. A model, an idea and a merge move any."""
INPUTS = TypeAdapter(dict[str, Input])
"""How the inputs of a score are stored."""
_INPUT = TypeAdapter(Input)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why scores move: what kind of thing happened, which one, and the trace it is part of."""

    kind: CauseKind
    """`time`: asks count less because a month is over."""
    id: UUID
    traceparent: str


@dataclass(slots=True)
class Computed:
    """A model applied to an idea."""

    subject: Subject
    model_id: UUID
    model_version: int
    outcome: Outcome
    inputs: dict[str, Input]

    @property
    def state(self) -> State:
        """Whether there is a value."""
        return "not_scoreable" if self.outcome.value is None else "scored"


def as_stored(inputs: Mapping[str, Input]) -> str:
    """What `INPUTS` writes of them; of the kinds that most are in a third of the time."""
    return "{" + ",".join([f'"{name}":{_stored(given)}' for name, given in inputs.items()]) + "}"


def _stored(given: Input) -> str:
    if given.source == "estimate" and given.corrected is None:
        ids = ",".join([f'"{id}"' for id in given.estimates])
        return f'{{"source":"estimate","value":{given.value!r},"estimates":[{ids}]}}'
    told = given.demand
    if given.source == "none" and told is None:
        return '{"source":"none","estimates":[]}'
    if given.source == "demand" and told is not None and told.policy is None:
        return (
            f'{{"source":"demand","value":{given.value!r},"estimates":[],"demand":{{"measure":"{told.measure}",'
            f'"count":{told.count},"per_ask":{told.per_ask!r},"horizon":"{told.horizon}",'
            f'"event_id":"{told.event_id}","version":{told.version}}}}}'
        )
    return _INPUT.dump_json(given, exclude_none=True).decode()


Waiting = tuple[CauseKind, UUID]
"""What has not reached an idea until now."""


class Written:
    """Scores as they are sent to be stored, without their inputs; ids as text, as they go into JSON."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []
        self.common: list[dict[str, object]] = []
        """What many of them have in common: a row names it by its place, from 1."""
        self._places: dict[tuple[UUID, int, Waiting | None], int] = {}

    def add(self, each: Computed, cause: Cause, waiting: Waiting | None) -> None:
        """One more; `waiting`: if anything is."""
        # One cause moves many, and is one and the same object: to compare it costs more than to send it.
        key = each.model_id, id(cause), waiting
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self._places) + 1
            self.common.append(
                {
                    "model_id": str(each.model_id),
                    "cause": cause.kind,
                    "cause_id": str(cause.id),
                    "bears_on": BEARS_ON.get(cause.kind, ""),
                    "waiting": None if waiting is None else waiting[0],
                    "waiting_id": None if waiting is None else str(waiting[1]),
                    "traceparent": cause.traceparent,
                }
            )
        self.rows.append(
            {
                "new_id": new_id_text(),
                "event_id": new_id_text(),
                "idea_id": str(each.subject[1]),
                "value": each.outcome.value,
                "missing": each.outcome.missing,
                "common": place,
            }
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored score that is not what its inputs give. None: there is none."""

    model_id: UUID
    idea_id: UUID
    stored: Mapping[str, Any] | None
    computed: Mapping[str, Any] | None
