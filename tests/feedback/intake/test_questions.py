"""What a question measures and what it is about, by the connection's rules: Kano, importance and satisfaction."""

import pytest

from services.feedback.intake.adapters.normalized import JsonValue, Kind
from tests.feedback.intake.payloads import by_key, read, values


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        ("I like it that way", "like"),
        ("It must be that way", "expect"),
        ("I expect it", "expect"),
        ("I am neutral", "neutral"),
        ("I can live with it that way", "tolerate"),
        ("I dislike it that way", "dislike"),
        ("1", "like"),
        (5, "dislike"),
        ("tolerate", "tolerate"),
        (["I like it"], "like"),
    ],
)
def test_kano_answers(said: JsonValue, read_as: str) -> None:
    rules: dict[str, JsonValue] = {"questions": {"q": "kano_functional"}, "about": {"q": "csv-export"}}
    (answer,) = read("generic", {"answers": {"q": said}}, {}, **rules).answers
    assert (answer.kind, answer.value, answer.about) == (Kind.KANO_FUNCTIONAL, read_as, "csv-export")
    assert answer.as_json()["about"] == "csv-export"


def test_kano_answers_that_are_none_keep_their_words() -> None:
    found = read("generic", {"answers": {"q": "Maybe"}}, questions={"q": "kano_dysfunctional"})
    assert (values(found), found.flags) == ({"q": (Kind.TEXT, "Maybe")}, ("rule_not_applied",))


def test_importance_and_satisfaction_with_their_scale() -> None:
    rules: dict[str, JsonValue] = {
        "questions": {"i": "importance", "s": "satisfaction"},
        "about": {"i": "find a file", "s": "find a file"},
        "scales": {"i": {"low": 1, "high": 10}, "s": {"low": 1, "high": 10}},
    }
    found = read("generic", {"answers": {"i": "9", "s": 11}}, {}, **rules)
    assert values(found) == {"i": (Kind.IMPORTANCE, 9.0), "s": (Kind.SATISFACTION, 11.0)}
    assert by_key(found)["i"].as_json()["scale"] == [1.0, 10.0]
    assert found.flags == ("out_of_scale",)
