"""What an API key looks like, and what is kept of it.

`ck_<prefix>_<secret>`: the prefix (12 characters) is shown and looked up, the secret (256 random bits) is known to its
owner alone. Stored is HMAC-SHA-256 of the whole key under a server-side pepper; a slow hash would buy nothing, since
the secret cannot be guessed.
"""

import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

SCOPES = frozenset(
    {
        "connections:read", "connections:write",
        "feedback:read", "feedback:write",
        "customers:read", "customers:write",
        "ideas:read", "ideas:write",
        "votes:read", "votes:write",
        "comments:read", "comments:write",
        "moderation:read", "moderation:write",
        "boards:read", "boards:submit", "boards:write",
        "scores:read", "scores:write",
        "roadmap:read", "roadmap:write",
        "keys:read", "keys:write",
        "operations:read", "operations:write",
        "privacy:read", "privacy:write",
    }
)  # fmt: skip
_SHAPE = re.compile(r"ck_([a-z0-9]{12})_[A-Za-z0-9_-]{43}")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Caller:
    """A believed identity."""

    key_id: UUID
    workspace_id: UUID
    workspace: str
    """Slug of the workspace: its name in URLs."""
    scopes: frozenset[str]
    rate: int
    """Requests a second."""
    currency: str
    """ISO 4217 code that the workspace's money is in."""
    expires_at: datetime | None = None
    origins: frozenset[str] = frozenset()
    """Whose pages may use the key from a browser."""
    actor: str = field(init=False)
    """Who did it, in what is kept of a change: `key:<id>`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "actor", f"key:{self.key_id}")


def make_key() -> tuple[str, str]:
    """A new key: its prefix and the whole text, to be shown once."""
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return prefix, f"ck_{prefix}_{secrets.token_urlsafe(32)}"


def prefix_of(key: str) -> str | None:
    """The prefix of a well-formed key, else None."""
    match = _SHAPE.fullmatch(key)
    return match.group(1) if match else None


def digest(pepper: bytes, key: str) -> bytes:
    """What is stored of a key: 32 bytes."""
    return hmac.digest(pepper, key.encode(), "sha256")
