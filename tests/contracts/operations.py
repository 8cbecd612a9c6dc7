"""An OpenAPI document as a list of what can be called."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `scopes` is None where no key is asked for."""

    path: str
    method: str
    body: Document
    scopes: set[str] | None

    @property
    def id(self) -> str:
        return self.body["operationId"]

    @property
    def parameters(self) -> list[Document]:
        return self.body.get("parameters", [])

    def url(self, **values: str) -> str:
        """The path with its parameters filled in; those without a value get one that names nothing."""
        return re.sub(r"{(\w+)}", lambda match: values.get(match.group(1), NOTHING), self.path)


NOTHING = "0190b5f0-0000-7000-8000-000000000000"


def operations(document: Document) -> Iterator[Operation]:
    """Every operation of the document."""
    for path, methods in document["paths"].items():
        for method, body in methods.items():
            security = body.get("security")
            scopes = {scope for each in security for scope in each["apiKey"]} if security else None
            yield Operation(path, method, body, scopes)


def resolved(document: Document, node: Document) -> Document:
    """What a node stands for: `$ref` followed, a nullable one taken as what it is when it is not null."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    options = [option for option in node.get("anyOf", node.get("oneOf", [])) if option.get("type") != "null"]
    return resolved(document, options[0]) if options else node
