"""What every answer promises, whatever was asked."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from httpx2 import Response
from starlette.types import ASGIApp

from shared.access.keys import SCOPES
from shared.service import create
from shared.settings import Settings
from tests.builders import Api, client, eventually
from tests.servers import lifespan
from tests.shared import notebook


def problem(response: Response, status: int, code: str) -> dict[str, Any]:
    """The body, once it is known to be the problem that it should be."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"urn:cairn:problem:{code}"
    assert body["code"] == code
    assert body["status"] == status
    assert body["title"]
    assert body["request_id"] == response.headers["x-request-id"]
    return body


async def add(api: Api, title: str) -> Response:
    response = await api.feedback.post("/v1/notes", json={"title": title})
    assert response.status_code == 201, response.text
    return response


async def test_a_request_id_is_made_or_taken_over(notes: Api) -> None:
    made = [(await notes.feedback.get("/v1/notes")).headers["x-request-id"] for _ in range(2)]
    assert len(set(made)) == 2
    given = await notes.feedback.get("/v1/notes", headers={"X-Request-Id": "from-the-caller.1"})
    assert given.headers["x-request-id"] == "from-the-caller.1"
    for bad in ("", "a" * 65, 'quote"', "space inside"):
        response = await notes.feedback.get("/v1/notes", headers={"X-Request-Id": bad})
        assert response.headers["x-request-id"] != bad


async def test_no_key_no_entry(notes: Api) -> None:
    for header in ("", "Bearer", "Bearer ", "Bearer nonsense", "Basic abc", f"Bearer {notes.key}x", "bearer \xff"):
        given = [(b"Authorization", header.encode("latin-1"))]
        response = await notes.anonymous.feedback.get("/v1/notes", headers=given)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Bearer realm="cairn"'
    problem(await notes.anonymous.feedback.get("/v1/notes"), 401, "unauthorized")
    wrong = notes.key.replace(notes.key[-5:], "AAAAA") if notes.key else ""
    response = await notes.anonymous.feedback.get("/v1/notes", headers={"Authorization": f"Bearer {wrong}"})
    problem(response, 401, "invalid_key")


async def test_a_403_names_the_missing_scope(notes: Api) -> None:
    reader = await notes.another(scopes={"ideas:read"})
    assert (await reader.feedback.get("/v1/notes")).status_code == 200
    for path in ("/v1/notes", "/v1/jotted"):
        body = problem(await reader.feedback.post(path, json={"title": "no"}), 403, "missing_scope")
        assert "ideas:write" in body["detail"]
    writer = await notes.another(scopes=SCOPES - {"ideas:read"})
    body = problem(await writer.feedback.get("/v1/notes"), 403, "missing_scope")
    assert "ideas:read" in body["detail"]


async def test_unknown_paths_and_methods(notes: Api) -> None:
    lost = problem(await notes.feedback.get("/v1/nothing"), 404, "not_found")
    assert "/docs/feedback" in lost["detail"]
    problem(await notes.anonymous.feedback.get("/"), 404, "not_found")
    problem(await notes.feedback.get("/v1/notes/"), 404, "not_found")
    response = await notes.feedback.put("/v1/notes", json={})
    problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD, POST", "of all routes at this path, not of one"
    note = await add(notes, "a")
    response = await notes.feedback.delete(note.headers["location"])
    wrong = problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD, PATCH"
    assert "GET, HEAD, PATCH" in wrong["detail"]
    response = await notes.feedback.get("/v1/jotted")
    problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


async def test_head_is_get_without_the_body(notes: Api) -> None:
    note = (await add(notes, "a")).headers["location"]
    for path in (note, "/v1/notes", "/v1/nothing", "/openapi/feedback.json", "/healthz"):
        whole, head = await notes.feedback.get(path), await notes.feedback.head(path)
        assert head.status_code == whole.status_code, path
        assert head.content == b"", path
        assert head.headers["content-length"] == str(len(whole.content)), path
        assert head.headers["content-type"] == whole.headers["content-type"], path
        assert head.headers.get("etag") == whole.headers.get("etag"), path
    refused = await notes.feedback.head("/v1/jotted")
    assert (refused.status_code, refused.headers["allow"], refused.content) == (405, "POST", b"")


