"""What each vendor's own shape is read as, by fixtures made by hand."""

from datetime import UTC, datetime

import pytest

from services.feedback.intake.adapters import ADAPTERS
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
from tests.feedback.intake.payloads import by_key, fixture, read, read_fetched, values


def unknown(kind: str) -> Ignored:
    return Ignored("unknown_event_type", kind)


def outcome(vendor: str, body: JsonValue, headers: dict[str, str] | None = None, **rules: JsonValue) -> Outcome:
    return ADAPTERS[vendor].parse({DELIVERY: "d-1", **(headers or {})}, body, Rules.from_json(rules))


def test_surveymonkey() -> None:
    assert outcome("surveymonkey", fixture("surveymonkey")) == Thin({"survey_id": "4471", "response_id": "9001"})
    (found,) = read_fetched("surveymonkey", questions={"q1": "nps"}, account="account")
    assert values(found) == {
        "q1": (Kind.NPS, 0.0),
        "q2": (Kind.TEXT, "The importer drops rows."),
        "q3": (Kind.CATEGORICAL, ("Boards", "Reports")),
        "q4/a": (Kind.CATEGORICAL, ("Good",)),
        "q4/b": (Kind.CATEGORICAL, ("Bad",)),
    }
    assert by_key(found)["q1"].label == "How likely are you to recommend us?"
    assert by_key(found)["q3"].choice_ids == ("c1", "c2")
    assert found.text == "The importer drops rows.\n\nThe API"
    assert found.person == Person(None, "ines@globex.example", "Ines Roth", "globex", "r-5")
    assert found.hidden["custom_value"] == "wave-2"
    assert found.submitted_at == datetime(2026, 4, 2, 9, 30, tzinfo=UTC)
    assert found.record_key == "9001"


def test_jotform() -> None:
    found = read("jotform", fixture("jotform"), questions={"recommend": "nps"}, contact="customer")
    assert values(found) == {
        "q3_name": (Kind.TEXT, "Mina Park"),
        "q4_email": (Kind.TEXT, "Mina@Example.com"),
        "q5_recommend": (Kind.NPS, 0.0),
        "q6_why": (Kind.TEXT, "Exports break / often"),
        "q7_since": (Kind.DATE, "2026-03-09"),
        "q8_tools": (Kind.CATEGORICAL, ("Sheets", "Jira")),
        "screens": (Kind.TEXT, "https://www.jotform.com/uploads/a/b/shot.png"),
    }
    assert found.text == "Exports break / often"
    assert found.person == Person("u-9", "mina@example.com")
    assert (found.record_key, found.source_name, found.submitted_at) == ("60842", "Exit survey", None)
    assert "secret" not in repr(found), "the address of the door is in the body, and stays there"


def test_qualtrics() -> None:
    asked = Thin({"survey_id": "SV_1", "response_id": "R_1"})
    assert outcome("qualtrics", fixture("qualtrics")) == asked
    assert outcome("qualtrics", fixture("qualtrics_unsigned")) == asked
    (found,) = read_fetched("qualtrics", questions={"QID5": "csat"}, account="account")
    assert values(found) == {
        "QID1": (Kind.NPS, 0.0),
        "QID2_TEXT": (Kind.TEXT, "Zu langsam"),
        "QID3": (Kind.CATEGORICAL, ("Weekly",)),
        "QID4": (Kind.CATEGORICAL, ("Boards", "Reports")),
        "QID5": (Kind.CSAT, 4.0),
    }
    assert found.text == "Zu langsam"
    assert found.person == Person("u-77", "tom@initech.example", "Tom Berg", "initech")
    assert (found.language, found.record_key) == ("de", "R_1")
    assert found.hidden == {"account": "initech", "tier": "gold"}
    assert found.submitted_at == datetime(2026, 4, 3, 13, 58, 26, 120_000, tzinfo=UTC)


def test_qualtrics_reads_only_what_is_signed() -> None:
    body = {**fixture("qualtrics"), "ResponseID": "R_forged", "SurveyID": "SV_forged"}
    assert outcome("qualtrics", body) == Thin({"survey_id": "SV_1", "response_id": "R_1"})


