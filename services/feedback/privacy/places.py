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
    Place("comments", "their comments", "erased", store.SHOW_COMMENTS),
    Place("comment_versions", "how their comments read before", "erased", store.SHOW_COMMENT_VERSIONS),
    Place("comment_mentions", "which comments mention them: ids", "kept", store.SHOW_MENTIONS),
    Place(
        "board_submissions",
        "ideas in their words, as they brought them",
        "erased",
        store.SHOW_SUBMISSIONS,
        store.ERASE_SUBMISSIONS,
    ),
    Place("moderation_entries", "what of them a moderator had to see: ids and states", "erased", store.SHOW_ENTRIES),
    Place("moderation_decisions", "what moderators decided, and why", "erased", store.SHOW_DECISIONS),
    Place("board_members", "which private boards they see", "erased", store.SHOW_BOARDS, store.ERASE_BOARDS),
    Place("board_ideas", "which ideas they brought: ids", "kept", store.SHOW_BROUGHT),
    Place("trust", "how far they are trusted", "erased", store.SHOW_TRUST, store.ERASE_TRUST),
    Place("idea_followers", "which ideas they follow or do not: ids", "kept", store.SHOW_FOLLOWED),
    Place("survey_answers", "what they answered, as numbers", "erased", store.SHOW_ANSWERS),
    Place(
        "triage",
        "what the team noted of their words, or of others' and names them",
        "anonymised",
        store.SHOW_TRIAGE,
        store.ERASE_TRIAGE,
    ),
    # Before what tells which actions were theirs.
    Place("inbox_actions", "what was noted of many statements at once", "anonymised", ERASE=store.ERASE_ACTIONS),
    Place(
        "triage_history",
        "what the team noted of their words before",
        "anonymised",
        store.SHOW_TRIAGE_HISTORY,
        store.ERASE_TRIAGE_HISTORY,
    ),
    Place("import_errors", "rows that could not be imported and name them", "erased"),
    Place("import_parts", "a file that is being imported; gone when that ends", "kept"),
    Place("rehearsals", "what rows of theirs would become: ids, and digests of how a file names them", "kept"),
    Place("exports", "files of the whole workspace that are kept for a week", "erased"),
    Place("export_parts", "those files, which go with their exports", "erased"),
    Place("ideas", "what the team wrote of an idea and names them", "anonymised"),
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
    "account_marks": "ids of companies",
    "boards": "the product team's own words",
    "comment_counts": "numbers",
    "comment_origins": "ids that comments had elsewhere",
    "components": "the product team's own words",
    "connection_health": "numbers, and reasons that name fields",
    "connection_mappings": "how answers are read, by the names of questions and fields",
    "connections": "how a vendor delivers; secrets are sealed",
    "cursors": "positions",
    "demand": "numbers",
    "demand_groups": "numbers",
    "demand_kept": "ids and times",
    "demand_marks": "ids of ideas and of who asks for them, within seconds",
    "demand_parts": "sums of idea_contacts by account, and by contact where there is none: ids and numbers",
    "demand_ranks": "numbers",
    "events": "ids, numbers and states, and the product team's own titles: the contracts have no field for more",
    "idea_accounts": "ids of companies, and numbers",
    "idea_terms": "words of the ideas",
    "import_mappings": "which column becomes which field",
    "imports": "numbers, columns of files, and reasons that name fields",
    "item_ideas": "ids and states",
    "items": "ids and versions",
    "kano_unions": "ids of ideas, and numbers",
    "languages_known": "positions",
    "log_sealed": "a number of an event",
    "log_seals": "hashes of events, which hold nothing personal",
    "member_marks": "ids of companies and contacts, within seconds",
    "need_ideas": "ids",
    "need_totals": "numbers",
    "needs": "the product team's own words",
    "origins": "what ideas were elsewhere: their ids and titles",
    "outbox": "numbers of events",
    "parked": "events, with what kept them from being applied",
    "products": "the product team's own words",
    "published_stream": "a name and a time",
    "retention": "numbers of days and of deliveries",
    "segments": "rules that the product team wrote",
    "share_marks": "ids of ideas, companies and contacts, within seconds",
    "similar_changes": "ids",
    "similar_indexes": "positions",
    "similar_postings": "hashes of words by numbers of texts; an emptied text gets another number within moments",
    "similar_signs": "roughly what texts mean, by those numbers",
    "similar_suggestions": "ids, scores and decisions",
    "similar_texts": "numbers and vectors of texts; made anew when a text is emptied",
    "subjects": "numbers",
    "survey_cells": "numbers of answers, by nobody's name",
    "survey_changes": "likewise",
    "told_accounts": "ids and numbers of companies",
    "told_shares": "ids of ideas, companies and segments, and numbers",
    "workers": "ids and times",
}

ELSEWHERE: Mapping[str, str] = {
    service: f"its own texts, by keyed hashes of address, id and full name: GET /v1/operations/{service}/erasures"
    for service in ("scoring", "roadmap")
}
"""Who is told to forget the person too, and where it can be seen that they have."""

UNREACHABLE = (
    "backups and standbys of the database, until they are overwritten",
    "copies that left before: exports, what the API was asked for, vendors and receivers of webhooks",
    "what the product team calls things: needs, boards, products, segments, items, models, companies, keys of ideas",
    "titles of ideas as they were told before: in the log, in frozen rankings and in rankings of days that are over",
    "names that are shortened or spelt otherwise; in what the team writes the full name is searched for",
    "names in what other customers wrote: only the address is searched for there",
    "ideas made of what the person had brought to a board: approved, they are the team's, but for names in them",
    "files that are being imported, until the import ends, and whatever they bring after this",
    "raw deliveries that could not be read and name the person by neither address nor id",
    "what is sent about the person after this",
)
"""What an erasure cannot see to; each receipt says so."""
