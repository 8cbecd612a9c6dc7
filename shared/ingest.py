"""Many callers' writes in one transaction, each still once only under its own Idempotency-Key."""

import asyncio
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared import idempotency
from shared.access.keys import Caller
from shared.database import RETRYABLE, Busy, Database, Tx
from shared.errors import Problem, TooMany, Unauthorized, Unavailable
from shared.idempotency import Asked, Remembered
from shared.routes import Answer, Inlet

Body = TypeVar("Body")
_TRIES = 5
_ASIDE_AT_ONCE = 2
"""Workspaces that are waited for at once: each takes a connection."""
_ASIDE_MOST = 500
"""Writes of a workspace that may wait so."""
_ASIDE_AT_A_TIME = 100


@dataclass(slots=True)
class Submission(Generic[Body]):
    """One caller's write, waiting for its batch."""

    caller: Caller
    body: Body
    asked: Asked | None
    """The request as it is known by its key; None without one."""

    @property
    def workspace_id(self) -> UUID:
        return self.caller.workspace_id


def submission(inlet: Inlet, body: Body) -> Submission[Body]:
    """What an ingest endpoint submits."""
    if inlet.caller is None:
        raise Unauthorized
    if inlet.key is None:
        return Submission(inlet.caller, body, None)
    outlines = inlet.runtime.outlines
    return Submission(inlet.caller, body, idempotency.asked(outlines, inlet.key, "POST", inlet.target, inlet.raw))


class _Raced(Exception):
    """One of the keys is taken: by an earlier request, or by another process a moment ago."""


Stored = Answer | Exception | asyncio.Future[Answer]
Store = Callable[[Tx, Sequence[Submission[Any]]], Awaitable[Sequence[Answer | Exception]]]


async def store_once(database: Database, submissions: Sequence[Submission[Any]], store: Store) -> list[Stored]:
    """Store a batch in one transaction; answers in order. What was answered before is answered again, not stored.

    `store` gets the submissions that are new and returns an answer or a Problem for each. Those of a workspace that
    somebody holds alone wait for that by themselves, and their answers are futures: nobody else waits with them.
    """
    aside = _ASIDE.get(database)
    if aside is None:
        aside = _ASIDE[database] = _Aside(database)
    results: dict[int, Stored] = {}
    rest = list(range(len(submissions)))
    busy = aside.workspaces()
    while True:
        for workspace_id in busy:
            theirs = [position for position in rest if submissions[position].workspace_id == workspace_id]
            if theirs:
                put = aside.put(workspace_id, [submissions[position] for position in theirs], store)
                results.update(zip(theirs, put, strict=True))
        rest = [position for position in rest if position not in results]
        if not rest:
            break
        try:
            answers = await _stored(database, [submissions[position] for position in rest], store, patient=False)
        except Busy as held:
            busy = held.workspaces
            continue
        except Exception as error:
            if not results:
                raise
            # What waits aside is stored there, and must not be handed over again with those that fail here.
            answers = await _apart(database, [submissions[position] for position in rest], store, error)
        results.update(zip(rest, answers, strict=True))
        break
    return [results[position] for position in range(len(submissions))]


async def _apart(
    database: Database, submissions: Sequence[Submission[Any]], store: Store, error: Exception
) -> list[Answer | Exception]:
    """What failed together in halves, until what is at fault stands alone."""
    if len(submissions) == 1 or isinstance(error, Problem):
        return [error for _ in submissions]
    half = len(submissions) // 2
    answers: list[Answer | Exception] = []
    for some in (submissions[:half], submissions[half:]):
        try:
            answers += await _stored(database, some, store, patient=True)
        except Exception as again:  # noqa: BLE001  # every kind belongs to these requests
            answers += await _apart(database, some, store, again)
    return answers


