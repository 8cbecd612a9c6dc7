"""The schema."""

from sqlalchemy import MetaData

from shared.tables import platform_tables

metadata = MetaData()
platform_tables(metadata)
