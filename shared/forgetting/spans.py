"""Which parts of a text name somebody who is known by keyed hashes alone. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, cast

from shared.events.feedback import Identifier

ERASED = "[erased]"
SHORTEST_ID = 6
"""Characters of an id that is looked for: a shorter one is found everywhere."""
_MAILBOX = re.compile(r"[^\s<>()\[\]{}\"',;:=&?/|\\@%]+")
_DOMAIN = re.compile(r"(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_ID = re.compile(r"[\w][\w.:@-]{4,}[\w]")
_WORD = re.compile(r"\S+")
_ANONYMOUS = re.compile(r"erased-[0-9a-f]{12}")
_BARE = re.compile(r"\w(?:.*\w)?", re.DOTALL)


def spoken(kind: str, value: str) -> str:
    """What the keyed hash of an identifier is made of, whatever its case and blanks."""
    return f"forgotten:{kind}:{' '.join(value.lower().split())}"


def is_blotted(*texts: str | None) -> bool:
    """Whether somebody was taken out of one of these."""
    return any(text is not None and (ERASED in text or _ANONYMOUS.fullmatch(text)) for text in texts)


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where e-mail addresses begin and end.

    In two steps, for one expression of both would begin anew at each letter of a long word: minutes for a long text.
    """
    at = 0
    while mailbox := _MAILBOX.search(text, at):
        domain = _DOMAIN.match(text, mailbox.end())
        at = domain.end() if domain else mailbox.end()
        if domain:
            yield mailbox.start(), at


class Span(NamedTuple):
    """A part of a text that names the person, and the hash by which it does."""

    start: int
    end: int
    hash: str


class Forgotten:
    """Somebody who is to be forgotten. Keeps what it has hashed: most words come again and again."""

    def __init__(self, identifiers: Iterable[Identifier], sign: Callable[[str], str]) -> None:
        self._sign = sign
        self._wanted = {(each.kind, each.hash) for each in identifiers}
        self._kinds = {each.kind for each in identifiers}
        self._lengths = sorted({each.words for each in identifiers if each.kind == "name"}, reverse=True)
        self._known: dict[tuple[str, str], str | None] = {}

    def blotted(self, text: str) -> str:
        """The text without them. One that is nothing but their id keeps which of several it was, by the hash."""
        spans = sorted(self._spans(text))
        if not spans:
            return text
        if (spans[0].start, spans[0].end) == (0, len(text)) and " " not in text:
            return f"erased-{spans[0].hash[:12]}"
        parts: list[str] = []
        at = 0
        for span in spans:
            if span.start >= at:
                parts += [text[at : span.start], ERASED]
                at = span.end
        return "".join([*parts, text[at:]])

    def blotted_in(self, document: Any) -> Any:
        """The same in every text of a JSON document."""
        if isinstance(document, str):
            return self.blotted(document)
        if isinstance(document, list):
            return [self.blotted_in(each) for each in cast("list[Any]", document)]
        if isinstance(document, dict):
            return {name: self.blotted_in(each) for name, each in cast("dict[str, Any]", document).items()}
        return document

    def _spans(self, text: str) -> Iterator[Span]:
        if "email" in self._kinds:
            for start, end in _addresses(text):
                yield from self._named("email", text[start:end].lower().replace("%40", "@"), start, end)
        if "external_id" in self._kinds:
            for match in _ID.finditer(text):
                yield from self._named("external_id", match.group().lower(), *match.span())
        if self._lengths:
            yield from self._names(text)

    def _names(self, text: str) -> Iterator[Span]:
        words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
        for length in self._lengths:
            for first in range(len(words) - length + 1):
                start, end = words[first][0], words[first + length - 1][1]
                bare = _BARE.search(text, start, end)
                if bare:
                    yield from self._named("name", " ".join(bare.group().lower().split()), *bare.span())

    def _named(self, kind: str, value: str, start: int, end: int) -> Iterator[Span]:
        held = self._known.get((kind, value), "")
        if held == "":
            hashed = self._sign(spoken(kind, value))
            held = self._known[kind, value] = hashed if (kind, hashed) in self._wanted else None
            if len(self._known) > 100_000:
                self._known.clear()
        if held:
            yield Span(start, end, held)
