"""docs/api says what the code does, in valid documents that a generated client reads well from."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, cast

import jsonschema_rs
import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft7Validator, Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from openapi_schema_validator import OAS31Validator
from openapi_schema_validator._specifications import REGISTRY
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.keywords import OpenAPIV31SchemaValidator
from pydantic import BaseModel, TypeAdapter

from deploy import SERVICES
from deploy.contracts import FOLDER, differences, services, write
from shared.access.keys import SCOPES
from shared.events.base import CONTRACTS
from shared.examples import NOTHING, answer, example
from tests.contracts.operations import Operation, operations, resolved

Document = dict[str, Any]

# @asyncapi/specs 6.11.1, schemas/3.0.0-without-$id.json, Apache-2.0: as it is, compressed.
ASYNCAPI_SCHEMA = Path(__file__).with_name("asyncapi-3.0.0.schema.json.gz")
GUARDED = {"400", "401", "403", "422", "429", "503"}

each_service = pytest.mark.parametrize("service", SERVICES)


@pytest.fixture(scope="module")
def made() -> dict[str, Document]:
    """Every document as it is in docs/api, which the first test holds against the code: making them takes seconds."""
    return {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}


def openapi(made: dict[str, Document], service: str) -> Document:
    return made[f"{service}.openapi.json"]


def described(made: dict[str, Document], service: str) -> list[Operation]:
    return list(operations(openapi(made, service)))


def test_docs_api_is_up_to_date() -> None:
    assert differences(FOLDER) == [], "make docs"


def test_differences_are_seen(tmp_path: Path) -> None:
    write(tmp_path)
    assert differences(tmp_path) == []
    (tmp_path / "left-over.openapi.json").write_text("{}\n")
    (tmp_path / "roadmap.openapi.json").unlink()
    path = tmp_path / "asyncapi.json"
    path.write_text(path.read_text().replace("3.0.0", "2.0.0"))
    files = {line.split()[1] for line in differences(tmp_path) if line.startswith("--- ")}
    assert files == {"left-over.openapi.json", "roadmap.openapi.json", "asyncapi.json"}


SCHEMA_OF_SCHEMAS = jsonschema_rs.validator_for(
    OAS31Validator.META_SCHEMA,
    registry=jsonschema_rs.Registry(
        [(str(uri), cast("Any", REGISTRY.contents(uri))) for uri in REGISTRY if "/oas/3.1/" in uri]
    ),
)


class Schemas(OpenAPIV31SchemaValidator):
    """Holds schemas to the same schema of schemas, in a hundredth of the time: it was most of what a check took."""

    def _get_schema_checker(self, schema: object, schema_value: object) -> Callable[[object], None]:
        return self._check

    def _check(self, value: object) -> None:
        for error in SCHEMA_OF_SCHEMAS.iter_errors(value):
            raise ValidationError(error.message)


class OpenApi(OpenAPIV31SpecValidator):
    keyword_validators: ClassVar = {**OpenAPIV31SpecValidator.keyword_validators, "schema": Schemas}


@each_service
def test_openapi_is_valid(made: dict[str, Document], service: str) -> None:
    document = openapi(made, service)
    assert document["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenApi(document).iter_errors()] == []


def test_what_is_wrong_in_a_contract_is_seen(made: dict[str, Document]) -> None:
    properties = openapi(made, "roadmap")["components"]["schemas"]["Item"]["properties"]
    for wrong in ({"type": "strin"}, {"properties": {"a": {"minLength": "1"}}}, {"type": "integer", "default": "x"}):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(properties, "id", wrong)
            assert list(OpenApi(openapi(made, "roadmap")).iter_errors()), wrong


def test_asyncapi_is_valid(made: dict[str, Document]) -> None:
    schema = json.loads(gzip.decompress(ASYNCAPI_SCHEMA.read_bytes()))
    validator: Validator = Draft7Validator(schema)
    assert [f"{error.json_path}: {error.message}" for error in errors(validator, made["asyncapi.json"])] == []
    broken = made["asyncapi.json"] | {"operations": {"x": {"action": "shout"}}}
    assert errors(validator, broken), "the validator itself works"


def errors(validator: Validator, instance: object) -> list[Any]:
    return list(cast("Any", validator).iter_errors(instance))


def test_no_two_services_share_a_path(made: dict[str, Document]) -> None:
    paths = Counter(path for service in SERVICES for path in openapi(made, service)["paths"])
    # `/v1/ideas/{idea_id}` and `/v1/ideas/{id}` are one path to whoever routes by it.
    shapes = Counter(re.sub(r"{\w+}", "{}", path) for path in paths.elements())
    assert [shape for shape, count in shapes.items() if count > 1] == []
    owners: dict[str, str] = {}
    for service in SERVICES:
        for path in openapi(made, service)["paths"]:
            first = path.split("/")[2]
            if path.startswith("/v1/") and first != "operations":
                assert owners.setdefault(first, service) == service, f"/v1/{first} belongs to one service"


@each_service
def test_operations_read_well_in_a_client(made: dict[str, Document], service: str) -> None:
    found = described(made, service)
    ids = [operation.id for operation in found]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in openapi(made, service)["tags"]}
    assert all(tag["description"] for tag in openapi(made, service)["tags"])
    used: set[str] = set()
    for operation in found:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", operation.id), operation.id
        assert operation.body["summary"], operation.id
        assert len(operation.body["summary"]) <= 100, f"{operation.id}: the docstring's first sentence is too long"
        assert len(operation.body["tags"]) == 1, operation.id
        used |= set(operation.body["tags"])
    assert used == tags, "every tag is described, and used"


@each_service
def test_components_read_well_in_a_client(made: dict[str, Document], service: str) -> None:
    schemas = openapi(made, service)["components"]["schemas"]
    for name, schema in schemas.items():
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]+", name), name
        assert schema.get("description") or name.endswith("Page") or "enum" in schema, f"{name} has no docstring"
    everything = json.dumps(openapi(made, service))
    unused = [name for name in schemas if f'"#/components/schemas/{name}"' not in everything]
    assert unused == []


@each_service
def test_every_route_documents_its_problems(made: dict[str, Document], service: str) -> None:
    for operation in described(made, service):
        statuses = set(operation.body["responses"])
        label = f"{operation.method} {operation.path}"
        if operation.scopes is not None:
            assert statuses >= GUARDED, label
            assert operation.scopes <= SCOPES, label
            assert operation.scopes, f"{label} needs no scope"
        if "{" in operation.path:
            assert "404" in statuses, label
        body = operation.body.get("requestBody", {}).get("content", {})
        if body and operation.method != "get":
            assert "413" in statuses, label
            assert ("415" in statuses) == ("*/*" not in body), label
        if not body:
            assert not statuses & {"413", "415"}, f"{label} refuses a body that it does not read"
        takes_version = {"$ref": "#/components/parameters/IfMatch"} in operation.parameters
        assert ("412" in statuses) == takes_version, label
        for status, response in operation.body["responses"].items():
            if int(status) >= 400 and not operation.path.startswith("/p/"):
                content = resolved(openapi(made, service), response)["content"]
                assert list(content) == ["application/problem+json"], f"{label} {status}"


@each_service
def test_every_route_with_no_key_is_meant_to_have_none(made: dict[str, Document], service: str) -> None:
    unguarded = {operation.path.split("/{")[0] for operation in described(made, service) if operation.scopes is None}
    assert unguarded <= {"/v1/hooks", "/p"}


@each_service
def test_every_answer_has_a_shape(made: dict[str, Document], service: str) -> None:
    for operation in described(made, service):
        for status, response in operation.body["responses"].items():
            if status in {"200", "201"} and operation.method not in {"head", "options"}:
                content = resolved(openapi(made, service), response)["content"]
                for kind, media in content.items():
                    assert media.get("schema") or "json" not in kind, f"{operation.id} {status} answers anything"


def examples(schema: Document, node: Any, path: str = "") -> Iterator[tuple[str, Document, Any]]:
    """Every example below a node, with the schema it stands in."""
    if isinstance(node, dict):
        fields = cast("Document", node)
        for given in cast("list[Any]", fields.get("examples", [])):
            yield path, fields, given
        if "example" in fields and "schema" in fields:
            yield path, fields["schema"], fields["example"]
        for name, value in fields.items():
            if name not in {"examples", "example"}:
                yield from examples(schema, value, f"{path}/{name}")
    elif isinstance(node, list):
        for position, value in enumerate(cast("list[Any]", node)):
            yield from examples(schema, value, f"{path}/{position}")


@each_service
def test_examples_fit_their_schemas(made: dict[str, Document], service: str) -> None:
    document = openapi(made, service)
    found = list(examples(document, document))
    assert len(found) > 10
    for path, schema, given in found:
        whole = schema | {"components": document["components"]}
        problems = [error.message for error in errors(Draft202012Validator(whole), given)]
        assert problems == [], f"{path}: {given!r}"


@each_service
def test_every_parameter_and_every_record_s_id_is_described(made: dict[str, Document], service: str) -> None:
    document = openapi(made, service)
    for operation in described(made, service):
        for parameter in operation.parameters:
            if parameter.get("in") == "path":
                assert parameter["description"], f"{operation.id}: {parameter['name']}"
    for name, schema in document["components"]["schemas"].items():
        for field in {"id", "version", "created_at", "updated_at"} & set(schema.get("properties", {})):
            assert schema["properties"][field]["description"], f"{name}.{field}"


@each_service
def test_answers_name_the_headers_that_come_with_them(made: dict[str, Document], service: str) -> None:
    for operation in described(made, service):
        for status, response in operation.body["responses"].items():
            headers = set(resolved(openapi(made, service), response).get("headers", {}))
            assert "X-Request-Id" in headers, f"{operation.id} {status}"
            if operation.scopes is not None and int(status) < 300:
                assert "RateLimit-Remaining" in headers, f"{operation.id} {status}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_route_takes_the_body_that_its_contract_shows(made: dict[str, Document], name: str) -> None:
    """Pasted as it is: what a model checks besides its schema holds too."""
    service = next(each for each in services() if each.name == name)
    shown = 0
    for route in (route for router in service.routers for route in router.routes):
        assert isinstance(route, APIRoute)
        if route.body_field is None:
            continue
        for method in route.methods or ():
            body = openapi(made, service.name)["paths"][route.path_format][method.lower()]["requestBody"]
            given = body["content"]["application/json"]["example"]
            model: Any = route.body_field.field_info.annotation
            TypeAdapter(model).validate_json(json.dumps(given))
            shown += 1
    assert shown >= 3


def test_an_example_is_made_of_what_there_is() -> None:
    schemas = {"Place": {"properties": {"town": {"type": "string", "examples": ["Ulm"]}}, "required": ["town"]}}
    place = {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Place"}]}
    assert example(place, schemas) == {"town": "Ulm"}
    assert example({"type": "array", "items": place}, schemas) == [{"town": "Ulm"}]
    assert example({"enum": ["a", "b"]}, schemas) == "a"
    assert example({"const": 1}, schemas) == 1
    assert example({"examples": [None]}, schemas) is None
    optional = {"properties": {"a": {"type": "integer"}, "b": {"type": "integer", "examples": [2]}}}
    assert example(optional, schemas) == {"b": 2}
    assert example(optional | {"required": ["a"]}, schemas) is NOTHING
    assert example({"type": "object", "properties": {}}, schemas) is NOTHING
    assert example({"type": "array", "items": {}}, schemas) is NOTHING


@each_service
def test_every_answer_shows_what_it_looks_like(made: dict[str, Document], service: str) -> None:
    """With all of its fields, lists with an entry; that it fits its schema is tested with all other examples."""
    for operation in described(made, service):
        for status, response in operation.body["responses"].items():
            media = response.get("content", {}).get("application/json", {})
            if status.startswith("2") and media.get("schema"):
                schema = resolved(openapi(made, service), media["schema"])
                assert "example" in media, f"{operation.id} {status}"
                assert set(schema.get("properties", {})) <= set(media["example"]), f"{operation.id} {status}"


def test_an_answer_is_made_whatever_there_is() -> None:
    place = {
        "type": "object",
        "properties": {
            "key": {"type": "string", "maxLength": 5},
            "within": {"anyOf": [{"$ref": "#/components/schemas/Place"}, {"type": "null"}]},
            "near": {"type": "array", "items": {"$ref": "#/components/schemas/Place"}},
            "at": {"type": "string", "format": "date"},
            "code": {"anyOf": [{"type": "string", "pattern": "^[A-Z]{2}$"}, {"type": "null"}]},
            "share": {"type": "number", "minimum": 0, "maximum": 0.25},
            "rank": {"type": "integer", "examples": [7]},
            "next_cursor": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "open": {"type": "boolean"},
        },
        "required": ["key", "within", "near", "code"],
    }
    shown = answer({"$ref": "#/components/schemas/Place"}, {"Place": place})
    flat = {name: value for name, value in shown.items() if name not in {"within", "near"}}
    assert flat == {
        "key": "csv-e", "at": "2026-11-03", "code": None, "share": 0.25, "rank": 7, "next_cursor": None, "open": False
    }  # fmt: skip
    deepest = shown
    while deepest["within"] is not None:
        deepest = deepest["within"]
    assert deepest["near"] == []
    assert answer({"type": "string", "pattern": "^x$"}, {}) is NOTHING
    assert answer(
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}, "required": ["a"]}, {}
    ) is (NOTHING)


@each_service
def test_every_body_has_an_example(made: dict[str, Document], service: str) -> None:
    """Every field of a body that must be sent shows what could be sent."""
    document = openapi(made, service)
    for operation in described(made, service):
        body = operation.body.get("requestBody", {}).get("content", {}).get("application/json")
        if body is None:
            continue
        schema = resolved(document, body["schema"])
        for name in schema.get("required", []):
            field = resolved(document, schema["properties"][name])
            shown = field.get("examples") or field.get("enum") or field.get("properties") or field.get("const")
            inner = field.get("items", {})
            shown = shown or resolved(document, inner).get("properties") or field.get("format") or inner.get("format")
            assert shown, f"{operation.id}: {name} has no example"


def test_events_are_described(made: dict[str, Document]) -> None:
    document = made["asyncapi.json"]
    published = {name: event for name, event in CONTRACTS.items() if event.__module__.startswith("shared.events.")}
    assert {message["name"] for message in document["components"]["messages"].values()} == set(published)
    for type, event in published.items():
        assert re.fullmatch(r"(feedback|scoring|roadmap)\.[a-z]+\.[a-z]+\.v\d+", type)
        message = document["components"]["messages"][event.__name__]
        assert re.match("Published (when|once)", message["description"]), f"{event.__name__} says when it is published"
        assert event.aggregate in event.model_fields


def test_events_hold_no_personal_data() -> None:
    """Ids, numbers and states: names, addresses and verbatims stay in the feedback schema."""
    words = {"name", "email", "text", "verbatim", "phone", "address", "excerpt", "answers", "reason", "note"}
    for event in CONTRACTS.values():
        if event.__module__.startswith("shared.events."):
            assert not words & set(event.model_fields), event.__name__


def test_every_event_is_published_by_its_service_and_heard_by_another() -> None:
    heard = {event for service in services() for event in service.consumers}
    for service in services():
        for event in service.consumers:
            publisher = cast("type[BaseModel]", event).__module__.rpartition(".")[2]
            assert publisher != service.name, "a service does not listen to itself"
    assert heard
