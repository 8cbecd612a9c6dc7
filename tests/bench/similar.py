"""(f) What is alike: how many duplicates are found, and how soon among 100,000 texts.

Recall is measured on the duplicates that people found among GitBugs' reports of Hadoop (2,503 reports, 66 pairs): of
each pair, each must find the other among the first ten of all other reports. It needs the data set beside the
repository, in `shared/datasets`, and does without a server. With meaning it reads every report once: some minutes.

Times are of single requests, one after the other, over HTTP. The 100,000 texts are of made-up words, as frequent as
words are (Zipf), 12 to 60 of them. Their vectors, where the extra is installed, point anywhere: that a search costs as
much as among real ones is all that matters here. What is asked with is stored (`get`) or has to be read and encoded
(`post`).
"""

import asyncio
import csv
import random
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import numpy as np

from services.feedback.similar import domain, meaning, postings, store, vectors, words, worker
from shared.access import registry
from shared.access.keys import SCOPES
from shared.database import Database
from shared.ids import new_id
from tests.bench.arena import Arena
from tests.bench.figures import Report, say
from tests.bench.load import quantile
from tests.bench.site import RATE, Site

DATA = next(
    (folder for folder in (each / "shared/datasets" for each in Path(__file__).parents) if folder.is_dir()), None
)
FIRST = 10
WITHOUT, WITH = 0.80, 0.85
TEXTS, REQUESTS = 100_000, 300
P95_MS = 50.0
BATCH = 2_000


async def measure(arena: Arena) -> None:
    """Recall first, then times."""
    measure_recall(arena.report)
    await _times(arena.small, arena.report)


def measure_recall(report: Report) -> None:
    """In both directions, without and with meaning."""
    if DATA is None:
        report.note("similar.recall: the data set is not beside the repository, in shared/datasets")
        return
    csv.field_size_limit(sys.maxsize)
    with (DATA / "gitbugs_hadoop_issues.csv").open(encoding="utf-8") as file:
        reports = {row["Issue id"]: (row["Summary"], row["Description"]) for row in csv.DictReader(file)}
    with (DATA / "gitbugs_hadoop_pairs.csv").open(encoding="utf-8") as file:
        pairs = [(row["issue_id"], row["duplicate_issue_id"]) for row in csv.DictReader(file)]
    places = {id: place for place, id in enumerate(reports)}
    ways = {"forth": pairs, "back": [(two, one) for one, two in pairs]}
    asked = sorted({places[id] for pair in pairs for id in pair})
    by_words = _by_words(list(reports.values()), asked)
    for way, each in ways.items():
        report.add(f"similar.recall.words.{way}", _recall(by_words, each, places), "of pairs", least=WITHOUT)
    if not meaning.installed():
        report.note("similar.recall.fused: the extra `embeddings` is not installed")
        return
    texts = [domain.text_of(title, body) for title, body in reports.values()]
    encoded = np.concatenate([meaning.encoder().encode(texts[at : at + 64]) for at in range(0, len(texts), 64)])
    # Of a text that is stored all has been read, of a question its beginning.
    questions = {place: meaning.encoder().encode([texts[place]], meaning.ASKED_TOKENS)[0] for place in asked}
    for name, vector_of in (("fused", encoded), ("asked", questions)):
        # As the product fuses them.
        fused = {
            place: (2 * np.minimum(scores, 1) + np.maximum(encoded @ vector_of[place], 0)) / 3
            for place, scores in by_words.items()
        }
        for way, each in ways.items():
            report.add(f"similar.recall.{name}.{way}", _recall(fused, each, places), "of pairs", least=WITH)


def _by_words(texts: list[tuple[str, str]], asked: list[int]) -> dict[int, postings.Floats]:
    impacts = [words.impacts(title, body) for title, body in texts]
    index: dict[int, list[postings.Posting]] = {}
    for posting in postings.pack(enumerate(impacts)):
        index.setdefault(posting.term, []).append(posting)
    having = {
        term: sum(len(each.entries) for each in entries) // postings.ENTRY.itemsize for term, entries in index.items()
    }
    found: dict[int, postings.Floats] = {}
    for place in asked:
        weights = postings.telling(impacts[place], having, len(texts))
        scores = postings.add_up((each for term in weights for each in index[term]), weights, len(texts))
        found[place] = scores[: len(texts)] / postings.self_score(impacts[place], weights)
    return found


