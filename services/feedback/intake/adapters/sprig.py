"""Sprig: one delivery per answer, grouped by `responseGroupUid`."""

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

_CHOICES = frozenset(("multiplechoice", "multipleselect", "dropdown"))


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """None: `id` names the answer, which may be sent again with a change."""
    return None


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """A part of one response; upserted by `responseGroupUid`."""
    event = reading.obj(body)
    kind = reading.identifier(event.get("eventType"))
    if kind is not None and kind.upper() == "TEST":
        return Ignored("ping")
    if "response" not in event:
        return Ignored("unknown_event_type", kind) if kind else Unreadable("missing", "/response")
    answer_id = reading.identifier(event.get("id"))
    key = reading.identifier(event.get("responseGroupUid")) or answer_id
    if key is None:
        return Unreadable("no_record_key", "/responseGroupUid")
    draft = Draft(rules)
    for name in ("environmentId", "surveyId", "platform"):
        draft.hide(event.get(name), name)
    attributes = reading.obj(event.get("userAttributes"))
    for name, value in attributes.items():
        draft.hide(value, name)
    draft.email(event.get("email"))
    label, asks = event.get("question"), (reading.text(event.get("questionType")) or "").lower()
    names = (event.get("questionId"), label, answer_id)
    response = event.get("response")
    if asks in _CHOICES and isinstance(response, str):
        draft.answer(Kind.CATEGORICAL, reading.texts(response), *names, label=label)
    elif asks in ("nps", "likert", "rating") and reading.number(response) is not None:
        draft.answer(Kind.NPS if asks == "nps" else Kind.RATING, reading.number(response), *names, label=label)
    elif response is not None:
        draft.untyped(response, *names, label=label)
    at = draft.time(event.get("createdAt"))
    return (
        draft.finish(
            key,
            submitted_at=at,
            changed_at=draft.time(event.get("updatedAt")) or at,
            source_name=event.get("surveyName"),
            external_id=event.get("userId"),
            respondent_id=event.get("visitorId"),
            attributes=attributes,
            partial=True,
        ),
    )


ADAPTER = Adapter("sprig", "sprig", delivery_key, parse)
