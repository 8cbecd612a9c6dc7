"""Where something of a person is kept: for each table of the schema what it holds, how it is shown and how forgotten.

A new table goes into `PLACES` when it holds anything of a person, and else into `FREE` with the reason; a test sees to
it. `SHOW` and `ERASE` are constants of `store.py`, whose first lines say what they take and give.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from services.feedback.privacy import store

Fate = Literal["erased", "anonymised", "kept"]


class Place(NamedTuple):
    """A table with something of a person in it."""

    table: str
    holds: str
    fate: Fate
    """What an erasure does: what is in the rows goes; what names the person goes; nothing, for there are ids only."""
    SHOW: str = ""
    ERASE: str = ""
    """Empty where `kept`, and where the rows have to be searched: `domain` then has a step of the table's name."""


PLACES = (
    Place(
        "contacts",
        "id and address, name, attributes",
        "anonymised",
        store.SHOW_CONTACTS,
        store.ERASE_CONTACTS,
    ),
    Place(
        "feedback",
        "their words, answers and attributes, the source's id and address of it",
        "anonymised",
        store.SHOW_FEEDBACK,
        store.ERASE_FEEDBACK,
    ),
    Place(
        "insights", "which of their words speak for an idea", "anonymised", store.SHOW_INSIGHTS, store.ERASE_INSIGHTS
    ),
    Place("votes", "the reason, and where they gave it", "anonymised", store.SHOW_VOTES, store.ERASE_VOTES),
    Place("deliveries", "what a vendor sent, as it came", "erased", store.SHOW_DELIVERIES),
    Place("fetches", "what a vendor is still to be asked", "erased"),
    Place("idempotency", "answers that are given again for a day", "erased"),
    Place("segment_members", "which segments they are in", "erased", store.SHOW_SEGMENTS),
    Place("idea_contacts", "which ideas they ask for: ids and a number", "kept", store.SHOW_WISHES),
    Place("requesters", "which shipped items they asked for: ids", "kept", store.SHOW_REQUESTERS),
    Place("erasures", "ids of the contact; what is searched for, sealed, until it is found", "erased"),
)

FREE: Mapping[str, str] = {
    "accounts": "companies",
    "account_history": "what companies pay",
    "components": "the product team's own words",
    "connection_health": "numbers, and reasons that name fields",
    "connections": "how a vendor delivers; secrets are sealed",
    "cursors": "positions",
    "demand": "numbers",
    "events": "ids, numbers and states, and the product team's own titles: the contracts have no field for more",
    "idea_accounts": "ids of companies, and numbers",
    "ideas": "the product team's own words",
    "item_ideas": "ids and states",
    "items": "ids and versions",
    "outbox": "numbers of events",
    "parked": "events, with what kept them from being applied",
    "products": "the product team's own words",
    "published_stream": "a name and a time",
    "segments": "rules that the product team wrote",
    "workers": "ids and times",
}

UNREACHABLE = (
    "backups and standbys of the database, until they are overwritten",
    "copies that left before: exports, what the API was asked for, vendors and receivers of webhooks",
    "what the product team wrote itself: titles and descriptions of ideas, rules of segments, names of companies",
    "raw deliveries that could not be read and name the person by neither address nor id",
    "what is sent about the person after this",
)
"""What an erasure cannot see to; each receipt says so."""
