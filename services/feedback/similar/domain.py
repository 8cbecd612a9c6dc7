"""What is alike: found by words and, where texts have vectors, by meaning."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg

from services.feedback.similar import meaning, postings, store, vectors, words
from services.feedback.suggestions.domain import Kind, Method, Shown
from shared.database import Read
from shared.errors import Moved, NotFound

KINDS: tuple[Kind, ...] = ("idea", "feedback")

NEAR = 100
"""Texts by words, and as many by meaning, that are compared exactly. On GitBugs 97 % of all duplicates are in them."""
BYTES = 1_500_000
"""Of postings that a search reads at most: half a million entries, the rarest terms first."""
LEAST_LEXICAL, LEAST_FUSED = 0.05, 0.2
"""Below that, texts share what any two share."""
MOST_REASONS, LEAST_WORD = 5, 0.005
"""Words that are told, and the share of the query's weight that is worth telling."""


@dataclass(frozen=True, slots=True)
class Query:
    """A text to find the like of. `id` is its own where it is stored; a vector, where it has one."""

    title: str
    body: str
    id: UUID | None = None
    vector: "bytes | asyncio.Task[bytes] | None" = None
    """Or one that is just being made, by the time that words are compared."""


@dataclass(frozen=True, slots=True)
class Word:
    """A term that both texts have, and its share of the query's weight."""

    word: str
    weight: float


@dataclass(frozen=True, slots=True)
class Found:
    """A text that is like the query. `lexical` is 1 for the same words; `cosine` is 1 for the same meaning."""

    kind: Kind
    id: UUID
    title: str
    body: str
    method: Method
    score: float
    lexical: float
    cosine: float | None
    shared: Sequence[Word]
    title_overlap: float | None


@dataclass(frozen=True, slots=True)
class Near:
    """What is like a query by kind, the best first, and how many texts were searched."""

    found: Mapping[Kind, Sequence[Found]]
    searched: int


async def stored(read: Read, workspace_id: UUID, kind: Kind, id: UUID, *, meant: bool) -> Query:
    """An idea or a feedback as a query, with its meaning when `meant`; NotFound, or Moved for a merged idea."""
    rows = await read.all(store.LOAD, workspace_id, kind, [id])
    if not rows:
        raise NotFound(f"No {kind} by that id.")
    if rows[0]["merged_root"] is not None:
        raise Moved(f"/v1/ideas/{rows[0]['merged_root']}/similar")
    query = Query(rows[0]["title"], rows[0]["body"], id)
    if not meant:
        return query
    vector: bytes | None = await read.value(store.VECTOR, workspace_id, id)
    return replace(query, vector=vector) if vector is not None else with_vector(query)


def with_vector(query: Query) -> Query:
    """The query with its meaning, which is encoded while the search begins with its words."""
    return replace(query, vector=asyncio.create_task(_encoded(text_of(query.title, query.body))))


async def _encoded(text: str) -> bytes:
    (vector,) = await encode([text], meaning.ASKED_TOKENS)
    return vector


def text_of(title: str, body: str) -> str:
    """What of a text is encoded."""
    return f"{title}\n{body}" if title else body


async def encode(texts: Sequence[str], most: int = meaning.TOKENS) -> list[bytes]:
    """Vectors of texts as they are stored. In a thread: numpy lets others go on while it multiplies."""
    found = await asyncio.to_thread(lambda: meaning.encoder().encode(texts, most))
    return [vectors.halves(vector) for vector in found]


@dataclass(frozen=True, slots=True)
class Among:
    """Numbers of the texts that alone are compared, as an index that was filled `epoch` times gave them."""

    epoch: int
    numbers: postings.Numbers


async def similar(
    read: Read,
    signs: vectors.Signs | None,
    workspace_id: UUID,
    query: Query,
    kinds: Collection[Kind],
    limit: int,
    among: Among | None = None,
) -> Near:
    """The texts most like the query. Of other texts than those `among` nothing is counted, not even how rare words are.

    Where a query has a vector, `signs` remembers which way texts point.
    """
    indexes = {row["kind"]: row for row in await read.all(store.INDEXES, workspace_id) if row["kind"] in kinds}
    if among is not None:
        indexes = {kind: index for kind, index in indexes.items() if index["epoch"] == among.epoch}
    only = among.numbers if among is not None else None
    own = words.weighed(query.title, query.body)
    by_words = {kind: await _weigh(read, workspace_id, kind, index, own, only) for kind, index in indexes.items()}
    vector = await query.vector if isinstance(query.vector, asyncio.Task) else query.vector
    found: dict[Kind, list[Found]] = {kind: [] for kind in kinds}
    for kind, index in indexes.items():
        numbers = set(postings.best(by_words[kind].scores, NEAR + 1))
        if vector is not None and signs is not None:
            blocks = await _signs(read, signs, workspace_id, kind, index["epoch"])
            nearest = vectors.nearest(vector, blocks, NEAR + 1)
            numbers |= {each for each in nearest if each < len(by_words[kind].scores)}
        if numbers:
            near = await read.all(
                store.CANDIDATES, workspace_id, kind, index["epoch"], list(numbers), query.id, vector is not None
            )
            found[kind] = await _explained(read, workspace_id, kind, query, own, by_words[kind], near, vector, limit)
    return Near(found, sum(row["texts"] for row in indexes.values()))


