"""A workspace carried away whole, and put back into an empty one."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, get_args
from uuid import UUID

from pydantic_core import from_json

from services.feedback.comments.domain import Visibility
from services.feedback.demand import domain as demand
from services.feedback.exports import store
from services.feedback.exports.file import Broken, mask_of, renamed, table_of
from services.feedback.ideas import domain as ideas
from services.feedback.mappings.mapping import KINDS, Mapping
from services.feedback.needs import domain as needs
from services.feedback.segments import rules
from services.feedback.shares import domain as shares
from services.feedback.subjects import domain as subjects
from services.feedback.subjects.domain import MOVED, Move
from services.feedback.suggestions.domain import Decision, Joined, Method
from services.feedback.suggestions.domain import Kind as Alike
from services.feedback.triage import history
from services.feedback.triage.domain import DEEDS, STATES
from services.feedback.trust.levels import Kind, Level, State
from shared.database import Tx
from shared.errors import Invalid
from shared.events.base import Event
from shared.events.feedback import DemandChanged, FeedbackReceived, IdeaChanged, IdeaKind, IdeaStatus
from shared.outbox import emit

TABLES = frozenset(store.TABLES)
PROMISED: dict[tuple[str, str], tuple[str, ...] | type] = {
    ("ideas", "kind"): get_args(IdeaKind),
    ("ideas", "own_status"): get_args(IdeaStatus),
    ("ideas", "item_status"): get_args(IdeaStatus),
    ("votes", "importance"): ("nice", "important", "critical"),
    ("segments", "selects"): ("accounts", "contacts"),
    ("import_mappings", "kind"): KINDS,
    ("triage_history", "kind"): (*DEEDS, "wake", "undo"),
    ("triage_history", "before"): dict,
    ("triage_history", "after"): dict,
    ("inbox_actions", "kind"): DEEDS,
    ("inbox_actions", "asked"): dict,
    ("feedback", "state"): STATES,
    ("boards", "visibility"): ("public", "private", "one_way"),
    ("board_members", "kind"): ("contact", "account", "segment"),
    ("board_submissions", "state"): get_args(State),
    ("comments", "visibility"): get_args(Visibility),
    ("comments", "state"): get_args(State),
    ("moderation_entries", "kind"): ("comment", "submission"),
    ("moderation_entries", "state"): get_args(State),
    ("moderation_decisions", "state"): get_args(State),
    ("trust", "kind"): get_args(Kind),
    ("trust", "level"): get_args(Level),
    ("similar_suggestions", "one_kind"): get_args(Alike),
    ("similar_suggestions", "other_kind"): get_args(Alike),
    ("similar_suggestions", "method"): get_args(Method),
    ("similar_suggestions", "decision"): get_args(Decision),
    ("similar_suggestions", "joined"): get_args(Joined),
    ("survey_answers", "measure"): ("nps", "csat", "ces", "importance", "satisfaction", "kano"),
    ("ideas", "attributes"): dict,
    ("feedback", "answers"): list,
    ("feedback", "attributes"): dict,
    ("accounts", "attributes"): dict,
    ("contacts", "attributes"): dict,
}
"""The words, or the kind of JSON, that a column has, where an answer of the API promises so."""
FEELINGS = frozenset(range(1, 6))
"""Both answers of a Kano pair, from like to dislike."""
READABLE = TABLES | {"need_ratings"}
"""Tables that a file may hold: what older exports said besides is in `survey_answers` too."""
REFERRING = frozenset(store.COMPLETE)
"""Tables whose rows refer to each other: their references are filled in by a second pass."""


async def filled(tx: Tx, workspace_id: UUID) -> str | None:
    """A table that has rows in this workspace; None when it is empty."""
    return await tx.value(store.FILLED, workspace_id)


async def require_free(tx: Tx, table: str, ids: Sequence[UUID]) -> None:
    """Broken when one of these is the id of a row already. The transaction is over every workspace."""
    if await tx.value(store.TAKEN[table], ids):
        raise Broken(f"A row of {table} has the id of another that is kept here.")


async def restore(tx: Tx, workspace_id: UUID, lines: Sequence[bytes]) -> None:
    """Put rows back, in the order of an export, and tell the other services of them."""
    mask = mask_of(workspace_id)
    for table, some in groupby(lines, table_of):
        if table not in TABLES:
            continue
        given = [line.strip() for line in some]
        _check(table, given)
        await tx.run(store.WRITE[table], workspace_id, mask, f"[{b','.join(given).decode()}]")
        if table in {"ideas", "demand", "feedback"}:
            await _tell(tx, workspace_id, table, mask, given)
        elif table == "survey_answers":
            await subjects.count(tx, [_answer(workspace_id, from_json(line)["row"], mask) for line in given])


async def complete(tx: Tx, workspace_id: UUID, lines: Sequence[bytes]) -> None:
    """Fill in what rows say of others of the same table, now that all are there."""
    mask = mask_of(workspace_id)
    for table, lines_of_it in groupby(lines, table_of):
        some = list(lines_of_it)
        if table in REFERRING:
            await tx.run(
                store.COMPLETE[table], workspace_id, mask, f"[{b','.join(line.strip() for line in some).decode()}]"
            )
        if table == "ideas":
            keys = [from_json(line)["row"]["key"] for line in some]
            await subjects.tell(tx, [(workspace_id, key) for key in keys])
        elif table == "need_totals":
            # With the ideas of each, which come behind the totals.
            await needs.tell(tx, workspace_id, _ids(some, "need_id", mask))
        elif table == "demand":
            # With all votes and statements, of which a part comes behind the totals.
            ids = _ids(some, "idea_id", mask)
            await demand.warm(tx, workspace_id, ids)
            await shares.mark(tx, workspace_id, ids)


def _check(table: str, lines: Sequence[bytes]) -> None:
    """Broken when a column has what the API does not know: nobody could read the row again."""
    known = {column: what for (of, column), what in PROMISED.items() if of == table}
    for line in lines if known else ():
        try:
            row: Any = from_json(line)["row"]
            for column, what in known.items():
                value = row.get(column)
                if value is not None and not (isinstance(value, what) if isinstance(what, type) else value in what):
                    raise Broken(f"A row of {table} has a {column} that is not known here.")
            if table == "import_mappings":
                Mapping.model_validate(row["mapping"])
            if (
                table == "survey_answers"
                and row["measure"] == "kano"
                and not {row["value"], row["without"]} <= FEELINGS
            ):
                raise Broken("A row of survey_answers has a pair of answers that is not known here.")
            if table == "triage_history":
                history.check_change(row)
            if table == "segments" and row.get("rule") is not None:
                rules.parse(row["rule"], row["selects"])
        except (Invalid, ValueError, KeyError, TypeError, AttributeError):
            raise Broken(f"A row of {table} cannot be read.") from None


async def _tell(tx: Tx, workspace_id: UUID, table: str, mask: int, lines: Sequence[bytes]) -> None:
    """The snapshots of what was put back, as if it had just changed: whoever listens knows it then."""
    ids = _ids(lines, "idea_id" if table == "demand" else "id", mask)
    events: list[Event]
    match table:
        case "ideas":
            await ideas.let_find(tx, workspace_id, ids)
            found = await tx.all(store.TOLD_IDEAS, workspace_id, ids)
            events = [IdeaChanged(workspace_id=workspace_id, **row) for row in found]
        case "demand":
            events = [DemandChanged(**row) for row in await tx.all(store.TOLD_DEMAND, workspace_id, ids)]
        case _:
            found = await tx.all(store.TOLD_FEEDBACK, workspace_id, ids)
            events = [FeedbackReceived(workspace_id=workspace_id, **row) for row in found]
    await emit(tx, events)


def _answer(workspace_id: UUID, row: dict[str, Any], mask: int) -> Move:
    """An answer as it is counted when it is put back."""
    given: dict[str, Any] = {name: row.get(name) for name in MOVED}
    given |= {"workspace_id": workspace_id, "feedback_id": renamed(UUID(row["feedback_id"]), mask)}
    return Move(**given, counts=int(row.get("superseded_at") is None), held=1)


def _ids(lines: Sequence[bytes], key: str, mask: int) -> list[UUID]:
    rows: list[Any] = [from_json(line)["row"] for line in lines]
    return [renamed(UUID(row[key]), mask) for row in rows]
