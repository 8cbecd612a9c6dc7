"""What respondents say of needs and of ideas, and which ideas would serve which need."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from services.scoring.tables.schema import metadata

Table(
    "needs",
    metadata,
    Column("need_id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("job", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("importance", ARRAY(Integer), nullable=False, comment="answers in each of five steps, the lowest first"),
    Column("important", Integer, nullable=False, comment="of those answers in the upper quarter of their scale"),
    Column("satisfaction", ARRAY(Integer), nullable=False),
    Column("satisfied", Integer, nullable=False),
    Column("opportunity", Double[float](), comment="Ulwick's score; null: nobody was asked one of the two"),
    Column("version", BigInteger, nullable=False),
    Column("event_id", UUID, nullable=False, comment="the event this state is from"),
    Index("needs_list", "workspace_id", "opportunity", "need_id"),
    comment="projection of feedback.need.changed",
    postgresql_with={"fillfactor": "70"},
)
Table(
    "need_ideas",
    metadata,
    Column("need_id", UUID, nullable=False),
    Column("idea_id", UUID, nullable=False),
    Column("workspace_id", UUID, nullable=False),
    PrimaryKeyConstraint("need_id", "idea_id"),
    Index("need_ideas_of", "workspace_id", "idea_id"),
    comment="projection of feedback.need.changed: ideas that would serve a need",
)
Table(
    "kano",
    metadata,
    Column("idea_id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("counts", ARRAY(Integer), nullable=False, comment="respondents by category: M, O, A, I, R, Q"),
    Column("gate", Text, nullable=False, comment="must_have, pass, block, undecided, or unknown: no answer tells"),
    Column("version", BigInteger, nullable=False),
    Column("event_id", UUID, nullable=False, comment="the event this state is from"),
    Index("kano_list", "workspace_id", "gate", "idea_id"),
    comment="projection of feedback.kano.changed",
    postgresql_with={"fillfactor": "70"},
)
Table(
    "stale_ideas",
    metadata,
    Column("workspace_id", UUID, nullable=False),
    Column("idea_id", UUID, nullable=False),
    Column("cause_id", UUID, nullable=False, comment="the event"),
    Column("traceparent", Text, nullable=False),
    PrimaryKeyConstraint("workspace_id", "idea_id"),
    comment="ideas that would serve a need of which something else is known now: to be scored anew",
)
