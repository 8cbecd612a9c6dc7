"""Delighted: `survey_response.created`, often the bare score, then `.updated` with the same id and more answers."""

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

# Within one second, which is as fine as Delighted's clock, an update comes after the creation.
_RANKS = {"survey_response.created": 0, "survey_response.updated": 1}
_SCORES = {"nps": Kind.NPS, "csat": Kind.CSAT, "ces": Kind.CES}


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`event_id`."""
    return reading.identifier(reading.obj(body).get("event_id"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response; upserted by `event_data.id`, ordered by `updated_at`."""
    event = reading.obj(body)
    kind = reading.identifier(event.get("event_type"))
    if kind is not None and kind not in _RANKS:
        return Ignored("unknown_event_type", kind)
    data = event.get("event_data")
    if not isinstance(data, dict):
        return Unreadable("missing", "/event_data")
    key = reading.identifier(data.get("id"))
    if key is None:
        return Unreadable("no_record_key", "/event_data/id")

    draft = Draft(rules)
    properties, person = reading.obj(data.get("person_properties")), reading.obj(data.get("person"))
    for name, value in properties.items():
        draft.hide(value, name)
    draft.email(person.get("email"))
    if data.get("score") is not None:
        scale = _SCORES.get((reading.text(data.get("survey_type")) or "").lower(), Kind.RATING)
        draft.answer(scale, reading.number(data["score"]), "score")
    if comment := reading.text(data.get("comment")):
        draft.answer(Kind.TEXT, comment, "comment", words=comment)
    for entry in reading.items(data.get("additional_answers")):
        _additional(draft, reading.obj(entry))
    created_at, updated_at = draft.time(data.get("created_at")), draft.time(data.get("updated_at"))
    never_updated = data.get("updated_at") is None
    return (
        draft.finish(
            key,
            submitted_at=created_at or updated_at,
            changed_at=created_at if never_updated else updated_at,
            rank=_RANKS.get(kind or "", 0),
            source_url=data.get("permalink"),
            name=person.get("name"),
            respondent_id=person.get("id"),
            attributes=properties,
        ),
    )


def _additional(draft: Draft, entry: dict[str, JsonValue]) -> None:
    """A further question; its value stands under the name of its type, null when it was skipped."""
    question, values = reading.obj(entry.get("question")), reading.obj(entry.get("value"))
    kind = reading.text(question.get("type")) or ""
    value = values.get(kind)
    names, label = (question.get("id") or entry.get("id"),), question.get("text")
    if value is None:
        if kind not in values:
            draft.flag("answer_unreadable")
    elif kind == "free_response":
        found = reading.text(value)
        draft.answer(Kind.TEXT, found, *names, label=label, words=found)
    elif kind == "scale":
        draft.answer(Kind.RATING, reading.number(value), *names, label=label)
    elif kind in ("select_one", "select_many"):
        chosen = [one if isinstance(one, dict) else {"text": one} for one in reading.items(value) or [value]]
        labels = tuple(
            found for one in chosen if (found := reading.text(one.get("text")) or reading.identifier(one.get("id")))
        )
        ids = tuple(found for one in chosen if (found := reading.identifier(one.get("id"))))
        draft.answer(Kind.CATEGORICAL, labels or None, *names, label=label, choice_ids=ids)
    else:
        draft.untyped(value, *names, label=label, free=False)


ADAPTER = Adapter("delighted", "delighted", delivery_key, parse)
