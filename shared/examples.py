"""Bodies put together from the examples of their fields: what documentation shows, and people paste or expect first."""

from typing import Any, cast

Schema = dict[str, Any]

FORMATS = {
    "uuid": "0197f3c1-6d0e-7cc1-8f6f-3f1d2b5a9e10",
    "date-time": "2026-11-03T09:30:00Z",
    "date": "2026-11-03",
    "uri": "https://example.com",
}
NAMED = {
    "account": "acme-inc", "author": "Ada Lovelace", "component": "exports", "contact": "user-17", "currency": "USD",
    "description": "Customers copy tables out by hand.", "email": "ada@example.com", "external_id": "user-17",
    "key": "csv-export", "language": "en", "owner": "grace@example.com", "plan": "pro", "product": "app",
    "segment": "enterprise", "source": "support", "source_url": "https://example.com/t/7", "text": "Exports are slow",
    "title": "Export any list as CSV", "url": "https://example.com/t/7",
}  # fmt: skip
"""Words for fields by their names, which mean the same in every answer."""
NOT_YET = frozenset(("next_cursor", "erased_at", "revoked_at", "undone_at", "undone_by", "archived_at", "last_failure"))
"""What most answers have as null."""
DEEPEST = 6
"""Answers within answers that are shown; what is deeper is left empty."""
NOTHING: Any = object()
"""There is no example; None is one."""


def example(schema: Schema, schemas: Schema) -> Any:
    """What fits the schema, or NOTHING: its own example, else what is made of its fields', else a value of its format.

    Of an object's fields, those that must be there and those that have an example of their own.
    """
    schema = _resolved(schema, schemas)
    if given := schema.get("examples"):
        return given[0]
    if "const" in schema:
        return schema["const"]
    if choices := schema.get("enum"):
        return choices[0]
    if properties := cast("Schema", schema.get("properties")):
        return _object(schema, properties, schemas)
    if schema.get("type") == "array":
        item = example(schema.get("items", {}), schemas)
        return NOTHING if item is NOTHING else [item]
    return FORMATS.get(schema.get("format", ""), NOTHING)


def _object(schema: Schema, properties: Schema, schemas: Schema) -> Any:
    required = schema.get("required", [])
    made: Schema = {}
    for name, field in properties.items():
        if name in required:
            made[name] = example(field, schemas)
        elif "examples" in field:
            made[name] = field["examples"][0]
    return NOTHING if not made or NOTHING in made.values() else made


def _resolved(schema: Schema, schemas: Schema) -> Schema:
    """References followed; what may be null is taken as what it is when it is not."""
    while True:
        options = [each for each in schema.get("anyOf", schema.get("oneOf", [])) if each.get("type") != "null"]
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        elif options and "examples" not in schema:
            schema = options[0]
        else:
            return schema


def answer(schema: Schema, schemas: Schema, name: str = "", depth: int = 0) -> Any:
    """What an answer of this schema can look like, or NOTHING: all of its fields, each by its own example.

    Where it has none, by its name, its format or its type, within its bounds. Nobody sends it, so any number does.
    """
    if name in NOT_YET and _nullable(schema):
        return None
    schema, empty = _resolved(schema, schemas), None if _nullable(schema) else NOTHING
    if given := schema.get("examples"):
        return given[0]
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    if depth > DEEPEST:
        return [] if schema.get("type") == "array" and not schema.get("minItems") else empty
    match schema.get("type"):
        case "object":
            return _whole(schema, schemas, empty, depth)
        case "array":
            item = answer(schema.get("items", {}), schemas, name.removesuffix("s"), depth + 1)
            return [item] if item is not NOTHING else empty if schema.get("minItems") else []
        case "string":
            return _words(schema, name, empty)
        case "integer" | "number" as kind:
            least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
            most = schema.get("maximum", schema.get("exclusiveMaximum", 10**9) - 1)
            return min(max(3 if kind == "integer" else 0.5, least), most)
        case "boolean":
            return False
        case _:
            return empty


def _nullable(schema: Schema) -> bool:
    return any(each.get("type") == "null" for each in schema.get("anyOf", schema.get("oneOf", [])))


def _whole(schema: Schema, schemas: Schema, empty: Any, depth: int) -> Any:
    fields = cast("Schema", schema.get("properties", {}))
    made = {name: answer(field, schemas, name, depth + 1) for name, field in fields.items()}
    if any(made[name] is NOTHING for name in schema.get("required", [])):
        return empty
    return {name: value for name, value in made.items() if value is not NOTHING}


def _words(schema: Schema, name: str, empty: Any) -> Any:
    if "format" in schema or "pattern" in schema:
        return FORMATS.get(schema.get("format", ""), empty)
    return NAMED.get(name, name.replace("_", " ") or "words")[: schema.get("maxLength")]
