"""No JSON makes an adapter raise, and nothing it yields is more than the database and the API can hold."""

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.feedback.intake.adapters import ADAPTERS, reading
from services.feedback.intake.adapters.bodies import decode_body
from services.feedback.intake.adapters.draft import TEXT_LIMIT
from services.feedback.intake.adapters.normalized import (
    DELIVERY,
    KANO,
    Fields,
    Ignored,
    JsonValue,
    Kind,
    Outcome,
    Response,
    Rules,
    Thin,
    Unreadable,
)
from services.feedback.intake.signatures import SCHEMES, verify
from services.feedback.intake.vouching import QUERY, URL
from shared.wire import Attributes, Email, Key, Line, Moment, Text, storable
from tests.depth import examples
from tests.feedback.intake.payloads import vendor_of

FIXTURES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "fixtures").glob("*.json"))
}
FETCHED = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "fixtures" / "fetched").glob("*.json"))
}
# There are as many runs as vendors, and what they share is met in each.
A_DOZEN = examples(12, suppress_health_check=[HealthCheck.too_slow])  # a whole payload per example
# Every string, lone surrogates and NUL included; every float, NaN included; integers beyond any column.
strings = st.one_of(
    st.text(st.characters(codec=None), max_size=20), st.sampled_from(["\0", "\ud800", "\udc00x", "a" * 500, "0"])
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), strings, st.sampled_from([10**400, -(10**400), 1e308, 2**63])
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(strings, inner, max_size=4)),
    max_leaves=12,
)
WORDS = sorted(
    {word for body in FIXTURES.values() for word in json.dumps(body).split('"') if word.isidentifier()}
    | {"formResponse", "text", "number", "choices", "labels", "ids", "score", "email"}
)
rules = st.builds(
    Rules,
    fields=st.none()
    | st.builds(
        Fields,
        rows=st.none() | st.sampled_from(["", "/data", "/answers"]),
        record=st.none() | st.sampled_from(["/id", "/data/id", "/responseId"]),
        text=st.lists(st.sampled_from(["/text", "/data/text", "/properties/nps_comment"]), max_size=2),
        answers=st.none() | st.sampled_from(["/answers", "/data", ""]),
        email=st.none() | st.sampled_from(["/email", "/data/email", ""]),
    ),
    about=st.dictionaries(st.sampled_from(WORDS), st.sampled_from(["csv-export", "x"]), max_size=2),
    questions=st.dictionaries(
        st.sampled_from([*WORDS, "fRec", "question_s", "score"]), st.sampled_from(Kind), max_size=5
    ),
    idea=st.none() | st.sampled_from(WORDS),
    account=st.none() | st.sampled_from(WORDS),
    contact=st.none() | st.sampled_from(WORDS),
)
key, line, address, moment, attributes, prose = (
    TypeAdapter[Any](kind) for kind in (Key, Line, Email, Moment, Attributes, Text)
)


