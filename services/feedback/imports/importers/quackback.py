"""Quackback: the CSV files that its import and export share, `posts.csv` and `votes.csv`.

Their columns are documented in its repository (`scripts/import`). A post that was merged has the id of the one that
answers for it as `canonical_post_id`, the name that Quackback's own table has for it (assumed for the file).
"""

from services.feedback.imports.importers import reading
from services.feedback.imports.importers.reading import Row
from services.feedback.mappings.kinds import Record


def read(row: Row) -> list[Record]:
    """What one line says; nothing of comments, notes and spam. ValueError when it is none that is known."""
    flat = reading.by_plain_name(row)
    if "voteremail" in flat:
        contact = reading.person("quackback", email=flat.get("voteremail"), name=flat.get("votername"))
        vote = {
            "idea": reading.identifier(flat.get("postid")),
            "contact": contact or None,
            "created_at": reading.time(flat.get("createdat")),
        }
        return [Record("votes", reading.without_nothing(vote))]
    if "title" in flat:
        return [] if flat.get("moderation") == "spam" else [_post(flat)]
    if "postid" in flat and "body" in flat:
        return []
    raise ValueError("is neither a post nor a vote of Quackback")


def _post(flat: Row) -> Record:
    idea = {
        "external_id": reading.identifier(reading.first(flat, "id", "postid")),
        "title": reading.title(flat.get("title")),
        "description": reading.prose(reading.first(flat, "body", "content")),
        "status": reading.status(flat.get("status")),
        "archived": flat.get("moderation") == "archived",
        "created_at": reading.time(flat.get("createdat")),
        "updated_at": reading.time(reading.first(flat, "responseat", "updatedat")),
        "merged_into": reading.identifier(reading.first(flat, "canonicalpostid", "mergedinto")),
    }
    return Record("ideas", reading.without_nothing(idea))
