"""What the roadmap says of the strategy: objectives, and what ideas contribute to them."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Table
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from services.scoring.tables.schema import metadata

Table(
    "objectives",
    metadata,
    Column("objective_id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("weight", Double[float](), nullable=False),
    Column("progress", Double[float](), comment="null: nothing tells"),
    Column("counts", Boolean, nullable=False, comment="whether ideas are held against it"),
    Column("strategy_version", BigInteger, nullable=False, comment="of all objectives together"),
    Column("version", BigInteger, nullable=False),
    Index("objectives_list", "workspace_id", "objective_id"),
    comment="projection of roadmap.objective.changed",
)
Table(
    "contributions",
    metadata,
    Column("idea_id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("objective_ids", ARRAY(UUID), nullable=False),
    Column("weights", ARRAY(Double[float]()), nullable=False, comment="one for each of them"),
    Column("version", BigInteger, nullable=False),
    Index("contributions_list", "workspace_id", "idea_id"),
    comment="projection of roadmap.contributions.changed",
)
