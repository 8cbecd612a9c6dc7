"""Where what different methods say of one idea does not go together. Pure.

| code                        | one says              | the other says                                      |
|-----------------------------|-----------------------|-----------------------------------------------------|
| must_but_indifferent        | MoSCoW: must          | Kano: indifferent                                   |
| must_but_reverse            | MoSCoW: must          | Kano: reverse, respondents would rather go without  |
| wont_but_must_be            | MoSCoW: won't         | Kano: must-be, its lack dissatisfies                |
| must_but_over_served        | MoSCoW: must          | opportunity: the need is met better than it matters |
| under_served_but_indifferent | opportunity: under-served | Kano: indifferent or reverse                    |

Only what is told apart is held against each other: a Kano that is not identified contradicts nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import Field

from services.scoring.kano.domain import Verdict

Code = Literal[
    "must_but_indifferent",
    "must_but_reverse",
    "wont_but_must_be",
    "must_but_over_served",
    "under_served_but_indifferent",
]
FRAMEWORKS = ("moscow", "opportunity")
"""Those whose labels are held against each other and against Kano."""
_UNDER_SERVED = ("under_served", "extreme_opportunity")


class Labelled(NamedTuple):
    """What a model's framework calls an idea."""

    model_id: UUID
    framework: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two methods that say of one idea what does not go together: ask those who said it, and mend one of the two."""

    code: Code
    detail: str
    model_ids: Annotated[tuple[UUID, ...], Field(description="models that say the one or the other")]
    small_sample: Annotated[bool, Field(description="the respondents behind it are few: ask more of them first")]


def check(labels: Sequence[Labelled], kano: Verdict | None) -> list[Contradiction]:
    """Every contradiction, in the order of the table."""

    def saying(framework: str, *words: str) -> tuple[UUID, ...]:
        return tuple(each.model_id for each in labels if each.framework == framework and each.label in words)

    must, wont = saying("moscow", "must"), saying("moscow", "wont")
    over, under = saying("opportunity", "over_served"), saying("opportunity", *_UNDER_SERVED)
    label = None if kano is None else kano.label
    few = kano is not None and kano.small_sample
    found: list[Contradiction] = []
    if must and label == "I":
        detail = "It is a must by MoSCoW, and respondents are indifferent to it by Kano."
        found.append(Contradiction("must_but_indifferent", detail, must, few))
    if must and label == "R":
        detail = "It is a must by MoSCoW, and respondents would rather go without it by Kano."
        found.append(Contradiction("must_but_reverse", detail, must, few))
    if wont and label == "M":
        detail = "It will not be done by MoSCoW, and its lack dissatisfies respondents by Kano: a must-be."
        found.append(Contradiction("wont_but_must_be", detail, wont, few))
    if must and over:
        detail = "It is a must by MoSCoW, and the need that it serves is met better than it matters."
        found.append(Contradiction("must_but_over_served", detail, must + over, small_sample=False))
    if under and label in ("I", "R"):
        detail = "The need that it serves is under-served, and respondents do not want this idea by Kano."
        found.append(Contradiction("under_served_but_indifferent", detail, under, few))
    return found
