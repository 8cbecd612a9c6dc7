"""Reads what was kept at the door, in the order of arrival, until nothing waits."""

import asyncio
import logging
import time
from uuid import UUID

import asyncpg

from services.feedback.intake import domain, store
from shared.database import RETRYABLE, Busy, Tx
from shared.errors import Unavailable
from shared.jobs import forever, make_way
from shared.runtime import Runtime

BATCH = 200
SWEEP_SECONDS = 0.1
"""How long a delivery can wait where the process that kept it is not the one that reads it."""

RUSH_REST = 19
"""Times as long as a batch took that the worker rests at most when more callers came meanwhile than it holds."""

log = logging.getLogger("cairn.intake")


async def run(runtime: Runtime) -> None:
    """The job: read deliveries until cancelled. Callers at the door come first.

    Deliveries that come faster than they can be read wait in their table. Where this process also keeps them, reading
    leaves it all the time that they take then, a twentieth apart, and catches up when the rush is over. A backlog that
    it can catch up with is no rush: resting then would keep it for as long as deliveries come.
    """
    signal = asyncio.Event()

    async def step() -> bool:
        served, began = runtime.served, time.monotonic()
        more = await process_some(runtime)
        if more and runtime.served - served > BATCH:
            await make_way(time.monotonic() - began, RUSH_REST)
        return more

    runtime.signals["intake"] = signal.set
    await forever(signal, SWEEP_SECONDS, step, runtime.lookout.rest(store.WORK, SWEEP_SECONDS))


async def process_some(runtime: Runtime, limit: int = BATCH) -> bool:
    """Read the oldest waiting deliveries in one transaction; tell whether there may be more.

    Those of a workspace that somebody holds alone come when there are no others: nobody else waits for it.
    """
    busy: set[UUID] = set()
    while True:
        async with runtime.database.lane(None) as lane:
            workspaces = [row["workspace_id"] for row in await lane.all(store.WAITING, limit, list(busy))]
        if not workspaces and not busy:
            return False
        try:
            return await _process(runtime, workspaces or sorted(busy), limit, patient=not workspaces) or bool(busy)
        except Busy as held:
            busy |= held.workspaces


async def _process(runtime: Runtime, workspaces: list[UUID], limit: int, *, patient: bool) -> bool:
    try:
        async with runtime.database.transaction(workspaces, by_key=True) as tx:
            tx.patient = patient
            rows = await _take(tx, workspaces, limit)
            if rows:
                await domain.process(tx, rows)
        return len(rows) == limit
    except Busy:
        raise
    except RETRYABLE:
        return True
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001  # whatever is wrong with one delivery must not stop the others
        log.warning("a batch of deliveries failed: trying one by one", extra={"reason": type(error).__name__})
    for _ in range(limit):
        if not await _process_alone(runtime, workspaces):
            return False
    return True


async def _process_alone(runtime: Runtime, workspaces: list[UUID]) -> bool:
    """One delivery; quarantined when it fails, so that it stops nobody behind it."""
    failed: tuple[asyncpg.Record, Exception] | None = None
    try:
        async with runtime.database.transaction(workspaces, by_key=True) as tx:
            rows = await _take(tx, workspaces, 1)
            if not rows:
                return False
            try:
                async with tx.savepoint():
                    await domain.process(tx, rows)
            except (Unavailable, *RETRYABLE):
                raise
            except Exception as error:  # noqa: BLE001  # kept with its reason, below
                failed = rows[0], error
                await domain.settle(
                    tx,
                    [
                        domain.Settled(
                            rows[0]["workspace_id"],
                            rows[0]["id"],
                            "quarantined",
                            f"not storable: {type(error).__name__}",
                            rows[0]["mapping_version"],
                        )
                    ],
                )
    except RETRYABLE:
        return True
    if failed is not None:
        log.warning("a delivery is quarantined", exc_info=failed[1], extra={"delivery": str(failed[0]["id"])})
    return True


async def _take(tx: Tx, workspaces: list[UUID], limit: int) -> list[asyncpg.Record]:
    return await tx.all(store.TAKE, workspaces, limit)
