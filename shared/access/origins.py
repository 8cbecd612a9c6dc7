"""Which pages may use a key from a browser, by CORS (the Fetch standard).

A publishable key stands in a page for everybody to read, so it can do no more than read boards and bring things to
them. It names the origins whose pages may use it: an answer says so to those pages alone, and what comes from any other
is refused. A key that names none is for servers: no page is ever let in with it. Cookies are not used, so no page can
use what a visitor is signed in to.

A browser asks before it sends a key along (the preflight), without saying which: whatever origin asks is told what it
might send to a board, which says nothing about any key.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from shared.access.keys import Caller
from shared.errors import FieldError, Forbidden, Invalid

PUBLISHABLE = frozenset({"boards:read", "boards:submit"})
"""Scopes of a key that may stand in a page."""
MOST_ORIGINS = 20
_HOST = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# Without TLS a key would be read on its way; a page under development comes from the machine itself.
_ORIGIN = re.compile(
    rf"(?:https://{_HOST}(?:\.{_HOST})*|http://(?:localhost|127\.0\.0\.1|\[::1\]))(?::[1-9]\d{{0,4}})?"
)
_EXPOSED = b"ETag, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Request-Id"
_ASKED = (
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"authorization, cairn-visitor, content-type, idempotency-key, if-match"),
    (b"access-control-max-age", b"600"),
    (b"vary", b"Origin"),
    (b"content-length", b"0"),
)
Headers = list[tuple[bytes, bytes]]


def require_sound(origins: Sequence[str], scopes: Collection[str]) -> None:
    """Invalid unless these can be the origins of a key with these scopes."""
    errors = [
        FieldError(f"/body/origins/{place}", "must be an origin like https://app.example.com, without a path")
        for place, origin in enumerate(origins)
        if not _ORIGIN.fullmatch(origin)
    ]
    if origins and (beyond := sorted(set(scopes) - PUBLISHABLE)):
        errors.append(FieldError("/body/origins", f"a key in a page is for everybody: not with {', '.join(beyond)}"))
    if errors:
        raise Invalid(errors=errors)


def is_preflight(method: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser asks what a page may send."""
    return method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers


def asked(headers: Mapping[bytes, bytes]) -> Headers:
    """The answer to that, on a path that pages may use."""
    return [(b"access-control-allow-origin", headers[b"origin"]), *_ASKED]


def granted(caller: Caller | None, headers: Mapping[bytes, bytes]) -> Headers:
    """What lets the page read an answer; nothing for keys that name no origins, and for pages of others."""
    origin = headers.get(b"origin")
    if caller is None or origin is None or origin.decode("latin-1") not in caller.origins:
        return []
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"Origin"),
    ]


def require_origin(caller: Caller, headers: Mapping[bytes, bytes]) -> None:
    """Forbidden to a page that the key does not name. Whatever sends no origin is no page."""
    origin = headers.get(b"origin")
    if origin is not None and caller.origins and origin.decode("latin-1") not in caller.origins:
        raise Forbidden("The key is not for pages of this origin: add it to the key's origins.", code="foreign_origin")
