"""Tally: `FORM_RESPONSE` with one flat list of fields: questions, hidden fields, calculations and echoes of choices."""

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

_UNASKED = frozenset(("HIDDEN_FIELDS", "CALCULATED_FIELDS"))
_CHOICES = frozenset(("MULTIPLE_CHOICE", "CHECKBOXES", "DROPDOWN", "MULTI_SELECT", "RANKING"))
_FILES = frozenset(("FILE_UPLOAD", "SIGNATURE"))
_FREE = frozenset(("INPUT_TEXT", "TEXTAREA"))
_NUMERIC = {"INPUT_NUMBER": Kind.NUMBER, "RATING": Kind.RATING, "LINEAR_SCALE": Kind.RATING}


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`eventId`."""
    return reading.identifier(reading.obj(body).get("eventId"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response; upserted by `data.submissionId`."""
    event = reading.obj(body)
    kind = reading.identifier(event.get("eventType"))
    if kind not in (None, "FORM_RESPONSE"):
        return Ignored("unknown_event_type", kind)
    data = event.get("data")
    if not isinstance(data, dict):
        return Unreadable("missing", "/data")
    key = reading.first_identifier(data.get("submissionId"), data.get("responseId"), event.get("eventId"))
    if key is None:
        return Unreadable("no_record_key", "/data/submissionId")

    draft = Draft(rules)
    for entry in reading.items(data.get("fields")):
        _field(draft, reading.obj(entry))
    submitted_at = draft.time(data.get("createdAt") or event.get("createdAt"))
    return (
        draft.finish(
            key,
            submitted_at=submitted_at,
            changed_at=submitted_at,
            source_name=data.get("formName"),
            respondent_id=data.get("respondentId"),
        ),
    )


def _field(draft: Draft, field: dict[str, JsonValue]) -> None:
    kind = reading.text(field.get("type")) or ""
    key, label, value = field.get("key"), field.get("label"), field.get("value")
    if value is None:
        return
    if kind in _UNASKED:
        draft.hide(value, label, key)
    elif kind in _CHOICES:
        # A boolean here repeats one option of the list before it.
        if not isinstance(value, bool):
            _choice(draft, value, _options(field.get("options")), key, label)
    elif kind in _NUMERIC:
        draft.answer(_NUMERIC[kind], reading.number(value), key, label=label)
    elif kind == "MATRIX":
        rows, columns = _options(field.get("rows")), _options(field.get("columns"))
        for row, picked in reading.obj(value).items():
            title = f"{reading.text(label) or ''}: {rows.get(row, row)}"
            _choice(draft, picked, columns, f"{reading.word(key) or ''}/{row}", title)
    elif kind in _FILES:
        links = "\n".join(found for one in reading.items(value) if (found := reading.link(reading.obj(one).get("url"))))
        draft.answer(Kind.TEXT, links or None, key, label=label)
    elif kind == "INPUT_DATE":
        draft.answer(Kind.DATE, reading.text(value), key, label=label)
    else:
        if kind == "INPUT_EMAIL":
            draft.email(value)
        draft.untyped(value, key, label=label, free=kind in _FREE)


def _options(value: JsonValue) -> dict[str, str]:
    """Option ids and their texts."""
    offered = [reading.obj(one) for one in reading.items(value)]
    pairs = ((reading.text(one.get("id")), reading.text(one.get("text"))) for one in offered)
    return {name: title for name, title in pairs if name and title}


def _choice(draft: Draft, value: JsonValue, options: dict[str, str], key: JsonValue, label: JsonValue) -> None:
    """One id or several; what no option explains is the respondent's own entry and has no id."""
    if value is None or value == []:
        return
    picked = reading.texts(value)
    labels = tuple(options.get(one, one) for one in picked)
    ids = tuple(reading.bounded(one) for one in picked if one in options)
    draft.answer(Kind.CATEGORICAL, labels or None, key, label=label, choice_ids=ids)


ADAPTER = Adapter("tally", "tally", delivery_key, parse)
