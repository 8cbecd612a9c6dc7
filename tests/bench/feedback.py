"""How long a search of feedback takes among 1,000,000 statements: by words common and rare, by filters, by both.

The statements and their index are made here and copied in, the index as the service's job would have made it: filling
it in the service's own way takes a quarter of an hour. Words are as frequent as words are (Zipf), 12 to a text. A
workspace of its own, so that what is measured elsewhere has nothing of it.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import numpy as np

from services.feedback.similar import postings, words
from shared.access import registry
from shared.access.keys import SCOPES
from shared.database import Database
from tests.bench import payloads
from tests.bench.arena import Arena
from tests.bench.figures import say
from tests.bench.load import one_by_one
from tests.bench.population import made
from tests.bench.site import RATE, Site

TEXTS = 1_000_000
WORDS = 12
VOCABULARY = 20_000
CONTACTS, ACCOUNTS, PRODUCT_SHARE = 20_000, 500, 0.01
SAID, PERSON, FIRM, PRODUCT = 900, 901, 902, made(903, 0)
"""What these ids are of, so that they are no others'."""
REQUESTS = 100
GOAL_MS = 50
LETTERS = "bcdfghjklm"


def word(number: int) -> str:
    """The nth most frequent word: letters that no stem is cut off."""
    return "".join(LETTERS[int(digit)] for digit in str(number)) + "x"


async def measure(site: Site, arena: Arena) -> None:
    """Fill a workspace, then ask each kind of question a hundred times over one connection."""
    admin = Database(site.stack.postgres.url(), "feedback", application="bench", patience=600)
    await admin.open()
    async with admin.system(search_path="access") as tx:
        workspace_id = await registry.create_workspace(tx, "found", "Found", "EUR")
        _, key = await registry.create_key(tx, site.stack.kept.key_pepper, workspace_id, "bench", SCOPES, rate=RATE)
    await _fill(admin, workspace_id)
    await admin.close()
    for name, asked in _asked().items():
        chance = random.Random(name)
        paths = [f"/v1/feedback?{urlencode(asked(chance))}" for _ in range(REQUESTS)]
        took = await one_by_one(site.port("feedback"), [payloads.question(key, path) for path in paths])
        p95 = sorted(took)[int(REQUESTS * 0.95) - 1] * 1000
        say(f"  {name:<24} {TEXTS:,} statements: p95 {p95:6.1f} ms")
        arena.report.add(f"search.feedback.{name}.p95", p95, "ms", most=GOAL_MS)


def _asked() -> Mapping[str, Callable[[random.Random], dict[str, str]]]:
    common, rare = (0, 20), (5_000, VOCABULARY)

    def some(chance: random.Random, *ranges: tuple[int, int]) -> str:
        return " ".join(word(chance.randrange(*each)) for each in ranges)

    contact = {"contact_id": str(made(PERSON, 7))}
    since = datetime.now(UTC) - timedelta(days=30)
    return {
        "list": lambda _: {},
        "source": lambda _: {"source": "sales", "language": "en"},
        "product": lambda _: {"product": str(PRODUCT)},
        "account": lambda chance: {"account_id": str(made(FIRM, chance.randrange(ACCOUNTS)))},
        "said": lambda _: {"said_from": since.isoformat()},
        "common_word": lambda chance: {"q": some(chance, common)},
        "common_word_newest": lambda chance: {"q": some(chance, common), "sort": "new"},
        "rare_word": lambda chance: {"q": some(chance, rare)},
        "two_common_words": lambda chance: {"q": some(chance, common, common)},
        "three_words": lambda chance: {"q": some(chance, common, (20, 200), (200, 2_000)), "sort": "new"},
        "phrase": lambda chance: {"q": f'"{some(chance, common, common)}"', "sort": "new"},
        "exclusion": lambda chance: {"q": f"{some(chance, common)} -{some(chance, common)}", "sort": "old"},
        "no_such_word": lambda chance: {"q": f"zz{chance.randrange(10**6)}"},
        "common_word_of_contact": lambda chance: {"q": some(chance, common), **contact},
        "common_word_of_account": lambda chance: {
            "q": some(chance, common), "sort": "new", "account_id": str(made(FIRM, chance.randrange(ACCOUNTS)))
        },
        "common_word_by_product": lambda chance: {"q": some(chance, common), "product": str(PRODUCT)},
    }  # fmt: skip


