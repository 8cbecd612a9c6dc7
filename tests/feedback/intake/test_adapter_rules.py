"""Rules and clocks: what a connection's rules make of answers, and that no delivery fails on a timestamp."""

from datetime import UTC, datetime

import pytest

from services.feedback.intake.adapters.normalized import JsonValue, Kind, Rules, Value
from shared.errors import Invalid
from tests.feedback.intake.payloads import by_key, fixture, read, values


@pytest.mark.parametrize(
    ("stamp", "read_as", "flags"),
    [
        (None, None, ()),
        ("", None, ()),
        ("soon", None, ("timestamp_unreadable",)),
        ({"at": 1}, None, ("timestamp_unreadable",)),
        (True, None, ("timestamp_unreadable",)),
        (-1, None, ("timestamp_unreadable",)),
        (1e300, None, ("timestamp_unreadable",)),
        (float("nan"), None, ("timestamp_unreadable",)),
        ("0001-01-01T00:00:00+05:00", None, ("timestamp_unreadable",)),
        ("2026-03-02T08:02:41Z", 1772438561, ()),
        ("2026-03-02T01:02:41-07:00", 1772438561, ()),
        ("2026-03-02 01:02:41 -0700", 1772438561, ()),
        ("2026-03-02 08:02:41", 1772438561, ("timestamp_without_zone",)),
        (1772438561, 1772438561, ()),
        ("1772438561", 1772438561, ()),
        (1772438561000, 1772438561, ()),
        (" 2026-03-02t08:02:41z ", 1772438561, ()),
    ],
)
def test_no_delivery_fails_on_a_timestamp(stamp: JsonValue, read_as: int | None, flags: tuple[str, ...]) -> None:
    body = fixture("typeform")
    body["form_response"]["submitted_at"] = stamp
    found = read("typeform", body)
    assert found.submitted_at == (None if read_as is None else datetime.fromtimestamp(read_as, UTC))
    assert found.version == (None if read_as is None else read_as * 1_000_000)
    assert found.flags == flags


@pytest.mark.parametrize(
    ("kind", "value", "read_as", "flag"),
    [
        ("nps", "9", (Kind.NPS, 9.0), None),
        ("nps", " 0 ", (Kind.NPS, 0.0), None),
        ("nps", ["10"], (Kind.NPS, 10.0), None),
        ("nps", 11, (Kind.NUMBER, 11.0), "nps_out_of_range"),
        ("nps", 7.5, (Kind.NUMBER, 7.5), "nps_out_of_range"),
        ("nps", "10 - Extremely likely", (Kind.NPS, 10.0), None),
        ("nps", ["0 = Not at all likely"], (Kind.NPS, 0.0), None),
        ("nps", "9/10", (Kind.NPS, 9.0), None),
        ("nps", "11 \u2013 off the scale", (Kind.NUMBER, 11.0), "nps_out_of_range"),
        ("csat", "4: Good", (Kind.CSAT, 4.0), None),
        ("rating", "5 stars", (Kind.RATING, 5.0), None),
        ("ces", "3 (neutral)", (Kind.CES, 3.0), None),
        ("rating", "8 out of 10", (Kind.RATING, 8.0), None),
        ("rating", "1-2 times", (Kind.TEXT, "1-2 times"), "rule_not_applied"),
        ("rating", "4,5", (Kind.TEXT, "4,5"), "rule_not_applied"),
        ("rating", "2026-03-02", (Kind.TEXT, "2026-03-02"), "rule_not_applied"),
        ("rating", "2x", (Kind.TEXT, "2x"), "rule_not_applied"),
        ("nps", "ten", (Kind.TEXT, "ten"), "rule_not_applied"),
        ("nps", True, (Kind.BOOLEAN, True), "rule_not_applied"),
        ("csat", "4.5", (Kind.CSAT, 4.5), None),
        ("rating", "٤", (Kind.TEXT, "٤"), "rule_not_applied"),
        ("number", "NaN", (Kind.TEXT, "NaN"), "rule_not_applied"),
        ("text", 5, (Kind.TEXT, "5"), None),
        ("text", ["a", "b"], (Kind.TEXT, "a, b"), None),
        ("categorical", "Laura", (Kind.CATEGORICAL, ("Laura",)), None),
        ("boolean", "Yes", (Kind.BOOLEAN, True), None),
        ("boolean", 0, (Kind.BOOLEAN, False), None),
        ("boolean", "maybe", (Kind.TEXT, "maybe"), "rule_not_applied"),
        ("date", "1961-04-12", (Kind.DATE, "1961-04-12"), None),
        ("date", "yesterday", (Kind.TEXT, "yesterday"), "rule_not_applied"),
    ],
)
def test_rules_decide_the_kind(kind: str, value: JsonValue, read_as: tuple[Kind, Value], flag: str | None) -> None:
    found = read(
        "formbricks", {"event": "responseCreated", "data": {"id": "1", "data": {"q": value}}}, questions={"q": kind}
    )
    assert values(found) == {"q": read_as}
    assert found.flags == ((flag,) if flag else ())


def test_a_rule_for_categories_keeps_names_out_of_the_verbatim() -> None:
    body = fixture("typeform")
    assert read("typeform", body, questions={"Why?": "categorical"}).text == "A dark mode"
    assert "Team" in read("typeform", body, questions={"plan": "text"}).text


def test_the_id_of_a_question_comes_before_its_ref_and_label() -> None:
    rules: JsonValue = {"fStar": "csat", "stars": "ces", "Stars?": "nps"}
    assert by_key(read("typeform", fixture("typeform"), questions=rules))["fStar"].kind is Kind.CSAT


def test_rules_tell_what_is_wrong_with_them() -> None:
    with pytest.raises(Invalid) as found:
        Rules.from_json({"questions": {"a/b": "stars", "": "nps"}, "idea": "", "contract": "x"})
    assert {error.pointer for error in found.value.errors} == {
        "/questions/a~1b",
        "/questions//[key]",
        "/idea",
        "/contract",
    }
    wrong: list[JsonValue] = [None, [], "x", {"questions": []}, {"contact": 5}, {"idea": "\0"}]
    for value in wrong:
        with pytest.raises(Invalid):
            Rules.from_json(value)
    assert Rules.from_json({}) == Rules()


def test_answers_as_json() -> None:
    assert by_key(read("tally", fixture("tally")))["question_mc"].as_json() == {
        "key": "question_mc",
        "label": "Team",
        "kind": "categorical",
        "value": ["Design"],
        "choice_ids": ["o2"],
    }
