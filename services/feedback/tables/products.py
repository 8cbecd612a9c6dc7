"""What is being built: products and their components."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import UUID

from services.feedback.tables.schema import created_column, id_column, metadata, version_column, workspace_column

Table(
    "products",
    metadata,
    id_column(),
    workspace_column(),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("archived", Boolean, nullable=False, server_default=text("false")),
    version_column(),
    created_column(),
    UniqueConstraint("workspace_id", "key", name="products_key"),
    Index("products_list", "workspace_id", "id"),
)
Table(
    "components",
    metadata,
    id_column(),
    workspace_column(),
    Column("product_id", UUID, ForeignKey("products.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("archived", Boolean, nullable=False, server_default=text("false")),
    version_column(),
    created_column(),
    UniqueConstraint("product_id", "key", name="components_key"),
    Index("components_list", "workspace_id", "product_id", "id"),
)
