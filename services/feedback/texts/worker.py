"""Fills in the language of feedback that came without one: at leisure, and never at the door."""

import asyncio
from datetime import UTC, datetime, timedelta

from services.feedback.texts import store
from services.feedback.texts.language import language_of
from shared.events.feedback import FeedbackReceived
from shared.runtime import Runtime

BATCH = 200
SWEEP_SECONDS = 5.0
SETTLED = timedelta(seconds=60)
"""Longer than any transaction lives: nothing that is older can still be about to be committed before it."""


async def run(runtime: Runtime) -> None:
    """The job: know languages until cancelled."""

    async def step(limit: int) -> bool:
        return await know_some(runtime, limit)

    await runtime.leisure.work(SWEEP_SECONDS, step, BATCH)


async def know_some(runtime: Runtime, limit: int = BATCH, settled: timedelta = SETTLED) -> bool:
    """Go over the next part of the log; tell whether there may be more. Events say nothing of it: no version rises."""
    async with runtime.database.system() as tx:
        position = await tx.value(store.POSITION)
        if position is None:
            return bool(await tx.run(store.BEGIN))
        rows = await tx.all(store.NEXT, position, limit)
        young = datetime.now(UTC) - settled
        old = next((n for n, row in enumerate(rows) if row["occurred_at"] > young), len(rows))
        if not old:
            return False
        told = [row for row in rows[:old] if row["type"] == FeedbackReceived.type]
        if told:
            words = await tx.all(
                store.WORDS, [row["workspace_id"] for row in told], [row["aggregate_id"] for row in told]
            )
            # Off the loop: loading the model takes a second, and callers come first.
            languages = await asyncio.to_thread(lambda: [language_of(row["text"]) for row in words])
            known = [(row, language) for row, language in zip(words, languages, strict=True) if language is not None]
            if known:
                await tx.run(
                    store.KNOW,
                    [row["workspace_id"] for row, _ in known],
                    [row["id"] for row, _ in known],
                    [language for _, language in known],
                )
        await tx.run(store.ADVANCE, rows[old - 1]["seq"])
        return old == limit
