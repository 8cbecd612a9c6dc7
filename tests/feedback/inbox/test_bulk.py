"""Bulk uploads: a result for every row, good rows stored whatever becomes of the others."""

import asyncio
import json
from typing import Any

import pytest
from httpx2 import Response

from services.feedback.inbox.bulk import CHUNK, MOST_ROWS
from tests.builders import Api
from tests.feedback.given import demand_of, made, new_idea

NDJSON = {"Content-Type": "application/x-ndjson"}


async def upload(api: Api, rows: list[Any] | bytes, **headers: str) -> Response:
    """Rows are JSON unless they are bytes already."""
    lines = (
        [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows] if isinstance(rows, list) else []
    )
    body = b"\n".join(lines) if isinstance(rows, list) else rows
    return await api.feedback.post("/v1/feedback/bulk", content=body, headers={**NDJSON, **headers})


async def count(api: Api) -> int:
    return len((await api.feedback.get("/v1/feedback?limit=200")).json()["data"])


async def test_every_row_has_its_result(api: Api) -> None:
    await new_idea(api, key="exports")
    rows: list[Any] = [
        {"text": "one", "external_id": "x1", "ideas": ["exports"]},
        {"text": ""},
        b"not json",
        b"",
        {"text": "two", "surprise": 1},
        {"text": "three", "ideas": ["exports", "unknown"]},
        {"text": "four", "contact": {"id": "00000000-0000-7000-8000-000000000000"}},
        b'{"text": "\xff"}',
        {"text": "x\0"},
        [],
        {"text": "five", "external_id": "x1"},
        b"[" * 5_000,
    ]
    result = await made(await upload(api, rows), 200)
    found = {each["row"]: each for each in result["results"]}
    assert list(found) == [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12]
    assert {row: each["status"] for row, each in found.items() if each["status"] != "invalid"} == {
        1: "created", 11: "duplicate"
    }  # fmt: skip
    assert found[11]["id"] == found[1]["id"]
    pointers = {row: [error["pointer"] for error in each.get("errors", [])] for row, each in found.items()}
    assert pointers == {
        1: [], 2: ["/text"], 3: [""], 5: ["/surprise"], 6: ["/ideas/1"], 7: ["/contact/id"], 8: [""], 9: ["/text"],
        10: [""], 11: [], 12: [""],
    }  # fmt: skip
    assert all(error["reason"] for each in found.values() for error in each.get("errors", []))
    assert (result["created"], result["duplicate"], result["invalid"]) == (1, 1, 9)
    assert await count(api) == 1


async def test_order_holds_across_chunks(api: Api) -> None:
    """Duplicates are recognised and rows keep their places beyond one transaction's worth of rows."""
    idea = await new_idea(api, key="exports")
    size = 2 * CHUNK + 10
    rows: list[Any] = [
        {
            "text": f"row {n}",
            "external_id": f"x{n % (CHUNK + 5)}",
            "ideas": ["exports"],
            "contact": {"external_id": f"u{n % 50}"},
        }
        for n in range(size)
    ]
    rows[CHUNK + 1] = b"broken"
    result = await made(await upload(api, rows), 200)
    assert [each["row"] for each in result["results"]] == list(range(1, size + 1))
    assert (result["created"], result["duplicate"], result["invalid"]) == (CHUNK + 4 + 1, CHUNK + 4, 1)
    first = {f"x{n}": result["results"][n].get("id") for n in range(CHUNK + 5)}
    assert all(
        each["id"] == first[f"x{n % (CHUNK + 5)}"]
        for n, each in enumerate(result["results"])
        if n >= CHUNK + 5 and each["status"] == "duplicate"
    )
    assert await demand_of(api, idea["id"]) == {
        "votes": 0, "insights": result["created"], "contacts": 50, "accounts": 0, "mrr": 0
    }  # fmt: skip


