"""Which tables hold words that may name a person: all that are not told of here, with the reason."""

from collections.abc import Mapping

from services.roadmap.tables import metadata
from shared.forgetting.tables import wordy

_PROJECTED = "what another service told: ids, numbers, and titles in the product team's own words"
FREE: Mapping[str, str] = {
    "ideas": _PROJECTED,
    "demand": _PROJECTED,
    "scores": _PROJECTED,
    "items.title": "what the product team calls an item; it has been told to the world",
    "views.slug": "an address that pages were published under",
}
WORDS = wordy(metadata, FREE)
