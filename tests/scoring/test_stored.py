"""Inputs as they are written to be stored are what their own type would be written as."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from services.scoring.scores.computed import INPUTS, as_stored
from services.scoring.scores.inputs import AccountWeight, Corrected, Demanded, Input, Weighed

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
