"""Views over HTTP: behind a key to edit, for everybody to read."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator, Field, StringConstraints

from services.roadmap.views import domain, page, store
from services.roadmap.views.published import PublishedView, ViewField
from shared.access.keys import Caller
from shared.errors import NotFound, Unavailable
from shared.events.roadmap import ItemStatus
from shared.paging import Cursor, Limit, Page, after
from shared.paging import page as paged
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, RuntimeDep, TxDep, allow, etag
from shared.runtime import Runtime
from shared.wire import Line, Slug, Wire, storable

router = APIRouter(prefix="/v1/views", tags=["views"], route_class=Route)
public = APIRouter(prefix="/p", tags=["published"])


def _distinct(names: list[str]) -> list[str]:
    if len(set(names)) != len(names):
        raise ValueError("names one twice")
    return names


Introduction = Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True), AfterValidator(storable)]
Statuses = Annotated[list[ItemStatus], Field(min_length=1, max_length=5), AfterValidator(_distinct)]
Fields = Annotated[list[ViewField], Field(max_length=6), AfterValidator(_distinct)]

STATUSES = "statuses whose items are shown, each a column, in this order"
FIELDS = "what is shown of an item besides its title and status; nothing else ever is"


class ViewIn(Wire):
    """A selection of the roadmap for one audience."""

    slug: Slug = Field(description="its name in the page's address, for good", examples=["roadmap"])
    title: Line = Field(examples=["What we are working on"])
    introduction: Introduction = Field(
        default="", description="plain text under the title", examples=["Plans change; this page changes with them."]
    )
    statuses: Statuses = Field(default=["in_progress", "planned", "considering"], description=STATUSES)
    fields: Fields = Field(default=["summary", "target"], description=FIELDS)
    published: bool = Field(default=False, description="whether anyone may read it")


class ViewEdit(Wire):
    """What to change of a view. Fields left out stay as they are."""

    title: Line | None = None
    introduction: Introduction | None = None
    statuses: Statuses | None = Field(default=None, description=STATUSES)
    fields: Fields | None = Field(default=None, description=FIELDS)
    published: bool | None = Field(default=None, description="whether anyone may read it", examples=[True])


class View(Wire):
    """A view, and where it is published."""

    id: UUID
    slug: str
    title: str
    introduction: str
    statuses: list[ItemStatus]
    fields: list[ViewField]
    published: bool
    url: str = Field(description="the page; add `.json` for the same as JSON", examples=["/p/acme/roadmap"])
    version: int
    created_at: datetime
    updated_at: datetime


def _view(row: asyncpg.Record, runtime: Runtime, caller: Caller) -> View:
    return View(**row, url=f"{runtime.settings.public_url}/p/{caller.workspace}/{row['slug']}")


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("roadmap:write")])
async def create_view(body: ViewIn, caller: CallerDep, tx: TxDep, runtime: RuntimeDep, response: Response) -> View:
    """Make a view. It is readable by all once `published`."""
    row = await domain.create(tx, caller.workspace_id, **body.model_dump())
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/views/{row['id']}"})
    return _view(row, runtime, caller)


@router.get("", responses=GUARDED, dependencies=[allow("roadmap:read")])
async def list_views(
    caller: CallerDep, read: ReadDep, runtime: RuntimeDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[View]:
    """List views in order of making."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor), limit + 1)
    return paged(rows, limit, lambda row: _view(row, runtime, caller), lambda view: (view.id,))