@dataclass(frozen=True, slots=True)
class _Weighed:
    """How much of what a query says each text says too, by number; each term's weight; what the query itself has."""

    scores: postings.Floats
    weights: Mapping[int, float]
    whole: float


async def _weigh(
    read: Read,
    workspace_id: UUID,
    kind: Kind,
    index: asyncpg.Record,
    own: Mapping[str, words.Weighed],
    among: postings.Numbers | None,
) -> _Weighed:
    impacts = {words.number(term): each.impact for term, each in own.items()}
    rows = await read.all(store.SEARCH, workspace_id, kind, list(impacts), BYTES)
    having = postings.frequencies([(row["term"], row["size"]) for row in rows])
    texts = index["texts"]
    read_in = [
        postings.Posting(row["term"], row["block"], row["entries"]) for row in rows if row["entries"] is not None
    ]
    if among is not None:
        texts = len(among)
        read_in = postings.only(read_in, among)
        # What was too common to be read says nothing.
        having = dict.fromkeys(having, texts) | postings.held(read_in, {row["term"] for row in rows if row["entries"]})
    weights = postings.telling(impacts, having, texts)
    scores = postings.add_up(read_in, weights, index["next_number"])
    return _Weighed(scores, weights, postings.self_score(impacts, weights))


async def _explained(
    read: Read,
    workspace_id: UUID,
    kind: Kind,
    query: Query,
    own: Mapping[str, words.Weighed],
    by_words: _Weighed,
    near: Sequence[asyncpg.Record],
    vector: bytes | None,
    limit: int,
) -> list[Found]:
    lexical = {row["number"]: float(by_words.scores[row["number"]]) / by_words.whole for row in near}
    ranked = _ranked(near, vector, lexical, limit)
    texts = {row["id"]: row for row in await read.all(store.LOAD, workspace_id, kind, [id for id, *_ in ranked])}
    found: list[Found] = []
    for id, method, score, said, cosine in ranked:
        text = texts.get(id)
        if text is None or text["gone"]:
            continue
        shared = _shared(own, by_words.weights, by_words.whole, text["title"], text["body"])
        overlap = _overlap(query.title, text["title"])
        found.append(Found(kind, id, text["title"], text["body"], method, score, said, cosine, shared, overlap))
    return found


Ranked = tuple[UUID, Method, float, float, float | None]


def _ranked(
    near: Sequence[asyncpg.Record], vector: bytes | None, lexical: Mapping[int, float], limit: int
) -> list[Ranked]:
    """Candidates by score. A text without a vector counts by its words alone."""
    cosines: dict[UUID, float] = {}
    if vector is not None:
        have = [row for row in near if row["vector"] is not None]
        measured = vectors.cosines(vector, [row["vector"] for row in have])
        cosines = {row["id"]: cosine for row, cosine in zip(have, measured, strict=True)}
    ranked: list[Ranked] = []
    for row in near:
        by_words, cosine = min(1.0, lexical[row["number"]]), cosines.get(row["id"])
        # From a fifth to two fifths of meaning the recall is the same.
        score = by_words if cosine is None else (2 * by_words + max(0.0, cosine)) / 3
        if score >= (LEAST_LEXICAL if cosine is None else LEAST_FUSED):
            ranked.append((row["id"], "lexical" if cosine is None else "fused", min(1.0, score), by_words, cosine))
    return sorted(ranked, key=lambda each: (-each[2], each[0]))[:limit]


async def _signs(read: Read, cache: vectors.Signs, workspace_id: UUID, kind: Kind, epoch: int) -> dict[int, bytes]:
    blocks: dict[int, bytes] = {}
    missing: list[int] = []
    for row in await read.all(store.SIGN_SIZES, workspace_id, kind):
        held = cache.get((workspace_id, kind, epoch, row["block"]), row["size"])
        if held is None:
            missing.append(row["block"])
        else:
            blocks[row["block"]] = held
    if missing:
        for row in await read.all(store.SIGNS, workspace_id, kind, missing):
            blocks[row["block"]] = row["entries"]
            cache.put((workspace_id, kind, epoch, row["block"]), row["entries"])
    return blocks


def _shared(
    own: Mapping[str, words.Weighed], weights: Mapping[int, float], whole: float, title: str, body: str
) -> list[Word]:
    both = (
        Word(each.word, min(1.0, weights.get(words.number(term), 0.0) * each.impact / whole))
        for term, each in words.weighed(title, body).items()
        if term in own
    )
    return [word for word in sorted(both, key=lambda each: (-each.weight, each.word)) if word.weight >= LEAST_WORD][
        :MOST_REASONS
    ]


def _overlap(one: str, other: str) -> float | None:
    """How many of the terms of two titles are in both; None where one has no title."""
    mine, theirs = ({term for term, _ in words.terms(title)} for title in (one, other))
    return len(mine & theirs) / len(mine | theirs) if mine and theirs else None


def shown(workspace_id: UUID, one: tuple[UUID, Kind], near: Near) -> dict[UUID, Shown]:
    """What is about to be shown for a text, by the other one's id."""
    return {
        each.id: Shown(workspace_id, one, (each.id, each.kind), each.method, each.score)
        for every in near.found.values()
        for each in every
    }
