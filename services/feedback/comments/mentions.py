"""Who is meant in a comment: `@ada`, or `@` and a contact's id."""

import re
from uuid import UUID

MOST = 50
"""Mentions of one comment that count."""
# An address has something before its @, and is nobody's handle.
_MENTION = re.compile(r"(?<![\w@.+-])@(\w(?:[\w.-]{0,62}\w)?)")


def mentioned(text: str) -> list[str]:
    """Handles in lower case and ids of contacts, each once, in the order they appear."""
    found: dict[str, None] = {}
    for match in _MENTION.finditer(text):
        found[handle(match[1])] = None
        if len(found) == MOST:
            break
    return list(found)


def handle(name: str) -> str:
    """A handle or an id as it is stored and sought."""
    name = name.removeprefix("@").lower()
    try:
        return str(UUID(name))
    except ValueError:
        return name


def contact_of(name: str) -> UUID | None:
    """The contact's id that a stored mention is; None for a handle."""
    try:
        return UUID(name)
    except ValueError:
        return None