@pytest.mark.parametrize("path", ["/v1/notes", "/v1/jotted"])
async def test_a_body_over_the_limit_is_refused_however_it_comes(
    notes: Api, path: str, notebook_settings: Settings
) -> None:
    limit = notebook_settings.body_limit
    body = b'{"title": "' + b"a" * limit + b'"}'
    problem(await notes.feedback.post(path, content=body, headers=JSON), 413, "too_large")
    sent = 0

    async def chunks() -> AsyncGenerator[bytes]:
        nonlocal sent
        for _ in range(50):
            sent += 1_048_576
            yield b" " * 1_048_576

    problem(await notes.feedback.post(path, content=chunks(), headers=JSON), 413, "too_large")
    assert sent <= 2 * limit, "the rest was not even read"
    problem(
        await notes.feedback.post(path, content=b"{}", headers=JSON | {"Content-Length": str(10**9)}),
        413,
        "too_large",
    )


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/v1/notes", "/v1/jotted"])
async def test_a_body_of_another_type_is_refused(notes: Api, path: str) -> None:
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=x", "", "json"):
        response = await notes.feedback.post(path, content=b'{"title": "a"}', headers={"Content-Type": kind})
        problem(response, 415, "unsupported_media_type")
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"):
        response = await notes.feedback.post(
            path, content=b'{"title": "%s"}' % kind.encode(), headers={"Content-Type": kind}
        )
        assert response.status_code == 201


@pytest.mark.parametrize("path", ["/v1/notes", "/v1/jotted"])
async def test_a_422_says_where_and_why(notes: Api, path: str) -> None:
    response = await notes.feedback.post(path, json={"title": "", "surprise": 1})
    errors = problem(response, 422, "invalid")["errors"]
    assert {error["pointer"] for error in errors} == {"/body/title", "/body/surprise"}
    assert all(error["reason"] for error in errors)
    secret = await notes.feedback.post(path, json={"title": ["my password is hunter2"]})
    assert "hunter2" not in secret.text, "what was sent is not echoed"
    missing = problem(await notes.feedback.post(path, content=b"", headers=JSON), 422, "invalid")
    assert missing["errors"]
    query = problem(await notes.feedback.get("/v1/notes", params={"limit": "0"}), 422, "invalid")
    assert query["errors"][0]["pointer"] == "/query/limit"
    where = problem(await notes.feedback.get("/v1/notes/none"), 422, "invalid")
    assert where["errors"][0]["pointer"] == "/path/note_id"


@pytest.mark.parametrize("path", ["/v1/notes", "/v1/jotted"])
async def test_a_429_says_when_to_come_back(notes: Api, path: str) -> None:
    slow = await notes.another(rate=2)
    answers = [await slow.feedback.post(path, json={"title": f"{n}"}) for n in range(4)]
    assert answers[0].headers["ratelimit-limit"] == "2"
    assert answers[0].headers["ratelimit-remaining"] == "1"
    refused = answers[-1]
    body = problem(refused, 429, "rate_limited")
    assert "2 requests a second" in body["detail"]
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["ratelimit-remaining"] == "0"
    assert (await notes.feedback.get("/v1/notes")).status_code == 200, "another key has a rate of its own"

    async def allowed_again() -> bool:
        return (await slow.feedback.get("/v1/notes")).status_code == 200

    await eventually(allowed_again)


async def test_a_500_tells_nothing_and_undoes_everything(
    notes: Api, notebook_app: ASGIApp, caplog: pytest.LogCaptureFixture
) -> None:
    async with client(notebook_app, notes.key, strict=False) as caller:
        response = await caller.post("/v1/notes/crash", headers={"Idempotency-Key": "once"})
    body = problem(response, 500, "internal")
    assert not body["detail"]
    assert "hunter2" not in response.text
    assert "hunter2" in caplog.text, "whoever runs it can find out"
    assert (await notes.feedback.get("/v1/notes")).json()["data"] == []


async def test_what_fails_at_the_commit_was_not_answered_before(notes: Api) -> None:
    await add(notes, "once")
    problem(await notes.feedback.post("/v1/notes", json={"title": "once"}), 409, "conflict")
    assert len((await notes.feedback.get("/v1/notes")).json()["data"]) == 1


async def test_what_the_table_refuses_is_a_422(notes: Api) -> None:
    for path in ("/v1/notes", "/v1/jotted"):
        problem(await notes.feedback.post(path, json={"title": "forbidden by the table"}), 422, "invalid")


async def test_a_write_that_asks_for_more_than_there_is_does_not_happen(notes: Api) -> None:
    """As with `?dry_run=true`, where it belongs into the body: what is read alone may be asked for loosely."""
    location = (await add(notes, "first")).headers["location"]
    refused = await notes.feedback.patch(f"{location}?dry_run=true&b=", json={"title": "second"})
    assert [each["pointer"] for each in problem(refused, 422, "invalid")["errors"]] == ["/query/b", "/query/dry_run"]
    assert (await notes.feedback.get(f"{location}?fields=title")).json()["title"] == "first"


