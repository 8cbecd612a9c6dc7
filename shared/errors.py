"""Problems a caller can meet. Each carries its HTTP status; one handler renders them as RFC 9457 problem+json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing to mend: a JSON Pointer into the request (`/body/score`, `/query/limit`) and the reason."""

    pointer: str
    reason: str


class Problem(Exception):
    """Base of every refusal. `code` is stable and made for programs; `detail` is made for people."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problem_code = code or self.code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class Moved(Problem):
    """It was merged into another record: `Location` says where the same is to be asked for."""

    status, code, title = 308, "merged", "Merged into another"

    def __init__(self, location: str) -> None:
        super().__init__(f"It was merged: ask {location}.", headers={"Location": location})


class Malformed(Problem):
    """The request is not HTTP or JSON that can be read at all."""

    status, code, title = 400, "malformed", "Malformed request"


class Unauthorized(Problem):
    """No identity, or one that is not believed."""

    status, code, title = 401, "unauthorized", "Authentication required"

    def __init__(
        self, detail: str = "Send an API key as `Authorization: Bearer ck_…`.", *, code: str | None = None
    ) -> None:
        super().__init__(detail, code=code, headers={"WWW-Authenticate": 'Bearer realm="cairn"'})


class Forbidden(Problem):
    """The identity is known and may not do this; the detail names the scope it lacks."""

    status, code, title = 403, "forbidden", "Not allowed"


class NotFound(Problem):
    """Nothing by that id or path in the caller's workspace."""

    status, code, title = 404, "not_found", "Not found"


class MethodNotAllowed(Problem):
    """The path exists; the method does not. `Allow` lists those that do."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class Conflict(Problem):
    """The request is fine and the present state forbids it."""

    status, code, title = 409, "conflict", "Conflict"


class PreconditionFailed(Problem):
    """`If-Match` names a version that is no longer current."""

    status, code, title = 412, "precondition_failed", "Precondition failed"


class TooLarge(Problem):
    """The body is over the route's limit."""

    status, code, title = 413, "too_large", "Request body too large"


class UnsupportedMedia(Problem):
    """The route does not read this content type."""

    status, code, title = 415, "unsupported_media_type", "Unsupported media type"


class Invalid(Problem):
    """The request is readable and breaks a rule; `errors` says where and how."""

    status, code, title = 422, "invalid", "Invalid request"

    def __init__(
        self, detail: str = "`errors` says what to mend.", *, code: str | None = None, errors: Sequence[FieldError] = ()
    ) -> None:
        super().__init__(detail, code=code, errors=errors)


class TooMany(Problem):
    """The key is over its rate, or the service sheds load; `Retry-After` says when to come back."""

    status, code, title = 429, "rate_limited", "Too many requests"


class Unavailable(Problem):
    """The service cannot reach its database. Nothing was stored; a retry is safe with an Idempotency-Key."""

    status, code, title = 503, "unavailable", "Temporarily unavailable"

    def __init__(self, detail: str = "The database cannot be reached just now; nothing was stored.") -> None:
        super().__init__(detail, headers={"Retry-After": "1"})
