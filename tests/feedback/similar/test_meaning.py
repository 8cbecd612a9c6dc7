"""Meaning, where the extra is installed: the model is the published one, and texts without a common word are found."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import numpy as np
import pytest

from services.feedback.similar import domain, meaning, vectors, worker
from shared.database import Database
from tests.builders import Api, eventually
from tests.feedback.given import made, new_idea

Databases = Callable[[str], Awaitable[Database]]
pytestmark = pytest.mark.skipif(not meaning.installed(), reason="the extra `embeddings` is not installed")
# From the documentation of sentence-transformers, for this model.
SENTENCES = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
PUBLISHED = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]


def test_the_vectors_are_those_of_sentence_transformers() -> None:
    found = meaning.encoder().encode(SENTENCES)
    assert np.abs(found @ found.T - np.array(PUBLISHED)).max() < 1e-4
    halves = [vectors.halves(vector) for vector in found]
    assert vectors.cosines(halves[0], halves) == pytest.approx(PUBLISHED[0], abs=2e-3)
    blocks = vectors.pack([(number * 1_000, half) for number, half in enumerate(halves)])
    assert vectors.nearest(halves[1], blocks, 3) == [1000, 0, 2000]
    assert vectors.nearest(halves[1], blocks, 1) == [1000]


async def test_texts_without_a_common_word_are_found(api: Api, database: Databases) -> None:
    feedback = await database("feedback")
    idea = await new_idea(api, "Dark mode")
    said = await made(await api.feedback.post("/v1/feedback", json={"text": "White screens hurt when lights are off."}))
    await made(await api.feedback.post("/v1/feedback", json={"text": "Our invoice lacks the VAT number."}))

    async def encoded() -> bool:
        await worker.fill_some(feedback)
        async with feedback.read({api.workspace_id}) as read:
            rows = await read.all(
                "select id, kind, number from similar_texts where workspace_id = $1", api.workspace_id
            )
        for kind in domain.KINDS:
            numbers = {row["id"]: row["number"] for row in rows if row["kind"] == kind}
            await worker.encode(feedback, api.workspace_id, kind, numbers)
        return len(rows) == 3

    await eventually(encoded)
    signs = vectors.Signs()
    async with feedback.read({api.workspace_id}) as read:
        query = await domain.stored(read, api.workspace_id, "idea", UUID(idea["id"]), meant=True)
        for _ in range(2):
            found = (await domain.similar(read, signs, api.workspace_id, query, domain.KINDS, 10)).found
            first = found["feedback"][0] if found["feedback"] else None
            assert first is None or str(first.id) == said["id"]
        bare = await domain.similar(read, signs, api.workspace_id, domain.Query("Dark mode", ""), ("feedback",), 10)
        assert bare.found["feedback"] == []
        query = domain.with_vector(domain.Query("", "A bright white display is painful in the dark"))
        found = (await domain.similar(read, signs, api.workspace_id, query, ("feedback",), 10)).found
    assert str(found["feedback"][0].id) == said["id"]
    assert found["feedback"][0].method == "fused"
    assert found["feedback"][0].cosine
    assert found["feedback"][0].cosine > 0.4
