"""Product Fruits: `webhook:newsurveyanswer`, answers by the ids of their questions."""

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.draft import Draft
from services.feedback.intake.adapters.normalized import (
    DELIVERY,
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Outcome,
    Rules,
    Unreadable,
)


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """None: there is no id of a delivery, nor of a response."""
    return None


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response, alone under its delivery."""
    event = reading.obj(body)
    kind = reading.identifier(event.get("type"))
    if kind not in (None, "webhook:newsurveyanswer"):
        return Ignored("unknown_event_type", kind)
    data = event.get("data")
    if not isinstance(data, dict):
        return Unreadable("missing", "/data")
    key = reading.identifier(headers.get(DELIVERY))
    if key is None:
        return Unreadable("no_record_key")
    draft = Draft(rules)
    draft.email(data.get("authorEmail"))
    for name in ("surveyId", "projectCode"):
        draft.hide(data.get(name), name)
    for entry in map(reading.obj, reading.items(data.get("answers"))):
        # A message that asks nothing stands among the questions, without an answer.
        if entry.get("answer") is not None:
            draft.untyped(entry["answer"], entry.get("questionId"))
    if draft.silent:
        return Unreadable("nothing_to_read", "/data/answers")
    return (draft.finish(key, external_id=data.get("authorUsername"), name=data.get("authorName")),)


ADAPTER = Adapter("product_fruits", "token", delivery_key, parse)
