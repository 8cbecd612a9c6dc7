"""SmartSurvey: a list of whole responses, their questions in pages; a response comes again when it is changed."""

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.draft import Draft
from services.feedback.intake.adapters.normalized import (
    ROW_LIMIT,
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Kind,
    Outcome,
    Response,
    Rules,
    Unreadable,
)


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """None: nothing names a delivery."""
    return None


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """Every response of the list; upserted by its `id`, ordered by `date_modified`."""
    rows = body if isinstance(body, list) else [body]
    if len(rows) > ROW_LIMIT:
        return Unreadable("too_many_rows")
    found: list[Response] = []
    for position, row in enumerate(map(reading.obj, rows)):
        key = reading.identifier(row.get("id"))
        if key is None:
            return Unreadable("no_record_key", f"/{position}/id" if isinstance(body, list) else "/id")
        found.append(_response(key, row, rules))
    return tuple(found) or Ignored("ping")


def _response(key: str, row: dict[str, JsonValue], rules: Rules) -> Response:
    draft = Draft(rules)
    # Not `edit_url`: whoever has it can change what was said.
    for name in ("survey_id", "tracking_link_id", "status", "country", "entry_url"):
        draft.hide(row.get(name), name)
    draft.email(row.get("contact_email"))
    for page in map(reading.obj, reading.items(row.get("pages"))):
        for question in map(reading.obj, reading.items(page.get("questions"))):
            _question(draft, question)
    modified, ended = draft.time(row.get("date_modified")), draft.time(row.get("date_ended"))
    return draft.finish(
        key,
        submitted_at=ended or modified or draft.time(row.get("date_started")),
        changed_at=modified or ended,
        name=row.get("contact_name"),
    )


def _question(draft: Draft, question: dict[str, JsonValue]) -> None:
    """Chosen options are one answer for each row of the question; what is typed beside an option is one of its own."""
    names, label = (question.get("id"),), reading.prose(question.get("title"))
    answers = list(map(reading.obj, reading.items(question.get("answers"))))
    chosen: dict[str, list[dict[str, JsonValue]]] = {}
    for answer in answers:
        if answer.get("value") is None:
            chosen.setdefault(reading.identifier(answer.get("row_id")) or "", []).append(answer)
    for row, options in chosen.items():
        titles = tuple(found for one in options if (found := reading.text(one.get("choice_title"))))
        ids = tuple(found for one in options if (found := reading.identifier(one.get("choice_id"))))
        path = _path(names, row) if row and len(chosen) > 1 else ()
        draft.answer(Kind.CATEGORICAL, titles or ids or None, *path, *names, label=label, choice_ids=ids)
    for answer in answers:
        if (value := reading.text(answer.get("value"))) is not None:
            beside = reading.identifier(answer.get("row_id")) or reading.identifier(answer.get("choice_id"))
            path = _path(names, beside) if beside and len(answers) > 1 else ()
            draft.answer(Kind.TEXT, value, *(path or names), label=label, words=value)


def _path(names: tuple[JsonValue, ...], part: str) -> tuple[str, ...]:
    return tuple(f"{found}/{part}" for one in names if (found := reading.word(one)))


ADAPTER = Adapter("smartsurvey", "smartsurvey", delivery_key, parse)
