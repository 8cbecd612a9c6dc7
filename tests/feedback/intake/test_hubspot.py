"""HubSpot: a workflow's record by a mapping, and events that name submissions."""

from datetime import UTC, datetime

from services.feedback.intake.adapters import hubspot
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
from tests.feedback.intake.payloads import fixture, read, read_fetched, values


def outcome(body: JsonValue, **rules: JsonValue) -> Outcome:
    return hubspot.parse({DELIVERY: "d-1"}, body, Rules.from_json(rules))


def test_hubspot_waits_for_a_mapping() -> None:
    body = fixture("hubspot")
    assert outcome(body) == Unreadable("nothing_to_read")
    fields: JsonValue = {
        "record": "/vid",
        "text": ["/properties/nps_comment"],
        "email": "/properties/email",
        "name": "/properties/firstname",
    }
    found = read("hubspot", body, fields=fields, questions={"nps_score": "nps"})
    assert values(found) == {"properties.nps_score": (Kind.NPS, 0.0)}
    assert (found.text, found.record_key) == ("Pricing is opaque", "251")
    assert found.person == Person(email="kov@example.com", name="Kov")
    assert outcome(fixture("hubspot_events")) == Ignored("thin_event", "ticket.creation")


def test_hubspot_names_submissions_and_fetches_them() -> None:
    events = fixture("hubspot_submissions")
    told = outcome(events, questions={"ease_of_export": "ces", "Not a property": "nps"}, idea="wish")
    assert isinstance(told, Thin)
    assert told.asked["object_ids"] == "9001,9002", "each once, and nothing that was deleted or is no submission"
    assert told.asked["properties"] == ",".join((*hubspot.PROPERTIES, "ease_of_export", "wish"))
    assert outcome(events[3:]) == Ignored("thin_event", "object.creation 0-1")
    assert outcome([{**events[0], "objectId": "9001,9002"}]) == Unreadable("no_record_key", "/0/objectId")
    assert outcome([]) == Unreadable("unknown_shape")
    first, second = read_fetched("hubspot", questions={"ease_of_export": "ces"})
    assert values(first) == {
        "hs_value": (Kind.NPS, 0.0), "hs_content": (Kind.TEXT, "Exports time out"), "ease_of_export": (Kind.CES, 2.0)
    }  # fmt: skip
    assert (first.record_key, first.text, first.source_name) == ("9001", "Exports time out", "Quarterly NPS")
    assert first.person == Person(email="ada@northwind.example", name="Ada Lovelace", respondent_id="512")
    assert first.hidden == {"hs_response_group": "detractor", "hs_survey_channel": "EMAIL"}
    assert (first.submitted_at, first.version) == (datetime(2026, 4, 7, 22, 13, 18, tzinfo=UTC), 1775600000500000)
    assert (values(second), second.person) == ({"hs_value": (Kind.CES, 6.0)}, None)
