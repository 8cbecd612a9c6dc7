"""What the tests of needs are written with."""

from typing import Any

from tests.builders import Api
from tests.feedback.given import made


async def new_need(api: Api, outcome: str = "Minimise the time it takes to get figures out", **others: Any) -> Any:
    """A need, made over HTTP."""
    body = {"job": "Close the books", "outcome": outcome, **others}
    return await made(await api.feedback.post("/v1/needs", json=body))
