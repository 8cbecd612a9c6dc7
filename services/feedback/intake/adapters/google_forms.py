"""Google Forms: an Apps Script that forwards responses, or a watch that says by Pub/Sub that there are new ones."""

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.draft import Draft
from services.feedback.intake.adapters.normalized import (
    FETCHED_LIMIT,
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Kind,
    Outcome,
    Response,
    Rules,
    Thin,
    Unreadable,
)


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """Pub/Sub's `messageId`; the forwarder has none."""
    told = reading.obj(reading.obj(body).get("message"))
    return reading.first_identifier(told.get("messageId"), told.get("message_id"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One forwarded response, upserted by `responseId`; or where the new ones can be fetched."""
    event = reading.obj(body)
    told = event.get("message")
    pushed = reading.obj(told) if isinstance(told, dict) else event
    if isinstance(pushed.get("attributes"), dict):
        attributes = reading.obj(pushed["attributes"])
        kind = reading.identifier(attributes.get("eventType"))
        if kind not in (None, "RESPONSES"):
            return Ignored("unknown_event_type", kind)
        form = reading.identifier(attributes.get("formId"))
        if form is None:
            return Unreadable("missing", "/message/attributes/formId")
        at, _ = reading.moment(pushed.get("publishTime") or pushed.get("publish_time"))
        return Thin({"form_id": form} | ({"published_at": at.isoformat()} if at else {}))
    if event.get("answers") is None and reading.text(event.get("event")) in ("test", "ping"):
        return Ignored("ping")
    return _forwarded(event, rules)


def _forwarded(event: dict[str, JsonValue], rules: Rules) -> Outcome:
    key = reading.first_identifier(event.get("responseId"), event.get("response_id"))
    if key is None:
        return Unreadable("no_record_key", "/responseId")
    if not isinstance(event.get("answers"), dict):
        return Unreadable("missing", "/answers")
    draft = Draft(rules)
    draft.email(event.get("respondentEmail"))
    for title, value in reading.obj(event["answers"]).items():
        draft.untyped(value, title, label=title)
    created, changed = draft.time(event.get("createTime")), draft.time(event.get("lastSubmittedTime"))
    return (
        draft.finish(
            key,
            submitted_at=changed or created,
            changed_at=changed or created,
            source_name=event.get("formTitle"),
        ),
    )


def parse_fetched(headers: Headers, body: JsonValue, fetched: JsonValue, rules: Rules) -> Outcome:
    """Every response that was listed; upserted by `responseId`, ordered by `lastSubmittedTime`."""
    found = reading.obj(fetched)
    form = reading.obj(found.get("form"))
    listed = reading.items(found.get("responses"))
    if len(listed) > FETCHED_LIMIT:
        return Unreadable("too_many_rows", "/responses")
    questions = _questions(form)
    responses: list[Response] = []
    for position, entry in enumerate(map(reading.obj, listed)):
        key = reading.identifier(entry.get("responseId"))
        if key is None:
            return Unreadable("no_record_key", f"/responses/{position}/responseId")
        draft = Draft(rules)
        draft.email(entry.get("respondentEmail"))
        for question, given in reading.obj(entry.get("answers")).items():
            _answer(draft, reading.obj(given), reading.clean(question), questions)
        created, changed = draft.time(entry.get("createTime")), draft.time(entry.get("lastSubmittedTime"))
        responses.append(
            draft.finish(
                key,
                submitted_at=changed or created,
                changed_at=changed or created,
                source_name=reading.obj(form.get("info")).get("title"),
            )
        )
    return tuple(responses) or Ignored("no_new_responses")


def _questions(form: dict[str, JsonValue]) -> dict[str, tuple[JsonValue, dict[str, JsonValue]]]:
    """Titles and descriptions of the form's questions by their ids."""
    found: dict[str, tuple[JsonValue, dict[str, JsonValue]]] = {}
    for item in map(reading.obj, reading.items(form.get("items"))):
        single = reading.obj(reading.obj(item.get("questionItem")).get("question"))
        group = reading.items(reading.obj(item.get("questionGroupItem")).get("questions"))
        for question in (single, *map(reading.obj, group)):
            if known := reading.word(question.get("questionId")):
                row = reading.name(reading.obj(question.get("rowQuestion")).get("title"))
                title = reading.text(item.get("title"))
                found[known] = (f"{title}: {row}" if row else title, question)
    return found


def _answer(
    draft: Draft,
    given: dict[str, JsonValue],
    question: str,
    questions: dict[str, tuple[JsonValue, dict[str, JsonValue]]],
) -> None:
    label, asked = questions.get(question, (None, {}))
    listed = reading.items(reading.obj(given.get("textAnswers")).get("answers"))
    values = tuple(found for one in map(reading.obj, listed) if (found := reading.text(one.get("value"))))
    files = reading.items(reading.obj(given.get("fileUploadAnswers")).get("answers"))
    first = values[0] if values else None
    if first is None:
        names = ", ".join(found for one in map(reading.obj, files) if (found := reading.text(one.get("fileName"))))
        if names:
            draft.answer(Kind.TEXT, names, question, label=label)
    elif "scaleQuestion" in asked or "ratingQuestion" in asked:
        draft.answer(Kind.RATING, reading.number(first), question, label=label)
    elif "choiceQuestion" in asked or len(values) > 1:
        draft.answer(Kind.CATEGORICAL, values, question, label=label)
    elif "dateQuestion" in asked:
        draft.answer(Kind.DATE, first, question, label=label)
    else:
        draft.answer(Kind.TEXT, first, question, label=label, words=first)


ADAPTER = Adapter("google_forms", "token", delivery_key, parse, parse_fetched)