def test_survicate_tells_one_answer_at_a_time() -> None:
    first, second = read("survicate", fixture("survicate")), read("survicate", fixture("survicate_answer"))
    last = read("survicate", fixture("survicate_completed"))
    assert {each.record_key for each in (first, second, last)} == {"ru-1"}
    assert all(each.partial for each in (first, second, last))
    assert values(first) == {"11": (Kind.CATEGORICAL, ("Great",)), "11/comment": (Kind.TEXT, "Fast reply")}
    assert values(second) == {"12": (Kind.TEXT, "Dark mode")}
    assert (last.answers, last.text) == ((), "")
    assert first.person == Person(
        email="eva@example.com", respondent_id="rs-1", attributes={"email": "Eva@Example.com", "plan": "pro"}
    )
    assert ADAPTERS["survicate"].delivery_key({}, fixture("survicate")) == "m-1"


def test_wootric() -> None:
    found = read("wootric", fixture("wootric"), account="company")
    assert values(found) == {"score": (Kind.NPS, 0.0), "text": (Kind.TEXT, "Too slow")}
    assert found.person
    assert (found.person.external_id, found.person.email, found.person.account_external_id) == (
        "u-3", "al@example.com", "acme"
    )  # fmt: skip
    created = read("wootric", {**fixture("wootric"), "event_name": "created"})
    assert (created.version or 0) < (found.version or 0)


def test_asknicely_counts_on_strings() -> None:
    found = read("asknicely", fixture("asknicely"))
    assert values(found) == {"score": (Kind.NPS, 0.0), "comment": (Kind.TEXT, "Setup took weeks")}
    later = read("asknicely", {**fixture("asknicely"), "count": "3"})
    assert (found.version or 0) < (later.version or 0)
    assert found.record_key == "345"
    assert found.submitted_at == datetime.fromtimestamp(1775000200, UTC)


def test_sprig() -> None:
    found = read("sprig", fixture("sprig"))
    assert values(found) == {"17": (Kind.TEXT, "Unclear pricing")}
    assert (found.record_key, found.partial, found.source_name) == ("g-1", True, "Onboarding")
    assert outcome("sprig", {"id": 1, "eventType": "TEST"}) == Ignored("ping")


def test_google_forms_forwarded_and_watched() -> None:
    found = read("google_forms", fixture("google_forms"), questions={"How likely are you to recommend us?": "nps"})
    assert values(found) == {
        "How likely are you to recommend us?": (Kind.NPS, 0.0),
        "Which do you use?": (Kind.CATEGORICAL, ("Reports", "API")),
        "What should change?": (Kind.TEXT, "Faster exports"),
    }
    assert found.person == Person(email="noa@example.com")
    assert outcome("google_forms", fixture("google_forms_push")) == Thin(
        {"form_id": "f-1", "published_at": "2026-04-07T09:32:00.285000+00:00"}
    )
    assert outcome("google_forms", fixture("google_forms_push")["message"]) == outcome(
        "google_forms", fixture("google_forms_push")
    ), "a pulled message is the pushed one without its envelope"
    first, second = read_fetched("google_forms", questions={"qa": "nps"})
    assert values(first) == {
        "qa": (Kind.NPS, 0.0),
        "qb": (Kind.TEXT, "Slow"),
        "qc": (Kind.CATEGORICAL, ("API",)),
        "qd": (Kind.TEXT, "Good"),
    }
    assert by_key(first)["qd"].label == "Rate: Docs"
    assert values(second) == {"qf": (Kind.TEXT, "a.png")}
    assert first.record_key == found.record_key, "either way it is one response"


def test_posthog_reads_each_answer_once() -> None:
    found = read("posthog", fixture("posthog"), questions={"qa": "nps"})
    assert values(found) == {
        "$survey_response_qa": (Kind.NPS, 0.0),
        "$survey_response_qb": (Kind.TEXT, "Too many clicks"),
    }
    assert by_key(found)["$survey_response_qb"].label == "Why?"
    body = fixture("posthog")
    for name in ("$survey_response_qa", "$survey_response_qb", "$survey_questions"):
        del body["event"]["properties"][name]
    assert set(values(read("posthog", body))) == {"$survey_response", "$survey_response_1"}
    body["event"]["event"] = "survey shown"
    assert outcome("posthog", body) == unknown("survey shown")