@router.get("/{view_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("roadmap:read")])
async def get_view(view_id: UUID, caller: CallerDep, read: ReadDep, runtime: RuntimeDep, response: Response) -> View:
    """Show one view."""
    row = await domain.get(read, caller.workspace_id, view_id)
    response.headers.update(etag(row["version"]))
    return _view(row, runtime, caller)


@router.patch("/{view_id}", responses=EDITING, dependencies=[allow("roadmap:write")])
async def update_view(
    view_id: UUID,
    body: ViewEdit,
    caller: CallerDep,
    tx: TxDep,
    runtime: RuntimeDep,
    expected: IfMatch,
    response: Response,
) -> View:
    """Change a view, publish it or withdraw it. With `If-Match` only the version that you have seen.

    A page that was withdrawn is gone at once here, and from caches within a minute.
    """
    edits = body.model_dump(exclude_none=True)
    row = await domain.edit(tx, caller.workspace_id, view_id, expected, edits)
    response.headers.update(etag(row["version"]))
    return _view(row, runtime, caller)


@router.delete("/{view_id}", status_code=204, responses=EDITING, dependencies=[allow("roadmap:write")])
async def delete_view(view_id: UUID, caller: CallerDep, tx: TxDep, expected: IfMatch) -> None:
    """Delete a view, and its page with it."""
    await domain.delete(tx, caller.workspace_id, view_id, expected)


_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_EVERY = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_HTML = _EVERY | {"Content-Security-Policy": page.POLICY}
_ANYONE = {"Access-Control-Allow-Origin": "*"}
_JSON = _EVERY | _ANYONE | {"Access-Control-Expose-Headers": "ETag", "Content-Security-Policy": "default-src 'none'"}
_CACHED = {"Cache-Control": "public, max-age=60"}
_UNCACHED = {"Cache-Control": "no-store"}
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag in `If-None-Match`"}}
_NO_PAGE: dict[int | str, dict[str, Any]] = {
    404: {"description": "A page that says that there is none", "content": {"text/html": {}}},
    503: {"description": "A page that says to come back in a moment", "content": {"text/html": {}}},
}


async def _published(runtime: Runtime, workspace_slug: str, view_slug: str) -> PublishedView | None:
    # Anything may stand in a path: what cannot be a slug is not looked for.
    if not _SLUG.fullmatch(workspace_slug) or not _SLUG.fullmatch(view_slug):
        return None
    found = await runtime.directory.workspace(workspace_slug)
    if found is None:
        return None
    workspace_id, name = found
    async with runtime.database.read((workspace_id,)) as read:
        return await domain.published(read, workspace_id, name, view_slug)


def _conditional(request: Request, body: bytes, media_type: str, headers: Mapping[str, str]) -> Response:
    """The body under a strong ETag, or 304 to a caller who has it."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**headers, **_CACHED, "ETag": tag}
    held = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if tag in held or "*" in held:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


# Before the page's own route, whose last parameter would swallow the ending.
@public.get(
    "/{workspace_slug}/{view_slug}.json",
    response_model=PublishedView,
    responses=responses(NotFound, Unavailable) | _NOT_MODIFIED,
)
async def read_published_view(workspace_slug: str, view_slug: str, request: Request, runtime: RuntimeDep) -> Response:
    """Read a published roadmap as JSON. No key is needed; any origin may ask."""
    view = await _published(runtime, workspace_slug, view_slug)
    if view is None:
        raise NotFound("No view is published here.", headers=_ANYONE | _UNCACHED)
    return _conditional(request, view.model_dump_json(exclude_none=True).encode(), "application/json", _JSON)


@public.get(
    "/{workspace_slug}/{view_slug}",
    response_class=HTMLResponse,
    responses=_NO_PAGE | _NOT_MODIFIED,
)
async def read_published_page(workspace_slug: str, view_slug: str, request: Request, runtime: RuntimeDep) -> Response:
    """Read a published roadmap as a page. No key is needed."""
    try:
        view = await _published(runtime, workspace_slug, view_slug)
    except Unavailable as error:
        text = page.notice("Back in a moment", "This page cannot be shown just now. Please try again shortly.")
        return HTMLResponse(text, 503, {**_HTML, **_UNCACHED, **error.headers})
    if view is None:
        text = page.notice("There is no page here", "The address may be mistyped, or the page was taken down.")
        return HTMLResponse(text, 404, {**_HTML, **_UNCACHED})
    body = page.render(view, f"{view_slug}.json").encode()
    return _conditional(request, body, "text/html; charset=utf-8", _HTML)
