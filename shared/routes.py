"""How a request is served: who calls, in which transaction, and once only.

`Route` serves everything behind a key: identity, rate, one transaction, idempotency, commit, answer, in that order.
`IngestRoute` serves the hot writes, whose transaction is shared with other requests.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.params import Security as SecurityParam
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer, SecurityScopes
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json
from starlette.responses import Response

from shared import idempotency
from shared.access.keys import Caller
from shared.access.origins import require_origin
from shared.database import Read, Tx
from shared.errors import FieldError, Forbidden, Invalid, PreconditionFailed, Unauthorized, UnsupportedMedia
from shared.idempotency import Remembered, accepted_key
from shared.problems import invalid_body
from shared.runtime import Runtime
from shared.sealing import Seal

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NO_STORE = {"Cache-Control": "no-store"}
"""For an answer with a secret that is shown this once. It is remembered sealed."""
KEPT = ("content-type", "etag", "location", "cache-control")
bearer = HTTPBearer(scheme_name="apiKey", description="An API key: `ck_…`", auto_error=False)


def _key(headers: Mapping[bytes, bytes]) -> str:
    scheme, _, key = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Unauthorized
    return key


def remembered(runtime: Runtime, headers: Mapping[bytes, bytes]) -> Caller | None:
    """The caller behind the Authorization header, where it was looked up a moment ago."""
    return runtime.directory.remembered(_key(headers))


async def identify(runtime: Runtime, headers: Mapping[bytes, bytes]) -> Caller:
    """The caller behind the Authorization header; Unauthorized when there is none."""
    key = _key(headers)
    return runtime.directory.remembered(key) or await runtime.directory.caller(key)


class Route(APIRoute):
    """A route behind a key: one request, one transaction, committed before the answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # An id ends where a verb begins: else `/v1/ideas/{id}` would answer for `/v1/ideas/{id}:merge` too.
        self.path_regex = re.compile(self.path_regex.pattern.replace("[^/]+", "[^/:]+"))

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        serve = super().get_route_handler()
        takes_json = self.body_field is not None
        scopes = _scopes(self)
        known = _query_names(self.dependant)

        async def handle(request: Request) -> Response:
            runtime: Runtime = request.scope["runtime"]
            caller = await identify(runtime, request.scope["cairn.headers"])
            request.scope["cairn.caller"] = caller
            runtime.limits.spend(caller)
            # Before anything is read or replayed: an earlier answer is for those only who may ask.
            require_origin(caller, request.scope["cairn.headers"])
            require_scopes(caller, scopes)
            if request.method in SAFE:
                async with runtime.database.read((caller.workspace_id,)) as read:
                    request.scope["cairn.read"] = read
                    response = await serve(request)
            else:
                # What was asked for in the wrong place (`?dry_run=true`) must not happen as if it had not been asked.
                _refuse_unknown(request, known)
                response = await self._change(runtime, caller, request, serve, takes_json)
            response.headers.update(runtime.limits.headers(caller))
            return response

        return handle

    async def _change(
        self,
        runtime: Runtime,
        caller: Caller,
        request: Request,
        serve: Callable[[Request], Awaitable[Response]],
        takes_json: bool,
    ) -> Response:
        body = await request.body()
        if takes_json and body:
            _require_json(request.scope["cairn.headers"].get(b"content-type", b""))
        key = accepted_key(request.headers.get("idempotency-key"))
        sought = (
            idempotency.asked(runtime.outlines, key, request.method, _target(request), body)
            if key is not None
            else None
        )
        async with runtime.database.transaction((caller.workspace_id,)) as tx:
            request.scope["cairn.read"] = tx
            if sought is not None:
                held = await idempotency.begin(tx, caller.workspace_id, sought)
                if held is not None:
                    return _again(runtime, held)
            response = await serve(request)
            if sought is not None:
                kept = {name: response.headers[name] for name in KEPT if name in response.headers}
                answer = bytes(response.body)
                stored = await idempotency.remember(
                    tx,
                    [
                        Remembered(
                            caller.workspace_id,
                            sought.key,
                            sought.fingerprint,
                            response.status_code,
                            to_json(kept).decode(),
                            _seal(runtime).close(answer.decode()).encode() if "cache-control" in kept else answer,
                            sought.outline,
                        )
                    ],
                )
                if not stored:
                    raise idempotency.running()
        return response


class StreamRoute(Route):
    """A route whose endpoint reads the body itself, piece by piece: more than memory should hold at once.

    It opens its own transactions, since one could not stay open for so long, and is safe to repeat by what it does:
    an answer is not remembered under an Idempotency-Key.
    """

    async def _change(
        self,
        runtime: Runtime,
        caller: Caller,
        request: Request,
        serve: Callable[[Request], Awaitable[Response]],
        takes_json: bool,
    ) -> Response:
        return await serve(request)


def _target(request: Request) -> str:
    """What is asked for, and by whom of those who share a key: no visitor is given another's answer again."""
    visitor = request.headers.get("cairn-visitor")
    return f"{request.url.path}?{request.url.query}" + (f" {visitor}" if visitor is not None else "")


