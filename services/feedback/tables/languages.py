"""How far the languages of feedback are known."""

from sqlalchemy import BigInteger, Column, Table, Text

from services.feedback.tables.schema import metadata

Table(
    "languages_known",
    metadata,
    Column("log", Text, primary_key=True, comment="the log that is read: events"),
    Column("seq", BigInteger, nullable=False, comment="the last of it that was looked at"),
)
