"""Vendor adapters: what each reads out of its vendor's shape, under which rules."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.feedback.intake.adapters import ADAPTERS
from services.feedback.intake.adapters.bodies import decode_body
from services.feedback.intake.adapters.normalized import (
    DELIVERY,
    Ignored,
    JsonValue,
    Kind,
    Outcome,
    Person,
    Rules,
    Thin,
    Unreadable,
)
from services.feedback.intake.signatures import SCHEMES
from tests.feedback.intake.payloads import by_key, fixture, read, values

SAMPLES = Path(__file__).parents[4] / "shared" / "webhooks" / "samples"
SAMPLE_FILES = [path for vendor in ADAPTERS for path in sorted((SAMPLES / vendor).glob("*.meta.json"))]


def test_every_adapter_names_a_scheme() -> None:
    assert {adapter.scheme for adapter in ADAPTERS.values()} <= set(SCHEMES)
    assert all(name == adapter.vendor for name, adapter in ADAPTERS.items())


# What a sample is read as when it is no response by itself. The others must be read whole.
NO_RESPONSE: dict[str, Outcome] = {
    "kat_v1_hmac": Unreadable("unknown_shape", "/data"),
    "kat_v1": Unreadable("unknown_shape", "/data"),
    "kat_docs_hello": Unreadable("not_json"),
    "kat_v1_events_array": Ignored("thin_event", "contact.creation"),
    "url_verification": Ignored("ping"),
    "test": Ignored("ping"),
    "response_completed_survey_filter": Thin({"survey_id": "123456789", "response_id": "123456"}),
    "kat_msg_only": Thin({"survey_id": "SV_1AmkKSDmoZ4XlQx", "response_id": "R_0B7IcnXszjEUHLP"}),
    "completed_response_unsigned": Thin({"survey_id": "SV_37SzcRddmWjbkkl", "response_id": "R_bpb570AzHDluoGl"}),
}
# Their bodies are of somebody's own design, and read by a mapping.
SAMPLE_RULES: dict[str, JsonValue] = {
    "structured_json": {"questions": {"appinfoA": "text"}},
    "binary_mode": {"questions": {"appinfoA": "text"}},
    "workflow_contact_capture": {"questions": {"properties.firstname": "text"}},
}


@pytest.mark.skipif(not SAMPLE_FILES, reason="the shared samples are not beside this checkout")
@pytest.mark.parametrize("path", SAMPLE_FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_samples_are_read(path: Path) -> None:
    meta: dict[str, Any] = json.loads(path.read_text())
    case = meta["case"]
    if case in ("options_handshake", "api_submission"):
        pytest.skip("no delivery")
    headers = {name.lower(): value for name, value in meta.get("headers", {}).items()}
    headers |= {"content-type": meta["content_type"], DELIVERY: "d-1"}
    raw = (path.parent / meta["body_file"]).read_bytes()
    body, adapter = decode_body(headers, raw), ADAPTERS[meta["vendor"]]
    rules = Rules.from_json(SAMPLE_RULES.get(case, {}))
    if isinstance(body, Unreadable):
        assert body == NO_RESPONSE[case]
        return
    if case in ("api_response_details", "response_api_get"):
        assert adapter.parse_fetched is not None
        outcome = adapter.parse_fetched(headers, {}, body, rules)
    else:
        outcome = adapter.parse(headers, body, rules)
    if meta["vendor"] == "google_forms" and case != "apps_script_forwarder":
        assert isinstance(outcome, Thin)
        assert outcome.asked["form_id"] == "18Xgmr4XQb-l0ypfCNGQoHAw2o82foMr8J0HPHdagS6g"
        return
    if case in NO_RESPONSE:
        assert outcome == NO_RESPONSE[case]
        return
    assert isinstance(outcome, tuple)
    assert outcome[0].record_key
    assert outcome[0].answers or outcome[0].text or outcome[0].hidden
    assert not outcome[0].flags


def test_typeform() -> None:
    body = fixture("typeform")
    found = read("typeform", body, questions={"recommend": "nps"}, account="account", contact="user", idea="feature")
    assert found.record_key == "tok-5f1c"
    assert ADAPTERS["typeform"].delivery_key({}, body) == "01JB7EVNT4Q0"
    assert values(found) == {
        "fRec": (Kind.NPS, 0.0),
        "fNps": (Kind.NPS, 10.0),
        "fWhy": (Kind.TEXT, "Der Export bricht nach 1.000 Zeilen, täglich. 😕"),
        "fOne": (Kind.CATEGORICAL, ("Operations",)),
        "fMany": (Kind.CATEGORICAL, ("SSO", "Audit log", "A dark mode")),
        "fDrop": (Kind.CATEGORICAL, ("Team",)),
        "fMail": (Kind.TEXT, "Jo.Meier@Example.com"),
        "fBorn": (Kind.DATE, "1961-04-12"),
        "fStar": (Kind.RATING, 4.0),
        "fOk": (Kind.BOOLEAN, False),
        "fPay": (Kind.TEXT, "€5"),
        "fFile": (Kind.TEXT, "https://files.example.com/a.png"),
    }
    answers = by_key(found)
    assert answers["fOne"].choice_ids == ("cOps",)
    assert answers["fMany"].choice_ids == ("m1", "m2")
    assert answers["fMail"].label == "E-mail?", "fields inside a group have titles too"
    assert found.text == "Der Export bricht nach 1.000 Zeilen, täglich. 😕\n\nA dark mode"
    assert found.person == Person(external_id="u-2041", email="jo.meier@example.com", account_external_id="acme-gmbh")
    assert found.ideas == ("bulk-export",)
    assert found.hidden == {
        "account": "acme-gmbh",
        "user": "u-2041",
        "feature": "bulk-export",
        "tier": "gold",
        "points": "3",
        "calculated.score": "0",
    }
    assert found.submitted_at == datetime(2026, 3, 2, 8, 2, 41, tzinfo=UTC)
    assert (found.source_name, found.flags) == ("Spring check-in", ())
    assert found.source_url == "https://admin.typeform.com/form/bQ7xLm/results?responseId=tok-5f1c"


def test_typeform_scales_stay_ratings_without_a_rule() -> None:
    assert by_key(read("typeform", fixture("typeform")))["fRec"].kind is Kind.RATING


def test_typeform_choice_ids_alone_are_looked_up() -> None:
    body = fixture("typeform")
    body["form_response"]["answers"] = [
        {"type": "choice", "choice": {"id": "cDev"}, "field": {"id": "fOne"}},
        {
            "type": "choices",
            "choices": {"choices": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]},
            "field": {"id": "fMany"},
        },
        {"type": "choice", "choice": {"other": "Gardener"}, "field": {"ref": "plan"}},
    ]
    found = read("typeform", body)
    assert values(found) == {
        "fOne": (Kind.CATEGORICAL, ("Developer",)),
        "fMany": (Kind.CATEGORICAL, ("A", "B")),
        "plan": (Kind.CATEGORICAL, ("Gardener",)),
    }
    assert found.text == "Gardener"


def test_typeform_answers_of_another_shape_than_usual_are_kept() -> None:
    body = fixture("typeform")
    body["form_response"]["answers"] = [
        {"type": "number", "number": ["9"], "field": {"id": "n", "type": "nps"}},
        {"type": "choice", "choice": "Red", "field": {"id": "one"}},
        {"type": "choices", "choices": ["A", "B"], "field": {"id": "many"}},
        {"type": "boolean", "boolean": "false", "field": {"id": "flag"}},
        {"type": "matrix", "matrix": {"rows": 2, "best": "Speed"}, "field": {"id": "grid"}},
        {"type": "ranking", "ranking": ["x", "y"], "field": {"id": "rank"}},
        {"type": "text", "text": "From a question without a name"},
        {"type": "number", "number": None, "field": {"id": "skipped"}},
    ]
    found = read("typeform", body)
    assert values(found) == {
        "n": (Kind.NPS, 9.0),
        "one": (Kind.CATEGORICAL, ("Red",)),
        "many": (Kind.CATEGORICAL, ("A", "B")),
        "flag": (Kind.BOOLEAN, False),
        "grid/rows": (Kind.NUMBER, 2.0),
        "grid/best": (Kind.TEXT, "Speed"),
        "rank": (Kind.CATEGORICAL, ("x", "y")),
    }
    assert (found.text, found.flags) == ("From a question without a name", ("answer_unreadable",))


def test_typeforms_example_id_is_no_delivery_key() -> None:
    assert ADAPTERS["typeform"].delivery_key({}, {"event_id": "LtWXD3crgy"}) is None
    assert ADAPTERS["typeform"].delivery_key({}, {"event_id": None}) is None


def test_delighted_grows_under_one_id_and_one_order() -> None:
    created, updated = fixture("delighted_created"), fixture("delighted_updated")
    early = read("delighted", created)
    late = read("delighted", updated, account="company_id", contact="customer_id")
    assert early.record_key == late.record_key == "900417"
    assert ADAPTERS["delighted"].delivery_key({}, created) != ADAPTERS["delighted"].delivery_key({}, updated)
    assert early.version is not None
    assert late.version is not None
    assert early.version < late.version, "within the same second the update is the later"
    assert values(early) == {"score": (Kind.NPS, 0.0)}
    assert early.text == ""
    assert early.person == Person(email="ana@example.org", name="Ana Lopes", respondent_id="77120")
    assert values(late) == {
        "score": (Kind.NPS, 0.0),
        "comment": (Kind.TEXT, "Support never answers."),
        "text_1": (Kind.TEXT, "A phone line"),
        "int_2": (Kind.RATING, 2.0),
        "enum_3": (Kind.CATEGORICAL, ("Weekly",)),
        "enum_4": (Kind.CATEGORICAL, ("Chat", "Mail")),
    }
    assert late.text == "Support never answers.\n\nA phone line"
    assert late.person
    assert (late.person.external_id, late.person.account_external_id) == ("u-9", "acme-gmbh")
    assert late.person.attributes == {"company_id": "acme-gmbh", "customer_id": "u-9", "seats": "12"}
    assert late.submitted_at == datetime.fromtimestamp(1772438400, UTC)
    assert not late.flags


@pytest.mark.parametrize(
    ("survey_type", "kind"),
    [("nps", "nps"), ("NPS", "nps"), ("csat", "csat"), ("ces", "ces"), ("stars", "rating"), (None, "rating")],
)
def test_delighted_says_what_it_measures(survey_type: str | None, kind: str) -> None:
    body = fixture("delighted_created")
    body["event_data"] |= {"survey_type": survey_type, "score": 5}
    assert by_key(read("delighted", body))["score"].kind == kind


def test_tally() -> None:
    body = fixture("tally")
    found = read("tally", body, questions={"Recommend?": "nps", "Rating": "csat"}, contact="customer", idea="idea")
    assert found.record_key == "sZ9"
    assert values(found) == {
        "question_t": (Kind.TEXT, "Search is slow\non Mondays"),
        "question_m": (Kind.TEXT, "kim@example.net"),
        "question_mc": (Kind.CATEGORICAL, ("Design",)),
        "question_dd": (Kind.CATEGORICAL, ("1-10",)),
        "question_cb": (Kind.CATEGORICAL, ("Figma", "Notepad")),
        "question_r": (Kind.CSAT, 5.0),
        "question_s": (Kind.NPS, 0.0),
        "question_n": (Kind.NUMBER, 12.5),
        "question_d": (Kind.DATE, "2024-05-01"),
        "question_rk": (Kind.CATEGORICAL, ("Price", "Speed")),
        "question_mx/r1": (Kind.CATEGORICAL, ("Good",)),
        "question_mx/r2": (Kind.CATEGORICAL, ("Bad",)),
        "question_f": (Kind.TEXT, "https://files.example.com/a.png"),
        "question_p_price": (Kind.NUMBER, 9.0),
    }
    assert by_key(found)["question_cb"].choice_ids == ("k1",), "an entry of the respondent's own has no id"
    assert by_key(found)["question_mx/r1"].label == "Matrix: Docs"
    assert found.text == "Search is slow\non Mondays"
    assert found.hidden == {"customer": "u-55", "idea": "dark-mode", "Total": "7"}
    assert found.person == Person(external_id="u-55", email="kim@example.net", respondent_id="pp1")
    assert found.ideas == ("dark-mode",)
    assert (found.source_name, found.flags) == ("Roadmap survey", ())


def test_smartsurvey() -> None:
    found = read("smartsurvey", fixture("smartsurvey"), questions={"51": "nps"})
    assert values(found) == {
        "51": (Kind.NPS, 9.0),
        "51/599": (Kind.TEXT, "Quick support"),
        "52": (Kind.CATEGORICAL, ("Boards", "Reports")),
        "53/1": (Kind.CATEGORICAL, ("Good",)),
        "53/2": (Kind.CATEGORICAL, ("Bad",)),
        "54": (Kind.TEXT, "Dark mode"),
    }
    assert found.text == "Quick support\n\nDark mode"
    assert found.person == Person(None, "lea@example.com", "Lea Moor")
    assert (found.record_key, found.hidden["survey_id"]) == ("7001", "880")
    assert found.submitted_at == datetime(2026, 4, 7, 8, 4, 10, tzinfo=UTC)
    assert "anyone-with-this-can-edit" not in repr(found)
    (first,) = fixture("smartsurvey")
    later = read("smartsurvey", [{**first, "date_modified": "2026-04-08T08:00:00Z"}])
    assert (found.version or 0) < (later.version or 0)


def test_formbricks() -> None:
    body = fixture("formbricks")
    found = read("formbricks", body, questions={"nps_q": "nps", "score": "number"}, account="workspace")
    assert values(found) == {
        "score": (Kind.NUMBER, 8.0),
        "nps_q": (Kind.NPS, 0.0),
        "why_q": (Kind.TEXT, "The mobile app logs me out"),
        "picks": (Kind.CATEGORICAL, ("Calendar", "Tasks")),
        "workspace": (Kind.TEXT, "acme-gmbh"),
        "grid/Docs": (Kind.TEXT, "Good"),
        "grid/Help": (Kind.TEXT, "Bad"),
    }
    assert found.text.startswith("The mobile app logs me out")
    assert "acme" not in found.text
    assert found.person == Person(
        external_id="u-31",
        email="sam@example.com",
        account_external_id="acme-gmbh",
        respondent_id="fbc1",
        attributes={"email": "sam@example.com", "plan": "pro"},
    )
    assert (found.record_key, found.language) == ("cresp1", "de")
    versions = [
        read("formbricks", {**body, "event": event}).version or 0 for event in ("responseCreated", "responseUpdated")
    ]
    assert versions[0] < versions[1] < (found.version or 0)
    assert ADAPTERS["formbricks"].parse({}, {"event": "testEndpoint"}, Rules()) == Ignored("ping")


def test_standard_webhooks() -> None:
    body = fixture("standard_webhooks")
    found = read("standard_webhooks", body, contact="nobody")
    assert values(found) == {
        "q1": (Kind.NPS, 9.0),
        "q2": (Kind.TEXT, "More filters"),
        "q3": (Kind.BOOLEAN, True),
    }
    assert found.text == "Exports are slow\n\nMore filters"
    assert found.hidden == {"plan": "pro", "release": "4.2"}
    assert found.person == Person("u-7", "lee@example.com", "Lee", "globex", None, {"role": "admin"})
    assert found.submitted_at == datetime(2026, 4, 1, 11, 59, 58, tzinfo=UTC)
    assert (found.record_key, found.language, found.source_name) == ("r-1", "en", "Beta survey")


def test_standard_webhooks_without_an_id_are_keyed_by_their_delivery() -> None:
    body: JsonValue = {"type": "survey.answered", "data": {"answers": {"why": "Too slow", "nps": "9"}}}
    found = read("standard_webhooks", body, {"svix-id": "msg_9"}, questions={"nps": "nps"})
    assert (found.record_key, found.text) == ("msg_9", "Too slow")
    assert values(found)["nps"] == (Kind.NPS, 9.0)
    assert ADAPTERS["standard_webhooks"].delivery_key({"webhook-id": "a", "svix-id": "b"}, body) == "a"
    assert ADAPTERS["standard_webhooks"].parse({}, body, Rules()) == Unreadable("no_record_key", "/data/id")


def test_standard_webhooks_read_the_envelope_of_formbricks() -> None:
    body = fixture("formbricks")
    assert read("standard_webhooks", body) == read("formbricks", body)


@pytest.mark.parametrize(
    ("vendor", "body", "expected"),
    [
        ("typeform", {"event_type": "form_response_partial"}, Ignored("unknown_event_type", "form_response_partial")),
        ("typeform", {"event_type": "form_response"}, Unreadable("missing", "/form_response")),
        ("typeform", {"form_response": {"token": None}}, Unreadable("no_record_key", "/form_response/token")),
        ("delighted", {"event_type": "unsubscribe.created"}, Ignored("unknown_event_type", "unsubscribe.created")),
        ("delighted", {"event_data": {"id": {}}}, Unreadable("no_record_key", "/event_data/id")),
        ("delighted", None, Unreadable("missing", "/event_data")),
        ("tally", {"eventType": "FORM_DELETED"}, Ignored("unknown_event_type", "FORM_DELETED")),
        ("tally", {"data": {}}, Unreadable("no_record_key", "/data/submissionId")),
        ("tally", [], Unreadable("missing", "/data")),
        ("formbricks", {"event": "surveyDeleted", "data": {}}, Ignored("unknown_event_type", "surveyDeleted")),
        ("formbricks", {"event": "responseCreated"}, Unreadable("missing", "/data")),
        ("standard_webhooks", {"event": "testEndpoint"}, Ignored("ping")),
        ("standard_webhooks", {"type": "ping"}, Ignored("ping")),
        ("standard_webhooks", {"type": "a.b", "data": {"id": "1"}}, Unreadable("nothing_to_read", "/data")),
        ("standard_webhooks", "hello", Unreadable("unknown_shape", "/data")),
    ],
)
def test_what_is_no_response(vendor: str, body: JsonValue, expected: Ignored | Unreadable) -> None:
    assert ADAPTERS[vendor].parse({}, body, Rules()) == expected
