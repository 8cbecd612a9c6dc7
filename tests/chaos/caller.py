"""A caller as a good client is: it tries again with the same Idempotency-Key until it is told something final."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from httpx2 import AsyncClient, HTTPError, Limits, Response

TIMEOUT_SECONDS = 5.0
AGAIN = frozenset({429, 500, 502, 503, 504})
"""Answers that say nothing final."""
RUNNING = "idempotency_key_in_use"

Span = tuple[float, float]
"""From and until when, by the monotonic clock."""


class GaveUp(Exception):
    """Nothing final was said before the end. The write may be stored or not."""


class Refused(Exception):
    """The answer is final and not what was asked for."""


class Caller:
    """Asks the services, whichever replica, and remembers when it was last well served."""

    def __init__(self, urls: Mapping[str, Sequence[str]], key: str) -> None:
        """`urls` lists the replicas of each service."""
        self._urls = urls
        self._headers = {"Authorization": f"Bearer {key}"}
        self._client = AsyncClient(
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            limits=Limits(max_connections=128, max_keepalive_connections=64, keepalive_expiry=2),
        )
        self.answers: Counter[str] = Counter()
        """Statuses met, and `none` for requests that were not answered."""
        self.served: dict[str, list[Span]] = defaultdict(list)
        """By service: when requests that were answered well were sent and answered."""
        self.deadline = float("inf")
        """When to stop trying, by the monotonic clock."""

    async def close(self) -> None:
        await self._client.aclose()

    async def ask(self, service: str, method: str, path: str, *, once: bool = True, **request: Any) -> Response:
        """The final answer, which may be a refusal. Raises GaveUp at the deadline.

        `once` sends an Idempotency-Key along; `request` is what httpx takes.
        """
        headers = {**self._headers, **request.pop("headers", {})}
        if once:
            headers["Idempotency-Key"] = uuid4().hex
        pause = 0.05
        while time.monotonic() < self.deadline:
            began = time.monotonic()
            url = random.choice(self._urls[service]) + path
            try:
                answer = await self._client.request(method, url, headers=headers, **request)
            except HTTPError:
                self.answers["none"] += 1
            else:
                self.answers[str(answer.status_code)] += 1
                running = answer.status_code == 409 and answer.json()["code"] == RUNNING
                if answer.status_code not in AGAIN and not running:
                    if answer.is_success:
                        self.served[service].append((began, time.monotonic()))
                    return answer
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, 0.5)
        raise GaveUp

    async def tell(self, service: str, method: str, path: str, *, once: bool = True, **request: Any) -> Any:
        """What a successful answer says. Raises Refused for any other, which nobody here asks for."""
        answer = await self.ask(service, method, path, once=once, **request)
        if not answer.is_success:
            raise Refused(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json() if answer.content else None
