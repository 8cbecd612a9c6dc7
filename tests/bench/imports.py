"""Rows a second of an import, and what the process that works at it holds in memory: of one file and a tenfold one."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import psutil

from tests.bench import payloads
from tests.bench.arena import Arena
from tests.bench.figures import TIMES, say
from tests.bench.site import Site

GROWN = 1.25
"""What memory may grow by while the file grows tenfold."""
LOOK_SECONDS = 0.2
AT_ONCE = 5_000


async def measure(arena: Arena) -> None:
    """The service serves requests and works at the import in one process, and rests for callers, as in `make run`."""
    report, site, rows = arena.report, arena.small, arena.import_rows
    peaks: dict[int, float] = {}
    for count in (rows // 10, rows):
        rate, uploaded, peaks[count] = await _import(site, count)
        name = f"imports.{count}"
        report.add(name, rate, "rows/s")
        report.add(f"{name}.upload", uploaded, "MiB/s")
        report.add(f"{name}.peak_rss", peaks[count], "MiB")
    report.add("imports.memory_of_tenfold", peaks[rows] / peaks[rows // 10], TIMES, most=GROWN)
    await site.settle()


async def _import(site: Site, count: int) -> tuple[float, float, float]:
    """Rows a second, MiB a second of the upload, and the highest resident size in MiB."""
    process = psutil.Process(site.stack.services["feedback"].pid)
    path = f"/v1/imports/{site.post('feedback', '/v1/imports', {'kind': 'feedback', 'source': 'bench'})['id']}"
    size = 0

    async def file() -> AsyncIterator[bytes]:
        nonlocal size
        for _ in range(count // AT_ONCE):
            block = b"".join(json.dumps(row).encode() + b"\n" for row in payloads.rows(AT_ONCE))
            size += len(block)
            yield block

    base = site.stack.services["feedback"].url
    async with httpx2.AsyncClient(
        base_url=base, headers={"Authorization": f"Bearer {site.key}"}, timeout=600
    ) as client:
        began, peak = time.perf_counter(), 0.0
        sending = asyncio.create_task(client.put(f"{path}/file", content=file()))
        while not sending.done():
            peak = max(peak, process.memory_info().rss / 2**20)
            await asyncio.sleep(LOOK_SECONDS)
        sending.result().raise_for_status()
        uploaded = size / 2**20 / (time.perf_counter() - began)
        began = time.perf_counter()
        while True:
            shown: dict[str, Any] = (await client.get(path)).json()
            peak = max(peak, process.memory_info().rss / 2**20)
            if shown["state"] not in {"waiting", "running"}:
                break
            await asyncio.sleep(LOOK_SECONDS)
    took = time.perf_counter() - began
    if (shown["state"], shown["counts"].get("feedback", {}).get("created")) != ("finished", count // AT_ONCE * AT_ONCE):
        raise RuntimeError(f"the import ended as {shown}")
    say(f"  {count:,} rows ({size / 2**20:,.0f} MiB): {count / took:,.0f} rows/s, at most {peak:,.0f} MiB resident")
    return count / took, uploaded, peak
