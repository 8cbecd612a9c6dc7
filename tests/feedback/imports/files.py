"""What the tests of imports are written with."""

from collections.abc import AsyncIterator
from typing import Any

from httpx2 import Response

from tests.builders import Api, eventually
from tests.feedback.given import made

ENDED = {"finished", "failed", "cancelled"}


async def begun(api: Api, **body: Any) -> str:
    """The path of a new import."""
    return f"/v1/imports/{(await made(await api.feedback.post('/v1/imports', json=body)))['id']}"


async def send(api: Api, path: str, content: bytes) -> Response:
    """Send an import's file in several chunks."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 70_000):
            yield content[start : start + 70_000]

    return await api.feedback.put(f"{path}/file", content=chunks())


async def ended(api: Api, path: str) -> dict[str, Any]:
    """The import or export when it has ended."""

    async def look() -> dict[str, Any] | None:
        shown = (await api.feedback.get(path)).json()
        return shown if shown["state"] in ENDED else None

    found = await eventually(look, within=30)
    assert found is not None  # what is true is one
    return found


async def imported(api: Api, content: bytes, **body: Any) -> dict[str, Any]:
    """What an import of this file ended as, with its `errors`."""
    path = await begun(api, **body)
    await made(await send(api, path, content), 200)
    done = await ended(api, path)
    errors = await api.feedback.get(f"{path}/errors")
    return done | {"errors": errors.text, "path": path}


async def exported(api: Api) -> tuple[dict[str, Any], bytes]:
    """A new export of the workspace, and its file."""
    path = (await api.feedback.post("/v1/exports")).headers["location"]
    done = await ended(api, path)
    assert done["state"] == "finished", done
    return done, (await api.feedback.get(f"{path}/file")).content
