"""Rows a second of an import, and the memory of the process that works at it: of files each ten times as long."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import psutil

from tests.bench import files
from tests.bench.arena import Arena
from tests.bench.figures import TIMES, say
from tests.bench.site import Site

GROWN = 1.25
"""What memory may grow by while the file grows tenfold."""
LOOK_SECONDS = 0.2
SHORTEST = 10_000
PART = 2**20


async def measure(arena: Arena) -> None:
    """The service serves requests and works at the import in one process, as in `make run`; nobody else calls."""
    report, site = arena.report, arena.small
    for format in arena.import_formats:
        peaks: list[float] = []
        for count in (arena.import_rows // 100, arena.import_rows // 10, arena.import_rows):
            if count < SHORTEST:
                continue
            rate, uploaded, peak = await _import(site, format, count)
            name = f"imports.{format}.{count}"
            report.add(name, rate, "rows/s")
            report.add(f"{name}.upload", uploaded, "MiB/s")
            report.add(f"{name}.peak_rss", peak, "MiB")
            if peaks:
                report.add(f"{name}.memory_of_tenfold", peak / peaks[-1], TIMES, most=GROWN)
            peaks.append(peak)
    await site.settle()


async def _import(site: Site, format: str, count: int) -> tuple[float, float, float]:
    """Rows a second, MiB a second of the upload, and the highest resident size in MiB."""
    process = psutil.Process(site.stack.services["feedback"].pid)
    begun = site.post("feedback", "/v1/imports", {"kind": "feedback", "source": "bench", "format": format})
    path, size = f"/v1/imports/{begun['id']}", 0

    async def file() -> AsyncIterator[bytes]:
        nonlocal size
        for block in files.blocks(format, count) if book is None else _read(book):
            size += len(block)
            yield block

    base = site.stack.services["feedback"].url
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder, "book.xlsx") if format == "xlsx" else None
        if book is not None:
            files.workbook(book, count)
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
    made = count // files.AT_ONCE * files.AT_ONCE
    if (shown["state"], shown["counts"].get("feedback", {}).get("created")) != ("finished", made):
        raise RuntimeError(f"the import ended as {shown}")
    say(f"  {count:,} rows of {format} ({size / 2**20:,.0f} MiB): {count / took:,.0f} rows/s, at most {peak:,.0f} MiB")
    return count / took, uploaded, peak


def _read(place: Path) -> list[bytes]:
    content = place.read_bytes()
    return [content[start : start + PART] for start in range(0, len(content), PART)]
