"""What is alike, over HTTP."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.feedback.similar import domain, meaning, vectors
from services.feedback.similar.domain import Found, Near
from services.feedback.suggestions import domain as suggestions
from services.feedback.suggestions.domain import Decision, Kind, Method, Pair, Shown
from shared.access.keys import Caller
from shared.database import Tx
from shared.errors import Moved, NotFound
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, allow
from shared.runtime import Batch, Runtime
from shared.wire import Line, Text, Wire

router = APIRouter(prefix="/v1", tags=["similar"], route_class=Route)
READABLE: Mapping[Kind, str] = {"idea": "ideas:read", "feedback": "feedback:read"}
"""What a key must hold to see each kind."""
READS = [allow(*READABLE.values())]
EXCERPT = 300
ELLIPSIS = "…"

AT_ONCE_SECONDS = 0.2
"""How long whoever stores an idea may wait for what it is like."""

log = logging.getLogger("cairn.similar")

Most = Annotated[int, Query(ge=1, le=50, description="texts of each kind")]
Only = Annotated[Kind | None, Query(description="only texts of this kind; both when left out")]


class SharedWord(Wire):
    """A word that both texts have. `weight` is its share of what the query says: rare words weigh more."""

    word: str
    weight: float


class Reasons(Wire):
    """Why two texts are taken for alike."""

    words: list[SharedWord] = Field(description="the most telling words that both have, the heaviest first")
    word_score: float = Field(description="0 to 1: how much of what the query says this text says too")
    title_overlap: float | None = Field(
        description="0 to 1: of all terms of the two titles, those in both; null without a title"
    )
    meaning: float | None = Field(
        description="cosine of the two meanings; null where texts are compared by words alone"
    )


class SimilarText(Wire):
    """An idea or a feedback that is like the one asked about."""

    kind: Kind
    id: UUID
    title: str = Field(description="an idea's; empty for feedback")
    excerpt: str = Field(description="how its text begins")
    score: float = Field(description="0 to 1; comparable within one answer and method")
    method: Method = Field(description="`lexical`: by words. `fused`: by words and meaning")
    reasons: Reasons
    suggestion_id: UUID | None = Field(description="the pair, for its history; null while the text asked about is new")
    decision: Literal["accepted"] | None = Field(
        description="what was decided of the pair; dismissed ones never return"
    )


class Similar(Wire):
    """What is like a text, the most alike first."""

    ideas: list[SimilarText]
    feedback: list[SimilarText]
    searched: int = Field(description="texts in the index; it follows writes by some seconds")


class SimilarIn(Wire):
    """A text that is not stored, and will not be."""

    title: Line | None = Field(default=None, examples=["Export any list as CSV"])
    text: Text | None = Field(default=None, examples=["Customers copy tables by hand today."])


async def _flush(
    runtime: Runtime, batch: Sequence[Sequence[Shown]]
) -> list[dict[Pair, tuple[UUID, Decision | None]] | Exception]:
    every = [each for shown in batch for each in shown]
    async with runtime.database.lane({each.workspace_id for each in every}) as lane:
        noted = await suggestions.note_shown(lane, every)
    return [{pair: noted[pair] for pair in map(suggestions.pair_of, shown)} for shown in batch]


# On a lane: a request that waits for it holds a connection of the pool, and all of them might.
SHOWN = Batch("suggestions", _flush)


def _meant(runtime: Runtime) -> bool:
    """Whether texts are compared by meaning too. While the model is being read, nobody waits for it."""
    return runtime.settings.embeddings and meaning.ready()


def _signs(runtime: Runtime) -> vectors.Signs:
    return runtime.memory.setdefault("similar", vectors.Signs())


@router.get("/ideas/{idea_id}/similar", responses=GUARDED | responses(Moved, NotFound), dependencies=READS)
async def list_similar_to_idea(
    idea_id: UUID, caller: CallerDep, read: ReadDep, runtime: RuntimeDep, limit: Most = 10, kind: Only = None
) -> Similar:
    """Show ideas like this one, and feedback that may speak for it and is not linked to it."""
    query = await domain.stored(read, caller.workspace_id, "idea", idea_id, meant=_meant(runtime))
    return await _similar(runtime, read, caller.workspace_id, ("idea", query), kind, limit)


@router.get("/feedback/{feedback_id}/similar", responses=GUARDED | responses(NotFound), dependencies=READS)
async def list_similar_to_feedback(
    feedback_id: UUID, caller: CallerDep, read: ReadDep, runtime: RuntimeDep, limit: Most = 10, kind: Only = None
) -> Similar:
    """Show ideas that this feedback may speak for and is not linked to, and feedback like it."""
    query = await domain.stored(read, caller.workspace_id, "feedback", feedback_id, meant=_meant(runtime))
    return await _similar(runtime, read, caller.workspace_id, ("feedback", query), kind, limit)


@router.post("/similar", responses=EDITING, dependencies=READS)
async def find_similar(
    body: SimilarIn, caller: CallerDep, read: ReadDep, runtime: RuntimeDep, limit: Most = 10, kind: Only = None
) -> Similar:
    """Show what is like a text that is still being written. Nothing is stored, and nothing counts as suggested."""
    query = domain.Query(body.title or "", body.text or "")
    if _meant(runtime):
        query = domain.with_vector(query)
    return await _similar(runtime, read, caller.workspace_id, (None, query), kind, limit)


async def _similar(
    runtime: Runtime,
    read: ReadDep,
    workspace_id: UUID,
    asked: tuple[Kind | None, domain.Query],
    only: Kind | None,
    limit: int,
) -> Similar:
    of, query = asked
    kinds = domain.KINDS if only is None else (only,)
    near = await domain.similar(read, _signs(runtime), workspace_id, query, kinds, limit)
    if of is None or query.id is None:
        return _answer(near, {}, {})
    shown = domain.shown(workspace_id, (query.id, of), near)
    return _answer(near, shown, await runtime.submit(SHOWN, list(shown.values())) if shown else {})


def _answer(near: Near, shown: Mapping[UUID, Shown], noted: Mapping[Pair, tuple[UUID, Decision | None]]) -> Similar:
    def texts(kind: Kind) -> list[SimilarText]:
        return [
            _text(each, noted.get(suggestions.pair_of(shown[each.id])) if shown else None)
            for each in near.found.get(kind, [])
        ]

    return Similar(ideas=texts("idea"), feedback=texts("feedback"), searched=near.searched)


async def look_at_once(runtime: Runtime, caller: Caller, title: str, text: str, limit: int) -> Near | None:
    """What is like a text that is just being stored; None when it cannot be told at once, for whatever reason.

    Of what the caller may read. On a connection of its own: what goes wrong here must not take along what is stored.
    """
    kinds: list[Kind] = [kind for kind in domain.KINDS if READABLE[kind] in caller.scopes]
    if not kinds or not limit:
        return None
    workspace_id = caller.workspace_id
    try:
        async with asyncio.timeout(AT_ONCE_SECONDS):
            query = domain.Query(title, text)
            if _meant(runtime):
                query = domain.with_vector(query)
            async with runtime.database.read({workspace_id}) as read:
                return await domain.similar(read, _signs(runtime), workspace_id, query, kinds, limit)
    except Exception as error:  # it is stored, whatever becomes of the search
        log.info("what is alike could not be told at once", exc_info=error)
        return None


async def note_at_once(tx: Tx, workspace_id: UUID, idea_id: UUID, near: Near) -> Similar:
    """The answer to whoever stores an idea: what it is like was shown to them, and is remembered with the idea."""
    shown = domain.shown(workspace_id, (idea_id, "idea"), near)
    return _answer(near, shown, await suggestions.note_shown(tx, list(shown.values())))


def _text(found: Found, noted: tuple[UUID, Decision | None] | None) -> SimilarText:
    cut = found.body[:EXCERPT]
    return SimilarText(
        kind=found.kind,
        id=found.id,
        title=found.title,
        excerpt=cut if len(found.body) <= EXCERPT else cut + ELLIPSIS,
        score=round(found.score, 4),
        method=found.method,
        reasons=Reasons(
            words=[SharedWord(word=each.word, weight=round(each.weight, 4)) for each in found.shared],
            word_score=round(found.lexical, 4),
            title_overlap=None if found.title_overlap is None else round(found.title_overlap, 4),
            meaning=None if found.cosine is None else round(found.cosine, 4),
        ),
        suggestion_id=noted[0] if noted else None,
        decision="accepted" if noted and noted[1] == "accepted" else None,
    )