def _recall(scores: dict[int, postings.Floats], pairs: list[tuple[str, str]], places: dict[str, int]) -> float:
    hits = 0
    for one, other in pairs:
        ranked = [place for place in np.argsort(-scores[places[one]], kind="stable") if place != places[one]]
        hits += places[other] in ranked[:FIRST]
    return hits / len(pairs)


async def _times(site: Site, report: Report) -> None:
    admin = Database(site.stack.postgres.url(), "access", application="bench", patience=120)
    role = "cairn_feedback"
    feedback = Database(
        site.stack.postgres.url(role, password=site.stack.kept.passwords[role]), "feedback", patience=60
    )
    await admin.open()
    await feedback.open()
    async with admin.system() as tx:
        workspace_id = await registry.create_workspace(tx, "similar", "Similar", "EUR")
        _, key = await registry.create_key(tx, site.stack.kept.key_pepper, workspace_id, "bench", SCOPES, rate=RATE)
    ids = await _say(admin, workspace_id)
    say(f"  {TEXTS:,} texts are there; indexing them")
    began = time.perf_counter()
    # The service's own job is at it too: whichever of the two has the index.
    while await _indexed(admin, workspace_id) < TEXTS:
        if not await worker.fill_some(feedback, BATCH):
            await asyncio.sleep(0.05)
    report.add("similar.index", TEXTS / (time.perf_counter() - began), "texts/s")
    if meaning.installed():
        await _give_vectors(feedback, workspace_id)
    headers = {"Authorization": f"Bearer {key}"}
    url = site.stack.services["feedback"].url
    chance = random.Random(7)
    asked = chance.sample(ids, REQUESTS)
    drafts = [_text(chance, 30) for _ in range(REQUESTS)]
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        await _time(report, "get", lambda at: client.get(f"/v1/feedback/{asked[at]}/similar"))
        await _time(report, "post", lambda at: client.post("/v1/similar", json={"text": drafts[at]}))
    await feedback.close()
    await admin.close()


async def _indexed(admin: Database, workspace_id: UUID) -> int:
    async with admin.system(search_path="feedback") as tx:
        found = "select coalesce(sum(texts), 0)::int from similar_indexes where workspace_id = $1"
        return await tx.value(found, workspace_id)


async def _time(report: Report, name: str, ask: Callable[[int], Awaitable[Any]]) -> None:
    taken: list[float] = []
    for at in range(REQUESTS):
        began = time.perf_counter()
        answer = await ask(at)
        taken.append((time.perf_counter() - began) * 1_000)
        answer.raise_for_status()
    # The first ones read what the others find in memory: the model, and the signs of every text.
    warm = sorted(taken[10:])
    report.add(f"similar.{name}.first", taken[0], "ms")
    report.add(f"similar.{name}.p50", quantile(warm, 0.5), "ms")
    report.add(f"similar.{name}.p95", quantile(warm, 0.95), "ms", most=P95_MS)


def _text(chance: random.Random, count: int) -> str:
    return " ".join(f"w{int(1.35 ** (chance.random() * 38)):x}q" for _ in range(count))


async def _say(admin: Database, workspace_id: UUID) -> list[UUID]:
    chance = random.Random(1)
    ids = [new_id() for _ in range(TEXTS)]
    now = datetime.now(UTC)
    columns = ("id", "workspace_id", "source", "external_id", "text", "said_at")
    async with admin.system(search_path="feedback") as tx:
        rows = ((id, workspace_id, "api", str(id), _text(chance, chance.randint(12, 60)), now) for id in ids)
        await tx.copy("feedback", columns, rows)
    return ids


async def _give_vectors(feedback: Database, workspace_id: UUID) -> None:
    chance = np.random.default_rng(1)
    bare = "select id, number from similar_texts where workspace_id = $1 and vector is null limit $2"
    while True:
        async with feedback.transaction({workspace_id}) as tx:
            await tx.one(store.AWAIT_INDEX, workspace_id, "feedback")
            rows = await tx.all(bare, workspace_id, BATCH)
            if not rows:
                return
            made = [vectors.halves(each) for each in chance.standard_normal((len(rows), meaning.SIZE), np.float32)]
            ids, numbers = [row["id"] for row in rows], [row["number"] for row in rows]
            done = await tx.all(store.ENCODED, workspace_id, "feedback", ids, numbers, made)
            blocks = vectors.pack([(row["number"], row["vector"]) for row in done])
            await tx.run(
                store.SIGN, workspace_id, "feedback", sorted(blocks), [blocks[each] for each in sorted(blocks)]
            )
