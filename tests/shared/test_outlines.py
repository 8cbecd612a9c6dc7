"""What is kept of a body tells where another one differs, and nothing else."""

import hashlib
import json
from typing import Any

import pytest

from shared.outlines import MOST, MOST_BYTES, MOST_NAMES, Outline, Outlines, differences

OUTLINES = Outlines("a secret of the server's")
PLACE = b"POST /v1/things\n"


def sealed(body: bytes, place: bytes = PLACE) -> tuple[bytes, bytes]:
    """A digest, and what is sealed under it."""
    digest = hashlib.sha256(place + body).digest()
    return digest, OUTLINES.close(digest, place, body)


def outline(body: Any) -> Outline:
    digest, kept = sealed(body if isinstance(body, bytes) else json.dumps(body).encode())
    opened = OUTLINES.open(digest, PLACE, kept)
    assert opened is not None
    return opened


@pytest.mark.parametrize(
    ("first", "later", "told"),
    [
        ({"a": 1, "b": "x"}, {"b": "x", "a": 1}, []),
        ({"a": 1}, {"a": "1"}, [("/body/a", "differs")]),
        ({"a": None}, {"a": False}, [("/body/a", "differs")]),
        ({"a": 1}, {}, [("/body/a", "missing")]),
        ({}, {"a": ""}, [("/body/a", "new")]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}, 4]}, [("/body/a/1/b", "differs"), ("/body/a/2", "new")]),
        ({"a": []}, {"a": {}}, [("/body/a", "differs")]),
        ({"a": {"b": 1}}, {"a": 1}, [("/body/a", "new"), ("/body/a/b", "missing")]),
        ([{"x": "é"}], [{"x": "è"}], [("/body/0/x", "differs")]),
        ({"~/": 1}, {"~/": 2}, [("/body/~0~1", "differs")]),
    ],
)
def test_where_two_bodies_differ(first: Any, later: Any, told: list[tuple[str, str]]) -> None:
    assert differences(outline(first), outline(later)) == told
    assert outline(first).whole


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"text,source\nslow,api\n", b'{"a":1}\n{"a":2}', b'{"a":"\\ud800"}', b"7", b"\xff",
        b"[" * 5000, b'{"a":"' + b"x" * MOST_BYTES + b'"}', b'{"a\\nb":1}',
    ],
)  # fmt: skip
def test_a_body_of_which_nothing_can_be_told(body: bytes) -> None:
    assert outline(body) == ({}, False)


def test_an_outline_is_small_and_says_what_it_leaves_out() -> None:
    many = {f"n{n}": n for n in range(3 * MOST)}
    assert list(outline(many).sums) == [f"/body/n{n}" for n in range(MOST)]
    # What the first one leaves out is not new in the later one, and the other way round.
    assert differences(outline(many), outline({"n0": 1, "other": 2})) == [
        ("/body/n0", "differs"),
        *((f"/body/n{n}", "missing") for n in range(1, MOST)),
    ]
    assert differences(outline({"n0": 1, "other": 2}), outline(many))[:2] == [
        ("/body/n0", "differs"),
        ("/body/n1", "new"),
    ]
    long = outline({f"{n:03}" * 40: n for n in range(20)})
    assert (len(long.sums), long.whole) == (MOST_NAMES // 121, False)
    wide = [[list(range(100))] * 6] * 6
    for body in (many, wide, {"x" * 2000: 1}):
        assert len(sealed(json.dumps(body).encode())[1]) < MOST * 4 + MOST_NAMES + 20


def test_it_opens_for_its_place_and_its_server_only() -> None:
    body = b'{"email":"ada@example.com","score":9}'
    digest, kept = sealed(body)
    assert OUTLINES.open(digest, b"POST /v1/things visitor-2\n", kept) is None
    assert Outlines("another").open(digest, PLACE, kept) is None
    assert OUTLINES.open(hashlib.sha256(b"").digest(), PLACE, kept) is None
    assert not any(word in kept for word in (b"email", b"score", b"ada"))
