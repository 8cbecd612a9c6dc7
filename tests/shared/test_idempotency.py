"""The same Idempotency-Key and body: the same answer, and the change made once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from httpx2 import Response

from shared.service import create
from shared.settings import Settings
from tests.builders import Api, client, new_workspace
from tests.servers import lifespan
from tests.shared import notebook

BOTH = pytest.mark.parametrize("path", ["/v1/notes", "/v1/jotted"])


async def titles(api: Api) -> list[str]:
    return [note["title"] for note in (await api.feedback.get("/v1/notes")).json()["data"]]


def posting(api: Api, path: str) -> Callable[[str, str], Awaitable[Response]]:
    async def post(title: str, key: str) -> Response:
        return await api.feedback.post(path, json={"title": title}, headers={"Idempotency-Key": key})

    return post


@BOTH
async def test_a_retry_gets_the_first_answer_and_changes_nothing(notes: Api, path: str) -> None:
    post = posting(notes, path)
    first = await post("a", "k1")
    assert first.status_code == 201
    assert "idempotency-replayed" not in first.headers
    again = await post("a", "k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == "application/json"
    for name in ("etag", "location"):
        assert again.headers.get(name) == first.headers.get(name)
    assert await titles(notes) == ["a"]
    assert (await post("b", "k2")).json()["id"] != first.json()["id"]


@BOTH
async def test_a_key_used_for_something_else_is_a_422(notes: Api, path: str) -> None:
    post = posting(notes, path)
    await post("a", "k")
    response = await post("b", "k")
    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_reused"
    other = await posting(notes, "/v1/notes" if path == "/v1/jotted" else "/v1/jotted")("a", "k")
    assert other.status_code == 422, "another path is another request"
    assert await titles(notes) == ["a"]


@BOTH
async def test_a_failed_request_may_be_tried_again_under_its_key(notes: Api, path: str) -> None:
    post = posting(notes, path)
    assert (await post("", "k")).status_code == 422
    assert (await post("forbidden by the table", "k")).status_code == 422
    assert (await post("good", "k")).status_code == 201


@BOTH
async def test_a_key_belongs_to_its_workspace(notes: Api, path: str) -> None:
    first = await posting(notes, path)("a", "shared")
    elsewhere = await new_workspace(notes.apps, notes.admin)
    second = await posting(elsewhere, path)("a", "shared")
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]
    await elsewhere.close()


@BOTH
@pytest.mark.parametrize("key", ["", "a" * 201, "with space", "tab\t", "ümlaut", "nul\x00"])
async def test_a_key_is_visible_ascii(notes: Api, path: str, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode())]
    response = await notes.feedback.post(path, json={"title": "a"}, headers=headers)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"


async def test_while_the_first_runs_the_second_is_told_to_wait(notes: Api) -> None:
    post = posting(notes, "/v1/notes")
    gate = notebook.gates["held"] = notebook.Gate()
    first = asyncio.ensure_future(post("held", "k"))
    await gate.reached.wait()
    second = await post("held", "k")
    assert second.status_code == 409
    assert second.json()["code"] == "idempotency_key_in_use"
    gate.opened.set()
    assert (await first).status_code == 201
    del notebook.gates["held"]
    assert (await post("held", "k")).content == (await first).content


@BOTH
async def test_concurrent_twins_make_one_change(notes: Api, path: str) -> None:
    post = posting(notes, path)
    answers = await asyncio.gather(*(post("twin", "k") for _ in range(10)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert await titles(notes) == ["twin"]


@BOTH
async def test_an_answer_outlives_the_process_that_gave_it(notes: Api, notebook_settings: Settings, path: str) -> None:
    first = await posting(notes, path)("a", "k")
    async with (
        lifespan(create(notebook.SERVICE, notebook_settings)) as app,
        client(app, notes.key) as caller,
    ):
        again = await caller.post(path, json={"title": "a"}, headers={"Idempotency-Key": "k"})
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
