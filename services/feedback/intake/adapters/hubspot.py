"""HubSpot: a workflow's webhook with a whole record, read as the rules say; API events, which tell of a change only."""

from services.feedback.intake.adapters import generic, reading
from services.feedback.intake.adapters.normalized import (
    DELIVERY,
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Outcome,
    Rules,
    Unreadable,
)


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """None: `eventId` is not unique, and a record has no id of its delivery."""
    return None


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response of a workflow; upserted by what `fields.record` leads to, else alone under its delivery."""
    if isinstance(body, list):
        first = reading.obj(body[0]) if body else {}
        kind = reading.identifier(first.get("subscriptionType"))
        return Ignored("thin_event", kind) if kind else Unreadable("unknown_shape")
    record = reading.obj(body)
    if reading.identifier(record.get("subscriptionType")):
        return Ignored("thin_event", reading.identifier(record.get("subscriptionType")))
    found = generic.read(_flat(record), rules, reading.identifier(headers.get(DELIVERY)))
    return found if isinstance(found, Unreadable) else (found,)


def _flat(record: dict[str, JsonValue]) -> JsonValue:
    """Properties by their names: `{"score": {"value": "9", "versions": […]}}` as `{"score": "9"}`."""
    properties = record.get("properties")
    if not isinstance(properties, dict):
        return record
    values = {
        name: entry.get("value") if isinstance(entry, dict) and "value" in entry else entry
        for name, entry in properties.items()
    }
    return {**record, "properties": values}


ADAPTER = Adapter("hubspot", "hubspot", delivery_key, parse)
