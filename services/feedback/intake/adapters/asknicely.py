"""AskNicely: a person and their score; numbers and unix seconds are strings."""

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.draft import Draft
from services.feedback.intake.adapters.normalized import (
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Kind,
    Outcome,
    Rules,
    Unreadable,
)


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """None: `count` grows with each update, and so the body differs."""
    return None


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response; upserted by `question.id`, ordered by `responded` and then `count`."""
    event = reading.obj(body)
    question, person = event.get("question"), reading.obj(event.get("person"))
    if not isinstance(question, dict):
        return Unreadable("missing", "/question")
    key = reading.first_identifier(question.get("id"), question.get("response_id"))
    if key is None:
        return Unreadable("no_record_key", "/question/id")
    if question.get("score") in (None, "") and not question.get("comment"):
        return Ignored("unknown_event_type", "not answered yet")
    draft = Draft(rules)
    for name in ("segment", "deliverymethod", "theme", "topic"):
        draft.hide(question.get(name), name)
    for name, value in person.items():
        if name not in ("id", "name", "email", "firstname", "lastname"):
            draft.hide(value, f"person.{name}", name)
    draft.email(person.get("email"))
    if question.get("score") not in (None, ""):
        # NPS is what AskNicely asks unless its user chose otherwise, which a rule then says.
        draft.answer(Kind.NPS, reading.number(question.get("score")), "score")
    if comment := reading.text(question.get("comment")):
        draft.answer(Kind.TEXT, comment, "comment", words=comment)
    responded = draft.time(question.get("responded"))
    count = reading.number(event.get("count")) or 0
    return (
        draft.finish(
            key,
            submitted_at=responded,
            changed_at=responded,
            rank=int(min(max(count, 0), 999_999)),
            name=person.get("name"),
            respondent_id=person.get("id"),
        ),
    )


ADAPTER = Adapter("asknicely", "token", delivery_key, parse)
