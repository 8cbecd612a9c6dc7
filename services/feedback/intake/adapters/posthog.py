"""PostHog surveys: the event `survey sent` through a webhook destination, whose default body is read."""

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

_ANSWER = "$survey_response"
_UNASKED = frozenset(("$survey_id", "$survey_name", "$survey_iteration", "$current_url"))


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`event.uuid`."""
    return reading.identifier(reading.obj(reading.obj(body).get("event")).get("uuid"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response; upserted by its submission id where PostHog sends parts of it, else by the event's uuid."""
    told = reading.obj(body)
    event, person = told.get("event"), reading.obj(told.get("person"))
    if not isinstance(event, dict):
        return Unreadable("missing", "/event")
    kind = reading.identifier(event.get("event"))
    if kind not in (None, "survey sent"):
        return Ignored("unknown_event_type", kind)
    properties = reading.obj(event.get("properties"))
    key = reading.first_identifier(properties.get("$survey_submission_id"), event.get("uuid"))
    if key is None:
        return Unreadable("no_record_key", "/event/uuid")
    draft = Draft(rules)
    about = reading.obj(person.get("properties"))
    draft.email(about.get("email"))
    draft.hide(event.get("distinct_id"), "distinct_id")
    for name in sorted(_UNASKED & set(properties)):
        draft.hide(properties[name], name)
    _answers(draft, properties)
    at = draft.time(event.get("timestamp"))
    return (
        draft.finish(
            key,
            submitted_at=at,
            changed_at=at,
            source_name=properties.get("$survey_name"),
            source_url=event.get("url"),
            name=about.get("name"),
            respondent_id=event.get("distinct_id") or person.get("id"),
        ),
    )


def _answers(draft: Draft, properties: dict[str, JsonValue]) -> None:
    """`$survey_response`, `$survey_response_1`…, or `$survey_response_<question id>`; never the same answer twice."""
    titles: dict[str, JsonValue] = {}
    for position, question in enumerate(map(reading.obj, reading.items(properties.get("$survey_questions")))):
        text = question.get("question")
        titles[_ANSWER if position == 0 else f"{_ANSWER}_{position}"] = text
        if known := reading.word(question.get("id")):
            titles[f"{_ANSWER}_{known}"] = text
    given = {name: value for name, value in properties.items() if name == _ANSWER or name.startswith(_ANSWER + "_")}
    # Newer clients send both spellings; those with the question's id do not move when a question is added.
    named = {name: value for name, value in given.items() if not name.removeprefix(_ANSWER + "_").isdecimal()}
    named.pop(_ANSWER, None)
    for name, value in (named or given).items():
        draft.untyped(value, name, name.removeprefix(_ANSWER + "_"), label=titles.get(name))


ADAPTER = Adapter("posthog", "token", delivery_key, parse)
