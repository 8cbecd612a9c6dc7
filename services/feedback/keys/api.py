"""API keys over HTTP: made, listed, rotated, revoked, within the caller's workspace."""

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from shared.access import registry
from shared.access.origins import MOST_ORIGINS
from shared.access.registry import KeyRow
from shared.errors import Forbidden, NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import NO_STORE, CallerDep, ReadDep, Route, RuntimeDep, TxDep, allow
from shared.wire import Key, Line, Moment, Wire

router = APIRouter(prefix="/v1/keys", tags=["keys"], route_class=Route)


class KeyIn(Wire):
    """A key for a machine."""

    name: Line = Field(examples=["survey importer"])
    scopes: list[Key] = Field(min_length=1, max_length=50, examples=[["feedback:write", "votes:write"]])
    rate: int | None = Field(
        default=None, ge=1, le=100_000, description="requests a second; the service's default when null"
    )
    expires_at: Moment | None = None
    origins: list[Key] = Field(
        default_factory=list[str],
        max_length=MOST_ORIGINS,
        description="whose pages may use it from a browser, for keys with no more than `boards:read` and "
        "`boards:submit`; none: no page can",
        examples=[[]],
    )


class Rotation(Wire):
    """How long the old key goes on beside its successor."""

    overlap_seconds: int = Field(
        default=86_400, ge=0, le=30 * 86_400, description="how long both keys are taken", examples=[3_600]
    )


class ApiKey(Wire):
    """A key as it is shown: everything but its secret."""

    id: UUID
    name: str
    prefix: str = Field(description="how the key begins after `ck_`")
    scopes: list[str]
    rate: int | None
    expires_at: datetime | None
    revoked_at: datetime | None = Field(description="when it ended or, during a rotation, will end")
    last_used_at: datetime | None
    replaces: UUID | None
    created_at: datetime
    origins: list[str] = Field(description="whose pages may use it from a browser; none: no page can")


class ApiKeyCreated(ApiKey):
    """The new key. `key` is shown this once and stored nowhere."""

    key: str = Field(examples=["ck_abcdefghijkl_…"])


def _key(row: KeyRow) -> ApiKey:
    return ApiKey(**{name: getattr(row, name) for name in ApiKey.model_fields})


def _created(row: KeyRow, text: str) -> ApiKeyCreated:
    return ApiKeyCreated(**{name: getattr(row, name) for name in ApiKey.model_fields}, key=text)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("keys:write")])
async def create_key(
    body: KeyIn, caller: CallerDep, tx: TxDep, runtime: RuntimeDep, response: Response
) -> ApiKeyCreated:
    """Make a key. It may have no scope that the caller lacks."""
    response.headers.update(NO_STORE)
    beyond = sorted(set(body.scopes) - caller.scopes)
    if beyond:
        raise Forbidden(f"Your key cannot grant what it lacks: {', '.join(beyond)}.", code="missing_scope")
    pepper = runtime.settings.key_pepper.get_secret_value()
    return _created(
        *await registry.create_key(
            tx,
            pepper,
            caller.workspace_id,
            body.name,
            body.scopes,
            expires_at=body.expires_at,
            rate=body.rate,
            origins=body.origins,
        )
    )


@router.get("", responses=GUARDED, dependencies=[allow("keys:read")])
async def list_keys(caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None) -> Page[ApiKey]:
    """List keys in order of making, ended ones included."""
    rows = await registry.list_keys(read, caller.workspace_id, after(cursor), limit + 1)
    return page(rows, limit, _key, lambda key: (key.id,))


@router.get("/{key_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("keys:read")])
async def get_key(key_id: UUID, caller: CallerDep, read: ReadDep) -> ApiKey:
    """Show one key."""
    return _key(await registry.get_key(read, caller.workspace_id, key_id))


@router.post("/{key_id}:rotate", status_code=201, responses=EDITING, dependencies=[allow("keys:write")])
async def rotate_key(
    key_id: UUID, body: Rotation, caller: CallerDep, tx: TxDep, runtime: RuntimeDep, response: Response
) -> ApiKeyCreated:
    """Make a successor with the same rights; the old key goes on for the overlap."""
    response.headers.update(NO_STORE)
    old = await registry.get_key(tx, caller.workspace_id, key_id)
    beyond = sorted(set(old.scopes) - caller.scopes)
    if beyond:
        raise Forbidden(f"Your key cannot renew what it lacks: {', '.join(beyond)}.", code="missing_scope")
    pepper = runtime.settings.key_pepper.get_secret_value()
    overlap = timedelta(seconds=body.overlap_seconds)
    return _created(*await registry.rotate_key(tx, pepper, caller.workspace_id, key_id, overlap))


@router.delete("/{key_id}", responses=EDITING | responses(NotFound), dependencies=[allow("keys:write")])
async def revoke_key(key_id: UUID, caller: CallerDep, tx: TxDep) -> ApiKey:
    """Revoke a key: within five seconds no service takes it any more."""
    return _key(await registry.revoke_key(tx, caller.workspace_id, key_id))
