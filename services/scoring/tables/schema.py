"""The schema."""

from sqlalchemy import MetaData

from shared.forgetting.tables import forgetting_table
from shared.tables import platform_tables

metadata = MetaData()
platform_tables(metadata)
forgetting_table(metadata)
