"""What is otherwise between two sets of parameters, place by place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, JsonValue


@dataclass(frozen=True, slots=True)
class Difference:
    """One place of the parameters at which they differ."""

    pointer: Annotated[str, Field(description="as a JSON Pointer into `parameters`", examples=["/formula"])]
    before: Annotated[Any, Field(description="null: it was null, or not there")]
    after: Annotated[Any, Field(description="null: it is null, or not there any more")]


def differences(before: JsonValue, after: JsonValue, pointer: str = "") -> Iterator[Difference]:
    """Where they differ, as deep as both go on: fields by their name, items of lists by their place."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before | after:
            escaped = name.replace("~", "~0").replace("/", "~1")
            yield from differences(before.get(name), after.get(name), f"{pointer}/{escaped}")
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            yield from differences(_at(before, place), _at(after, place), f"{pointer}/{place}")
    elif before != after:
        yield Difference(pointer, before, after)


def _at(items: list[JsonValue], place: int) -> JsonValue:
    return items[place] if place < len(items) else None
