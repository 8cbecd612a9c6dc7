"""Survicate: one delivery per answer, grouped by `responseUuid`, then `surveyCompleted`."""

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
    """`messageId`."""
    return reading.identifier(reading.obj(body).get("messageId"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """A part of one response, or its end; both upserted by `responseUuid`."""
    told = reading.obj(reading.obj(body).get("event"))
    name = next((one for one in ("questionAnswered", "surveyCompleted") if isinstance(told.get(one), dict)), None)
    if name is None:
        known = next((reading.bounded(reading.clean(one)) for one in told), None)
        return Ignored("unknown_event_type", known) if told else Unreadable("missing", "/event")
    event = reading.obj(told[name])
    key = reading.identifier(event.get("responseUuid"))
    if key is None:
        return Unreadable("no_record_key", f"/event/{name}/responseUuid")
    draft = Draft(rules)
    respondent = reading.obj(event.get("respondent"))
    attributes = _attributes(respondent.get("attributes"))
    for attribute, value in attributes.items():
        draft.hide(value, attribute)
    if name == "questionAnswered":
        _answer(draft, event, reading.obj(event.get("question")))
    at = draft.time(event.get("timestamp"))
    return (
        draft.finish(
            key,
            submitted_at=at,
            changed_at=at,
            source_name=reading.obj(event.get("survey")).get("name"),
            source_url=event.get("url"),
            respondent_id=respondent.get("uuid") or respondent.get("id"),
            attributes=attributes,
            partial=True,
        ),
    )


def _attributes(value: JsonValue) -> dict[str, JsonValue]:
    """`[{"name": "email", "value": "…"}]`, or an object."""
    listed = [reading.obj(one) for one in reading.items(value)]
    pairs = [(reading.word(one.get("name")), one.get("value")) for one in listed]
    return {name: entry for name, entry in pairs if name} or reading.obj(value)


def _answer(draft: Draft, event: dict[str, JsonValue], question: dict[str, JsonValue]) -> None:
    """`choice` or `choices` of `{id, body, comment}`, or `answer`: a text, a number, or an object with either."""
    names, label = (question.get("id"),), reading.prose(question.get("body"))
    chosen = [reading.obj(one) for one in (*reading.items(event.get("choices")), event.get("choice")) if one]
    if chosen:
        labels = tuple(found for one in chosen if (found := reading.text(one.get("body"))))
        ids = tuple(found for one in chosen if (found := reading.identifier(one.get("id"))))
        draft.answer(Kind.CATEGORICAL, labels or None, *names, label=label, choice_ids=ids)
        for one in chosen:
            if comment := reading.text(one.get("comment")):
                draft.answer(Kind.TEXT, comment, f"{reading.word(question.get('id')) or ''}/comment", words=comment)
        return
    answer = event.get("answer")
    if isinstance(answer, dict):
        answer = next(
            (answer[one] for one in ("body", "text", "value", "rating") if answer.get(one) is not None), answer
        )
    draft.untyped(answer, *names, label=label)


ADAPTER = Adapter("survicate", "survicate", delivery_key, parse)
