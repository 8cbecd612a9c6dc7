"""What is written by hand is what it stands for: inputs what their type says, a digest's text what JSON would be."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from services.scoring.scores.computed import INPUTS, as_stored
from services.scoring.scores.inputs import AccountWeight, Corrected, Demanded, Input, Weighed
from services.scoring.scores.store import DIGESTED
from tests.depth import examples
from tests.scoring.given import Databases

# What it was when the first scores were stored: their digests must be found again.
AS_JSON = """jsonb_build_array(
    s.id, s.idea_id, s.model_id, s.model_version, s.state, s.value, s.inputs, s.missing, s.cause, s.cause_id, s.version
)::text"""
SCORES = """
select $1::uuid as id, $2::uuid as idea_id, $2::uuid as model_id, $3::bigint as model_version, 'scored'::text as state,
       value, $4::jsonb as inputs, '["reach", "a \\"b"]'::jsonb as missing, 'model'::text as cause,
       cause_id, $3::bigint as version
from unnest($5::float8[]) as v (value) cross join unnest(array[$1::uuid, null]) as c (cause_id)
"""
figures = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**40)
ids = st.uuids()
weighed = st.builds(
    Weighed,
    ids,
    counts,
    st.sampled_from(["weighed", "unknown"]),
    st.none() | figures,
    st.lists(st.builds(AccountWeight, ids, figures), max_size=2).map(tuple),
)
demanded = st.builds(
    Demanded,
    st.sampled_from(["contacts", "policy"]),
    counts,
    figures,
    st.sampled_from(["month", "quarter"]),
    ids,
    counts,
    st.none() | weighed,
)
corrected = st.builds(Corrected, ids, counts, st.sampled_from(["ratio", "odds"]), figures, counts, counts)
several: st.SearchStrategy[tuple[UUID, ...]] = st.lists(ids, max_size=3).map(tuple)
inputs = st.one_of(
    st.builds(Input, st.just("none"), demand=st.none() | demanded),
    st.builds(Input, st.just("demand"), figures, demand=demanded),
    st.builds(Input, st.just("estimate"), figures, several),
    st.builds(
        Input, st.just("estimate"), figures, several, raw=figures, corrected=st.lists(corrected, min_size=1).map(tuple)
    ),
)


@given(given=st.dictionaries(st.from_regex("[a-z][a-z0-9_]{0,9}", fullmatch=True), inputs, max_size=4))
def test_inputs_are_written_as_their_type_says(given: dict[str, Input]) -> None:
    text = as_stored(given)
    assert from_json(text) == from_json(INPUTS.dump_json(given, exclude_none=True))
    assert INPUTS.validate_json(text) == given


@examples(10)
@given(
    one=ids,
    other=ids,
    count=counts,
    values=st.lists(st.none() | figures, min_size=20),
    name=st.text('é"\\\n 1', max_size=5),
)
async def test_a_digest_is_over_what_json_would_be(
    database: Databases, one: UUID, other: UUID, count: int, values: list[float | None], name: str
) -> None:
    held = to_json({name: {"value": values[0]}}).decode()
    sql = f"select {DIGESTED} as ours, {AS_JSON} as json from ({SCORES}) as s"
    async with (await database("scoring")).read(()) as read:
        for row in await read.all(sql, one, other, count, held, values):
            assert row["ours"] == row["json"]
