"""Every refusal, whoever raised it, as RFC 9457 problem+json."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from shared.database import RETRYABLE
from shared.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    Moved,
    NotFound,
    PreconditionFailed,
    Problem,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
    UnsupportedMedia,
)
from shared.telemetry import request_id

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 50

log = logging.getLogger("cairn.http")


class FieldErrorBody(BaseModel):
    """One thing to mend."""

    pointer: str = Field(description="JSON Pointer into the request", examples=["/body/title"])
    reason: str = Field(description="what is wrong there", examples=["Field required"])


class ProblemBody(BaseModel):
    """RFC 9457 problem details. `code` is stable: branch on it, not on the words."""

    type: str = Field(description="`urn:cairn:problem:` and the code", examples=["urn:cairn:problem:invalid"])
    title: str = Field(description="the kind of problem, for people", examples=["Invalid request"])
    status: int = Field(description="the HTTP status once more", examples=[422])
    code: str = Field(description="the kind of problem, for programs", examples=["invalid"])
    detail: str = Field(default="", description="what is wrong with this request, for people; often empty")
    request_id: str = Field(default="", description="quote it when you ask about this")
    errors: list[FieldErrorBody] = Field(
        default_factory=list[FieldErrorBody], description="each thing to mend, 50 at most; left out when there is none"
    )


def responses(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the problems a route can answer with."""
    return {
        kind.status: {
            "description": kind.title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
        }
        for kind in kinds
    }


GUARDED = responses(Malformed, Unauthorized, Forbidden, Invalid, TooMany, Unavailable)
"""What any route behind a key can answer."""
EDITING = GUARDED | responses(NotFound, Conflict, PreconditionFailed, TooLarge, UnsupportedMedia)
"""What a route that writes can answer besides. Its contract leaves out what it cannot: a 412 without `If-Match`."""


def field_errors(errors: Sequence[Mapping[str, Any]], prefix: str = "") -> list[FieldError]:
    """Pydantic's errors as pointers and reasons. The input itself is never echoed."""
    return [
        FieldError(
            prefix + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error["loc"]),
            str(error["msg"]).removeprefix("Value error, "),
        )
        for error in errors[:MOST_ERRORS]
    ]


def invalid_body(error: ValidationError) -> Invalid:
    """A body that does not fit its model."""
    return Invalid(errors=field_errors(error.errors(include_url=False, include_input=False), "/body"))


def problem_of(error: Exception) -> Problem:
    """The problem behind any exception; an unknown one becomes a 500 that tells nothing."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return Invalid(errors=field_errors(error.errors()))
    if isinstance(error, HTTPException):
        known = {400: Malformed, 404: NotFound, 405: MethodNotAllowed, 413: TooLarge, 415: UnsupportedMedia}
        return known.get(error.status_code, Malformed)(headers=error.headers)
    if isinstance(error, RecursionError):
        return Invalid("The body is nested too deeply.")
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict("Something with the same identity exists already.")
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return Invalid("The request names something that does not exist.")
    if isinstance(error, asyncpg.CheckViolationError | asyncpg.DataError):
        return Invalid("A value is out of range.")
    if isinstance(error, RETRYABLE):
        return Unavailable("The request lost a race for the same records; try it again.")
    return Problem()


def render(problem: Problem) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of a problem."""
    content: dict[str, Any] = {
        "type": f"urn:cairn:problem:{problem.problem_code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.problem_code,
        "detail": problem.detail,
        "request_id": request_id.get(),
    }
    if problem.errors:
        # A pointer can hold a caller's own field name, surrogates and all.
        content["errors"] = [
            {"pointer": _encodable(error.pointer), "reason": _encodable(error.reason)} for error in problem.errors
        ]
    body = to_json(content)
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in problem.headers.items()]
    return problem.status, headers, body


def _encodable(text: str) -> str:
    return text.encode(errors="replace").decode()


def response_of(problem: Problem) -> Response:
    """A problem as a Starlette response."""
    status, headers, body = render(problem)
    response = Response(body, status)
    response.raw_headers[:] = headers
    return response


def allowed_methods(routes: Sequence[BaseRoute], scope: Mapping[str, Any]) -> list[str]:
    """Every method that is served at this path, HEAD with GET (`Edge`): one route alone knows only its own.

    Where several paths match, as `/v1/feedback/bulk` and `/v1/feedback/{id}` do, the one with fewer parameters counts.
    """
    methods: dict[int, set[str]] = {}
    for route in routes:
        match, child = route.matches({**scope, "path_params": {}})
        if match is not Match.NONE:
            methods.setdefault(len(child["path_params"]), set()).update(getattr(route, "methods", None) or ())
    meant = methods[min(methods)]
    return sorted(meant | {"HEAD"} if "GET" in meant else meant)


def install(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Answer every exception of the application with a problem."""

    async def handle(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if isinstance(problem, MethodNotAllowed):
            problem.headers["Allow"] = ", ".join(allowed_methods([*app.routes, *routes], request.scope))
            problem.detail = f"Allowed here: {problem.headers['Allow']}."
        elif isinstance(problem, NotFound) and isinstance(error, HTTPException):
            problem.detail = f"Nothing answers at this path: {app.docs_url} describes what does."
        if isinstance(problem, Moved) and request.scope["query_string"]:
            # What was asked of the one is asked of the other.
            problem.headers["Location"] += f"?{request.scope['query_string'].decode('latin-1')}"
        if problem.status == Problem.status:
            log.error("unhandled", exc_info=error, extra={"path": request.url.path})
        return response_of(problem)

    for kind in (
        Problem,
        RequestValidationError,
        HTTPException,
        RecursionError,
        asyncpg.PostgresError,
        Exception,
    ):
        app.add_exception_handler(kind, handle)
