"""(e) Votes a second, spread over many ideas and all on one."""

from collections.abc import Callable
from itertools import cycle

from tests.bench import payloads
from tests.bench.arena import NOT_WORSE, Arena, Contest
from tests.bench.figures import TIMES, ratio
from tests.bench.site import Site

ONE_GOAL = 0.5
FAST = 9_000
"""A rate that is surely not reached."""
SPREAD = 10_000
"""Ideas that votes are spread over."""


async def measure(arena: Arena) -> None:
    """Both on each data set, in turns. Every vote is by a known contact that has not voted for the idea in this run."""
    contest = Contest(arena)
    for site in arena.sites:
        spread = [site.size.idea(number) for number in range(SPREAD)]
        for name, ideas in (("spread", spread), ("one", spread[:1])):
            contest.http(f"{name}.{site.size.name}", site, site.port("feedback"), _ballots(site, ideas), FAST)
    await contest.run()
    report = arena.report
    samples = contest.samples
    for name, taken in samples.items():
        report.rates(f"votes.{name}", taken, "votes/s")
        report.cost(f"votes {name}", taken)
    for site in arena.sites:
        one, spread_out = samples[f"one.{site.size.name}"], samples[f"spread.{site.size.name}"]
        report.add(f"votes.one_to_spread.{site.size.name}", ratio(one, spread_out), TIMES, least=ONE_GOAL)
    if len(arena.sites) > 1:
        for name in ("spread", "one"):
            grown = ratio(samples[f"{name}.large"], samples[f"{name}.small"])
            report.add(f"votes.{name}.large_to_small", grown, TIMES, least=NOT_WORSE)


def _ballots(site: Site, ideas: list[str]) -> Callable[[int], list[bytes]]:
    wanted, emails = cycle(ideas), site.emails()
    return lambda count: [payloads.vote(site.key, next(wanted), next(emails)) for _ in range(count)]
