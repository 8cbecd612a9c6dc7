"""What the questions of surveys are about, and how it stands."""

from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from services.feedback.tables.schema import metadata, workspace_column

_RATED = "answers in each of five steps, the lowest first, and those in the upper quarter of their scale"

Table(
    "subjects",
    metadata,
    workspace_column(),
    Column("about", Text, nullable=False, comment="as survey_answers has it: the key of a need or of an idea"),
    Column("ratings", Integer, nullable=False, comment="responses that say how important or how well met it is"),
    Column("importance", ARRAY(Integer), nullable=False, comment=_RATED),
    Column("satisfaction", ARRAY(Integer), nullable=False, comment=_RATED),
    Column("kano", ARRAY(Integer), nullable=False, comment="pairs of answers by category: M, O, A, I, R, Q"),
    Column("kano_version", BigInteger, nullable=False, comment="of the event: raised whenever `kano` changes"),
    PrimaryKeyConstraint("workspace_id", "about"),
    comment="each respondent's latest answers about it, counted in the transaction that keeps them",
    postgresql_with={"fillfactor": "50"},
)
