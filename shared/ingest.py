"""Many callers' writes in one transaction, each still once only under its own Idempotency-Key."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared import idempotency
from shared.access.keys import Caller
from shared.database import RETRYABLE, Database, Tx
from shared.errors import Unauthorized, Unavailable
from shared.idempotency import Asked, Remembered
from shared.routes import Answer, Inlet

Body = TypeVar("Body")
_TRIES = 5


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


async def store_once(
    database: Database,
    submissions: Sequence[Submission[Any]],
    store: Callable[[Tx, Sequence[Submission[Any]]], Awaitable[Sequence[Answer | Exception]]],
) -> list[Answer | Exception]:
    """Store a batch in one transaction; answers in order. What was answered before is answered again, not stored.

    `store` gets the submissions that are new and returns an answer or a Problem for each.
    """
    # Most keys are new: only when one turns out to be taken are the stored answers looked up, and the batch done anew.
    look_up = False
    for _ in range(_TRIES):
        try:
            return await _try(database, submissions, store, look_up)
        except _Raced:
            look_up = True
        except RETRYABLE:
            continue
    raise Unavailable("The request lost a race for the same records; try it again.")


async def _try(
    database: Database,
    submissions: Sequence[Submission[Any]],
    store: Callable[[Tx, Sequence[Submission[Any]]], Awaitable[Sequence[Answer | Exception]]],
    look_up: bool,
) -> list[Answer | Exception]:
    results: dict[int, Answer | Exception] = {}
    twins: dict[int, tuple[Asked, tuple[int, Asked]]] = {}
    fresh: list[int] = []
    async with database.transaction({each.workspace_id for each in submissions}, by_key=True) as tx:
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