async def test_the_same_upload_again_stores_nothing(api: Api) -> None:
    rows = [{"text": f"row {n}", "external_id": f"x{n}"} for n in range(30)]
    first = await made(await upload(api, rows), 200)
    again = await made(await upload(api, rows), 200)
    assert again["duplicate"] == 30
    assert [each["id"] for each in again["results"]] == [each["id"] for each in first["results"]]


@pytest.mark.parametrize("body", [b"", b"\n\n", b"\r\n", b" \n\t\n"])
async def test_nothing_is_not_a_mistake(api: Api, body: bytes) -> None:
    assert await made(await upload(api, body), 200) == {"created": 0, "duplicate": 0, "invalid": 0, "results": []}


async def test_as_windows_writes_it(api: Api) -> None:
    body = b'\xef\xbb\xbf{"text": "one"}\r\n\r\n{"text": "two"}\r\n'
    result = await made(await upload(api, body), 200)
    assert [(each["row"], each["status"]) for each in result["results"]] == [(1, "created"), (3, "created")]


async def test_too_many_rows(api: Api) -> None:
    refused = await upload(api, b'{"text":"x"}\n' * (MOST_ROWS + 1))
    assert refused.status_code == 422
    assert str(MOST_ROWS) in refused.json()["detail"]
    assert await count(api) == 0


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
async def test_another_media_type(api: Api, kind: str) -> None:
    refused = await upload(api, [{"text": "x"}], **{"Content-Type": kind})
    assert (refused.status_code, await count(api)) == (415, 0)


@pytest.mark.parametrize("kind", ["application/ndjson", "application/jsonl; charset=utf-8"])
async def test_other_names_of_the_media_type(api: Api, kind: str) -> None:
    assert (await made(await upload(api, [{"text": "x"}], **{"Content-Type": kind}), 200))["created"] == 1


async def test_an_upload_with_a_key_is_remembered_whole(api: Api) -> None:
    """Without external ids too: its rows and its answer are one transaction."""
    rows: list[Any] = [{"text": f"row {n}"} for n in range(CHUNK + 3)]
    key = {"Idempotency-Key": "upload-1"}
    first, second = await asyncio.gather(upload(api, [*rows, b"bad"], **key), upload(api, [*rows, b"bad"], **key))
    again = await upload(api, [*rows, b"bad"], **key)
    answers = {answer.status_code: answer for answer in (first, second)}
    assert set(answers) <= {200, 409}
    assert (again.status_code, again.content) == (200, answers[200].content)
    assert again.json()["created"] == CHUNK + 3
    other = await upload(api, rows, **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert [each["reason"] for each in other.json()["errors"]] == ["belongs to a request with another body"]
    listed = (await api.feedback.get("/v1/feedback?limit=1")).json()
    assert listed["data"][0]["text"] == f"row {CHUNK + 2}"


async def test_uploads_with_keys_do_not_starve_each_other(api: Api) -> None:
    """More of them at once than there are connections: each holds one, and none needs a second."""
    answers = await asyncio.gather(
        *(upload(api, [{"text": "x"}] * 20, **{"Idempotency-Key": f"upload-{n}"}) for n in range(25))
    )
    assert [answer.json()["created"] for answer in answers] == [20] * 25


async def test_uploads_of_the_same_rows_at_once(api: Api) -> None:
    """In opposite orders, linking the same ideas: they wait for each other and never fail."""
    for name in ("one", "two"):
        await new_idea(api, key=name)
    rows = [
        {"text": "x", "external_id": f"x{n}", "ideas": ["one", "two"], "contact": {"email": f"u{n % 5}@b.co"}}
        for n in range(60)
    ]
    answers = await asyncio.gather(*(upload(api, rows[:: 1 if n % 2 else -1]) for n in range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert sum(answer.json()["created"] for answer in answers) == 60


async def test_a_key_without_the_scope(api: Api) -> None:
    reader = await api.another({"feedback:read"})
    refused = await reader.feedback.post("/v1/feedback/bulk", content=b'{"text":"x"}', headers=NDJSON)
    assert refused.status_code == 403