def test_zendesk() -> None:
    ticket, comment = read("zendesk", fixture("zendesk")), read("zendesk", fixture("zendesk_comment"))
    assert (ticket.record_key, comment.record_key) == ("ticket:456", "comment:900")
    assert ticket.text == "Export fails\n\nIt stops after 1,000 rows.\n\nPlease help."
    assert comment.text == "Still broken & slow"
    assert ticket.hidden["tags"] == "export, csv"
    written = read("zendesk", fixture("zendesk_trigger"))
    assert (written.record_key, written.text) == ("456", "It stops")
    assert written.person == Person(email="kai@example.com", name="Kai")
    staff = fixture("zendesk_comment")
    staff["event"]["comment"]["author"]["is_staff"] = True
    assert outcome("zendesk", staff) == Ignored("not_from_a_customer")


def test_intercom_in_both_generations() -> None:
    first, reply = read("intercom", fixture("intercom")), read("intercom", fixture("intercom_replied"))
    assert first.text == "Hi,\nthe Slack link & digest fail."
    assert (first.record_key, reply.record_key) == ("conversation:1952", "part:p1")
    assert reply.text == "Any news?"
    assert reply.person == Person("u-5", "priya@northwind.example", "Priya", respondent_id="66ab")
    rated = read("intercom", fixture("intercom_rated"))
    assert values(rated) == {"rating": (Kind.CSAT, 2.0), "remark": (Kind.TEXT, "Took days")}
    assert outcome("intercom", {"topic": "ping", "id": None}) == Ignored("ping")
    assert ADAPTERS["intercom"].delivery_key({}, {"topic": "ping", "id": None}) is None


def test_freshdesk() -> None:
    found = read("freshdesk", fixture("freshdesk"))
    assert found.text == "Login ☃\n\nCannot log in\nsince Monday."
    assert (found.record_key, found.source_url) == ("11", "https://acme.freshdesk.com/helpdesk/tickets/11")
    assert found.person == Person(email="bob@example.com", name="Bob")


def test_slack() -> None:
    first, edited = read("slack", fixture("slack")), read("slack", fixture("slack_edited"))
    assert first.text == "Exports <still> time out & fail"
    assert first.record_key == edited.record_key == "T1:C1:1775600000.000200"
    assert (first.version or 0) < (edited.version or 0)
    command = read("slack", fixture("slack_command"))
    assert (command.text, command.person) == ("Dark mode please", Person(name="ann", respondent_id="T1:U1"))
    bot = fixture("slack")
    bot["event"]["bot_id"] = "B1"
    assert outcome("slack", bot) == Ignored("not_from_a_customer")
    joined = fixture("slack")
    joined["event"]["subtype"] = "channel_join"
    assert outcome("slack", joined) == unknown("message.channel_join")


def test_github() -> None:
    issue = read("github", fixture("github"), {"x-github-event": "issues"}, idea="labels")
    assert (issue.record_key, issue.text) == ("issues:444", "Spelling in the docs\n\nLine 3 says teh.")
    assert issue.hidden["labels"] == "bug, docs"
    assert issue.ideas == ("bug", "docs")
    comment = read("github", fixture("github_comment"), {"x-github-event": "issue_comment"})
    assert (comment.record_key, comment.text) == ("issue_comment:492", "Me too.")
    assert comment.person == Person(name="li", respondent_id="22")
    discussion = read("github", fixture("github_discussion"))
    assert discussion.record_key == "discussion:77"
    assert discussion.hidden["category"] == "Ideas"
    assert outcome("github", {"zen": "Keep it", "hook_id": 1}, {"x-github-event": "ping"}) == Ignored("ping")
    closed = {**fixture("github"), "action": "closed"}
    assert outcome("github", closed, {"x-github-event": "issues"}) == unknown("issues.closed")


