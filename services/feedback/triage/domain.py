"""The inbox: where statements stand, and what people do about many of them at once.

    new       waits for somebody to look at it
    linked    an insight says what it speaks for
    archived  nothing is to be done about it
    snoozed   comes back as new at a time

What is done is done to all in one transaction, told for each, kept, and can be undone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.feedback.demand import domain as demand
from services.feedback.insights import domain as insights
from services.feedback.insights.domain import Link
from services.feedback.search.domain import Filter, Found, Order, State, look
from services.feedback.triage import store
from shared.database import Read, Tx
from shared.errors import Conflict, NotFound
from shared.ids import new_id

STATES: tuple[State, ...] = get_args(State)
Deed = Literal["archive", "snooze", "assign", "link", "unlink", "reopen"]
DEEDS: tuple[Deed, ...] = get_args(Deed)

AT_ONCE = 500
"""Statements that one action may change."""


class Standing(NamedTuple):
    """Where a statement stands."""

    state: State
    assignee: str | None
    due: datetime | None
    note: str | None


class Wish(NamedTuple):
    """What is to be done."""

    deed: Deed
    until: datetime | None = None
    assignee: str | None = None
    idea: str | None = None
    need: str | None = None
    note: str | None = None


class Result(NamedTuple):
    """What became of one statement: `changed`, `unchanged` or `not_found`; where it stands now."""

    id: UUID
    status: Literal["changed", "unchanged", "not_found"]
    state: State | None


class Done(NamedTuple):
    """An action as it was done, and what became of each statement."""

    action: asyncpg.Record
    results: list[Result]
    next: UUID | None = None
    """The last statement that was looked at, where the filter may name more behind it."""


async def neighbours(read: Read, workspace_id: UUID, wanted: Filter, order: Order, id: UUID) -> tuple[Found, Found]:
    """What comes before and after a statement in a list that it need not be in: at most one each."""
    other: Order = "newest" if order == "oldest" else "oldest"
    return await look(read, workspace_id, wanted, other, id, 1), await look(read, workspace_id, wanted, order, id, 1)


async def act(
    tx: Tx,
    workspace_id: UUID,
    actor: str,
    wish: Wish,
    ids: Sequence[UUID] | None,
    wanted: Filter | None = None,
    after: UUID | None = None,
) -> Done:
    """Do something about statements: those with these ids, or the oldest 500 behind `after` that a filter names.

    Invalid when there is no such idea or need.
    """
    if wish.deed in {"link", "unlink"}:
        await demand.hold(tx, [workspace_id])
    reach = None
    if ids is None:
        wanted = wanted or Filter(state="new")
        ids, reach = await _named(tx, workspace_id, wanted, after)
        standing = await _locked(tx, workspace_id, ids)
        # Somebody else may have been quicker: what has left the list meanwhile is not meant any more.
        ids = [id for id in ids if id in standing and wanted.state in {None, standing[id].state}]
        standing = {id: standing[id] for id in ids}
    else:
        standing = await _locked(tx, workspace_id, ids)
    action_id = new_id()
    made: Mapping[UUID, dict[str, Any]] = {}
    if wish.deed in {"link", "unlink"}:
        made = await _link(tx, workspace_id, actor, wish, list(standing))
    then = {id: _after(wish, before, made.get(id)) for id, before in standing.items()}
    changed = {id for id, before in standing.items() if then[id] != before or id in made}
    await _save(tx, workspace_id, actor, action_id, wish.deed, {id: (standing[id], then[id]) for id in changed}, made)
    asked = to_json({name: value for name, value in wish._asdict().items() if value is not None and name != "deed"})
    action = await tx.one(store.ADD_ACTION, action_id, workspace_id, wish.deed, asked.decode(), len(changed), actor)
    assert action is not None  # an insert returns its row or raises
    return Done(action, _results(ids, then, changed), reach)


async def _named(tx: Tx, workspace_id: UUID, wanted: Filter, after: UUID | None) -> tuple[list[UUID], UUID | None]:
    ids: list[UUID] = []
    # As many windows as one request may take.
    for _ in range(10):
        found = await look(tx, workspace_id, wanted, "oldest", after, AT_ONCE - len(ids))
        ids += [row["id"] for row in found.rows]
        after = found.next
        if after is None or len(ids) == AT_ONCE:
            break
    return ids, after


async def _locked(tx: Tx, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Standing]:
    rows = await tx.all(store.LOCK, workspace_id, ids)
    return {row["id"]: Standing(row["state"], row["assignee"], row["due"], row["note"]) for row in rows}


def _after(wish: Wish, before: Standing, insight: Mapping[str, Any] | None) -> Standing:
    """Where a statement stands once that is done to it. `insight`: the link that was made or taken back for it."""
    match wish.deed:
        case "archive":
            return before._replace(state="archived", due=None, note=wish.note)
        case "snooze":
            return before._replace(state="snoozed", due=wish.until, note=wish.note)
        case "assign":
            return before._replace(assignee=wish.assignee)
        case "reopen":
            return before._replace(state="new", due=None, note=None)
        case "link":
            return before._replace(state="linked", due=None, note=None)
        case "unlink":
            bare = insight is not None and insight["bare"]
            return before._replace(state="new") if bare and before.state == "linked" else before


async def _link(tx: Tx, workspace_id: UUID, actor: str, wish: Wish, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Link statements or take links back: what was made or taken back, by statement."""
    idea_id, need_id = await insights.target(tx, workspace_id, wish.idea, wish.need)
    if wish.deed == "unlink":
        links = await insights.between(tx, workspace_id, ids, idea_id, need_id)
        return {row["feedback_id"]: dict(row) for row in await insights.take_back(tx, workspace_id, links)}
    links = [Link(workspace_id, id, idea_id, actor, need_id=need_id) for id in ids]
    fresh = await insights.link(tx, links, seen=False)
    return {ids[position]: {"id": id} for position, id in fresh.items()}


