"""(c) From a webhook to the score that includes it, while deliveries come at a constant rate: 500 a second, and fewer.

Each delivery names one of 500 ideas that nobody asked for before, by a contact who has not asked for it yet. The ideas
are estimated so that their RICE score equals the number of contacts: a score of n includes the idea's first n
deliveries. Deliveries go round the ideas, so those of one idea are a second apart or more and their
order is certain.

A delivery's time starts when it was due to be sent. It ends with the commit of scoring's transaction that wrote its
score: from then on whoever asks reads it. PostgreSQL notes when each transaction was committed, so that nobody has to
look meanwhile.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from statistics import median

from tests.bench import payloads
from tests.bench.arena import Arena, Contest
from tests.bench.figures import say
from tests.bench.ingest import connection
from tests.bench.load import Sample, Steady, quantile
from tests.bench.population import FRESH
from tests.bench.site import Site

RATE = 500
"""Deliveries a second that the goals are for."""
SLOWER = (50, 200)
"""Rates that are measured besides, with the small data set: how the time grows with the load."""
WARM_SECONDS, SECONDS = 1, 5
P50_GOAL, P99_GOAL = 25.0, 150.0
NOT_SLOWER = 1.2
# Each idea's counts of contacts and when the first transaction that knew of so many was committed.
DEMAND = """
select aggregate_id::text, (data ->> 'contacts')::int, pg_xact_commit_timestamp(xmin) from feedback.events
where type = 'feedback.demand.changed.v1' and occurred_at >= $1
"""
SCORES = """
select data ->> 'idea_id', (data ->> 'value')::float8::int, pg_xact_commit_timestamp(xmin) from scoring.events
where type = 'scoring.score.changed.v1' and occurred_at >= $1 and data ->> 'value' is not null
"""


@dataclass(slots=True)
class Track:
    """One site's deliveries, and what their answers and the demand that they moved took: p50 and p99 of each round."""

    site: Site
    path: str
    secret: str
    numbers: "count[int]" = field(default_factory=count)
    answers: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    demand: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def delivery(self) -> tuple[bytes, str, int]:
        """The next delivery, its idea, and which of that idea's it is, from 1."""
        number = next(self.numbers)
        size = self.site.size
        idea = size.idea(size.ideas + number % FRESH)
        return (
            payloads.typeform(self.path, self.secret, size.email(number % size.contacts), idea),
            idea,
            number // FRESH + 1,
        )


async def measure(arena: Arena) -> None:
    """Each data set in turns."""
    contest = Contest(arena)
    tracks = [Track(site, *connection(site, {"idea": "idea", "questions": {"nps": "nps"}})) for site in arena.sites]
    for track in tracks:
        contest.enter(track.site.size.name, partial(_stretch, track, RATE), track.site)
    for rate in SLOWER:
        contest.enter(_slower(rate), partial(_stretch, tracks[0], rate), tracks[0].site)
    await contest.run()
    _tell(arena, contest, tracks)


def _slower(rate: int) -> str:
    return f"{rate} a second"


async def _stretch(track: Track, rate: int) -> Sample:
    sent = [track.delivery() for _ in range(rate * (WARM_SECONDS + SECONDS))]
    load = Steady(track.site.port("feedback"), [request for request, _, _ in sent], rate)
    used, start = track.site.used(), time.perf_counter()
    await load.run()
    elapsed = time.perf_counter() - start
    busy = {name: (now - used[name]) / elapsed for name, now in track.site.used().items()}
    await track.site.settle()
    due = [
        ((idea, number), at) for (_, idea, number), at in list(zip(sent, load.due, strict=True))[rate * WARM_SECONDS :]
    ]
    began = datetime.fromtimestamp(time.time() - (time.perf_counter() - start), UTC)
    score, demand = [await _committed(track.site, sql, began) for sql in (SCORES, DEMAND)]
    took = sorted(score[key] - at for key, at in due if key in score)
    first = sorted(demand[key] - at for key, at in due if key in demand)
    load.took.sort()
    if rate == RATE:
        track.demand.append((quantile(first, 0.5) * 1000, quantile(first, 0.99) * 1000))
        track.answers.append((quantile(load.took, 0.5) * 1000, quantile(load.took, 0.99) * 1000))
    refused = dict(load.refused)
    if missing := len(due) - len(took):
        say(f"  {missing} deliveries moved no score")
        refused[0] = refused.get(0, 0) + missing
    return Sample(
        len(took) / SECONDS, quantile(took, 0.5) * 1000, quantile(took, 0.99) * 1000, len(sent), refused, busy
    )


async def _committed(site: Site, sql: str, since: datetime) -> Mapping[tuple[str, int], float]:
    """When the first transaction that knew of so many contacts of an idea was committed, on `time.perf_counter`."""
    ahead = time.time() - time.perf_counter()
    times: dict[tuple[str, int], float] = {}
    told: list[tuple[str, int, datetime]] = [(row[0], row[1], row[2]) for row in await site.admin.fetch(sql, since)]
    for idea, counted, at in sorted(told, reverse=True):
        times[idea, counted] = min(at.timestamp() - ahead, times.get((idea, counted), float("inf")))
        # A snapshot stands for those before it, as far down as one that was there already.
        below = counted - 1
        while below > 0 and times.get((idea, below), float("inf")) > times[idea, counted]:
            times[idea, below] = times[idea, counted]
            below -= 1
    return times


def _tell(arena: Arena, contest: Contest, tracks: list[Track]) -> None:
    report = arena.report
    for track in tracks:
        name = track.site.size.name
        samples = contest.samples[name]
        failed = any(sample.refused for sample in samples)
        for share, goal in (("p50", P50_GOAL), ("p99", P99_GOAL)):
            value = None if failed else median(getattr(sample, share) for sample in samples)
            report.add(f"latency.score.{name}.{share}", value, "ms", most=goal)
        for stage, taken in (("answer", track.answers), ("demand", track.demand)):
            for column, share in enumerate(("p50", "p99")):
                report.add(f"latency.{stage}.{name}.{share}", median(each[column] for each in taken), "ms")
        report.cost(f"latency {name}", samples, "delivery")
    for rate in SLOWER:
        samples = contest.samples[_slower(rate)]
        for share in ("p50", "p99"):
            report.add(f"latency.score.at_{rate}.{share}", median(getattr(sample, share) for sample in samples), "ms")
        report.cost(f"latency at {_slower(rate)}", samples, "delivery")
    if len(tracks) > 1 and not any(
        sample.refused for track in tracks for sample in contest.samples[track.site.size.name]
    ):
        rounds = zip(contest.samples["large"], contest.samples["small"], strict=True)
        grown = median(large.p50 / small.p50 for large, small in rounds)
        report.add("latency.score.large_to_small", grown, "times", most=NOT_SLOWER)
