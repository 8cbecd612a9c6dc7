"""Identifiers of moments that have passed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from shared.ids import earliest_id, id_as_of, new_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.floats(-2e9, 1.7e9).map(lambda seconds: EPOCH + timedelta(seconds=seconds))


@given(moment=MOMENTS)
def test_a_moment_past_stands_before_now_and_after_what_was_earlier(moment: datetime) -> None:
    id = id_as_of(moment)
    assert (id.version, id.variant) == (7, RFC_4122)
    assert id < new_id()
    if moment >= EPOCH + timedelta(milliseconds=1):
        assert earliest_id(moment - timedelta(milliseconds=1)) < id < earliest_id(moment + timedelta(milliseconds=2))


def test_of_one_moment_they_are_in_the_order_of_making() -> None:
    """A file that knows days only keeps the order of its comments."""
    ids = [id_as_of(datetime(2021, 3, 6, tzinfo=UTC)) for _ in range(10_000)]
    assert all(one < other for one, other in pairwise(ids))
