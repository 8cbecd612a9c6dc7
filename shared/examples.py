"""A body to send, put together from the examples of its fields: what documentation shows and people paste first."""

from typing import Any, cast

Schema = dict[str, Any]

FORMATS = {
    "uuid": "0197f3c1-6d0e-7cc1-8f6f-3f1d2b5a9e10",
    "date-time": "2026-11-03T09:30:00Z",
    "date": "2026-11-03",
    "uri": "https://example.com",
}
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
