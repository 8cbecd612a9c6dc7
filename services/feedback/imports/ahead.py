"""One item made while the one before it is used."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def ahead(source: AsyncGenerator[T]) -> AsyncGenerator[T]:
    """The same items. Each is begun when the one before is handed out: it is made while the user waits for something.

    To be closed (`aclosing`) by whoever stops before the end.
    """

    async def following() -> T:
        return await anext(source)

    task = asyncio.create_task(following())
    try:
        while True:
            try:
                item = await task
            except StopAsyncIteration:
                return
            task = asyncio.create_task(following())
            # Let it begin before the item is used: what it waits for is under way then.
            await asyncio.sleep(0)
            yield item
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
        await source.aclose()
