"""Bodies as vendors wrap them: forms, brackets, parts; with a bound on each."""

import json
from typing import Any

import pytest

from services.feedback.intake.adapters.bodies import DEPTH_LIMIT, FIELD_LIMIT, decode_body, form
from services.feedback.intake.adapters.normalized import JsonValue, Unreadable
from tests.feedback.intake.payloads import fixture, read

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", {}),
        (b"a=1&b=&c", {"a": "1", "b": "", "c": ""}),
        (b"a=x+y%20z%2B", {"a": "x y z+"}),
        (b"a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
        (b"a[]=1&a[]=2", {"a": ["1", "2"]}),
        (b"r[p][plan]=Pro&r[id]=5", {"r": {"p": {"plan": "Pro"}, "id": "5"}}),
        (b"r=1&r[id]=5", {"r": {"": "1", "id": "5"}}),
        (b"r[id]=5&r=1", {"r": {"id": "5", "": "1"}}),
        (b"a[b=1&[c]=2&a]b=3", {"a[b": "1", "[c]": "2", "a]b": "3"}),
        (b"a=%ff", {"a": "\ufffd"}),
    ],
)
def test_forms(raw: bytes, expected: JsonValue) -> None:
    assert form(raw) == expected


def test_forms_are_bounded() -> None:
    assert form(b"&".join(b"a=1" for _ in range(FIELD_LIMIT + 1))) == Unreadable("too_many_fields")
    deep = "a" + "[b]" * (DEPTH_LIMIT + 1)
    assert form(f"{deep}=1".encode()) == {deep: "1"}, "a deeper key is one name"


def multipart(parts: dict[str, str], boundary: str = "xYzZY", end: str = "\r\n") -> tuple[dict[str, str], bytes]:
    lines: list[str] = []
    for name, value in parts.items():
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{name}"', "", value]
    raw = end.join([*lines, f"--{boundary}--", ""]).encode()
    return {"content-type": f"multipart/form-data; boundary={boundary}"}, raw


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_jotform_arrives_in_parts(end: str) -> None:
    body: dict[str, Any] = fixture("jotform")
    found = decode_body(*multipart(body, end=end))
    assert not isinstance(found, Unreadable)
    assert found == body
    assert read("jotform", found) == read("jotform", body)


def test_parts_are_bounded_and_named() -> None:
    headers, raw = multipart({f"p{n}": "x" for n in range(FIELD_LIMIT + 1)})
    assert decode_body(headers, raw) == Unreadable("too_many_parts")
    assert decode_body({"content-type": "multipart/form-data"}, raw) == Unreadable("no_boundary")
    assert decode_body({"content-type": "multipart/form-data; boundary=other"}, raw) == Unreadable("no_parts")


def test_of_a_file_its_name_is_kept() -> None:
    raw = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89\r\n'
        b'--b\r\nContent-Disposition: form-data; name="t"\r\n\r\nline 1\r\nline 2\r\n--b--\r\n'
    )
    assert decode_body({"content-type": 'multipart/form-data; boundary="b"'}, raw) == {
        "f": "a.png", "t": "line 1\r\nline 2"
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["application/json", "application/vnd.x.v1+json", "text/plain", "", "nonsense"])
def test_json_is_seen_through_any_other_type(kind: str) -> None:
    assert decode_body({"content-type": kind}, b'{"a": 1}') == {"a": 1}
    assert decode_body({"content-type": kind}, b"a=1") == Unreadable("not_json")


def test_json_under_the_name_of_a_form_is_json() -> None:
    assert decode_body(FORM, b' {"a": "b=c"}') == {"a": "b=c"}


def test_wootric_as_a_form_reads_as_its_json() -> None:
    body = fixture("wootric")
    response = body["response"]
    pairs = [f"response[{name}]={value}" for name, value in response.items() if not isinstance(value, dict)]
    pairs += [
        f"response[end_user_properties][{name}]={value}" for name, value in response["end_user_properties"].items()
    ]
    raw = "&".join([*pairs, "event_name=updated", "survey_mode=NPS"]).replace("+", "%2B").encode()
    assert read("wootric", decoded(raw)) == read("wootric", body)


def test_github_as_a_form_reads_as_its_json() -> None:
    assert read("github", {"payload": json.dumps(fixture("github"))}) == read("github", fixture("github"))


def decoded(raw: bytes) -> JsonValue:
    found = decode_body(FORM, raw)
    assert not isinstance(found, Unreadable)
    return found
