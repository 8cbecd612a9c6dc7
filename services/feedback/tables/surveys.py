"""What surveys measured: a row for each answer that is a number to count with."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Float,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
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
    # Who was superseded within the month that a period ends in, of days at its edges: the rest is in `survey_cells`.
    Index(
        "survey_answers_gone",
        "workspace_id",
        "measure",
        "superseded_at",
        "said_at",
        postgresql_where=text("superseded_at is not null"),
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

_CELL = (
    "workspace_id", "measure", "grain", "said_on", "gone_on", "about", "product_id", "connection_id", "source",
    "release", "value", "without", "low", "high",
)  # fmt: skip


def _cell_columns() -> tuple[Column[object], ...]:
    return (
        Column("about", Text, nullable=False),
        Column("product_id", UUID),
        Column("connection_id", UUID),
        Column("source", Text, nullable=False),
        Column("release", Text),
        Column("value", Float, nullable=False),
        Column("without", SmallInteger),
        Column("low", Float),
        Column("high", Float),
        Column("n", Integer, nullable=False),
    )


Table(
    "survey_cells",
    metadata,
    workspace_column(),
    Column("measure", Text, nullable=False),
    Column("grain", Text, nullable=False, comment="by what the two times are summed: see surveys.parts"),
    Column("said_on", Date, nullable=False, comment="the day, or the first of the month or week, UTC"),
    Column(
        "gone_on", Date, nullable=False, comment="superseded likewise; infinity: not yet, or not in that month or week"
    ),
    *_cell_columns(),
    UniqueConstraint(*_CELL, name="survey_cells_once", postgresql_nulls_not_distinct=True),
    Index("survey_cells_empty", "workspace_id", postgresql_where=text("n = 0")),
    comment="how many answers are alike in everything that they are counted by but who gave them",
)
Table(
    "survey_changes",
    metadata,
    Column("seq", BigInteger, Identity(always=False), nullable=False),
    workspace_column(),
    Column("measure", Text, nullable=False),
    Column("said_on", Date, nullable=False, comment="UTC"),
    Column("gone_on", Date, nullable=False, comment="superseded; infinity: not yet"),
    *_cell_columns(),
    PrimaryKeyConstraint("seq"),
    comment="by how much cells are to be changed still: part of every count until then; written by triggers",
)
