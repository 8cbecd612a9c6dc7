"""Questions to the other services, over their public API and with the caller's own key.

Services depend on each other's events, never on each other being there: what a sibling does not answer in time is told
as missing, with the reason. Their origins are settings, so that nobody else chooses whom we call; redirects are not
followed, and an answer is read up to a limit.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, cast

import httpx2
from pydantic_core import from_json

from shared.settings import Settings
from shared.telemetry import traceparent

Reason = Literal["not_configured", "away", "too_late", "forbidden", "not_found", "rate_limited", "broken"]


class Fault(NamedTuple):
    """Why a sibling's part is missing. `detail` is for people."""

    reason: Reason
    detail: str


class Siblings:
    """The other services, by name."""

    def __init__(self, settings: Settings, *, limit: int = 4_194_304) -> None:
        """`limit`: bytes of one answer."""
        self._origins: Mapping[str, str] = {"feedback": settings.feedback_url, "scoring": settings.scoring_url}
        self._seconds = settings.sibling_seconds
        self._limit = limit
        self._client: httpx2.AsyncClient | None = None

    async def get(self, service: str, path: str, authorization: str) -> Any | Fault:
        """What a sibling answers to a GET, as JSON; or the reason why there is no answer. Never raises."""
        origin = self._origins[service].rstrip("/")
        if not origin:
            return Fault("not_configured", f"CAIRN_{service.upper()}_URL does not say where {service} is.")
        headers = {"authorization": authorization, "traceparent": traceparent.get(), "accept-encoding": "identity"}
        if self._client is None:
            # Made with the first question: most processes never ask one. It takes a while, and nobody is late by it.
            # A proxy is for the world outside.
            self._client = httpx2.AsyncClient(follow_redirects=False, trust_env=False, timeout=self._seconds)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._answer(self._client, service, f"{origin}{path}", headers)
        except TimeoutError:
            return Fault("too_late", f"{service} has not answered within {self._seconds:g} s.")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            return Fault("away", f"{service} cannot be reached: {type(error).__name__}.")

    async def _answer(
        self, client: httpx2.AsyncClient, service: str, url: str, headers: Mapping[str, str]
    ) -> Any | Fault:
        async with client.stream("GET", url, headers=headers) as response:
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self._limit:
                    return Fault("broken", f"{service} answered more than {self._limit:,} bytes.")
        try:
            told: Any = from_json(bytes(body))
        except ValueError:
            return Fault("broken", f"{service} answered {response.status_code}, and no JSON.")
        return told if response.status_code == 200 else _refused(service, response.status_code, told)

    async def close(self) -> None:
        """End its connections."""
        if self._client is not None:
            await self._client.aclose()


def _refused(service: str, status: int, told: Any) -> Fault:
    reasons: dict[int, Reason] = {
        401: "forbidden",
        403: "forbidden",
        404: "not_found",
        308: "not_found",
        429: "rate_limited",
    }
    said = cast("dict[str, Any]", told).get("detail") if isinstance(told, dict) else None
    return Fault(reasons.get(status, "broken"), f"{service} answered {status}: {said or 'no reason given'}")
