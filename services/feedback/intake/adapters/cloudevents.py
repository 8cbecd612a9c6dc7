"""CloudEvents 1.0 over HTTP: structured, binary and batched. The data is read as the generic adapter reads a body."""

import binascii
from urllib.parse import unquote

from services.feedback.intake.adapters import generic, reading
from services.feedback.intake.adapters.normalized import (
    DELIVERY,
    ROW_LIMIT,
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Outcome,
    Response,
    Rules,
    Unreadable,
)

_PREFIX = "ce-"


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """Source and id of the event; a batch has none of its own."""
    if isinstance(body, list):
        return None
    event = _binary(headers, body) or reading.obj(body)
    return _identity(event) if event.get("specversion") is not None else None


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """A response for each event; upserted by the data's own id, or else by the event's source and id."""
    binary = _binary(headers, body)
    events = [binary] if binary else body if isinstance(body, list) else [body]
    if len(events) > ROW_LIMIT:
        return Unreadable("too_many_rows")
    found: list[Response] = []
    for position, event in enumerate(map(reading.obj, events)):
        at = f"/{position}" if isinstance(body, list) and not binary else ""
        if event.get("specversion") is None:
            return Unreadable("unknown_shape", f"{at}/specversion")
        identity = _identity(event) or reading.identifier(headers.get(DELIVERY))
        data = _data(event)
        row = data
        if rules.fields is None and isinstance(data, dict):
            # The event says when, where its data does not.
            row = {"submitted_at": event.get("time"), **data}
        elif rules.fields is None and isinstance(data, str):
            row = {"submitted_at": event.get("time"), "text": data}
        response = generic.read(row, rules, identity)
        if isinstance(response, Unreadable):
            return Unreadable(response.reason, f"{at}/data{response.pointer}")
        found.append(response)
    return tuple(found) or Ignored("ping")


def _identity(event: dict[str, JsonValue]) -> str | None:
    id, source = reading.word(event.get("id")), reading.word(event.get("source"))
    return reading.bounded(f"{source or ''}#{id}") if id else None


def _binary(headers: Headers, body: JsonValue) -> dict[str, JsonValue]:
    """The event whose attributes are headers, percent-encoded; empty when they are not."""
    if not headers.get("ce-specversion"):
        return {}
    attributes: dict[str, JsonValue] = {
        name.removeprefix(_PREFIX): unquote(value) for name, value in headers.items() if name.startswith(_PREFIX)
    }
    return {**attributes, "data": body}


def _data(event: dict[str, JsonValue]) -> JsonValue:
    encoded = event.get("data_base64")
    if not isinstance(encoded, str):
        data = event.get("data")
        # JSON in a string, as some SDKs send it.
        found = reading.decode(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else data
        return data if isinstance(found, Unreadable) else found
    try:
        found = reading.decode(binascii.a2b_base64(encoded.encode("utf-8", "surrogatepass")))
    except ValueError:
        return None
    return None if isinstance(found, Unreadable) else found


ADAPTER = Adapter("cloudevents", "cloudevents", delivery_key, parse)
