"""What of a workspace an export carries: every table of a workspace is named here, carried or with the reason why not.

Order and keys come from the tables themselves: what a row refers to comes before it; rows are in order of their key.
`tests/architecture` fails while a table is in neither list.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Column, DefaultClause, Table
from sqlalchemy.dialects.postgresql import UUID

from services.feedback.tables import metadata

CARRIED = frozenset(
    {
        "accounts", "account_history", "contacts", "segments", "segment_members",
        "products", "components",
        "ideas", "demand", "idea_contacts", "idea_accounts", "votes", "idea_followers", "origins",
        "items", "item_ideas", "requesters",
        "feedback", "insights", "survey_answers", "triage", "triage_history", "inbox_actions",
        "needs", "need_totals", "need_ideas",
        "boards", "board_members", "board_ideas", "board_submissions",
        "trust", "moderation_entries", "moderation_decisions",
        "comments", "comment_versions", "comment_mentions", "comment_counts", "comment_origins",
        "similar_suggestions",
        "import_mappings",
    }
)  # fmt: skip
LEFT: dict[str, str] = {
    "events": "the log of what happened here; a restored workspace begins its own, with what it is now",
    "parked": "messages of this installation's streams",
    "log_seals": "hashes of the events of here; those made elsewhere are sealed there",
    "idempotency": "answers to requests of the last day, for those who made them here",
    "connections": "addresses and signing secrets, sealed with this installation's key: connect anew",
    "connection_mappings": "how answers of those connections were to be read",
    "connection_health": "how those connections fare",
    "deliveries": "raw bodies, vouched for by those connections' secrets",
    "fetches": "what is still to be fetched through them",
    "imports": "work under way here",
    "import_parts": "files of that work",
    "import_errors": "rows that were never stored",
    "rehearsals": "what would have become of rows that were never stored",
    "exports": "work under way here",
    "export_parts": "files of that work",
    "retention": "how long raw deliveries are kept, which are not carried",
    "erasures": "receipts, signed with this installation's key; who was forgotten is carried as forgotten",
    "survey_cells": "counted anew as the answers are put back",
    "survey_changes": "what of that is still to be counted",
    "subjects": "counted anew as the answers are put back",
    "idea_terms": "words of the ideas, written with them when they are put back",
    "similar_indexes": "how far the index has come: its job fills another one",
    "similar_texts": "numbers of texts in that index",
    "similar_postings": "which texts have a term, by those numbers",
    "similar_signs": "which way texts point, by those numbers",
    "similar_changes": "what that index has still to read again",
    "kano_unions": "numbers of events: they begin anew",
    "told_shares": "what other services know of who is behind an idea: they are told anew",
    "told_accounts": "what other services know of accounts: they are told anew",
    "demand_ranks": "written as demand is put back",
    "demand_kept": "sums of what is carried: counted anew where there is much of it",
    "demand_parts": "what those are sums of: likewise",
    "demand_groups": "those sums: likewise",
    "demand_marks": "what of them is still to be counted",
    "share_marks": "what they have still to be told",
    "account_marks": "what they have still to be told",
    "member_marks": "whose segments they have still to be told",
}
FOREIGN = frozenset({"votes.cast_by"})
"""Ids of what no export carries (keys): they stay what they are."""
NAMED = frozenset({"trust.name", "comment_mentions.mentioned"})
"""Texts that are either a name or an id of something in the workspace: the ids are renamed."""

REFERRING = {
    "account_id": "accounts", "board_id": "boards", "comment_id": "comments", "component_id": "components",
    "contact_id": "contacts", "entry_id": "moderation_entries", "feedback_id": "feedback", "idea_id": "ideas",
    "into_id": "ideas", "item_id": "items", "merged_root": "ideas", "need_id": "needs", "parent_id": "comments",
    "product_id": "products", "segment_id": "segments",
}  # fmt: skip
"""Of which table an id in a column of that name is. What may be of several, or is not carried, is in none."""
INSIDE = frozenset({"triage_history.insight", "inbox_actions.asked"})
"""JSON objects with ids of the workspace among their values, which are renamed; deeper ones are not looked at."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column that is carried. `names` tells that it holds an id of something in the workspace."""

    name: str
    names: bool
    may_name: bool
    """It is a text, and holds an id of the workspace where it looks like one."""
    inside: bool
    """It is a JSON object, and has ids among its values."""
    counted: bool
    """The database numbers it, for all workspaces: carried as the place among the rows of the rest of its key."""
    default: str | None
    """SQL of what an older export without it gets; None: null."""
    later: bool
    """Refers to its own table: filled in when all of its rows are there."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A table that is carried."""

    name: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    listed: bool
    """Whether the rows of a workspace are found by an index. Those of others hang on rows of these."""


def carried() -> tuple[Carried, ...]:
    """Every table that is carried, in the order in which rows can be put back."""
    return tuple(described(table) for table in metadata.sorted_tables if table.name in CARRIED)


def references() -> dict[str, tuple[str | None, dict[str, str]]]:
    """By table: the column with a row's own id, where others refer to it, and of which tables those in others are."""
    found: dict[str, tuple[str | None, dict[str, str]]] = {}
    for table in carried():
        key = table.key[0] if table.name in REFERRING.values() else None
        named = {each.name for each in table.fields if each.names and each.name != key}
        others = {name: REFERRING[name] for name in named if name in REFERRING}
        if "merged_into" in named:
            others["merged_into"] = table.name
        found[table.name] = key, others
    return found


def of_workspaces() -> Iterator[str]:
    """The tables that have rows of workspaces."""
    yield from (table.name for table in metadata.sorted_tables if "workspace_id" in table.columns)


def described(table: Table) -> Carried:
    """What is carried of a table: all but its workspace and what the database computes."""
    columns = [each for each in table.columns if each.name != "workspace_id" and each.computed is None]
    return Carried(
        table.name,
        tuple(each.name for each in table.primary_key.columns if each.name != "workspace_id"),
        tuple(_field(table, each) for each in sorted(columns, key=lambda each: each.name)),
        any(next(iter(index.columns)).name == "workspace_id" for index in table.indexes)
        or next(iter(table.primary_key.columns)).name == "workspace_id",
    )


def _field(table: Table, column: Column[object]) -> Field:
    return Field(
        column.name,
        isinstance(column.type, UUID) and f"{table.name}.{column.name}" not in FOREIGN,
        f"{table.name}.{column.name}" in NAMED,
        f"{table.name}.{column.name}" in INSIDE,
        column.identity is not None,
        _default(column),
        any(key.column.table is table for key in column.foreign_keys),
    )


def _default(column: Column[object]) -> str | None:
    given = column.server_default
    if column.nullable or not isinstance(given, DefaultClause):
        return None
    return "'{}'".format(given.arg.replace("'", "''")) if isinstance(given.arg, str) else str(given.arg)
