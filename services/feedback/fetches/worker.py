"""Fetches what vendors of thin events only name, long after they have been answered.

A claim is a lease on a row. The call is made outside any transaction, its answer stored with the delivery, and the
delivery read again like a new one. Fetched twice, it is still stored once.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.feedback.fetches import store
from services.feedback.fetches.sources import SOURCES, Credentials, Fault, Source
from services.feedback.intake import domain as intake
from shared.database import RETRYABLE
from shared.egress import Egress, networks
from shared.errors import Unavailable
from shared.jobs import forever
from shared.runtime import Runtime
from shared.sealing import Seal

AT_ONCE = 10
LEASE_SECONDS = 120.0
"""Longer than any fetch may take, its pages included."""
SWEEP_SECONDS = 0.5
SLOW_SECONDS = 2.0
"""A vendor that takes longer for an answer is let alone for as long as it took: it keeps nobody else's waiting."""
ATTEMPTS = 12
"""With the waits below, a vendor has some nine hours to come back."""
FIRST_WAIT, LONGEST_WAIT = 5.0, 3_600.0

log = logging.getLogger("cairn.fetching")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a vendor answered: JSON, or why there is none."""

    row: asyncpg.Record
    answer: bytes | None
    fault: Fault | None = None
    seconds: float = 0.0
    """How long the vendor took."""


async def run(runtime: Runtime) -> None:
    """The job: fetch until cancelled."""
    signal = asyncio.Event()
    runtime.signals["fetches"] = signal.set
    egress = Egress(networks(runtime.settings.egress_allow))

    async def step() -> bool:
        return await fetch_some(runtime, egress)

    try:
        await forever(signal, SWEEP_SECONDS, step, runtime.lookout.rest(store.WORK))
    finally:
        await egress.aclose()


async def fetch_some(runtime: Runtime, egress: Egress, limit: int = AT_ONCE) -> bool:
    """Fetch what is due; tell whether there may be more."""
    async with runtime.database.system() as tx:
        rows = await tx.all(store.CLAIM, limit, LEASE_SECONDS)
    if not rows:
        return False
    answers = await asyncio.gather(*(_timed(runtime, egress, row) for row in rows))
    for fetched in answers:
        try:
            await _settle(runtime, fetched)
        except (Unavailable, *RETRYABLE):
            # The lease runs out, and somebody asks again.
            log.warning("a fetched response could not be stored", extra={"delivery": str(fetched.row["delivery_id"])})
    await _let_others_in(runtime, answers)
    runtime.wake("intake")
    return len(rows) == limit


async def _timed(runtime: Runtime, egress: Egress, row: asyncpg.Record) -> Fetched:
    began = time.monotonic()
    return replace(await _fetch(runtime, egress, row), seconds=time.monotonic() - began)


async def _let_others_in(runtime: Runtime, answers: Sequence[Fetched]) -> None:
    """What is taken up at once is waited for together, so whoever answers late has the others wait as well."""
    slow: dict[tuple[UUID, UUID], float] = {}
    for each in answers:
        if each.seconds > SLOW_SECONDS:
            key = each.row["workspace_id"], each.row["connection_id"]
            slow[key] = max(slow.get(key, 0.0), each.seconds)
    for (workspace_id, connection_id), seconds in slow.items():
        with contextlib.suppress(Unavailable, *RETRYABLE):
            async with runtime.database.transaction({workspace_id}) as tx:
                await tx.run(store.PAUSE, workspace_id, connection_id, seconds)


async def _fetch(runtime: Runtime, egress: Egress, row: asyncpg.Record) -> Fetched:
    known = SOURCES.get(row["vendor"])
    if known is None or row["credentials"] is None:
        return Fetched(row, None, Fault("no_credentials", again=False))
    usual, ask = known
    asked: Mapping[str, str] = from_json(row["asked"])
    try:
        sealed = Seal(runtime.settings.sealing_key.get_secret_value()).open(row["credentials"])
        source = Source(egress, Credentials.model_validate_json(sealed), usual)
        async with asyncio.timeout(LEASE_SECONDS / 2):
            answer = await ask(source, asked, from_json(row["cursors"]).get(asked.get("form_id", ""), ""))
    except Fault as fault:
        return Fetched(row, None, fault)
    except TimeoutError:
        return Fetched(row, None, Fault("no answer: it took too long", again=True))
    except Exception as error:  # whatever is wrong with one fetch must not stop the others
        log.warning("a fetch failed", exc_info=error, extra={"delivery": str(row["delivery_id"])})
        return Fetched(row, None, Fault(type(error).__name__, again=True))
    return Fetched(row, to_json(answer))


async def _settle(runtime: Runtime, fetched: Fetched) -> None:
    row = fetched.row
    key = row["workspace_id"], row["delivery_id"]
    async with runtime.database.transaction({row["workspace_id"]}) as tx:
        if fetched.answer is not None:
            await tx.run(store.FETCHED, *key, fetched.answer)
            await tx.run(store.LEFT, *key)
            asked: Mapping[str, str] = from_json(row["asked"])
            if "form_id" in asked and "published_at" in asked:
                await tx.run(
                    store.ADVANCE, row["workspace_id"], row["connection_id"], asked["form_id"], asked["published_at"]
                )
            return
        fault = fetched.fault
        assert fault is not None  # there is an answer or the reason for none
        if not fault.again or row["attempts"] >= ATTEMPTS:
            # Whose lease has lapsed may find that another has fetched it by now.
            if await tx.run(store.LEFT, *key):
                await intake.settle(tx, [intake.Settled(*key, "quarantined", f"not fetched: {fault.reason}")])
            return
        wait = fault.after if fault.after is not None else wait_before(row["attempts"] + 1)
        await tx.run(store.LATER, *key, wait, fault.reason)
        if fault.after is not None:
            await tx.run(store.PAUSE, row["workspace_id"], row["connection_id"], fault.after)


def wait_before(attempt: int) -> float:
    """Seconds before an attempt (the second is 2): doubling, within bounds, and spread so that many do not meet."""
    return min(FIRST_WAIT * 2 ** (attempt - 2), LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311  # no secret
