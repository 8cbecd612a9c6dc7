"""Nothing a caller sends produces a 5xx, and every refusal is a problem that a program can read."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest
from starlette.types import ASGIApp

from deploy import SERVICES
from tests.contracts.caller import Answer, Headers, call
from tests.contracts.crowd import DOCUMENTS, Crowd, each_json, each_operation, each_write, takes_json
from tests.contracts.hostile import (
    BESIDE,
    BODIES,
    ENCODED,
    EVERY_BODY,
    EVERY_HEADER,
    EVERY_TEXT,
    HEADERS,
    QUERIES,
    UNREADABLE,
    VALUES,
    Place,
    places,
    some,
    with_values,
)
from tests.contracts.operations import Operation, operations, resolved

pytestmark = pytest.mark.deep

AT_ONCE = 32
JSON = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Case:
    """One request and what is hostile in it."""

    what: str
    url: str
    content: bytes = b""
    headers: Headers = ()


def judge(operation: Operation, case: Case, answer: Answer) -> None:
    """No 5xx, and problem+json from 400 on. Pages for people answer with pages."""
    label = f"{operation.method} {case.url:.200}, {case.what:.200}: {answer.status} {answer.text:.300}"
    assert answer.status < 500, label
    assert answer.headers["x-request-id"], label
    if answer.status >= 400 and operation.method != "head":
        kind = answer.headers["content-type"]
        if operation.path.startswith("/p/") and not operation.path.endswith(".json"):
            assert kind.startswith(("text/html", "application/problem+json")), label
        else:
            assert kind == "application/problem+json", label
            body = answer.json()
            assert body["status"] == answer.status, label
            assert body["code"], label


class Caller:
    """Somebody who asks one operation again and again, some at a time, and judges each answer."""

    def __init__(self, app: ASGIApp, key: str | None, operation: Operation) -> None:
        self._app = app
        self._operation = operation
        self._usual = [(b"authorization", f"Bearer {key}".encode())] if key else []
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def send(self, case: Case) -> Answer:
        async with self._gate:
            headers = [*self._usual, *case.headers]
            answer = await call(self._app, self._operation.method.upper(), case.url, case.content, headers)
        judge(self._operation, case, answer)
        return answer

    async def fire(self, cases: Sequence[Case]) -> None:
        assert cases
        await asyncio.gather(*map(self.send, cases))

    async def narrow(self, pending: dict[Place, str], case: Callable[[Mapping[Place, str]], Case]) -> None:
        """Put a hostile value at each place at once, until every one of them was refused by name or got through.

        A refusal points at all that it refuses, and with those out of the way the rest gets further.
        """
        while pending:
            answer = await self.send(case(pending))
            if answer.status < 400 or len(pending) == 1:
                return
            pointers = [error["pointer"] for error in answer.json().get("errors", ())]
            refused = {
                place
                for place in pending
                if any(pointer == place.pointer or pointer.startswith(f"{place.pointer}/") for pointer in pointers)
            }
            if not refused:
                # For one of them, or for all together; which is not said.
                await self.fire([case({place: value}) for place, value in pending.items()])
                return
            pending = {place: value for place, value in pending.items() if place not in refused}

    async def rounds(self, group: Sequence[Place], case: Callable[[Mapping[Place, str]], Case]) -> None:
        """Put all values at all places, in each round the next at each."""
        most = max((len(place.values) for place in group), default=0)
        await asyncio.gather(
            *(
                self.narrow({place: place.values[nth] for place in group if nth < len(place.values)}, case)
                for nth in range(most)
            )
        )


def caller_of(crowd: Crowd, service: str, operation: Operation) -> Caller:
    """The owner of a key with every scope."""
    return Caller(crowd.api.apps[service], crowd.api.key, operation)


# Lists that are of something: one parameter of several has to be given.
OF = {"/v1/votes": "idea_id"}
# One thing instead of a list, which an operation may have taken away.
ONE_OR_NONE = {"/v1/plans/adopted"}


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
                nothing = operation.path in ONE_OR_NONE and response.status_code == 404
                assert response.status_code == 200 or nothing, f"{operation.path}: {response.text}"


def test_the_corpus_is_large() -> None:
    assert sum(map(len, (VALUES, BODIES, ENCODED, QUERIES, HEADERS, BESIDE))) >= 60


@each_json
async def test_the_bodies_that_are_changed_would_be_accepted(crowd: Crowd, service: str, operation: Operation) -> None:
    """Else a hostile value would be refused for its company, and never get to where it could do harm."""
    body = crowd.body(service, operation)
    response = await crowd.api.of(service).request(operation.method.upper(), crowd.url(operation), json=body)
    assert response.status_code in {200, 201, 202, 409}, f"{body}: {response.text}"


@pytest.mark.usefixtures("all_lists_answer")
@each_json
async def test_hostile_values_in_every_field(crowd: Crowd, service: str, operation: Operation) -> None:
    url, body = crowd.url(operation), crowd.body(service, operation)
    caller = caller_of(crowd, service, operation)

    def changed(values: Mapping[Place, str]) -> Case:
        what = ", ".join(f"{place.pointer}: {value}" for place, value in values.items())
        return Case(what, url, with_values(body, values), [JSON])

    groups = places(body)
    await caller.fire([changed(dict.fromkeys(groups[0], what)) for what in UNREADABLE])
    for group in groups:
        await caller.rounds(group, changed)


@each_write
async def test_hostile_bodies(crowd: Crowd, service: str, operation: Operation) -> None:
    kinds = list(operation.body.get("requestBody", {}).get("content", {})) or ["application/json"]
    url = crowd.url(operation)
    cases = [
        Case(f"{what} as {kind}", url, body, [(b"content-type", kind.encode())])
        for what, body in some(BODIES, operation.id, EVERY_BODY).items()
        for kind in kinds
    ]
    await caller_of(crowd, service, operation).fire(cases)


@each_operation
async def test_hostile_paths_and_queries(crowd: Crowd, service: str, operation: Operation) -> None:
    url = crowd.url(operation)
    parts = [part[1:].partition("}")[0] for part in operation.path.split("/") if part.startswith("{")]
    known = (resolved(DOCUMENTS[service], parameter) for parameter in operation.parameters)
    names = [parameter["name"] for parameter in known if parameter["in"] == "query"]
    fields = [Place(f"/query/{name}", (name,), tuple(some(ENCODED, operation.id + name, EVERY_TEXT))) for name in names]

    def asked(values: Mapping[Place, str]) -> Case:
        what = ", ".join(f"{place.pointer}: {value}" for place, value in values.items())
        return Case(what, f"{url}?" + "&".join(f"{place.path[0]}={ENCODED[value]}" for place, value in values.items()))

    cases = [Case(what, f"{url}?{query}") for what, query in some(QUERIES, operation.id).items()]
    for part in parts:
        texts = some(ENCODED, operation.id + part, EVERY_TEXT)
        cases += [Case(f"{part}: {what}", crowd.url(operation, **{part: text})) for what, text in texts.items()]
    caller = caller_of(crowd, service, operation)
    await caller.fire(cases)
    await caller.rounds(fields, asked)


@each_operation
async def test_hostile_headers(crowd: Crowd, service: str, operation: Operation) -> None:
    content = json.dumps(crowd.body(service, operation)).encode() if takes_json(operation) else b""
    usual = dict([(b"authorization", f"Bearer {crowd.api.key}".encode()), JSON])
    url = crowd.url(operation)
    beside = {name.lower(): text for name, text in BESIDE.values()}
    hostile = {what: {name.lower(): text} for what, (name, text) in some(HEADERS, operation.id, EVERY_HEADER).items()}
    cases = [
        Case(what, url, content, list((usual | headers).items()))
        for what, headers in ({"all that may come beside": beside} | hostile).items()
    ]
    await Caller(crowd.api.apps[service], None, operation).fire(cases)


@pytest.mark.parametrize("service", SERVICES)
async def test_hostile_paths_that_no_route_has(crowd: Crowd, service: str) -> None:
    paths = [f"/{text}" for text in ENCODED.values()] + ["//", "/v1//ideas", "/v1/ideas;a=b", "/v1/%2e%2e/v1"]
    for key in (crowd.api.key, None):
        caller = Caller(crowd.api.apps[service], key, Operation("/nowhere", "get", {}, None))
        await caller.fire([Case(path, path) for path in paths])
