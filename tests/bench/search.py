"""(f) How long a search of ideas, of a board and of feedback takes, one after the other: the 95th of a hundred.

What is asked for is drawn by chance from what there is much of and little of, so that no two requests are alike.
"""

import random
from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

from tests.bench import boards, feedback, payloads
from tests.bench.arena import Arena
from tests.bench.figures import say
from tests.bench.load import one_by_one
from tests.bench.population import OWNERS, TAGS, TOPICS
from tests.bench.site import Site

GOAL_MS = 50
REQUESTS = 100
SORTS = ("new", "updated", "votes", "trending", "accounts", "mrr")
Query = Callable[[random.Random, Site], dict[str, str | int]]


def _always(query: dict[str, str | int], *_: object) -> dict[str, str | int]:
    return query


ASKED: dict[str, Query] = {
    **{f"list_{sort}": partial(_always, {"sort": sort}) for sort in SORTS},
    "common_word": partial(_always, {"q": "export "}),
    "common_word_by_votes": partial(_always, {"q": "export ", "sort": "votes"}),
    "beginning": lambda chance, _: {"q": chance.choice(TOPICS)[: chance.randrange(2, 5)]},
    "two_words": lambda chance, _: {"q": f"export {chance.choice(TOPICS)}"},
    "rare_word": lambda chance, site: {"q": f"export list {chance.randrange(site.size.ideas)} "},
    "no_such_word": lambda chance, _: {"q": f"zz{chance.randrange(10**6)}"},
    "tag_and_owner": lambda chance, _: {
        "tag": f"t{chance.randrange(TAGS)}", "owner": f"owner-{chance.randrange(OWNERS)}", "sort": "votes"
    },
    "owner_by_mrr": lambda chance, _: {"owner": f"owner-{chance.randrange(OWNERS)}", "sort": "mrr"},
    "tag_and_words": lambda chance, _: {"tag": f"t{chance.randrange(TAGS)}", "q": f"{chance.choice(TOPICS)} "},
    "nothing_left": partial(_always, {"status": "shipped", "kind": "debt", "sort": "votes"}),
}  # fmt: skip


async def measure(arena: Arena) -> None:
    """Each kind of query, a hundred times over one connection."""
    for site in arena.sites:
        for name, asked in ASKED.items():
            chance = random.Random(name)
            paths = [f"/v1/ideas?{urlencode(asked(chance, site))}" for _ in range(REQUESTS)]
            took = await one_by_one(site.port("feedback"), [payloads.question(site.key, path) for path in paths])
            p95 = sorted(took)[int(REQUESTS * 0.95) - 1] * 1000
            say(f"  {name:<24} {site.size.name}: p95 {p95:6.1f} ms")
            arena.report.add(f"search.{name}.{site.size.name}.p95", p95, "ms", most=GOAL_MS)
        await boards.measure(site, arena)
    await feedback.measure(arena.small, arena)
