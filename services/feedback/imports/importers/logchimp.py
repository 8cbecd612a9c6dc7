"""LogChimp: posts, votes and users, as its API or its tables have them (`packages/types` in its repository).

A post carries its votes as `voters.votes`; votes can also be given by themselves, as rows of its table. Its status is
the name of the roadmap that it is on. Put several tables into one document as `{"users": [...], "posts": [...],
"votes": [...]}`. It has no merges.
"""

from services.feedback.imports.importers import reading
from services.feedback.imports.importers.reading import Row
from services.feedback.mappings.kinds import Record


def read(row: Row) -> list[Record]:
    """What one post, vote or user says. ValueError when it is none that is known."""
    if "title" in row and ("postId" in row or "id" in row):
        return _post(row)
    if "voteId" in row or ("postId" in row and "userId" in row):
        return [_vote(row, row.get("postId"))]
    if "userId" in row and ("email" in row or "username" in row):
        id = reading.identifier(row["userId"])
        contact = reading.person("logchimp", id=id, email=row.get("email"), name=row.get("name") or row.get("username"))
        return [Record("contacts", contact | {"external_id": f"logchimp:{id}"})]
    raise ValueError("is neither a post, a vote nor a user of LogChimp")


def _post(row: Row) -> list[Record]:
    id = reading.identifier(reading.first(row, "postId", "id"))
    roadmap = reading.obj(row.get("roadmap"))
    idea = {
        "external_id": id,
        "title": reading.title(row.get("title")),
        "description": reading.words(row.get("contentMarkdown")),
        "status": reading.status(reading.first(roadmap, "name", "url") or row.get("roadmapName")),
        "created_at": reading.time(row.get("createdAt")),
        "updated_at": reading.time(row.get("updatedAt")),
    }
    votes = [_vote(reading.obj(each), id) for each in reading.items(reading.obj(row.get("voters")).get("votes"))]
    return [Record("ideas", reading.without_nothing(idea)), *votes]


def _vote(row: Row, post: object) -> Record:
    user = reading.obj(row.get("user")) or row
    contact = reading.person(
        "logchimp", id=user.get("userId"), email=user.get("email"), name=user.get("name") or user.get("username")
    )
    vote = {
        "idea": reading.identifier(post),
        "contact": contact or None,
        "created_at": reading.time(row.get("createdAt")),
    }
    return Record("votes", reading.without_nothing(vote))
