"""The contract of the events as one AsyncAPI 3.0 document, made from the registry that the code itself runs on."""

import inspect
from collections.abc import Iterable
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.events.base import Event
from shared.service import Service

Document = dict[str, Any]

UUID = {"type": "string", "format": "uuid"}
PARAMETER = "aggregate_id"
DESCRIPTION = """
Services talk through events alone. Each is a snapshot of one aggregate with a `version` that rises by each change:
apply it where the version you hold is older, and duplicates and disorder do no harm. Within an aggregate, events
arrive in the order of their versions.

They travel on NATS JetStream as CloudEvents 1.0 in binary mode: attributes in headers, JSON in the body. One stream
per service, named after it. The stream stores a message with its partition (0 to 7, computed from the aggregate) after
the service's name: `feedback.3.idea.changed.v1.<aggregate_id>`.

Changes are additive. A breaking change is a new `.v2` beside the old one; ignore fields that you do not know.
""".strip()


def document(contracts: Iterable[type[Event]], services: Iterable[Service]) -> Document:
    """Every event: who publishes it, who listens to it, and what it carries."""
    events = sorted(contracts, key=lambda contract: contract.type)
    _, schemas = models_json_schema(
        [(event, "serialization") for event in events], ref_template="#/components/schemas/{model}"
    )
    operations = {f"publish_{event.__name__}": _operation("send", event, _service(event)) for event in events}
    for service in services:
        for event in sorted(service.consumers, key=lambda contract: contract.type):
            name = f"apply_{event.__name__}_in_{service.name}"
            operations[name] = _operation("receive", event, service.name)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Cairn events",
            "version": "1.0.0",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "tags": [{"name": service} for service in sorted({_service(event) for event in events})],
        },
        "defaultContentType": "application/json",
        "servers": {
            "nats": {
                "host": "{host}",
                "protocol": "nats",
                "description": "JetStream; `make run` starts one",
                "variables": {"host": {"default": "127.0.0.1:8711", "description": "host and port"}},
            }
        },
        "channels": {event.__name__: _channel(event) for event in events},
        "operations": operations,
        "components": {
            "messages": {event.__name__: _message(event) for event in events},
            "schemas": schemas["$defs"] | {f"{event.__name__}Headers": _headers(event) for event in events},
        },
    }


def _service(event: type[Event]) -> str:
    return event.type.partition(".")[0]


def _words(event: type[Event]) -> tuple[str, str]:
    """What the docstring says: its first sentence, and all of it."""
    description = " ".join(inspect.cleandoc(event.__doc__ or "").split())
    return description.partition(". ")[0].removesuffix("."), description


def _channel(event: type[Event]) -> Document:
    return {
        "address": f"{event.type}.{{{PARAMETER}}}",
        "description": _words(event)[1],
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}},
        "parameters": {PARAMETER: {"description": f"the aggregate: `{event.aggregate}` of the event"}},
        "servers": [{"$ref": "#/servers/nats"}],
        "tags": [{"name": _service(event)}],
    }


def _operation(action: str, event: type[Event], service: str) -> Document:
    verb = "publishes" if action == "send" else "applies"
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{event.__name__}"},
        "summary": f"{service} {verb} {event.__name__}",
        "messages": [{"$ref": f"#/channels/{event.__name__}/messages/{event.__name__}"}],
        "tags": [{"name": service}],
    }


def _message(event: type[Event]) -> Document:
    summary, description = _words(event)
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": summary,
        "description": description,
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{event.__name__}Headers"},
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "correlationId": {"location": "$message.header#/traceparent", "description": "W3C trace of the cause"},
    }


def _headers(event: type[Event]) -> Document:
    required = {
        "Nats-Msg-Id": UUID | {"description": "same as ce-id: the stream drops an id that it knows"},
        "ce-specversion": {"const": "1.0"},
        "ce-id": UUID | {"description": "the event's id"},
        "ce-source": {"const": f"/cairn/{_service(event)}"},
        "ce-type": {"const": event.type},
        "ce-subject": UUID | {"description": "the aggregate's id"},
        "ce-time": {"type": "string", "format": "date-time", "description": "when it happened"},
        "ce-workspaceid": UUID | {"description": "the tenant"},
        "content-type": {"const": "application/json"},
    }
    traceparent = {"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"}
    return {
        "type": "object",
        "description": "CloudEvents 1.0 attributes",
        "required": list(required),
        "properties": required | {"traceparent": traceparent},
    }
