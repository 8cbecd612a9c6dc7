"""Wootric (InMoment): one score with its text, as JSON or as a form with bracket keys."""

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

_SCORES = {"NPS": Kind.NPS, "CSAT": Kind.CSAT, "CES": Kind.CES}
# Within one moment, an update comes after the creation.
_RANKS = {"created": 0, "updated": 1}


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """None: neither form bears an id of the delivery."""
    return None


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response; upserted by `response.id`, ordered by `updated_at`."""
    event = reading.obj(body)
    kind = reading.identifier(event.get("event_name"))
    data = event.get("response")
    if not isinstance(data, dict):
        # A decline, or whatever else comes without a response.
        return Ignored("unknown_event_type", kind) if kind else Unreadable("missing", "/response")
    if kind is not None and kind not in _RANKS:
        return Ignored("unknown_event_type", kind)
    key = reading.identifier(data.get("id"))
    if key is None:
        return Unreadable("no_record_key", "/response/id")
    draft = Draft(rules)
    properties = reading.obj(data.get("end_user_properties"))
    for name, value in properties.items():
        draft.hide(value, name)
    draft.email(data.get("email"))
    mode = (reading.text(event.get("survey_mode")) or "").upper()
    score = data.get("score")
    if score not in (None, ""):
        draft.answer(_SCORES.get(mode, Kind.RATING), reading.number(score), "score")
    if text := reading.text(data.get("text")):
        draft.answer(Kind.TEXT, text, "text", words=text)
    created, updated = draft.time(data.get("created_at")), draft.time(data.get("updated_at"))
    return (
        draft.finish(
            key,
            submitted_at=created or updated,
            changed_at=updated or created,
            rank=_RANKS.get(kind or "", 0),
            source_url=data.get("origin_url"),
            external_id=data.get("external_id") or None,
            respondent_id=data.get("end_user_id"),
            attributes=properties,
        ),
    )


ADAPTER = Adapter("wootric", "wootric", delivery_key, parse)
