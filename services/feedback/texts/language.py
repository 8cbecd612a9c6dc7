"""Which language a text is in, where that can be told."""

import importlib
from functools import cache
from typing import Any, Protocol

LANGUAGES = frozenset({
    "ar", "ca", "da", "de", "el", "en", "es", "et", "eu", "fi", "fr", "ga", "hi", "hu", "hy", "id", "it", "lt", "ne",
    "nl", "no", "pt", "ro", "ru", "sr", "sv", "ta", "tr",
})  # fmt: skip
"""Those that PostgreSQL can search in. The model knows 140, and is asked for all: made to choose among these it would
take Polish for Serbian."""
ALIASES = {"nn": "no"}
LEAST_LETTERS = 12
"""Fewer say nothing: `ok`, `csv`, a product's name."""
LEAST_CONFIDENCE = 0.8
MOST_CHARACTERS = 2_000
"""The beginning of a text tells."""


class Identifier(Protocol):
    """What is used of the library, which has no types."""

    def classify(self, text: str) -> tuple[str, float]:
        """Language and confidence, 0 to 1."""
        ...


def language_of(text: str) -> str | None:
    """ISO 639-1 code of a text's language; None for short ones, mixtures, and what the database cannot search in."""
    beginning = text[:MOST_CHARACTERS]
    if sum(map(str.isalpha, beginning)) < LEAST_LETTERS:
        return None
    language, confidence = _identifier().classify(beginning)
    language = ALIASES.get(language, language)
    return language if confidence >= LEAST_CONFIDENCE and language in LANGUAGES else None


@cache
def _identifier() -> Identifier:
    """The model: a second to load and some 70 MB, so that who never asks never pays. It has no types, hence by name."""
    langid: Any = importlib.import_module("py3langid.langid")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