async def _save(
    tx: Tx,
    workspace_id: UUID,
    actor: str,
    action_id: UUID | None,
    kind: str,
    changes: Mapping[UUID, tuple[Standing, Standing]],
    made: Mapping[UUID, Mapping[str, Any]],
) -> None:
    if not changes:
        return
    rows = [
        {"id": id, "kind": kind, **after._asdict(), "before": before._asdict(), "after": after._asdict(),
         "insight": made.get(id)}
        for id, (before, after) in changes.items()
    ]  # fmt: skip
    await tx.run(store.SAVE, workspace_id, to_json(rows).decode(), actor, action_id)


def _results(ids: Sequence[UUID], after: Mapping[UUID, Standing], changed: set[UUID]) -> list[Result]:
    return [
        Result(id, "changed" if id in changed else "unchanged", after[id].state)
        if id in after
        else Result(id, "not_found", None)
        for id in ids
    ]


async def undo(tx: Tx, workspace_id: UUID, actor: str, action_id: UUID) -> Done:
    """Put statements back to where they stood before an action; those that were changed since stay.

    NotFound, or Conflict when it was undone before.
    """
    await demand.hold(tx, [workspace_id])
    action = await tx.one(store.LOCK_ACTION, workspace_id, action_id)
    if action is None:
        raise NotFound("No action by that id.")
    if action["undone_at"] is not None:
        raise Conflict("That action is undone already.", code="already_undone")
    rows = await tx.all(store.CHANGED, workspace_id, action_id)
    ids = [row["feedback_id"] for row in rows]
    standing = await _locked(tx, workspace_id, ids)
    back: dict[UUID, tuple[Standing, Standing]] = {}
    links: dict[UUID, Mapping[str, Any]] = {}
    for row in rows:
        id: UUID = row["feedback_id"]
        before, after = _standing(row["before"]), _standing(row["after"])
        if standing.get(id) == after:
            back[id] = after, before
            if row["insight"] is not None:
                links[id] = from_json(row["insight"])
    made = await _unlink_or_restore(tx, workspace_id, links)
    await _save(tx, workspace_id, actor, None, "undo", back, made)
    undone = await tx.one(store.UNDONE, workspace_id, action_id, actor)
    assert undone is not None  # locked above
    return Done(undone, _results(ids, standing | {id: before for id, (_, before) in back.items()}, set(back)))


async def _unlink_or_restore(
    tx: Tx, workspace_id: UUID, links: Mapping[UUID, Mapping[str, Any]]
) -> dict[UUID, Mapping[str, Any]]:
    """Take back the links that an action made; make those again that it took back."""
    made = [UUID(insight["id"]) for insight in links.values() if "linked_by" not in insight]
    gone = await insights.take_back(tx, workspace_id, await insights.standing(tx, workspace_id, made) if made else [])
    lost = [(id, insight) for id, insight in links.items() if "linked_by" in insight]
    for idea_id, need_id in sorted({(each["idea_id"] or "", each["need_id"] or "") for _, each in lost}):
        await insights.target(tx, workspace_id, idea_id or None, need_id or None)
    restored = [
        Link(
            workspace_id,
            id,
            UUID(insight["idea_id"]) if insight["idea_id"] else None,
            insight["linked_by"],
            "",
            (insight["excerpt_start"], insight["excerpt_end"]) if insight["excerpt_start"] is not None else None,
            UUID(insight["need_id"]) if insight["need_id"] else None,
            insight["confidence"],
            bytes.fromhex(insight["excerpt_hash"]) if insight["excerpt_hash"] is not None else None,
        )
        for id, insight in lost
    ]
    fresh = await insights.link(tx, restored, seen=False)
    told: dict[UUID, Mapping[str, Any]] = {row["feedback_id"]: dict(row) for row in gone}
    told.update((lost[position][0], {"id": id}) for position, id in fresh.items())
    return told


def _standing(kept: str) -> Standing:
    told = from_json(kept)
    due = told["due"]
    return Standing(told["state"], told["assignee"], datetime.fromisoformat(due) if due else None, told["note"])
