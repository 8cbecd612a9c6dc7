"""Typeform: `form_response` with its definition, joined by field id, then ref."""

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.draft import Draft, turned
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

# The id of Typeform's own example: the same in every copy of it, so no key to recognise a delivery by.
_EXAMPLES = frozenset(("LtWXD3crgy",))
_NUMERIC = {"nps": Kind.NPS, "opinion_scale": Kind.RATING, "rating": Kind.RATING}


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`event_id`."""
    found = reading.identifier(reading.obj(body).get("event_id"))
    return None if found in _EXAMPLES else found


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response; upserted by `form_response.token`."""
    event = reading.obj(body)
    kind = reading.identifier(event.get("event_type"))
    if kind not in (None, "form_response"):
        return Ignored("unknown_event_type", kind)
    form = event.get("form_response")
    if not isinstance(form, dict):
        return Unreadable("missing", "/form_response")
    key = reading.first_identifier(form.get("token"), form.get("response_id"), event.get("event_id"))
    if key is None:
        return Unreadable("no_record_key", "/form_response/token")

    draft = Draft(rules)
    for name, value in reading.obj(form.get("hidden")).items():
        draft.hide(value, name)
    for entry in map(reading.obj, reading.items(form.get("variables"))):
        draft.hide(entry.get(reading.text(entry.get("type")) or ""), entry.get("key"))
    for name, value in reading.obj(form.get("calculated")).items():
        draft.hide(value, f"calculated.{name}")
    definition = reading.obj(form.get("definition"))
    fields = _fields(definition)
    for entry in reading.items(form.get("answers")):
        _answer(draft, reading.obj(entry), fields)
    submitted_at = draft.time(form.get("submitted_at"))
    return (
        draft.finish(
            key,
            submitted_at=submitted_at,
            changed_at=submitted_at,
            source_name=definition.get("title"),
            source_url=form.get("response_url"),
        ),
    )


def _fields(definition: dict[str, JsonValue]) -> dict[str, dict[str, JsonValue]]:
    """Every field of the form by id and by ref, those inside groups too."""
    found: dict[str, dict[str, JsonValue]] = {}
    waiting = [definition.get("fields")]
    while waiting:
        for field in map(reading.obj, reading.items(waiting.pop())):
            for name in (field.get("ref"), field.get("id")):
                if known := reading.text(name):
                    found[known] = field
            waiting.append(reading.obj(field.get("properties")).get("fields"))
    return found


def _answer(draft: Draft, entry: dict[str, JsonValue], fields: dict[str, dict[str, JsonValue]]) -> None:
    field = reading.obj(entry.get("field"))
    asked = fields.get(reading.text(field.get("id")) or "") or fields.get(reading.text(field.get("ref")) or "") or {}
    names = (field.get("id"), field.get("ref") or asked.get("ref"))
    label, asks = asked.get("title"), reading.text(field.get("type") or asked.get("type")) or ""
    kind = reading.text(entry.get("type")) or ""
    value = entry.get(kind)
    match kind:
        case "text":
            found = reading.text(value)
            if asks == "dropdown":
                draft.answer(Kind.CATEGORICAL, (found,) if found else None, *names, label=label)
            else:
                draft.answer(Kind.TEXT, found, *names, label=label, words=found)
        case "number":
            draft.answer(_NUMERIC.get(asks, Kind.NUMBER), reading.number(value), *names, label=label)
        case "boolean":
            given = value if isinstance(value, bool) else turned(Kind.BOOLEAN, reading.text(value) or "")
            draft.answer(Kind.BOOLEAN, given, *names, label=label)
        case "date":
            draft.answer(Kind.DATE, reading.text(value), *names, label=label)
        case "choice" | "choices":
            plain = reading.texts(value)
            if plain and not isinstance(value, dict):
                draft.answer(Kind.CATEGORICAL, plain, *names, label=label)
            else:
                _choices(draft, reading.obj(value), asked, names, label)
        case "payment":
            draft.answer(Kind.TEXT, reading.text(reading.obj(value).get("amount")), *names, label=label)
        case _:
            # email, url, phone_number, file_url, signature, and whatever comes next: kept, but nobody's statement.
            if kind == "email":
                draft.email(value)
            if isinstance(value, dict | list):
                draft.untyped(value, *names, label=label, free=False)
            else:
                draft.answer(Kind.TEXT, reading.text(value), *names, label=label)


def _choices(
    draft: Draft,
    chosen: dict[str, JsonValue],
    asked: dict[str, JsonValue],
    names: tuple[JsonValue, ...],
    label: JsonValue,
) -> None:
    """One choice `{id, label | other}` or several `{ids, labels, other}`; ids alone are looked up in the definition."""
    several = [reading.obj(one) for one in reading.items(chosen.get("choices"))] or [chosen]
    listed = reading.items(chosen.get("ids")) or [one.get("id") for one in several]
    ids = tuple(found for one in listed if (found := reading.identifier(one)))
    labels = reading.texts(chosen.get("labels")) or tuple(
        found for one in several if (found := reading.text(one.get("label")))
    )
    other = reading.text(chosen.get("other"))
    if not labels and not other:
        offered = reading.items(asked.get("choices")) or reading.items(
            reading.obj(asked.get("properties")).get("choices")
        )
        known = {reading.identifier(one.get("id")): reading.text(one.get("label")) for one in map(reading.obj, offered)}
        labels = tuple(known.get(one) or one for one in ids)
    value = (*labels, other) if other else labels
    draft.answer(Kind.CATEGORICAL, value or None, *names, label=label, choice_ids=ids, words=other)


ADAPTER = Adapter("typeform", "typeform", delivery_key, parse)
