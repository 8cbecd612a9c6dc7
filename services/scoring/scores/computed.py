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


@dataclass(frozen=True, slots=True)
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
    """What `INPUTS` writes of them; of the two kinds that most are in a third of the time."""
    return "{" + ",".join(f'"{name}":{_stored(given)}' for name, given in inputs.items()) + "}"


def _stored(given: Input) -> str:
    if given.source == "estimate" and given.corrected is None:
        ids = ",".join(f'"{id}"' for id in given.estimates)
        return f'{{"source":"estimate","value":{given.value!r},"estimates":[{ids}]}}'
    told = given.demand
    if given.source == "demand" and told is not None and told.policy is None:
        return (
            f'{{"source":"demand","value":{given.value!r},"estimates":[],"demand":{{"measure":"{told.measure}",'
            f'"count":{told.count},"per_ask":{told.per_ask!r},"horizon":"{told.horizon}",'
            f'"event_id":"{told.event_id}","version":{told.version}}}}}'
        )
    return _INPUT.dump_json(given, exclude_none=True).decode()


def written(each: Computed, cause: Cause, waiting: tuple[CauseKind, UUID] | None) -> dict[str, object]:
    """A score as it is sent to be stored, without its inputs; ids as text, as they go into JSON.

    `waiting`: what has not reached the idea until now, if anything has not.
    """
    kind, id = (None, None) if waiting is None else (waiting[0], str(waiting[1]))
    return {
        "new_id": new_id_text(),
        "event_id": new_id_text(),
        "model_id": str(each.model_id),
        "idea_id": str(each.subject[1]),
        "value": each.outcome.value,
        "missing": each.outcome.missing,
        "cause": cause.kind,
        "cause_id": str(cause.id),
        "bears_on": BEARS_ON.get(cause.kind, ""),
        "waiting": kind,
        "waiting_id": id,
        "traceparent": cause.traceparent,
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored score that is not what its inputs give. None: there is none."""

    model_id: UUID
    idea_id: UUID
    stored: Mapping[str, Any] | None
    computed: Mapping[str, Any] | None