async def test_an_edit_of_another_version_is_refused(notes: Api) -> None:
    made = await add(notes, "first")
    location, tag = made.headers["location"], made.headers["etag"]
    assert (await notes.feedback.get(location)).headers["etag"] == tag
    edited = await notes.feedback.patch(location, json={"title": "second"}, headers={"If-Match": tag})
    assert edited.status_code == 200
    assert edited.headers["etag"] != tag
    stale = await notes.feedback.patch(location, json={"title": "third"}, headers={"If-Match": tag})
    problem(stale, 412, "precondition_failed")
    assert stale.headers["etag"] == edited.headers["etag"]
    for condition in ("", "*", "W/{}"):
        current = (await notes.feedback.get(location)).headers["etag"]
        headers = {"If-Match": condition.format(current)} if condition else {}
        assert (await notes.feedback.patch(location, json={"title": "t"}, headers=headers)).status_code == 200
    bad = await notes.feedback.patch(location, json={"title": "x"}, headers={"If-Match": '"abc"'})
    assert problem(bad, 422, "invalid")["errors"][0]["pointer"] == "/header/If-Match"


async def test_of_concurrent_edits_of_one_version_one_wins(notes: Api) -> None:
    made = await add(notes, "contested")
    answers = await asyncio.gather(
        *(
            notes.feedback.patch(
                made.headers["location"], json={"title": f"{n}"}, headers={"If-Match": made.headers["etag"]}
            )
            for n in range(8)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


async def test_pages_stay_whole_while_rows_are_added(notes: Api) -> None:
    before = [(await add(notes, f"{n}")).json()["id"] for n in range(25)]
    seen: list[str] = []
    cursor: str | None = None
    for turn in range(10):
        params = {"limit": 10} | ({"cursor": cursor} if cursor else {})
        body = (await notes.feedback.get("/v1/notes", params=params)).json()
        seen += [note["id"] for note in body["data"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
        await add(notes, f"meanwhile {turn}")
    assert seen == before[::-1]


async def test_a_cursor_that_is_not_ours_is_a_422(notes: Api) -> None:
    for cursor in ("x", "e30", "WzFd", "bnVsbA", "//", "%00", "W10", "A" * 600, "WyJ4Il0"):
        response = await notes.feedback.get("/v1/notes", params={"cursor": cursor})
        assert problem(response, 422, "invalid")["errors"][0]["pointer"] == "/query/cursor"


async def test_probes_and_metrics_tell_the_truth(notes: Api, notebook_settings: Settings) -> None:
    assert (await notes.anonymous.feedback.get("/healthz")).json()["status"] == "alive"
    ready = await notes.anonymous.feedback.get("/readyz")
    assert ready.status_code == 200, "an API works without its broker"
    assert ready.json()["checks"] == {"broker": "away", "database": "connected"}
    await notes.feedback.get("/v1/notes")
    await notes.feedback.get("/v1/notes/0190b5f0-0000-7000-8000-000000000000")
    metrics = (await notes.anonymous.feedback.get("/metrics")).text
    assert 'cairn_requests_total{method="GET",route="/v1/notes",status="200"}' in metrics
    assert 'cairn_requests_total{method="GET",route="/v1/notes/{note_id}",status="404"}' in metrics
    assert "0190b5f0" not in metrics, "labels must not grow with ids"
    away = notebook_settings.model_copy(
        update={"database_url": type(notebook_settings.database_url)("postgresql://cairn:x@127.0.0.1:9/none")}
    )
    async with lifespan(create(notebook.SERVICE, away)) as app, client(app, notes.key) as caller:
        assert (await caller.get("/healthz")).status_code == 200
        assert (await caller.get("/readyz")).status_code == 503
        response = await caller.get("/v1/notes")
        problem(response, 503, "unavailable")
        assert response.headers["retry-after"] == "1"


async def test_a_worker_serves_probes_only(notes: Api, notebook_settings: Settings) -> None:
    settings = notebook_settings.model_copy(update={"role": "worker"})
    async with lifespan(create(notebook.SERVICE, settings)) as app, client(app, notes.key) as caller:
        assert (await caller.get("/healthz")).status_code == 200
        not_ready = await caller.get("/readyz")
        assert not_ready.status_code == 503, "a worker is nothing without its broker"
        problem(await caller.post("/v1/jotted", json={"title": "a"}), 404, "not_found")
        problem(await caller.get("/v1/notes"), 404, "not_found")


async def test_logs_carry_ids_and_no_secrets(notes: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    await notes.feedback.post("/v1/notes", json={"title": "a verbatim of a customer"})
    lines = [record for record in caplog.records if record.name == "cairn.http"]
    assert lines[0].__dict__["route"] == "/v1/notes"
    everything = " ".join(str(record.__dict__) for record in caplog.records)
    assert "verbatim" not in everything
    assert notes.key
    assert notes.key not in everything
