"""What FastAPI leaves out of a contract: problems, headers that every route of a kind takes, and words for people."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, cast

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from shared import errors
from shared.examples import NOTHING, answer, example
from shared.problems import MEDIA_TYPE, FieldErrorBody, ProblemBody, responses
from shared.routes import SAFE, StreamRoute, expected_version

Document = dict[str, Any]

PROBLEMS = {
    kind.status: kind
    for kind in (
        errors.Moved,
        errors.Malformed,
        errors.Unauthorized,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.PreconditionFailed,
        errors.TooLarge,
        errors.UnsupportedMedia,
        errors.Invalid,
        errors.TooMany,
        errors.Unavailable,
    )
}
HEADERS: Document = {
    "X-Request-Id": {
        "description": "the request's id: the caller's own where it sent one, for both sides' logs",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "Location": {
        "description": "where the same is to be asked for",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {"description": "seconds to wait before trying again", "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {"description": "how to authenticate", "schema": {"type": "string"}},
    "RateLimit-Limit": {"description": "requests a second", "schema": {"type": "integer", "minimum": 1}},
    "RateLimit-Remaining": {"description": "requests left just now", "schema": {"type": "integer", "minimum": 0}},
    "RateLimit-Reset": {"description": "seconds until all are back", "schema": {"type": "integer", "minimum": 1}},
}
HEADERS["ETag"] = {
    "description": "the record's version; send it as `If-Match` to change that one only",
    "schema": {"type": "string"},
    "example": '"3"',
}
HEADERS["Idempotency-Replayed"] = {
    "description": "`true` on an answer that is given again",
    "schema": {"const": "true"},
}
RATES = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
HEADERS_OF: dict[type[errors.Problem], tuple[str, ...]] = {
    errors.Moved: ("Location",),
    errors.Unauthorized: ("WWW-Authenticate",),
    errors.TooMany: ("Retry-After", *RATES),
    errors.Unavailable: ("Retry-After",),
}
WORDS = {
    "id": "its id",
    "name": "its name, for people",
    "version": "rises by each change",
    "created_at": "when it was made",
    "updated_at": "when it was last changed",
    "data": "the records, in order",
    "external_id": "its id in the caller's own system",
    "attributes": "whatever else is known of it",
    "idea_id": "the idea",
    "contact_id": "the contact",
    "account_id": "the account that the contact belongs to",
    "feedback_id": "the feedback",
    "currency": "ISO 4217 code that money is in",
}
"""What a field means that says nothing of itself, by its name: these mean the same in every record."""
PARAMETERS: Document = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Makes a retry safe: the same key with the same request gets the first answer again, for a day. "
        "With another body it is a 422 whose `errors` name the values that differ, are missing or are new: the first "
        "64 of a body of up to 16 KiB.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,200}$"},
        "example": "2f4c6d1e-order-17",
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` of the version that is edited; 412 when another is current by now.",
        "schema": {"type": "string", "pattern": r'^(\*|(W/)?"?[0-9]{1,18}"?)$'},
        "example": '"3"',
    },
}


def finished(document: Document, routes: Iterable[BaseRoute]) -> Document:
    """The document that FastAPI made of these routes, completed in place."""
    components = document.setdefault("components", {})
    _, problem_schemas = models_json_schema(
        [(ProblemBody, "serialization"), (FieldErrorBody, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(problem_schemas["$defs"])
    components["responses"] = {kind.__name__: _problem(kind) for kind in PROBLEMS.values()}
    components["headers"] = HEADERS
    components["parameters"] = PARAMETERS
    _name_by_title(document)
    for schema in components["schemas"].values():
        for name, field in schema.get("properties", {}).items():
            if name in WORDS and "$ref" not in field:
                field.setdefault("description", WORDS[name])
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    document["servers"] = [{"url": "/", "description": "wherever it is served from"}]
    shown = [route for route in routes if isinstance(route, APIRoute) and route.include_in_schema]
    versioned = {route.path_format for route in shown if _depends_on_version(route.dependant)}
    for route in shown:
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            _complete(operation, route, method, components["schemas"])
            remembers = _remembers(operation, route, method)
            _add_headers(operation, remembers=remembers, versioned=route.path_format in versioned)
    return document


def _name_by_title(document: Document) -> None:
    """`Page_Idea_` becomes `IdeaPage`: generic models are known by what they are called, not by how they are made."""
    schemas = document["components"]["schemas"]
    prefix = "#/components/schemas/"
    names = {name: schema["title"] for name, schema in schemas.items() if name.endswith("_")}

    def rename(node: Any) -> None:
        if isinstance(node, dict):
            fields = cast("Document", node)
            reference = fields.get("$ref", "")
            if reference.removeprefix(prefix) in names:
                fields["$ref"] = prefix + names[reference.removeprefix(prefix)]
            for value in fields.values():
                rename(value)
        elif isinstance(node, list):
            for value in cast("list[Any]", node):
                rename(value)

    rename(document)
    renamed = {names.get(name, name): schema for name, schema in schemas.items()}
    document["components"]["schemas"] = dict(sorted(renamed.items()))


def _problem(kind: type[errors.Problem]) -> Document:
    names = ("X-Request-Id", *HEADERS_OF.get(kind, ()))
    return {
        "description": (kind.__doc__ or kind.title).strip(),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    }


def _complete(operation: Document, route: APIRoute, method: str, schemas: Document) -> None:
    sentences = re.split(r"\.\s+", operation.get("description", ""), maxsplit=1)
    operation["summary"] = " ".join(sentences[0].removesuffix(".").split())
    if len(sentences) == 1:
        operation.pop("description", None)
    parameters: list[Document] = operation.setdefault("parameters", [])
    declared = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
    named = re.findall(r"{(\w+)}", route.path_format)
    # An ingest route reads its path by itself.
    parameters.extend(
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in named
        if name not in declared
    )
    # In the order of the path, whichever dependency asks for each: generated clients take them in this order.
    parameters.sort(key=lambda each: named.index(each["name"]) if each["in"] == "path" else len(named))
    for parameter in parameters:
        if parameter["in"] == "path":
            noun, _, kind = parameter["name"].rpartition("_")
            parameter.setdefault("description", f"{kind} of the {noun}" if noun else f"the {kind}")
    if _remembers(operation, route, method):
        parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
        # The first request with the key may still run.
        for status, response in responses(errors.Conflict).items():
            operation["responses"].setdefault(str(status), response)
    if _depends_on_version(route.dependant):
        parameters.append({"$ref": "#/components/parameters/IfMatch"})
    if not parameters:
        del operation["parameters"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and (shown := example(body["schema"], schemas)) is not NOTHING:
        body.setdefault("example", shown)
    impossible = _impossible(operation, route, method)
    operation["responses"] = {
        status: _response(int(status), response)
        for status, response in sorted(operation["responses"].items())
        if status not in impossible
    }
    for status, response in operation["responses"].items():
        media: Document = response.get("content", {}).get("application/json", {}) if status.startswith("2") else {}
        if media.get("schema") and (shown := answer(media["schema"], schemas)) is not NOTHING:
            media.setdefault("example", shown)


def _impossible(operation: Document, route: APIRoute, method: str) -> set[str]:
    """Statuses that are declared, by all writing routes alike or by FastAPI itself, and that this one never answers."""
    impossible: set[str] = set()
    if method not in SAFE:
        if "{" not in route.path_format:
            impossible.add("404")
        if not _depends_on_version(route.dependant):
            impossible.add("412")
        if "requestBody" not in operation:
            impossible |= {"413", "415"}
    if "422" not in {str(status) for status in route.responses}:
        # FastAPI adds it wherever there is a parameter. A route that can refuse one says so.
        impossible.add("422")
    return impossible


def _remembers(operation: Document, route: APIRoute, method: str) -> bool:
    """Whether an Idempotency-Key gets the first answer again."""
    return bool(operation.get("security")) and method not in SAFE and not isinstance(route, StreamRoute)


def _add_headers(operation: Document, *, remembers: bool, versioned: bool) -> None:
    """What comes with every answer that is no problem; problems have theirs."""
    names = ["X-Request-Id"]
    if operation.get("security"):
        names += RATES
    if remembers:
        names.append("Idempotency-Replayed")
    for status, response in operation["responses"].items():
        if "$ref" not in response:
            tagged = ["ETag"] if versioned and status == "200" else []
            headers = {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, *tagged)}
            response["headers"] = headers | response.get("headers", {})


def _response(status: int, response: Document) -> Document:
    if status in PROBLEMS and MEDIA_TYPE in response.get("content", {}):
        return {"$ref": f"#/components/responses/{PROBLEMS[status].__name__}"}
    if response["description"] == "Successful Response":
        response["description"] = HTTPStatus(status).phrase
    return response


def _depends_on_version(dependant: Dependant) -> bool:
    return dependant.call is expected_version or any(map(_depends_on_version, dependant.dependencies))
