"""Who is to be forgotten here, and which columns may name them: all that hold words, unless told why not."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Column, Index, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from shared.tables import NOW, WRITTEN_ONCE, Moment

PLATFORM: Mapping[str, str] = {
    "events": "ids, numbers and states, and the product team's own titles",
    "log_seals": "hashes",
    "parked": "events, with what kept them from being applied",
    "forgettings": "keyed hashes, until the person is forgotten",
    "idempotency": "looked through by a step of its own: what holds somebody becomes a 410",
}
"""Tables of every service that are not searched, with the reason."""


class Words(NamedTuple):
    """A table that words are kept in."""

    table: str
    key: tuple[str, ...]
    """Its primary key without the workspace, in order."""
    types: tuple[str, ...]
    """Of the key, as PostgreSQL names them."""
    texts: tuple[str, ...]
    documents: tuple[str, ...]
    """Columns of JSON."""


def forgetting_table(metadata: MetaData) -> None:
    """Add the table of those who are to be forgotten to a service's schema."""
    Table(
        "forgettings",
        metadata,
        Column("erasure_id", UUID, primary_key=True),
        Column("workspace_id", UUID, nullable=False),
        Column("identifiers", JSONB, nullable=False, comment="keyed hashes; empty once it is over"),
        Column("place", Text, nullable=False, server_default="", comment="the table it is at"),
        Column("after", JSONB, nullable=False, server_default="[]", comment="key of the last row looked at there"),
        Column("counts", JSONB, nullable=False, server_default="{}", comment="rows changed so far, by table"),
        Column("failure", Text, comment="why it does not go on; tried again each minute"),
        Column("due_at", Moment, nullable=False, server_default=NOW),
        Column("heard_at", Moment, nullable=False, server_default=NOW),
        Column("finished_at", Moment),
        Index("forgettings_due", "due_at", postgresql_where=text("finished_at is null")),
        comment="people whom feedback has forgotten, and who are being taken out of this service's words",
    )


def wordy(metadata: MetaData, free: Collection[str]) -> tuple[Words, ...]:
    """Every table with words in it, but for those in `free`: a `table`, or a `table.column`."""
    found: list[Words] = []
    for table in sorted(metadata.tables.values(), key=lambda each: each.name):
        if table.name in free or table.name in PLATFORM or "workspace_id" not in table.c:
            continue
        columns = [
            each for each in table.c
            if f"{table.name}.{each.name}" not in free
            and (WRITTEN_ONCE not in table.info or each.name in table.info[WRITTEN_ONCE])
        ]  # fmt: skip
        texts = tuple(each.name for each in columns if isinstance(each.type, Text))
        documents = tuple(each.name for each in columns if isinstance(each.type, JSONB))
        key = [each for each in table.primary_key if each.name != "workspace_id"]
        if texts or documents:
            types = tuple(str(each.type).lower() for each in key)
            found.append(Words(table.name, tuple(each.name for each in key), types, texts, documents))
    return tuple(found)