async def _fill(admin: Database, workspace_id: UUID) -> None:
    chance = np.random.default_rng(3)
    weights = 1 / np.arange(1, VOCABULARY + 1)
    said = chance.choice(VOCABULARY, (TEXTS, WORDS), p=weights / weights.sum()).astype(np.int32)
    say(f"  copying {TEXTS:,} statements and their index")
    async with admin.system(search_path="feedback") as tx:
        # No foreign keys and no triggers: the rows fit, and the index is made here.
        await tx.run("set local session_replication_role = replica")
        await tx.run("set local synchronous_commit = off")
        await tx.run(
            "insert into products (id, workspace_id, key, name) values ($1, $2, 'web', 'Web')", PRODUCT, workspace_id
        )
        accounts = ((made(FIRM, n), workspace_id, str(n), str(n)) for n in range(ACCOUNTS))
        await tx.copy("accounts", ("id", "workspace_id", "external_id", "name"), accounts)
        people = ((made(PERSON, n), workspace_id, made(FIRM, n % ACCOUNTS), str(n)) for n in range(CONTACTS))
        await tx.copy("contacts", ("id", "workspace_id", "account_id", "external_id"), people)
        columns = (
            "id", "workspace_id", "source", "external_id", "contact_id", "product_id", "language", "text", "said_at"
        )  # fmt: skip
        await tx.copy("feedback", columns, _statements(workspace_id, said))
        texts = ((made(SAID, n), workspace_id, "feedback", 1, n) for n in range(TEXTS))
        await tx.copy("similar_texts", ("id", "workspace_id", "kind", "epoch", "number"), texts)
        columns = ("workspace_id", "kind", "term", "block", "entries")
        await tx.copy("similar_postings", columns, _postings(workspace_id, said))
        last = made(SAID, TEXTS)
        await tx.run(
            """insert into similar_indexes (workspace_id, kind, analyser, next_number, texts, seen, checked)
            values ($1, 'feedback', $2, $3, $3, $4, $4)""",
            workspace_id, words.ANALYSER, TEXTS, last,
        )  # fmt: skip
    async with admin.system(search_path="feedback") as tx:
        await tx.run("analyze feedback, contacts, similar_texts, similar_postings")


def _statements(workspace_id: UUID, said: np.ndarray[tuple[int, int], np.dtype[np.int32]]) -> Iterator[tuple[Any, ...]]:
    spelled = [word(number) for number in range(VOCABULARY)]
    now, second = datetime.now(UTC), timedelta(seconds=1)
    for number, row in enumerate(said.tolist()):
        yield (
            made(SAID, number),
            workspace_id,
            ("support", "sales", "api", "typeform")[number % 4],
            str(number),
            made(PERSON, number % CONTACTS),
            PRODUCT if number % int(1 / PRODUCT_SHARE) == 0 else None,
            "de" if number % 5 == 0 else "en",
            " ".join(spelled[each] for each in row),
            now - second * 20 * (TEXTS - number),
        )


def _postings(workspace_id: UUID, said: np.ndarray[tuple[int, int], np.dtype[np.int32]]) -> Iterator[tuple[Any, ...]]:
    """What the service's job would have made of these texts; each term once in a text, with a like share of it."""
    terms = [words.number(words.stem(word(number))) for number in range(VOCABULARY)]
    impact = round(255 * WORDS**-0.25)
    for start in range(0, TEXTS, postings.BLOCK):
        part = said[start : start + postings.BLOCK]
        pairs = np.unique(part.astype(np.int64) * postings.BLOCK + np.arange(len(part))[:, None])
        numbers, places = np.divmod(pairs, postings.BLOCK)
        entries = np.empty(len(pairs), postings.ENTRY)
        entries["place"], entries["impact"] = places, impact
        ends = np.flatnonzero(np.diff(numbers)) + 1
        for group, number in zip(np.split(entries, ends), numbers[np.r_[0, ends]].tolist(), strict=True):
            yield workspace_id, "feedback", terms[number], start // postings.BLOCK, group.tobytes()
