"""Quackback: the CSV files that its import and export share, `posts.csv`, `votes.csv`, `comments.csv` and `notes.csv`.

Their columns are documented in its repository (`scripts/import`). A post that was merged has the id of the one that
answers for it as `canonical_post_id`, the name that Quackback's own table has for it (assumed for the file). A line
without `is_staff` is a note, which only the team sees. The response to a post is a comment of the team.
"""

from services.feedback.imports.importers import reading
from services.feedback.imports.importers.reading import Row
from services.feedback.mappings.kinds import Record

IGNORED = frozenset({"votecount", "roadmap", "commentcount"})


def read(row: Row) -> list[Record]:
    """What one line says; nothing of spam. ValueError when it is none that is known."""
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
        return [] if flat.get("moderation") == "spam" else _post(flat)
    if "postid" in flat and "body" in flat:
        return _comment(flat)
    raise ValueError("is neither a post, a vote, a comment nor a note of Quackback")


def _comment(flat: Row) -> list[Record]:
    note = "isstaff" not in flat
    name = reading.first(flat, "authorname", "authoremail")
    return reading.comment(
        "quackback",
        id=reading.first(flat, "id", "commentid"),
        idea=flat.get("postid"),
        text=flat.get("body"),
        author=reading.person("quackback", email=flat.get("authoremail"), name=flat.get("authorname")),
        name=name,
        staff=note or reading.yes(flat.get("isstaff")),
        internal=note or reading.yes(flat.get("isprivate")),
        parent=flat.get("parentid"),
        at=flat.get("createdat"),
    )


def _post(flat: Row) -> list[Record]:
    id = reading.identifier(reading.first(flat, "id", "postid"))
    response = reading.comment(
        "quackback",
        id=f"response:{id}",
        idea=id,
        text=flat.get("response"),
        author={},
        name=flat.get("responseby"),
        staff=True,
        internal=False,
        at=flat.get("responseat"),
    )
    idea = {
        "external_id": id,
        "title": reading.title(flat.get("title")),
        "description": reading.prose(reading.first(flat, "body", "content")),
        "status": reading.words(flat.get("status"), 100),
        "tags": reading.tags(flat.get("tags")),
        "attributes": reading.placed(board=flat.get("board")),
        "archived": flat.get("moderation") == "archived",
        "created_at": reading.time(flat.get("createdat")),
        "updated_at": reading.time(reading.first(flat, "responseat", "updatedat")),
        "merged_into": reading.identifier(reading.first(flat, "canonicalpostid", "mergedinto")),
    }
    return [Record("ideas", reading.without_nothing(idea)), *response]