def test_linear() -> None:
    found = read("linear", fixture("linear"))
    assert (found.record_key, found.text) == (
        "issue:7c2e", "Rotation breaks webhooks\n\nSecrets rotated mid-flight fail."
    )  # fmt: skip
    assert found.person == Person(email="priya@acme.example", name="Priya", respondent_id="d4")
    changed = read("linear", {**fixture("linear"), "action": "update"})
    assert changed.person is None, "whoever changes an issue did not say it"


def test_canny() -> None:
    post, vote = read("canny", fixture("canny")), read("canny", fixture("canny_vote"), idea="post_id")
    assert (post.record_key, post.text) == ("post:553c", "CSV export\n\nFor big projects")
    assert post.person == Person("1234", "sally@example.com", "Sally", "acme", "5533")
    assert (vote.record_key, vote.text, vote.ideas) == ("vote:v1", "", ("553c",))
    assert vote.person == Person("88", "ed@example.com", "Ed", None, "77")


def test_product_fruits() -> None:
    found = read("product_fruits", fixture("product_fruits"), questions={"qb": "nps"})
    assert values(found) == {
        "qa": (Kind.TEXT, "😄"),
        "qb": (Kind.NPS, 0.0),
        "qc": (Kind.CATEGORICAL, ("o1", "o2")),
    }
    assert (found.record_key, found.person) == ("d-1", Person("john", "john@example.com", "John"))


def test_cloudevents_in_three_modes() -> None:
    structured = read("cloudevents", fixture("cloudevents"), questions={"nps": "nps"})
    assert (structured.record_key, structured.text) == ("/surveys#C1", "Search finds nothing")
    assert values(structured) == {"nps": (Kind.NPS, 0.0)}
    assert structured.submitted_at == datetime(2026, 4, 13, 17, 31, tzinfo=UTC)
    headers = {
        "ce-specversion": "1.0", "ce-type": "t", "ce-source": "/surveys", "ce-id": "C1",
        "ce-time": "2026-04-13T17:31:00Z"
    }  # fmt: skip
    binary = read("cloudevents", fixture("cloudevents")["data"], headers, questions={"nps": "nps"})
    assert binary == structured
    batch = outcome("cloudevents", fixture("cloudevents_batch"))
    assert isinstance(batch, tuple)
    assert [(each.record_key, each.text) for each in batch] == [("/s#1", "a"), ("/s#2", "b")]
    encoded: JsonValue = {
        "specversion": "1.0",
        "id": "9",
        "source": "/s",
        "type": "t",
        "data_base64": "eyJ0ZXh0IjogIngifQ==",
    }
    assert read("cloudevents", encoded).text == "x"
    assert outcome("cloudevents", {"id": "1"}) == Unreadable("unknown_shape", "/specversion")
    assert outcome("cloudevents", [{"specversion": "1.0", "id": str(n)} for n in range(1_001)]) == Unreadable(
        "too_many_rows"
    )
    plain = read("cloudevents", {"specversion": "1.0", "id": "1", "source": "/s", "data": "Search finds nothing"})
    assert plain.text == "Search finds nothing"


def test_generic_by_the_usual_names() -> None:
    found = read("generic", fixture("generic"), questions={"Recommend?": "nps"}, account="customer.crm.account")
    assert (found.record_key, found.text) == ("12", "I could not find the export")
    assert values(found) == {"Recommend?": (Kind.NPS, 0.0), "Used?": (Kind.CATEGORICAL, ("API", "Boards"))}
    assert found.person == Person(email="ro@example.com", account_external_id="acme")
    assert found.hidden == {"customer.plan": "pro", "customer.crm.account": "acme"}
    assert (found.source_name, found.submitted_at) == ("Exit interview", datetime(2026, 4, 14, 8, tzinfo=UTC))


