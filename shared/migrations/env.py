"""Alembic's entry point: shared.migrate hands the connection, the tables and the schema over."""

from alembic import context

from shared.migrate import include_ours, plain

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=plain(attributes["metadata"]),
    version_table="alembic_version",
    include_object=include_ours,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
