"""What the contracts say, the services do: requests made up from them, right and wrong, and answers held to them."""

from functools import cache
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis import checks as general
from schemathesis.specs.openapi import checks as specific

from tests.contracts.crowd import DOCUMENTS, Crowd, each
from tests.contracts.operations import Document, Operation
from tests.depth import DEPTH, examples

EXAMPLES = 1
MODES = [GenerationMode.POSITIVE] if DEPTH == 1 else [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
"""What is wrong costs twice as much to make up, and `test_hostile` has it by hand."""
# Untyped: generic in what a case is of.
CHECKED: list[Any] = [
    getattr(module, name)
    for module, name in (
        (general, "not_a_server_error"),
        (specific, "status_code_conformance"),
        (specific, "content_type_conformance"),
        (specific, "response_schema_conformance"),
        (specific, "response_headers_conformance"),
        (specific, "negative_data_rejection"),
    )
]


def unguarded(document: Document) -> Document:
    """The same without keys: whether those are asked for is tested elsewhere."""
    methods: dict[str, Document] = document["paths"]
    return document | {
        "paths": {
            path: {method: operation | {"security": []} for method, operation in each.items()}
            for path, each in methods.items()
        }
    }


@cache
def schema(service: str) -> Any:
    """A second to load, so not when tests are collected."""
    return schemathesis.openapi.from_dict(unguarded(DOCUMENTS[service]))


@cache
def cases(service: str, path: str, method: str, mode: GenerationMode) -> Any:
    """Made once for all examples: what strategies are made of costs more than what is drawn from them."""
    return schema(service)[path][method].as_strategy(generation_mode=mode)


# It cannot make lines of JSON, the body of a bulk import.
@each(lambda operation: operation.id != "create_feedback_in_bulk")
@examples(
    EXAMPLES,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(data=st.data())
async def test_answers_conform(crowd: Crowd, service: str, operation: Operation, data: st.DataObject) -> None:
    mode = data.draw(st.sampled_from(MODES))
    case: Any = data.draw(cases(service, operation.path, operation.method, mode))
    if mode is GenerationMode.POSITIVE and data.draw(st.booleans()):
        case.path_parameters = {name: crowd.ids.get(name, value) for name, value in case.path_parameters.items()}
    made: Any = requests.Request(**case.as_transport_kwargs(base_url=f"https://{service}.test")).prepare()
    response = await crowd.api.of(service).request(made.method, made.url, content=made.body, headers=made.headers)
    case.validate_response(response, checks=CHECKED)
