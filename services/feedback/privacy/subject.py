"""What a person is known by, and whether some bytes mention it: pure, over any bytes."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote_plus

from pydantic_core import from_json, to_json

SHORTEST_ID = 6
"""Characters of an id that is searched for in what cannot be read: a shorter one is found everywhere."""
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


class Subject(NamedTuple):
    """The addresses, ids and full names of one person."""

    emails: tuple[str, ...]
    external_ids: tuple[str, ...]
    names: tuple[str, ...] = ()
    """Of two words and more: one word alone is the name of many, and of things."""

    @classmethod
    def of(
        cls, emails: Iterable[str | None], external_ids: Iterable[str | None], names: Iterable[str | None] = ()
    ) -> "Subject":
        """Those that there are, each once."""
        return cls(
            tuple(sorted({each.lower() for each in emails if each})),
            tuple(sorted({each for each in external_ids if each})),
            tuple(sorted({" ".join(each.lower().split()) for each in names if each and len(each.split()) > 1})),
        )

    def written(self) -> str:
        """As text, to be sealed."""
        return to_json(self).decode()

    @classmethod
    def read(cls, text: str) -> "Subject":
        """The same again."""
        return cls(*map(tuple, from_json(text)))

    @property
    def pattern(self) -> str | None:
        """The addresses as a pattern for PostgreSQL and for us, whatever their case, in addresses of pages too.

        None without any. Only whole ones: `ada@example.com` is no part of `nada@example.com` or of
        `ada@example.com.au`. In JSON a line break before it ends in a letter.
        """
        if not self.emails:
            return None
        return rf"(?:(?<![\w.+-])|(?<=\\[nrtbf]))(?:{'|'.join(map(_address, self.emails))})(?![\w-]|\.\w)"

    @property
    def in_the_teams_words(self) -> str | None:
        """The addresses and the full names as a pattern, for what the team writes; customers may share a name."""
        names = "|".join(r"\s+".join(map(_plain, each.split())) for each in self.names)
        either = [self.pattern, rf"(?<!\w)(?:{names})(?!\w)" if names else None]
        return "|".join(each for each in either if each) or None

    def words(self) -> list[str]:
        """What is searched for in answers of ours: addresses, and ids as JSON writes them."""
        return [*self.emails, *(to_json(each).decode() for each in self.external_ids)]

    def words_of_a_row(self) -> list[str]:
        """What is searched for in rows of tables, in lower case: there ids stand without quotes, so only long ones."""
        ids = [each for each in self.external_ids if len(each) >= SHORTEST_ID]
        return sorted({each.lower() for each in (*self.words(), *ids)})

    def mentioned_in(self, raw: bytes) -> bool:
        """Whether the bytes hold an address, or a long id as a whole value: plain, as a form or as JSON writes them."""
        text = raw.decode(errors="replace").lower()
        forms = {text}
        if "%" in text or "+" in text:
            forms.add(unquote_plus(text))
        if "\\u" in text:
            forms.add(_ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text))
        if self.pattern is not None:
            wanted = re.compile(self.pattern)
            if any(wanted.search(form) for form in forms):
                return True
        ids = [each.lower() for each in self.external_ids if len(each) >= SHORTEST_ID]
        return any(re.search(rf"[\"'=>]{re.escape(each)}(?![\w-])", form) for each in ids for form in forms)


def _address(text: str) -> str:
    return _plain(text).replace("@", "(?:@|%40)")


def _plain(text: str) -> str:
    """The text as a pattern that both dialects read alike: each sign that is no letter or digit escaped."""
    return "".join(sign if sign.isalnum() or sign in "@_" else f"\\{sign}" for sign in text)
