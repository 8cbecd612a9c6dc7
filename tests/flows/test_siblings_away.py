"""A sibling that is slow, broken or gone leaves a gap with its reason in the chain, and the rest is told in time."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.roadmap.app import create_app
from tests.builders import Api, client
from tests.feedback.given import made, new_idea
from tests.flows.test_provenance import below, check
from tests.servers import World, lifespan

PATIENCE = 1.0
BOUND = 4 * PATIENCE
"""Of an answer about two ideas. Without a bound of its own it would take forever: some never answer at all."""
BODY = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"kind": "scores"'
ANSWERS: dict[str, bytes | None] = {
    "never answers": None,
    "stops in the middle": BODY,
    "is cut off": BODY,
    "fails": b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
    "breaks": b"HTTP/1.1 500 Oh\r\ncontent-length: 9\r\nconnection: close\r\n\r\nTraceback",
    "is somebody else": b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>hi</html>",
    "speaks no HTTP": b"220 smtp.example ESMTP\r\n",
}
REASONS = {
    "never answers": "too_late",
    "stops in the middle": "too_late",
    "is cut off": "away",
    "speaks no HTTP": "away",
}
"""Of those that are not `broken`."""


class Faulty:
    """Stands where scoring should be."""

    def __init__(self) -> None:
        self.does = "never answers"
        self._server: asyncio.Server | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one question, or not."""
        await reader.readuntil(b"\r\n\r\n")
        answer = ANSWERS[self.does]
        if answer is not None:
            writer.write(answer)
            await writer.drain()
        if self.does in ("never answers", "stops in the middle"):
            # Until the other side has had enough.
            await reader.read()
        writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[str]:
        """Its origin."""
        self._server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        finally:
            await self.leave()

    async def leave(self) -> None:
        """Nobody listens there any more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None


@pytest.mark.usefixtures("siblings")
async def test_what_is_missing_is_named_and_the_rest_is_told(api: Api, world: World) -> None:
    ideas = [await new_idea(api, f"Idea {number}") for number in range(2)]
    for idea in ideas:
        vote = {"idea_id": idea["id"], "contact": {"external_id": "ada"}, "reason": "month end"}
        await made(await api.feedback.post("/v1/votes", json=vote))
    item = {"idea_ids": [each["id"] for each in ideas], "title": "Export"}
    path = f"/v1/items/{(await made(await api.roadmap.post('/v1/items', json=item)))['id']}/provenance"
    faulty = Faulty()
    async with faulty.listening() as origin:
        app = create_app(world.settings("roadmap", scoring_url=origin, sibling_seconds=PATIENCE, role="api"))
        async with lifespan(app), client(app, api.key) as roadmap:

            async def told(reason: str) -> dict[str, Any]:
                began = time.monotonic()
                answer = await made(await roadmap.get(path), 200)
                assert time.monotonic() - began < BOUND
                assert not answer["complete"]
                assert {(each["service"], each["reason"]) for each in answer["missing"]} == {("scoring", reason)}
                assert {each["idea_id"] for each in answer["missing"]} == {each["id"] for each in ideas}
                check(answer["tree"])
                votes = list(below(answer["tree"], "vote"))
                assert [each["content"]["reason"] for each in votes] == ["month end"] * 2, "feedback's part is there"
                return answer

            # What a process does once, it has done: feedback is not what is late here.
            await roadmap.get(path)
            digests: set[str] = set()
            for faulty.does in ANSWERS:
                digests.add((await told(REASONS.get(faulty.does, "broken")))["digest"])
            assert len(digests) == 1, "what is there is the same whatever is missing"
            await faulty.leave()
            await told("away")
