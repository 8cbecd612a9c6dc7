"""Every operation of every service, and a workspace with something for each of them to work on."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from deploy import SERVICES
from deploy.contracts import FOLDER
from tests.builders import Api
from tests.contracts.hostile import sample
from tests.contracts.operations import Document, Operation, operations

# As they are in docs/api, which test_documents holds against the code: making them anew takes a second and more.
DOCUMENTS: dict[str, Document] = {name: json.loads((FOLDER / f"{name}.openapi.json").read_text()) for name in SERVICES}


def takes_json(operation: Operation) -> bool:
    return "application/json" in operation.body.get("requestBody", {}).get("content", {})


def each(wanted: Callable[[Operation], bool]) -> pytest.MarkDecorator:
    """A test for each operation of each service that is wanted."""
    found = [
        pytest.param(service, operation, id=operation.id)
        for service, document in DOCUMENTS.items()
        for operation in operations(document)
        if wanted(operation)
    ]
    return pytest.mark.parametrize(("service", "operation"), found)


each_operation = each(lambda _: True)
each_json = each(takes_json)
each_write = each(lambda operation: operation.method not in {"get", "head"})


@dataclass(frozen=True, slots=True)
class Crowd:
    """A workspace with one of everything, so that hostile ids and values stand beside good ones."""

    api: Api
    ids: dict[str, str]

    def body(self, service: str, operation: Operation) -> object:
        """A body that the operation takes. `create_x/idea_id` names the idea for that operation alone."""
        schema = operation.body["requestBody"]["content"]["application/json"]["schema"]
        own = {name.partition("/")[2]: id for name, id in self.ids.items() if name.startswith(f"{operation.id}/")}
        return sample(DOCUMENTS[service], schema, self.ids | own)

    def url(self, operation: Operation, **ids: str) -> str:
        """Where the operation is, with ids that are there and those that are given."""
        return operation.url(**self.ids | ids)