def _again(runtime: Runtime, held: Remembered) -> Response:
    headers = from_json(held.headers)
    body = _seal(runtime).open(held.body.decode()).encode() if "cache-control" in headers else held.body
    return Response(body, held.status, {**headers, "Idempotency-Replayed": "true"})


def _seal(runtime: Runtime) -> Seal:
    return Seal(runtime.settings.sealing_key.get_secret_value())


def _query_names(dependant: Dependant) -> frozenset[str]:
    inner = (_query_names(each) for each in dependant.dependencies)
    return frozenset(field.alias for field in dependant.query_params).union(*inner)


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    if request.url.query:
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            raise Invalid(errors=[FieldError(f"/query/{name[:100]}", "is not known here") for name in unknown[:20]])


def _scopes(route: APIRoute) -> frozenset[str]:
    return frozenset(
        scope for each in route.dependencies if isinstance(each, SecurityParam) for scope in each.scopes or ()
    )


def _require_json(content_type: bytes) -> None:
    kind = content_type.partition(b";")[0].strip().lower()
    if kind != b"application/json" and not kind.endswith(b"+json"):
        raise UnsupportedMedia("Send `Content-Type: application/json`.")


async def _caller(request: Request) -> Caller:
    return request.scope["cairn.caller"]


async def _read(request: Request) -> Read:
    return request.scope["cairn.read"]


async def _tx(request: Request) -> Tx:
    transaction = request.scope["cairn.read"]
    assert isinstance(transaction, Tx), "only unsafe methods write"
    return transaction


async def _runtime(request: Request) -> Runtime:
    return request.scope["runtime"]


CallerDep = Annotated[Caller, Depends(_caller)]
ReadDep = Annotated[Read, Depends(_read)]
TxDep = Annotated[Tx, Depends(_tx)]
RuntimeDep = Annotated[Runtime, Depends(_runtime)]


def require_scopes(caller: Caller, scopes: frozenset[str]) -> None:
    """Forbidden, naming what is missing, unless the caller has every scope."""
    missing = scopes - caller.scopes
    if missing:
        raise Forbidden(f"The key lacks the scope {', '.join(sorted(missing))}.", code="missing_scope")


async def _check(scopes: SecurityScopes, request: Request, _: Annotated[Any, Depends(bearer)]) -> None:
    require_scopes(request.scope["cairn.caller"], frozenset(scopes.scopes))


def allow(*scopes: str) -> Any:
    """Route dependency: the caller needs all of these scopes."""
    return Security(_check, scopes=list(scopes))


def etag(version: int) -> dict[str, str]:
    """Headers that carry a record's version."""
    return {"ETag": f'"{version}"'}


async def expected_version(request: Request) -> int | None:
    """The version in `If-Match`; None without one or with `*`. Invalid when it is no tag of ours."""
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    text = given.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid(errors=[FieldError("/header/If-Match", "must be an ETag that this API gave")])
    return int(text)


IfMatch = Annotated[int | None, Depends(expected_version)]


def require_version(expected: int | None, current: int) -> None:
    """PreconditionFailed when the caller edits another version than the current one."""
    if expected is not None and expected != current:
        raise PreconditionFailed(f"The current version is {current}.", headers=etag(current))


class Answer(NamedTuple):
    """What an ingest endpoint answers: JSON bytes, ready made."""

    status: int
    body: bytes
    replayed: bool = False


class Inlet(NamedTuple):
    """An ingest request: what came, and who sent it. `tail` is the last part of a path that ends in a parameter."""

    runtime: Runtime
    caller: Caller | None
    headers: dict[bytes, bytes]
    raw: bytes
    tail: str
    key: str | None
    target: str


async def _inlet(_request: Request) -> Inlet:
    """For the contract alone, which FastAPI reads off the signature."""
    raise AssertionError("an ingest route is served by shared/direct.py")


InletDep = Annotated[Inlet, Depends(_inlet)]


class IngestRoute(APIRoute):
    """A hot write. Declared and documented like any route; served by `shared/direct.py`, without the framework.

    The endpoint takes `inlet` and, where it declares one, a validated `body`. It is a plain function that returns an
    `Answer`, or what to await for one: usually the future of its batch.
    """

    def __init__(self, path: str, endpoint: Callable[..., Answer | Awaitable[Answer]], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.scopes = _scopes(self)
        body = endpoint.__annotations__.get("body")
        self._validator = TypeAdapter[Any](body).validator if body is not None else None
        self._serve = endpoint

    def begin(
        self,
        runtime: Runtime,
        caller: Caller | None,
        headers: dict[bytes, bytes],
        raw: bytes,
        path: str,
        tail: str,
    ) -> Answer | Awaitable[Answer]:
        """Check and validate a request and hand it to the endpoint. Raises what refuses it."""
        if caller is not None and not self.scopes <= caller.scopes:
            require_scopes(caller, self.scopes)
        given = headers.get(b"idempotency-key")
        key = accepted_key(given.decode("latin-1")) if given is not None else None
        inlet = Inlet(runtime, caller, headers, raw, tail, key, path)
        if self._validator is None:
            return self._serve(inlet)
        kind = headers.get(b"content-type", b"")
        if kind != b"application/json":
            _require_json(kind)
        try:
            body = self._validator.validate_json(raw)
        except ValidationError as error:
            raise invalid_body(error) from None
        return self._serve(inlet, body)
