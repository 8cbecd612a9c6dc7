"""How long lists of a board take that all ideas stand on: the 95th of a hundred, one after the other, by a visitor."""

import random
from collections.abc import Callable
from urllib.parse import urlencode

from tests.bench import payloads
from tests.bench.arena import Arena
from tests.bench.figures import say
from tests.bench.load import one_by_one
from tests.bench.population import CONTACT, TOPICS, made
from tests.bench.site import Site

GOAL_MS = 50
REQUESTS = 100
BOARD = {"key": "everything", "name": "Everything", "visibility": "public"}
PLACE_ALL = """
insert into feedback.board_ideas (board_id, idea_id, workspace_id)
select b.id, i.id, i.workspace_id from feedback.boards b join feedback.ideas i on i.workspace_id = b.workspace_id
where b.workspace_id = $1 and b.key = $2
"""
ASKED: dict[str, Callable[[random.Random], dict[str, str]]] = {
    "new": lambda _: {},
    "votes": lambda _: {"sort": "votes"},
    "trending": lambda _: {"sort": "trending"},
    "status_by_votes": lambda _: {"status": "shipped", "sort": "votes"},
    "voted": lambda _: {"voted": "true"},
    "common_word": lambda _: {"q": "export "},
    "common_word_by_votes": lambda _: {"q": "export ", "sort": "votes"},
    "beginning": lambda chance: {"q": chance.choice(TOPICS)[: chance.randrange(2, 5)]},
    "two_words": lambda chance: {"q": f"export {chance.choice(TOPICS)} "},
    "no_such_word": lambda chance: {"q": f"zz{chance.randrange(10**6)}"},
}


async def measure(site: Site, arena: Arena) -> None:
    """Put everything on a board, then ask each kind of question a hundred times over one connection."""
    site.post("feedback", "/v1/boards", BOARD)
    await site.admin.execute(PLACE_ALL, site.workspace_id, BOARD["key"])
    await site.admin.execute("vacuum analyze feedback.board_ideas")
    for name, asked in ASKED.items():
        chance = random.Random(name)
        visitor = str(made(CONTACT, chance.randrange(site.size.contacts)))
        asking = [asked(chance) | {"contact_id": visitor} for _ in range(REQUESTS)]
        paths = [f"/v1/boards/{BOARD['key']}/ideas?{urlencode(each)}" for each in asking]
        took = await one_by_one(site.port("feedback"), [payloads.question(site.key, path) for path in paths])
        p95 = sorted(took)[int(REQUESTS * 0.95) - 1] * 1000
        say(f"  board, {name:<21} {site.size.name}: p95 {p95:6.1f} ms")
        arena.report.add(f"search.board.{name}.{site.size.name}.p95", p95, "ms", most=GOAL_MS)