def strings_in(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for entry in [*reading.items(value), *reading.obj(value), *reading.obj(value).values()]:
        yield from strings_in(entry)


def holds(response: Response) -> None:
    """The limits that Response promises, checked with the very types the API and the tables are made with."""
    assert key.validate_python(response.record_key) == response.record_key
    assert len(response.text) <= TEXT_LIMIT
    if response.text:
        prose.validate_python(response.text)
    if response.submitted_at:
        moment.validate_python(response.submitted_at)
    assert response.version is None or 0 <= response.version < 2**63
    if response.source_name is not None:
        line.validate_python(response.source_name)
    assert response.source_url is None or response.source_url.lower().startswith(("http://", "https://"))
    person = response.person
    if person:
        for name in (person.external_id, person.account_external_id, person.respondent_id):
            assert name is None or key.validate_python(name) == name
        if person.email is not None:
            assert address.validate_python(person.email) == person.email
        if person.name is not None:
            line.validate_python(person.name)
        attributes.validate_python(dict(person.attributes))
    keys = [answer.key for answer in response.answers]
    assert len(set(keys)) == len(keys)
    for answer in response.answers:
        key.validate_python(answer.key)
        match answer.kind:
            case Kind.NPS:
                assert answer.value in range(11)
            case Kind.CSAT | Kind.CES | Kind.RATING | Kind.NUMBER | Kind.IMPORTANCE | Kind.SATISFACTION:
                assert isinstance(answer.value, float)
            case Kind.BOOLEAN:
                assert isinstance(answer.value, bool)
            case Kind.CATEGORICAL:
                assert isinstance(answer.value, tuple)
            case Kind.KANO_FUNCTIONAL | Kind.KANO_DYSFUNCTIONAL:
                assert answer.value in KANO
            case Kind.TEXT | Kind.DATE:
                assert isinstance(answer.value, str)
    shown: list[JsonValue] = [answer.as_json() for answer in response.answers]
    json.dumps(shown, allow_nan=False).encode()
    for text in strings_in([*shown, {**response.hidden}, *response.ideas, response.text, response.language]):
        storable(text)


def check(vendor: str, body: JsonValue, applied: Rules, headers: dict[str, str]) -> None:
    adapter = ADAPTERS[vendor]
    before = repr(body)
    outcome = adapter.parse(headers, body, applied)
    assert adapter.parse(headers, copy.deepcopy(body), applied) == outcome, "the same delivery reads the same"
    assert repr(body) == before, "the body is left alone"
    delivery = adapter.delivery_key(headers, body)
    assert delivery is None or key.validate_python(delivery) == delivery
    told(outcome)
    if adapter.parse_fetched is not None:
        told(adapter.parse_fetched(headers, body, body, applied))


def told(outcome: Outcome) -> None:
    """An outcome keeps its promises."""
    if isinstance(outcome, Thin):
        for text in strings_in(dict(outcome.asked)):
            storable(text)
    elif isinstance(outcome, tuple):
        assert outcome
        for response in outcome:
            holds(response)
    else:
        assert isinstance(outcome, Ignored | Unreadable)
        for text in strings_in([outcome.reason, outcome.detail if isinstance(outcome, Ignored) else outcome.pointer]):
            storable(text)


@pytest.mark.parametrize("vendor", ADAPTERS)
@A_DOZEN
@given(body=values, applied=rules, header=strings)
def test_any_json_is_survived(vendor: str, body: JsonValue, applied: Rules, header: str) -> None:
    check(vendor, body, applied, {"webhook-id": header, DELIVERY: "d-1", "x-github-event": header, "ce-id": header})


def places(value: JsonValue, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every part of a JSON value."""
    yield at
    for step, entry in [*reading.obj(value).items(), *enumerate(reading.items(value))]:
        yield from places(entry, (*at, step))


PLACES = {name: [place for place in places(body) if place] for name, body in FIXTURES.items()}


@pytest.mark.parametrize("name", FIXTURES)
@A_DOZEN
@given(data=st.data(), applied=rules)
def test_mutated_payloads_are_survived(name: str, data: st.DataObject, applied: Rules) -> None:
    body = copy.deepcopy(FIXTURES[name])
    for place in data.draw(st.lists(st.sampled_from(PLACES[name]), min_size=1, max_size=4)):
        parent: Any = body
        try:
            for step in place[:-1]:
                parent = parent[step]
            if data.draw(st.booleans()):
                parent[place[-1]] = data.draw(values)
            else:
                del parent[place[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier mutation removed the way there
    check(vendor_of(name), body, applied, {DELIVERY: "d-1"})
    check("standard_webhooks", body, applied, {"webhook-id": "msg_1"})


@pytest.mark.parametrize("vendor", FETCHED)
@A_DOZEN
@given(data=st.data(), applied=rules)
def test_mutated_answers_of_vendors_are_survived(vendor: str, data: st.DataObject, applied: Rules) -> None:
    body, event = copy.deepcopy(FETCHED[vendor]), FIXTURES[vendor]
    for place in data.draw(st.lists(st.sampled_from([p for p in places(body) if p]), min_size=1, max_size=4)):
        parent: Any = body
        try:
            for step in place[:-1]:
                parent = parent[step]
            parent[place[-1]] = data.draw(values)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier mutation removed the way there
    parse = ADAPTERS[vendor].parse_fetched
    assert parse is not None
    told(parse({}, event, body, applied))


texts = st.text(st.characters(codec=None), max_size=60)


@given(
    raw=st.binary(max_size=300),
    kind=st.one_of(
        texts,
        st.sampled_from(
            [
                "application/x-www-form-urlencoded",
                'multipart/form-data; boundary="b"',
                "multipart/form-data; boundary=b",
            ]
        ),
    ),
)
@example(b"a[b][c]=1&a=2&a[b]=3&a[]=4&a[b][]=5", "application/x-www-form-urlencoded")
@example(b"a=1&" * 5_000, "application/x-www-form-urlencoded")
@example(b"a" + b"[b]" * 5_000 + b"=1", "application/x-www-form-urlencoded")
@example(b"%00=%ff&%ed%a0%80=%", "application/x-www-form-urlencoded")
@example(b"--b\r\n" * 5_000, "multipart/form-data; boundary=b")
@example(b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\0\r\n--b--', "multipart/form-data; boundary=b")
def test_any_body_in_any_wrapping_is_survived(raw: bytes, kind: str) -> None:
    body = decode_body({"content-type": kind}, raw)
    if not isinstance(body, Unreadable):
        for vendor in ADAPTERS:
            check(vendor, body, Rules(), {DELIVERY: "d-1"})


@pytest.mark.parametrize("vendor", [name for name, scheme in SCHEMES.items() if scheme.own])
@A_DOZEN
@given(raw=st.binary(max_size=100), value=texts, query=texts, version=st.sampled_from(["v1", "v2", "v3", ""]))
def test_no_headers_make_a_verifier_raise(vendor: str, raw: bytes, value: str, query: str, version: str) -> None:
    names = (
        "authorization", "token", "x-cairn-token", "x-hubspot-signature", "x-hubspot-signature-v3",
        "x-hubspot-request-timestamp", "ce-id", "ce-source", "webhook-id", URL,
    )  # fmt: skip
    headers = dict.fromkeys(names, value) | {"x-hubspot-signature-version": version, QUERY: f"access_token={query}"}
    for given_headers in (headers, {**headers, "authorization": f"Basic {value}"}, {}):
        verdict = verify(SCHEMES[vendor], ["secret", "\ud800", ""], given_headers, raw, 1_700_000_000.0)
        assert verdict.accepted is False or value == "secret" or query == "secret"


@given(raw=st.binary(max_size=200))
@example(b"")
@example(b"\xef\xbb\xbf{}")
@example(b"\xff\xfe")
@example(b"[" * 200_000)
@example(b'{"a":' * 200_000)
@example(b"1" * 100_000)
@example(b'"\\ud800"')
@example(b'"\xed\xa0\x80"')
@example(b"NaN")
def test_any_bytes_are_survived(raw: bytes) -> None:
    body = reading.decode(raw)
    if not isinstance(body, Unreadable):
        for vendor in ADAPTERS:
            check(vendor, body, Rules(), {})


def test_nobody_can_make_prose_slow() -> None:
    """Quadratic, one of them would hold up a whole service for seconds."""
    began = time.process_time()
    for part in (" ", "\n", " \n", "<b ", "<br", "<script>", "&", "&#32;"):
        reading.prose("<b>" + part * (100_000 // len(part)) + "x")
    assert time.process_time() - began < 3


def test_one_endless_number_does_not_cost_the_delivery() -> None:
    raw = (
        b'{"form_response":{"token":"t","answers":[{"type":"number","number":'
        + b"9" * 5000
        + b',"field":{"id":"q"}}]}}'
    )
    body = reading.decode(raw)
    assert not isinstance(body, Unreadable)
    outcome = ADAPTERS["typeform"].parse({}, body, Rules())
    assert isinstance(outcome, tuple)
    assert outcome[0].flags == ("answer_unreadable",)


def test_deep_nesting_is_survived_once_it_is_read() -> None:
    deep: JsonValue = "end"
    for _ in range(50_000):
        deep = {"fields": [{"properties": deep}], "data": "x"}
    body: JsonValue = {"form_response": {"token": "t", "definition": deep, "answers": [{"type": "text", "text": deep}]}}
    assert isinstance(ADAPTERS["typeform"].parse({}, body, Rules()), tuple)
    while isinstance(deep, dict):  # taken apart by hand: freeing it whole would recurse as deeply
        inner = reading.obj(reading.items(deep.pop("fields"))[0])
        deep = inner.pop("properties")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("ümlaut 😀", "ümlaut 😀"),
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\0\ud800é", "\ufffd\ufffdé"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert reading.clean(text) == expected


@given(strings)
def test_clean_is_storable_idempotent_and_gentle(text: str) -> None:
    cleaned = reading.clean(text)
    assert storable(cleaned) == cleaned == reading.clean(cleaned)
    assert cleaned == text or "\ufffd" in cleaned or any("\ud800" <= letter <= "\udfff" for letter in text)


def test_long_keys_are_hashed_and_stay_apart() -> None:
    first, second = reading.identifier("k" * 300 + "1"), reading.identifier("k" * 300 + "2")
    assert first != second
    assert first is not None
    assert len(first) <= reading.KEY_LIMIT
    assert reading.identifier("k" * 200) == "k" * 200


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a b", "//x", "", "https://", "ftp://x", "https://\nx", 5, None]
)
def test_only_http_links_are_kept(url: JsonValue) -> None:
    assert reading.link(url) is None
    assert reading.link("HTTPS://example.com/ü?a=b#c") == "HTTPS://example.com/ü?a=b#c"
