"""Concurrent writes share a commit; each is answered after it, and answers for itself alone."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from shared.batching import MOST, WAITING, GroupCommit
from shared.errors import Invalid, TooMany, Unavailable
from shared.telemetry import Metrics
from tests.builders import Api
from tests.shared import notebook


class Shelf:
    """A flush that can be held and told to fail."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.entered = asyncio.Semaphore(0)

    async def flush(self, items: Sequence[str]) -> Sequence[str | Exception]:
        self.entered.release()
        await self.open.wait()
        if "down" in items:
            raise Unavailable
        if "bad" in items:
            raise ValueError("some row of this batch")
        self.batches.append(list(items))
        return [Invalid(item) if item == "refused" else f"stored {item}" for item in items]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def group(shelf: Shelf) -> GroupCommit[str, str]:
    return GroupCommit("test", shelf.flush, Metrics())


async def test_a_lone_write_waits_for_nobody(group: GroupCommit[str, str], shelf: Shelf) -> None:
    took: list[float] = []
    for n in range(20):
        began = time.perf_counter()
        assert await group.submit(f"{n}") == f"stored {n}"
        took.append(time.perf_counter() - began)
    assert min(took) < 0.002, "there is no timer"
    assert shelf.batches == [[f"{n}"] for n in range(20)]


async def test_what_arrives_as_a_flush_ends_is_not_forgotten(group: GroupCommit[str, str]) -> None:
    for n in range(100):
        assert await group.submit(f"{n}") == f"stored {n}"


async def test_what_arrives_during_a_flush_travels_together(group: GroupCommit[str, str], shelf: Shelf) -> None:
    shelf.open.clear()
    first = group.submit("first")
    await shelf.entered.acquire()
    others = [group.submit(f"{n}") for n in range(MOST + 10)]
    shelf.open.set()
    assert await first == "stored first"
    assert await asyncio.gather(*others) == [f"stored {n}" for n in range(MOST + 10)]
    assert [len(batch) for batch in shelf.batches] == [1, MOST, 10]


async def test_one_bad_write_fails_alone(group: GroupCommit[str, str]) -> None:
    writes = [f"{n}" for n in range(20)] + ["bad", "refused"] + [f"{n}" for n in range(20, 40)]
    results = await asyncio.gather(*(group.submit(write) for write in writes), return_exceptions=True)
    failed = {write: result for write, result in zip(writes, results, strict=True) if isinstance(result, Exception)}
    assert {write: type(error) for write, error in failed.items()} == {"bad": ValueError, "refused": Invalid}


async def test_an_absent_database_fails_all_at_once(group: GroupCommit[str, str], shelf: Shelf) -> None:
    results = await asyncio.gather(*(group.submit(w) for w in ("a", "down", "b")), return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 3
    assert shelf.batches == []
    assert await group.submit("later") == "stored later"


async def test_a_caller_who_leaves_takes_nobody_along(group: GroupCommit[str, str], shelf: Shelf) -> None:
    shelf.open.clear()
    tasks = [asyncio.ensure_future(group.submit(f"{n}")) for n in range(3)]
    await shelf.entered.acquire()
    tasks[1].cancel()
    shelf.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [results[0], results[2]] == ["stored 0", "stored 2"]
    assert isinstance(results[1], asyncio.CancelledError)


async def test_too_many_waiting_are_shed(group: GroupCommit[str, str], shelf: Shelf) -> None:
    shelf.open.clear()
    taken = [group.submit(f"{n}") for n in range(WAITING)]
    with pytest.raises(TooMany) as shed:
        group.submit("one too many")
    assert shed.value.headers["Retry-After"] == "1"
    shelf.open.set()
    assert await asyncio.gather(*taken) == [f"stored {n}" for n in range(WAITING)]


async def test_over_http_concurrent_writes_share_commits(notes: Api) -> None:
    notebook.flushed.clear()
    answers = await asyncio.gather(
        *(notes.feedback.post("/v1/jotted", json={"title": f"{n}"}) for n in range(100)),
        notes.feedback.post("/v1/jotted", json={"title": "refused"}),
        notes.feedback.post("/v1/jotted", json={"title": "forbidden by the table"}),
    )
    assert [answer.status_code for answer in answers] == [201] * 100 + [422, 422]
    listed = (await notes.feedback.get("/v1/notes", params={"limit": 200})).json()["data"]
    assert {note["id"] for note in listed} == {answer.json()["id"] for answer in answers[:100]}
    assert max(notebook.flushed) > 10
