"""LogChimp: posts, votes, comments and users, as its API or its tables have them (`packages/types` in its repository).

A post carries its votes as `voters.votes`; votes can also be given by themselves, as rows of its table. Its status is
the name of the roadmap that it is on. Put several tables into one document as `{"users": [...], "posts": [...],
"votes": [...]}`. Comments are what its API answers as a post's `activity`, put into the post, or given by themselves
with the `postId` beside. It has no merges, and does not say who is of the team: what is not internal is taken as a
customer's.
"""

from services.feedback.imports.importers import reading
from services.feedback.imports.importers.reading import Row
from services.feedback.mappings.kinds import Record

IGNORED = frozenset(
    {
        "slug",
        "slugid",
        "contenthtml",
        "votescount",
        "roadmapid",
        "boardid",
        "avatar",
        "isverified",
        "voteid",
        "username",
    }
)


def read(row: Row) -> list[Record]:
    """What one post, vote, comment or user says. ValueError when it is none that is known."""
    if "title" in row and ("postId" in row or "id" in row):
        return _post(row)
    if "comment" in row:
        return _comment(row, reading.first(row, "postId", "post_id"))
    if "voteId" in row or ("postId" in row and "userId" in row):
        return [_vote(row, row.get("postId"))]
    if "userId" in row and ("email" in row or "username" in row):
        id = reading.identifier(row["userId"])
        contact = reading.person("logchimp", id=id, email=row.get("email"), name=row.get("name") or row.get("username"))
        return [Record("contacts", contact | {"external_id": f"logchimp:{id}"})]
    raise ValueError("is neither a post, a vote, a comment nor a user of LogChimp")


def _post(row: Row) -> list[Record]:
    id = reading.identifier(reading.first(row, "postId", "id"))
    roadmap = reading.obj(row.get("roadmap"))
    idea = {
        "external_id": id,
        "title": reading.title(row.get("title")),
        "description": reading.words(row.get("contentMarkdown")),
        "status": reading.words(reading.first(roadmap, "name", "url") or row.get("roadmapName"), 100),
        "attributes": reading.placed(board=row.get("board")),
        "created_at": reading.time(row.get("createdAt")),
        "updated_at": reading.time(row.get("updatedAt")),
    }
    votes = [_vote(reading.obj(each), id) for each in reading.items(reading.obj(row.get("voters")).get("votes"))]
    said = [record for each in reading.items(row.get("activity")) for record in _comment(reading.obj(each), id)]
    return [Record("ideas", reading.without_nothing(idea)), *votes, *said]


def _comment(row: Row, post: object) -> list[Record]:
    said, author = reading.obj(row.get("comment")), reading.obj(row.get("author"))
    if said.get("is_spam") is True:
        return []
    name = author.get("name") or author.get("username")
    internal = said.get("is_internal") is True
    return reading.comment(
        "logchimp",
        id=said.get("id") or row.get("id"),
        idea=post,
        text=said.get("body"),
        author=reading.person("logchimp", id=author.get("userId"), email=author.get("email"), name=name),
        name=name,
        staff=internal,
        internal=internal,
        parent=said.get("parent_id"),
        at=said.get("created_at") or row.get("created_at"),
    )


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
