"""SurveyMonkey: thin events; the response is fetched with `details?simple=true`, its questions in pages."""

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
    Thin,
    Unreadable,
)

# `response_created` comes before the first answer, and the others are about no response.
_TOLD = frozenset(("response_completed", "response_updated"))


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`event_id`."""
    return reading.identifier(reading.obj(body).get("event_id"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """Where the response can be fetched."""
    event = reading.obj(body)
    kind = reading.identifier(event.get("event_type"))
    if kind is not None and kind not in _TOLD:
        return Ignored("unknown_event_type", kind)
    response = reading.identifier(event.get("object_id"))
    survey = reading.identifier(reading.obj(event.get("resources")).get("survey_id"))
    if survey is None and event.get("filter_type") == "survey":
        survey = reading.identifier(event.get("filter_id"))
    if response is None:
        return Unreadable("no_record_key", "/object_id")
    if survey is None:
        return Unreadable("missing", "/resources/survey_id")
    return Thin({"survey_id": survey, "response_id": response})


def parse_fetched(headers: Headers, body: JsonValue, fetched: JsonValue, rules: Rules) -> Outcome:
    """One response; upserted by its id, ordered by `date_modified`."""
    found = reading.obj(fetched)
    key = reading.first_identifier(found.get("id"), reading.obj(body).get("object_id"))
    if key is None:
        return Unreadable("no_record_key", "/id")
    draft = Draft(rules)
    variables = reading.obj(found.get("custom_variables"))
    for name, value in variables.items():
        draft.hide(value, name)
    draft.hide(found.get("custom_value"), "custom_value")
    draft.hide(found.get("collector_id"), "collector_id")
    for name, value in _contact(found).items():
        draft.hide(value, name)
    for page in map(reading.obj, reading.items(found.get("pages"))):
        for question in map(reading.obj, reading.items(page.get("questions"))):
            _question(draft, question)
    created, modified = draft.time(found.get("date_created")), draft.time(found.get("date_modified"))
    contact = _contact(found)
    name = " ".join(filter(None, (reading.name(contact.get(part)) for part in ("first_name", "last_name"))))
    return (
        draft.finish(
            key,
            submitted_at=modified or created or draft.time(reading.obj(body).get("event_datetime")),
            changed_at=modified or created,
            source_url=found.get("analyze_url"),
            name=name,
            respondent_id=found.get("recipient_id"),
        ),
    )


def _contact(found: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """`metadata.contact`: `{"email": {"type": "string", "value": "…"}}`, or plain values."""
    contact = reading.obj(reading.obj(found.get("metadata")).get("contact"))
    return {name: entry.get("value") if isinstance(entry, dict) else entry for name, entry in contact.items()}


def _question(draft: Draft, question: dict[str, JsonValue]) -> None:
    names, label = (question.get("id"),), reading.prose(question.get("heading"))
    by_row: dict[str, list[dict[str, JsonValue]]] = {}
    for answer in map(reading.obj, reading.items(question.get("answers"))):
        row = reading.identifier(answer.get("row_id")) or ""
        by_row.setdefault(row, []).append(answer)
    for row, answers in by_row.items():
        path = tuple(f"{name}/{row}" for one in names if (name := reading.word(one))) if row and len(by_row) > 1 else ()
        _answer(draft, answers, (*path, *names), label)


def _answer(draft: Draft, answers: list[dict[str, JsonValue]], names: tuple[JsonValue, ...], label: JsonValue) -> None:
    """Free text, or chosen options; one option with a weight is a number on a scale."""
    chosen = [one for one in answers if one.get("choice_id") is not None]
    written = [found for one in answers if one.get("choice_id") is None and (found := reading.text(one.get("text")))]
    if not chosen:
        text = "\n".join(written)
        draft.answer(Kind.TEXT, text, *names, label=label, words=text)
        return
    ids = tuple(found for one in chosen if (found := reading.identifier(one.get("choice_id"))))
    texts = tuple(
        found
        for one in chosen
        if (
            found := reading.text(one.get("text"))
            or reading.text(one.get("simple_text"))
            or reading.identifier(one.get("choice_id"))
        )
    )
    weight = reading.number(reading.obj(chosen[0].get("choice_metadata")).get("weight")) if len(chosen) == 1 else None
    if weight is not None and draft.expects(*names, label) not in (Kind.CATEGORICAL, Kind.TEXT):
        draft.answer(Kind.RATING, weight, *names, label=label, choice_ids=ids)
    else:
        draft.answer(Kind.CATEGORICAL, texts or None, *names, label=label, choice_ids=ids)
    for words in written:
        draft.words(words)


ADAPTER = Adapter("surveymonkey", "surveymonkey", delivery_key, parse, parse_fetched)
