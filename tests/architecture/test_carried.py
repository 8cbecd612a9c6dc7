"""What an export carries: every table of a workspace is carried, or left with the reason why."""

from sqlalchemy import Column, ForeignKey, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from services.feedback.exports import store
from services.feedback.tables.carried import CARRIED, FOREIGN, INSIDE, LEFT, NAMED, carried, described, of_workspaces


def test_every_table_of_a_workspace_is_carried_or_left() -> None:
    """A new table: add it to `CARRIED`, or to `LEFT` with the reason, in services/feedback/tables/carried.py."""
    tables = set(of_workspaces())
    assert not CARRIED & LEFT.keys()
    assert tables - CARRIED - LEFT.keys() == set(), "neither carried nor left"
    assert (CARRIED | LEFT.keys()) - tables == set(), "not there any more"
    assert all(len(reason) > 15 for reason in LEFT.values())


def test_what_is_carried_has_a_key_and_comes_after_what_it_refers_to() -> None:
    before: set[str] = set()
    for table in carried():
        assert table.key, f"{table.name} has no key to be in the order of"
        before.add(table.name)
    assert before == CARRIED
    names = {f"{table.name}.{field.name}" for table in carried() for field in table.fields}
    assert names >= FOREIGN | INSIDE | NAMED


def test_rows_that_refer_to_each_other_are_put_back_in_two_steps() -> None:
    metadata = MetaData()
    tree = Table(
        "tree",
        metadata,
        Column("id", UUID, primary_key=True),
        Column("workspace_id", UUID, nullable=False),
        Column("parent_id", UUID, ForeignKey("tree.id")),
        Column("name", Text, nullable=False, server_default="it's"),
    )
    found = described(tree)
    assert [(field.name, field.names, field.later) for field in found.fields] == [
        ("id", True, False), ("name", False, False), ("parent_id", True, True)
    ]  # fmt: skip
    assert "coalesce(r.name, 'it''s'), null" in store._write(found)
    assert "set parent_id = case when r.parent_id" in store._complete(found)
