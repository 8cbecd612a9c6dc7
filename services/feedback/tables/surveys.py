"""What surveys measured: a row for each answer that is a number to count with."""

from sqlalchemy import (
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from services.feedback.tables.schema import metadata, workspace_column
from shared.tables import Moment

Table(
    "survey_answers",
    metadata,
    workspace_column(),
    Column("feedback_id", UUID, nullable=False),
    Column("position", SmallInteger, nullable=False, comment="of the answer in its statement, from 1"),
    Column("measure", Text, nullable=False, comment="nps, csat, ces, importance, satisfaction or kano"),
    Column(
        "about",
        Text,
        nullable=False,
        comment="key of the idea or need that it is about, or another name; empty: the whole",
    ),
    Column("respondent", UUID, nullable=False, comment="the contact; of a nameless response its feedback"),
    Column("contact_id", UUID),
    Column("value", Float, nullable=False, comment="of a Kano pair how it would be to have it, 1 like to 5 dislike"),
    Column("without", SmallInteger, comment="of a Kano pair how it would be to go without"),
    Column("low", Float, comment="the ends of the scale, where a rule tells them"),
    Column("high", Float),
    Column("product_id", UUID),
    Column("connection_id", UUID),
    Column("source", Text, nullable=False),
    Column("release", Text),
    Column("said_at", Moment, nullable=False),
    Column("superseded_at", Moment, comment="when the respondent answered the same again; null: this is the latest"),
    PrimaryKeyConstraint("workspace_id", "feedback_id", "position"),
    ForeignKeyConstraint(["workspace_id", "feedback_id"], ["feedback.workspace_id", "feedback.id"], ondelete="cascade"),
    # With all that a figure is made of: it is read off the index, wherever the rows of a period lie.
    Index(
        "survey_answers_said",
        "workspace_id",
        "measure",
        "said_at",
        postgresql_include=["superseded_at", "value", "without", "low", "high", "contact_id"],
    ),
    Index("survey_answers_about", "workspace_id", "measure", "about", "said_at"),
    Index("survey_answers_respondent", "workspace_id", "respondent", "measure", "about", "said_at"),
    Index(
        "survey_answers_rating",
        "workspace_id",
        "about",
        "feedback_id",
        postgresql_where=text("measure in ('importance', 'satisfaction')"),
    ),
    comment="answers of surveys that are counted, kept with the statements that hold them",
)
