"""Any sender of Standard Webhooks: the envelope `{type, timestamp, data}`.

`data` is read in this shape; everything is optional, but something to read there must be:

    {"id": "r-1", "text": "Exports are slow", "submitted_at": "…", "updated_at": "…", "language": "en",
     "source_name": "Beta survey", "source_url": "https://…",
     "answers": [{"key": "q1", "label": "Recommend us?", "kind": "nps", "value": 9}]  or  {"q1": 9},
     "person": {"id": "u-7", "email": "…", "name": "…", "account": "acme", "attributes": {"role": "admin"}},
     "hidden": {"plan": "pro"}}

Other scalars in `data` count as hidden fields, within reach of the rules. Formbricks' envelope is read as well.
"""

from services.feedback.intake.adapters import formbricks, reading
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

_TOLD = frozenset(
    ("id", "text", "submitted_at", "updated_at", "language", "source_name", "source_url", "answers", "person", "hidden")
)
_PINGS = frozenset(("ping", "test", "webhook.test", "webhook.ping"))
_KINDS = {kind.value: kind for kind in Kind}


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`webhook-id`, or Svix's name for it: the same in every retry."""
    return reading.first_identifier(headers.get("webhook-id"), headers.get("svix-id"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response; upserted by `data.id`, or else alone under the delivery's id."""
    if formbricks.recognised(body):
        return formbricks.parse(headers, body, rules)
    event = reading.obj(body)
    kind = reading.identifier(event.get("type"))
    if kind in _PINGS:
        return Ignored("ping")
    data = event.get("data")
    if not isinstance(data, dict):
        return Unreadable("unknown_shape" if kind is None else "missing", "/data")
    key = reading.identifier(data.get("id")) or delivery_key(headers, body)
    if key is None:
        return Unreadable("no_record_key", "/data/id")

    draft = Draft(rules)
    for name, value in reading.obj(data.get("hidden")).items():
        draft.hide(value, name)
    for name, value in data.items():
        if name not in _TOLD:
            draft.hide(value, name)
    draft.words(reading.text(data.get("text")))
    answers = data.get("answers")
    for name, value in reading.obj(answers).items():
        draft.untyped(value, name)
    for entry in map(reading.obj, reading.items(answers)):
        _answer(draft, entry)
    if draft.empty:
        return Unreadable("nothing_to_read", "/data")
    person = reading.obj(data.get("person"))
    draft.email(person.get("email"))
    happened = event.get("timestamp")
    submitted = data.get("submitted_at") if data.get("submitted_at") is not None else happened
    changed = next((one for one in (data.get("updated_at"), happened, submitted) if one is not None), None)
    return (
        draft.finish(
            key,
            submitted_at=draft.time(submitted),
            changed_at=draft.time(changed),
            source_name=data.get("source_name"),
            source_url=data.get("source_url"),
            language=data.get("language"),
            external_id=person.get("id"),
            account_external_id=person.get("account"),
            name=person.get("name"),
            attributes=reading.obj(person.get("attributes")),
        ),
    )


def _answer(draft: Draft, entry: dict[str, JsonValue]) -> None:
    """`{key, label, kind, value}`; a kind that the value does not fit is left to the value's JSON type."""
    key, label, value = entry.get("key"), entry.get("label"), entry.get("value")
    kind = _KINDS.get(reading.text(entry.get("kind")) or "")
    given = reading.texts(value) if isinstance(value, list) else value
    fitting = turned(kind, given) if kind and given is not None and not isinstance(given, dict) else None
    if kind is None or fitting is None:
        draft.untyped(value, key, label=label)
    else:
        draft.answer(kind, fitting, key, label=label, words=str(fitting) if kind is Kind.TEXT else None)


ADAPTER = Adapter("standard_webhooks", "standard_webhooks", delivery_key, parse)
