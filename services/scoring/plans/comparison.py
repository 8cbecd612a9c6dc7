"""Two plans held against each other: what came in, what went out, what is done at another time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.scoring.plans.kept import Kept, Work
from shared.events.feedback import IdeaKind


@dataclass(frozen=True, slots=True)
class Move:
    """An item whose place in the plan is another. None: it is not in that plan, or has no value there."""

    key: str
    idea_id: UUID | None
    kind: IdeaKind
    value_before: float | None
    value_after: float | None
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one plan to another."""

    entered: Sequence[Move]
    left: Sequence[Move]
    moved: Sequence[Move]
    same: int
    kinds: Sequence[tuple[IdeaKind, float, float]]
    """Kinds whose effort is another: before and after."""


def compare(before: Kept, after: Kept) -> Comparison:
    """What changed. An item is the same one by its idea, or by its key where it has none."""
    old, new = {_who(each): each for each in before.works}, {_who(each): each for each in after.works}
    moves = [_move(old.get(who), new.get(who), before, after) for who in dict.fromkeys([*new, *old])]
    moves.sort(key=lambda each: (-(each.value_after or each.value_before or 0.0), each.key))
    was, becomes = before.efforts(), after.efforts()
    kinds: list[IdeaKind] = [*was, *(kind for kind in becomes if kind not in was)]
    return Comparison(
        entered=[each for each in moves if each.before is None],
        left=[each for each in moves if each.after is None],
        moved=[each for each in moves if None not in {each.before, each.after} and each.before != each.after],
        same=sum(each.before == each.after for each in moves),
        kinds=[
            (kind, was.get(kind, 0.0), becomes.get(kind, 0.0)) for kind in kinds if was.get(kind) != becomes.get(kind)
        ],
    )


def _who(work: Work) -> UUID | str:
    return work.key if work.idea_id is None else work.idea_id


def _move(old: Work | None, new: Work | None, before: Kept, after: Kept) -> Move:
    one = new or old
    assert one is not None, "it is in one of them"
    return Move(
        key=one.key,
        idea_id=one.idea_id,
        kind=one.kind,
        value_before=before.values.get(one.key) if old is None else old.value,
        value_after=after.values.get(one.key) if new is None else new.value,
        before=None if old is None else before.period(old.period),
        after=None if new is None else after.period(new.period),
    )
