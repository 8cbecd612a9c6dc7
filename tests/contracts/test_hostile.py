"""Nothing a caller sends produces a 5xx, and every refusal is a problem that a program can read."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

import pytest
from httpx2 import AsyncClient, Response

from deploy import SERVICES
from tests.contracts.crowd import DOCUMENTS, Crowd, each_json, each_operation, each_write, takes_json
from tests.contracts.hostile import (
    BODIES,
    ENCODED,
    EVERY_BODY,
    EVERY_HEADER,
    EVERY_TEXT,
    HEADERS,
    QUERIES,
    VALUES,
    mutations,
    some,
)
from tests.contracts.operations import Operation, operations, resolved

AT_ONCE = 32
JSON = (b"Content-Type", b"application/json")


@dataclass(frozen=True, slots=True)
class Case:
    """One request and what is hostile in it."""

    what: str
    url: str
    content: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()


def judge(operation: Operation, case: Case, response: Response) -> None:
    """No 5xx, and problem+json from 400 on. Pages for people answer with pages."""
    label = f"{operation.method} {case.url:.200}, {case.what:.200}: {response.status_code} {response.text:.300}"
    assert response.status_code < 500, label
    assert response.headers["x-request-id"], label
    if response.status_code >= 400 and operation.method != "head":
        kind = response.headers["content-type"]
        if operation.path.startswith("/p/") and not operation.path.endswith(".json"):
            assert kind.startswith(("text/html", "application/problem+json")), label
        else:
            assert kind == "application/problem+json", label
            body = response.json()
            assert body["status"] == response.status_code, label
            assert body["code"], label


async def fire(client: AsyncClient, operation: Operation, cases: Sequence[Case]) -> None:
    """Send all, some at a time, and judge each."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def send(case: Case) -> None:
        async with gate:
            response = await client.request(
                operation.method.upper(), case.url, content=case.content, headers=list(case.headers)
            )
            judge(operation, case, response)

    assert cases
    await asyncio.gather(*map(send, cases))


# Lists that are of something: one parameter of several has to be given.
OF = {"/v1/votes": "idea_id"}


@pytest.fixture(scope="module")
async def all_lists_answer(crowd: Crowd) -> AsyncGenerator[None]:
    """What was accepted can be read again. Asked once: all lists after every operation would take minutes."""
    yield
    for service in SERVICES:
        for operation in operations(DOCUMENTS[service]):
            required = [each for each in operation.parameters if each.get("in") == "query" and each.get("required")]
            if operation.method == "get" and "{" not in operation.path and not required:
                of = {name: crowd.ids[name]} if (name := OF.get(operation.path)) else {}
                response = await crowd.api.of(service).get(operation.path, params={"limit": 200} | of)
                assert response.status_code == 200, f"{operation.path}: {response.text}"


def test_the_corpus_is_large() -> None:
    assert sum(map(len, (VALUES, BODIES, ENCODED, QUERIES, HEADERS))) >= 60


@each_json
async def test_the_bodies_that_are_changed_would_be_accepted(crowd: Crowd, service: str, operation: Operation) -> None:
    """Else a hostile value would be refused for its company, and never get to where it could do harm."""
    body = crowd.body(service, operation)
    response = await crowd.api.of(service).request(operation.method.upper(), crowd.url(service, operation), json=body)
    assert response.status_code in {200, 201, 202, 409}, f"{body}: {response.text}"


@pytest.mark.usefixtures("all_lists_answer")
@each_json
async def test_hostile_values_in_every_field(crowd: Crowd, service: str, operation: Operation) -> None:
    url = crowd.url(service, operation)
    changed = mutations(crowd.body(service, operation))
    await fire(crowd.api.of(service), operation, [Case(what, url, body, [JSON]) for what, body in changed])


@each_write
async def test_hostile_bodies(crowd: Crowd, service: str, operation: Operation) -> None:
    kinds = list(operation.body.get("requestBody", {}).get("content", {})) or ["application/json"]
    url = crowd.url(service, operation)
    cases = [
        Case(f"{what} as {kind}", url, body, [(b"Content-Type", kind.encode())])
        for what, body in some(BODIES, operation.id, EVERY_BODY).items()
        for kind in kinds
    ]
    await fire(crowd.api.of(service), operation, cases)


@each_operation
async def test_hostile_paths_and_queries(crowd: Crowd, service: str, operation: Operation) -> None:
    url = crowd.url(service, operation)
    parts = [part[1:].partition("}")[0] for part in operation.path.split("/") if part.startswith("{")]
    fields = [
        given["name"]
        for parameter in operation.parameters
        if (given := resolved(DOCUMENTS[service], parameter))["in"] == "query"
    ]
    cases = [Case(what, f"{url}?{query}") for what, query in some(QUERIES, operation.id).items()]
    for part in parts:
        texts = some(ENCODED, operation.id + part, EVERY_TEXT)
        cases += [
            Case(f"{part}: {what}", crowd.url(service, operation, **{part: text})) for what, text in texts.items()
        ]
    for field in fields:
        texts = some(ENCODED, operation.id + field, EVERY_TEXT)
        cases += [Case(f"{field}: {what}", f"{url}?{field}={text}") for what, text in texts.items()]
    await fire(crowd.api.of(service), operation, cases)


@each_operation
async def test_hostile_headers(crowd: Crowd, service: str, operation: Operation) -> None:
    content = json.dumps(crowd.body(service, operation)).encode() if takes_json(operation) else b""
    usual = [(b"Authorization", f"Bearer {crowd.api.key}".encode()), JSON]
    url = crowd.url(service, operation)
    cases = [
        Case(what, url, content, [*(header for header in usual if header[0] != hostile[0]), hostile])
        for what, hostile in some(HEADERS, operation.id, EVERY_HEADER).items()
    ]
    await fire(crowd.api.anonymous.of(service), operation, cases)


@pytest.mark.parametrize("service", SERVICES)
async def test_hostile_paths_that_no_route_has(crowd: Crowd, service: str) -> None:
    paths = [f"/{text}" for text in ENCODED.values()] + ["//", "/v1//ideas", "/v1/ideas;a=b", "/v1/%2e%2e/v1"]
    cases = [Case(path, f"https://{service}.test{path}") for path in paths]
    for client in (crowd.api.of(service), crowd.api.anonymous.of(service)):
        await fire(client, Operation("/nowhere", "get", {}, None), cases)
