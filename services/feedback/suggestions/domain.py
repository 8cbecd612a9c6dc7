"""What was shown as alike, what people decided on it, and how good the suggestions were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from services.feedback.suggestions import store
from services.feedback.suggestions.shares import Share
from shared.database import Lane, Read, Tx
from shared.errors import FieldError, Invalid
from shared.ids import earliest_id, new_id

Kind = Literal["idea", "feedback"]
Method = Literal["lexical", "fused"]
Decision = Literal["accepted", "dismissed"]
Joined = Literal["merged", "linked"]

JUDGED_MOST = 10_000
"""Suggestions, and links, that the measures are taken over at most: the newest."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A suggestion that is about to be shown: `other` is suggested for `one`."""

    workspace_id: UUID
    one: tuple[UUID, Kind]
    other: tuple[UUID, Kind]
    method: Method
    score: float


Pair = tuple[UUID, UUID, UUID]


def pair_of(shown: Shown) -> Pair:
    """What a suggestion is known by: the workspace and both ids, the smaller first."""
    first, second = sorted((shown.one[0], shown.other[0]))
    return shown.workspace_id, first, second


async def note_shown(lane: Lane | Tx, shown: Sequence[Shown]) -> dict[Pair, tuple[UUID, Decision | None]]:
    """Remember what people get to see: the id of each suggestion, and what was decided on it."""
    once = {pair_of(each): each for each in shown}
    kinds = {each[0]: each[1] for item in once.values() for each in (item.one, item.other)}
    pairs = list(once)
    if not pairs:
        return {}
    rows = await lane.all(
        store.SHOWN,
        [new_id() for _ in pairs],
        [pair[0] for pair in pairs],
        [pair[1] for pair in pairs],
        [pair[2] for pair in pairs],
        [kinds[pair[1]] for pair in pairs],
        [kinds[pair[2]] for pair in pairs],
        [once[pair].method for pair in pairs],
        [once[pair].score for pair in pairs],
    )
    return {(row["workspace_id"], row["one_id"], row["other_id"]): (row["id"], row["decision"]) for row in rows}


async def decide(
    tx: Tx, workspace_id: UUID, ids: tuple[UUID, UUID], decision: Decision, joined: Joined | None, actor: str
) -> asyncpg.Record:
    """Keep what somebody says of a pair, suggested or not. The last word counts. Invalid on a pair that is none."""
    one, other = sorted(ids)
    if one == other:
        raise Invalid(errors=[FieldError("/body/other_id", "must be another one than `one_id`")])
    if decision == "dismissed" and joined is not None:
        raise Invalid(errors=[FieldError("/body/joined", "goes with `accepted` only")])
    kinds: dict[UUID, Kind] = {row["id"]: row["kind"] for row in await tx.all(store.KINDS, workspace_id, [one, other])}
    unknown = [name for name, id in zip(("one_id", "other_id"), ids, strict=True) if id not in kinds]
    if unknown:
        raise Invalid(errors=[FieldError(f"/body/{name}", "names no idea and no feedback") for name in unknown])
    row = await tx.one(
        store.DECIDE, new_id(), workspace_id, one, other, kinds[one], kinds[other], decision, joined, actor
    )
    assert row is not None  # an upsert
    return row


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of the suggestions of one method (None: of all), and of what belongs together."""

    method: Method | None
    suggested: int
    accepted: int
    dismissed: int
    undecided: int
    precision: Share
    recall: Share


async def judge(read: Read, workspace_id: UUID, since: datetime) -> list[Judged]:
    """Precision and recall of what was suggested since then: of each method, and of all."""
    first = earliest_id(since)
    shown = {row["method"]: row for row in await read.all(store.JUDGED, workspace_id, first, JUDGED_MOST)}
    found: dict[Method | None, int] = {
        row["method"]: row["found"] for row in await read.all(store.FOUND, workspace_id, first, JUDGED_MOST)
    }
    belonging = sum(found.values())
    methods: tuple[Method, ...] = ("lexical", "fused")
    judged: list[Judged] = []
    for method in (None, *methods):
        rows = [row for name, row in shown.items() if method in (None, name)]
        suggested, accepted, dismissed, undecided = (
            sum(row[name] for row in rows) for name in ("suggested", "accepted", "dismissed", "undecided")
        )
        hits = sum(count for name, count in found.items() if name is not None and method in (None, name))
        judged.append(
            Judged(
                method,
                suggested,
                accepted,
                dismissed,
                undecided,
                precision=Share(accepted + dismissed, accepted),
                recall=Share(belonging, hits),
            )
        )
    return judged