def test_generic_by_a_saved_mapping() -> None:
    body: JsonValue = {
        "batch": [
            {"k": 1, "who": {"mail": "a@b.co"}, "q": {"s~1/x": "9"}, "said": ["Slow", "Ugly"], "at": 1775000000},
            {"k": 2, "q": {"s~1/x": 0}, "said": []},
        ]
    }
    fields: JsonValue = {
        "rows": "/batch",
        "record": "/k",
        "text": ["/said/0", "/said/1"],
        "email": "/who/mail",
        "answers": "/q",
        "submitted_at": "/at",
    }
    found = outcome("generic", body, fields=fields, questions={"s~1/x": "nps"})
    assert isinstance(found, tuple)
    assert [each.record_key for each in found] == ["1", "2"]
    assert found[0].text == "Slow\n\nUgly"
    assert [each.answers[0].value for each in found] == [9.0, 0.0]
    assert found[0].person == Person(email="a@b.co")
    assert outcome("generic", {"batch": {}}, fields=fields) == Unreadable("missing", "/batch")
    assert outcome("generic", {"batch": [{"k": 3}]}, fields=fields) == Unreadable("nothing_to_read")


def test_generic_without_an_id_is_alone_under_its_delivery() -> None:
    assert read("generic", {"comment": "x"}).record_key == "d-1"
    both = outcome("generic", [{"comment": "x"}, {"comment": "y"}])
    assert isinstance(both, tuple)
    assert [each.record_key for each in both] == ["d-1/0", "d-1/1"]
    assert outcome("generic", {"plan": "pro"}) == Unreadable("nothing_to_read")


@pytest.mark.parametrize(
    ("vendor", "body", "expected"),
    [
        ("surveymonkey", {"event_type": "collector_created"}, unknown("collector_created")),
        ("surveymonkey", {"event_type": "response_completed"}, Unreadable("no_record_key", "/object_id")),
        ("jotform", {"formID": "1"}, Unreadable("missing", "/rawRequest")),
        ("jotform", {"formID": "1", "rawRequest": "{"}, Unreadable("not_json", "/rawRequest")),
        ("jotform", {"formID": "1", "rawRequest": "{}"}, Unreadable("no_record_key", "/submissionID")),
        ("qualtrics", {"Topic": "a.controlpanel.activateSurvey"}, unknown("a.controlpanel.activateSurvey")),
        ("qualtrics", {"MSG": "nonsense"}, Unreadable("no_record_key", "/ResponseID")),
        ("survicate", {"event": {"contactCreated": {}}}, unknown("contactCreated")),
        ("survicate", {}, Unreadable("missing", "/event")),
        ("smartsurvey", [], Ignored("ping")),
        ("smartsurvey", [{"id": 1}, {"id": None}], Unreadable("no_record_key", "/1/id")),
        ("smartsurvey", {"pages": 1}, Unreadable("no_record_key", "/id")),
        ("wootric", {"event_name": "decline"}, unknown("decline")),
        ("asknicely", {"question": {}}, Unreadable("no_record_key", "/question/id")),
        ("sprig", {"eventType": "STUDY_CLOSED"}, unknown("STUDY_CLOSED")),
        ("google_forms", {"message": {"attributes": {"eventType": "SCHEMA", "formId": "f"}}}, unknown("SCHEMA")),
        ("google_forms", {"answers": {}}, Unreadable("no_record_key", "/responseId")),
        ("posthog", {"event": "survey sent"}, Unreadable("missing", "/event")),
        ("zendesk", {"type": "zen:event-type:ticket.merged", "detail": {"id": 1}}, unknown("ticket.merged")),
        ("intercom", {"topic": "contact.created"}, unknown("contact.created")),
        ("freshdesk", {}, Unreadable("nothing_to_read")),
        ("slack", {"type": "url_verification", "challenge": "x"}, Ignored("ping")),
        ("github", [], Unreadable("unknown_shape")),
        ("github", {"payload": "{"}, Unreadable("not_json", "/payload")),
        ("linear", {"type": "Project", "action": "create"}, unknown("Project.create")),
        ("canny", {"type": "post.deleted"}, unknown("post.deleted")),
        ("product_fruits", {"type": "webhook:new"}, unknown("webhook:new")),
        ("generic", [], Ignored("ping")),
    ],
)  # fmt: skip
def test_what_is_no_response(vendor: str, body: JsonValue, expected: Ignored | Unreadable) -> None:
    assert outcome(vendor, body) == expected
