"""(c) From a webhook to the score that includes it, while deliveries come at a constant rate: 500 a second, and fewer.

Each delivery names one of 500 ideas that nobody asked for before, by a contact who has not asked for it yet. The ideas
are estimated so that their RICE score equals the number of contacts: a score of n includes the idea's first n
deliveries. Deliveries go round the ideas, so those of one idea are a second apart or more and their
order is certain.

A delivery's time starts when it was due to be sent. It ends when the ScoreChanged with its score arrives at a
subscriber of the broker: scoring's transaction had been committed before its relay could publish that, so the time is
an upper bound of what it took until the score could be read.
"""

import asyncio
import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from statistics import median

from nats.aio.msg import Msg

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
PATIENCE_SECONDS = 20.0
P50_GOAL, P99_GOAL = 25.0, 150.0
NOT_SLOWER = 1.2
STAGES = {"feedback.demand.changed.v1": "contacts", "scoring.score.changed.v1": "value"}
"""Events that tell of a delivery on its way, and the field that counts an idea's contacts."""


@dataclass(slots=True)
class Track:
    """One site's ideas, and when each number of contacts was first told of."""

    site: Site
    path: str
    secret: str
    numbers: "count[int]" = field(default_factory=count)
    told: dict[str, dict[tuple[str, int], float]] = field(
        default_factory=lambda: defaultdict[str, dict[tuple[str, int], float]](dict)
    )
    answers: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    demand: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    async def hear(self, stage: str, message: Msg) -> None:
        """Note an event's arrival."""
        now = time.perf_counter()
        data = json.loads(message.data)
        if (counted := data[STAGES[stage]]) is not None:
            self.told[stage].setdefault((data["idea_id"], int(counted)), now)

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
        for stage in STAGES:
            await track.site.client.subscribe(f"{stage}.*", cb=partial(track.hear, stage))  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
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
    demand, score = (track.told[stage] for stage in STAGES)
    await _all_told(score, [(idea, number) for _, idea, number in sent])
    measured = slice(rate * WARM_SECONDS, None)
    due = {(idea, number): at for (_, idea, number), at in list(zip(sent, load.due, strict=True))[measured]}
    took = sorted(score[key] - at for key, at in due.items() if key in score)
    first = sorted(demand[key] - at for key, at in due.items() if key in demand)
    load.took.sort()
    if rate == RATE:
        track.demand.append((quantile(first, 0.5) * 1000, quantile(first, 0.99) * 1000))
        track.answers.append((quantile(load.took, 0.5) * 1000, quantile(load.took, 0.99) * 1000))
    refused = dict(load.refused)
    if missing := len(due) - len(took):
        say(f"  {missing} deliveries moved no score within {PATIENCE_SECONDS:.0f} s")
        refused[0] = refused.get(0, 0) + missing
    return Sample(
        len(took) / SECONDS, quantile(took, 0.5) * 1000, quantile(took, 0.99) * 1000, len(sent), refused, busy
    )


async def _all_told(score: dict[tuple[str, int], float], keys: list[tuple[str, int]]) -> None:
    """Wait until a score of every delivery was told, or a later one of its idea: a snapshot stands for those before."""
    deadline = time.perf_counter() + PATIENCE_SECONDS
    for idea, number in reversed(keys):
        while (idea, number) not in score and time.perf_counter() < deadline:
            await asyncio.sleep(0.01)
        at = score.get((idea, number))
        before = number - 1
        while at is not None and before > 0 and (idea, before) not in score:
            score[idea, before] = at
            before -= 1


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
