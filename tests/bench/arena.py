"""Everything that runs during a measurement: Cairn twice, on a small and on a large data set, and the baselines.

Both are there at once so that a figure and what it is compared with are taken in turns, seconds apart: whatever else
the machine does hits both. The services of the one that is not being measured are held meanwhile: what they index for
minutes after a filling, since nobody asks anything of them, would take half a core from the other.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import asyncpg

from tests.bench.figures import Report, say
from tests.bench.files import FORMATS
from tests.bench.load import Sample, hammer
from tests.bench.population import LARGE, SMALL
from tests.bench.site import Baseline, Site

NOT_WORSE = 0.8
"""What must be left of a figure with the large data set."""


@dataclass(slots=True)
class Arena:
    """What the parts of the benchmark measure, and where they report."""

    sites: Sequence[Site]
    baselines: Mapping[str, Baseline]
    report: Report
    rounds: int
    import_rows: int = 100_000
    import_formats: Sequence[str] = FORMATS

    @property
    def small(self) -> Site:
        return self.sites[0]

    @classmethod
    def build(cls, folder: Path, stack: ExitStack, report: Report, rounds: int, *, large: bool) -> Self:
        """Start it all; `stack` ends it."""
        sites: list[Site] = []
        for size in (SMALL, LARGE)[: 1 + large]:
            say(f"Starting Cairn with {size.ideas:,} ideas and {size.feedback:,} feedback rows")
            site = stack.enter_context(Site(size, folder / size.name))
            site.start()
            sites.append(site)
        url = sites[0].stack.postgres.url()
        baselines = {app: stack.enter_context(Baseline(app, folder, url)) for app in ("echo", "bare", "peer")}
        return cls(sites, baselines, report, rounds)


Measure = Callable[[], Awaitable[Sample]]
WARM, SECONDS = 0.4, 2.0


@dataclass(slots=True)
class Contest:
    """Measurements that are taken in turns: A B C, A B C, and so on."""

    arena: Arena
    entries: dict[str, tuple[Measure, Site | Baseline]] = field(
        default_factory=dict[str, tuple[Measure, Site | Baseline]]
    )
    samples: dict[str, list[Sample]] = field(default_factory=dict[str, list[Sample]])

    def enter(self, name: str, measure: Measure, of: Site | Baseline) -> None:
        """Add one under a name; the services of all other sites are held while it is taken."""
        self.entries[name] = measure, of
        self.samples[name] = []

    def http(self, name: str, of: Site | Baseline, port: int, make: Callable[[int], list[bytes]], most: int) -> None:
        """Add one of a route. `make` makes that many requests; `most` is a rate that it surely does not reach."""
        stock: list[bytes] = []

        async def measure() -> Sample:
            stock.extend(make(int(most * (WARM + SECONDS)) - len(stock)))
            sample = await hammer(port, stock, usage=of.used, warm=WARM, seconds=SECONDS)
            del stock[: sample.sent]
            return sample

        self.enter(name, measure, of)

    async def run(self, *, settled: bool = True) -> None:
        """Take all rounds; when `settled`, each when everything that the last one left behind has been worked off."""
        for number in range(1, self.arena.rounds + 1):
            for name, (measure, of) in self.entries.items():
                for site in self.arena.sites if settled else ():
                    await site.settle()
                with ExitStack() as held:
                    for site in self.arena.sites:
                        if site is not of:
                            held.enter_context(site.held())
                    sample = await measure()
                self.samples[name].append(sample)
                say(
                    f"  {name:<28} round {number}: {sample.rate:>8,.0f}/s  p50 {sample.p50:6.1f} ms  "
                    f"p99 {sample.p99:6.1f} ms{f'  refused {sample.refused}' if sample.refused else ''}"
                )


async def pool(site: Site, size: int) -> "asyncpg.Pool[asyncpg.Record]":
    """Connections of the administrator."""
    return await asyncpg.create_pool(site.stack.postgres.url(), min_size=size, max_size=size)