class _Aside:
    """Writes of workspaces that somebody holds alone: a queue for each, until that is empty."""

    def __init__(self, database: Database) -> None:
        self._database = weakref.ref(database)
        self._queues: dict[UUID, deque[tuple[Submission[Any], Store, asyncio.Future[Answer]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(_ASIDE_AT_ONCE)

    def workspaces(self) -> frozenset[UUID]:
        return frozenset(self._queues)

    def put(self, workspace_id: UUID, submissions: Sequence[Submission[Any]], store: Store) -> list[Stored]:
        queue = self._queues.get(workspace_id)
        if queue is None:
            queue = self._queues[workspace_id] = deque()
            task = asyncio.create_task(self._drain(workspace_id), name="aside")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if len(queue) + len(submissions) > _ASIDE_MOST:
            busy = TooMany("The workspace is busy.", code="overloaded", headers={"Retry-After": "1"})
            return [busy for _ in submissions]
        futures: list[asyncio.Future[Answer]] = [asyncio.get_running_loop().create_future() for _ in submissions]
        queue.extend((each, store, future) for each, future in zip(submissions, futures, strict=True))
        return [*futures]

    async def _drain(self, workspace_id: UUID) -> None:
        queue = self._queues[workspace_id]
        try:
            while queue:
                async with self._turns:
                    # As many as are stored alike, in the order in which they came.
                    some = [queue.popleft()]
                    while queue and queue[0][1] is some[0][1] and len(some) < _ASIDE_AT_A_TIME:
                        some.append(queue.popleft())
                    await self._store(some)
        finally:
            del self._queues[workspace_id]
            for *_, future in queue:
                future.set_exception(Unavailable("The service is stopping; nothing was stored."))

    async def _store(self, some: Sequence[tuple[Submission[Any], Store, asyncio.Future[Answer]]]) -> None:
        database = self._database()
        assert database is not None  # whoever waits has it
        answers: Sequence[Answer | Exception]
        try:
            answers = await _stored(database, [each for each, _, _ in some], some[0][1], patient=True)
        except asyncio.CancelledError:
            for *_, future in some:
                future.set_exception(Unavailable("The service is stopping; nothing was stored."))
            raise
        except Exception as error:  # noqa: BLE001  # every kind belongs to these requests
            if len(some) > 1 and not isinstance(error, Problem):
                for each in some:
                    await self._store([each])
                return
            answers = [error for _ in some]
        for (*_, future), answer in zip(some, answers, strict=True):
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)


_ASIDE: weakref.WeakKeyDictionary[Database, _Aside] = weakref.WeakKeyDictionary()


async def _stored(
    database: Database, submissions: Sequence[Submission[Any]], store: Store, *, patient: bool
) -> list[Answer | Exception]:
    # Most keys are new: only when one turns out to be taken are the stored answers looked up, and the batch done anew.
    look_up = False
    for _ in range(_TRIES):
        try:
            return await _try(database, submissions, store, look_up, patient)
        except _Raced:
            look_up = True
        except RETRYABLE:
            continue
    raise Unavailable("The request lost a race for the same records; try it again.")


async def _try(
    database: Database,
    submissions: Sequence[Submission[Any]],
    store: Store,
    look_up: bool,
    patient: bool,
) -> list[Answer | Exception]:
    results: dict[int, Answer | Exception] = {}
    twins: dict[int, tuple[Asked, tuple[int, Asked]]] = {}
    fresh: list[int] = []
    async with database.transaction({each.workspace_id for each in submissions}, by_key=True) as tx:
        tx.patient = patient
        keyed = [(each.workspace_id, each.asked.key) for each in submissions if look_up and each.asked is not None]
        held = await idempotency.recall(tx, keyed) if keyed else {}
        first: dict[tuple[UUID, str], tuple[int, Asked]] = {}
        for position, each in enumerate(submissions):
            asked = each.asked
            if asked is None:
                fresh.append(position)
                continue
            identity = (each.workspace_id, asked.key)
            known = held.get(identity)
            if known is not None:
                results[position] = (
                    Answer(known.status, known.body, True)
                    if known.fingerprint == asked.fingerprint
                    else asked.refused(known.fingerprint, known.outline)
                )
            elif identity in first:
                twins[position] = asked, first[identity]
            else:
                first[identity] = position, asked
                fresh.append(position)
        if fresh:
            answers = await store(tx, [submissions[position] for position in fresh])
            results.update(zip(fresh, answers, strict=True))
            if not await idempotency.remember(tx, _to_remember(first, results)):
                raise _Raced
    for position, (asked, (twin, twins_asked)) in twins.items():
        answer = results[twin]
        if asked.fingerprint != twins_asked.fingerprint:
            results[position] = asked.refused(twins_asked.fingerprint, twins_asked.outline)
        else:
            results[position] = answer._replace(replayed=True) if isinstance(answer, Answer) else answer
    return [results[position] for position in range(len(submissions))]


def _to_remember(
    first: dict[tuple[UUID, str], tuple[int, Asked]], results: dict[int, Answer | Exception]
) -> list[Remembered]:
    kept: list[Remembered] = []
    for (workspace_id, key), (position, asked) in first.items():
        answer = results[position]
        if isinstance(answer, Answer):
            kept.append(
                Remembered(
                    workspace_id,
                    key,
                    asked.fingerprint,
                    answer.status,
                    '{"content-type":"application/json"}',
                    answer.body,
                    asked.outline,
                )
            )
    return kept
