"""Formbricks: `responseCreated`, `responseUpdated` and `responseFinished` of one response, values without questions."""

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.draft import Draft
from services.feedback.intake.adapters.normalized import (
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Outcome,
    Rules,
    Unreadable,
)

# Two events of one response can bear the same `updatedAt`; the later in a response's life wins.
_RANKS = {"responseCreated": 0, "responseUpdated": 1, "responseFinished": 2}


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`webhook-id`: the same in every retry."""
    return reading.identifier(headers.get("webhook-id"))


def recognised(body: JsonValue) -> bool:
    """Whether this is Formbricks' envelope rather than the one Standard Webhooks suggests."""
    return isinstance(body, dict) and isinstance(body.get("event"), str) and "type" not in body


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response; upserted by `data.id`, ordered by `updatedAt`.

    The payload has neither questions nor types, and hidden fields stand among the answers: strings are taken for the
    respondent's words until a rule says otherwise.
    """
    event = reading.obj(body)
    kind = reading.identifier(event.get("event"))
    if kind == "testEndpoint":
        return Ignored("ping")
    if kind is not None and kind not in _RANKS:
        return Ignored("unknown_event_type", kind)
    data = event.get("data")
    if not isinstance(data, dict):
        return Unreadable("missing", "/data")
    key = reading.identifier(data.get("id"))
    if key is None:
        return Unreadable("no_record_key", "/data/id")

    draft = Draft(rules)
    contact, attributes = reading.obj(data.get("contact")), reading.obj(data.get("contactAttributes"))
    draft.email(attributes.get("email"))
    for name, value in reading.obj(data.get("variables")).items():
        draft.hide(value, name)
    for name, value in reading.obj(data.get("data")).items():
        draft.untyped(value, name)
    created_at, updated_at = draft.time(data.get("createdAt")), draft.time(data.get("updatedAt"))
    return (
        draft.finish(
            key,
            submitted_at=created_at or updated_at,
            changed_at=updated_at,
            rank=_RANKS.get(kind or "", 0),
            source_name=reading.obj(data.get("survey")).get("title"),
            source_url=reading.obj(data.get("meta")).get("url"),
            language=data.get("language"),
            external_id=contact.get("userId"),
            respondent_id=contact.get("id"),
            attributes=attributes,
        ),
    )


ADAPTER = Adapter("formbricks", "formbricks", delivery_key, parse)
