"""Which language a text is in, where that can be told."""

import importlib
from functools import cache
from typing import Any, Protocol

LANGUAGES = frozenset({
    "ar", "be", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga", "gu", "he",
    "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "km", "kn", "ko", "lt", "lv", "mk", "ml", "mr", "ms",
    "ne", "nl", "no", "pa", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk",
    "ur", "vi", "zh",
})  # fmt: skip
"""Those that products are used in. The model knows 140, and is asked for all: made to choose among these it would take
a neighbour for one of them, and Latin for Italian."""
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
    """ISO 639-1 code of a text's language; None for short ones, mixtures, and languages of few."""
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
