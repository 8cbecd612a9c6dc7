"""Fider: its CSV of posts, its API's posts with their votes, and the tables of its backup.

The CSV is documented by its source (`app/pkg/csv`): a post that was merged has the status `duplicate` and the
`original_number` of the post that answers for it. It has no voters. The backup is a zip of tables as JSON; put
`users.json`, `posts.json`, `post_votes.json` and `comments.json` into one document, `{"users": [...], "posts": [...],
"post_votes": [...], "comments": [...]}`, to keep them. Posts of the API can be given with the answers of
`GET /posts/{number}/votes` and `.../comments` as `votes` and `comments`. In a CSV and in the API a post goes by its
number, in the backup by `id:` and its id.

The backup can also be sent as it is, as `json`. What its tables hold of each other is put together first: the tags of a
post (`post_tags`, `tags`), and who said a comment (`users`). Without `users.json` it does not say who is of the team: a
comment is taken as a customer's then. The response to a post is a comment of the team. A comment that was not approved
stays inside.
"""

from typing import Any

from services.feedback.imports.importers import reading
from services.feedback.imports.importers.reading import Row
from services.feedback.imports.readers.document import Lists
from services.feedback.mappings.kinds import Record
from shared.events.feedback import IdeaStatus

NUMBERED: dict[str, IdeaStatus] = {
    "0": "open", "1": "in_progress", "2": "shipped", "3": "declined", "4": "planned", "5": "declined",
}  # fmt: skip
"""What the numbers in the tables mean; 5 is a duplicate, 6 a deleted post."""
_DELETED = {"6", "deleted"}
_TABLES = {"users", "posts", "post_votes", "comments"}
_TEAM = {"collaborator", "administrator", "moderator", "2", "3"}
IGNORED = frozenset(
    {"votescount", "commentscount", "tenantid", "slug", "language", "search", "ranking", "hasvoted", "originaltitle",
     "recentvotescount", "recentcommentscount", "isapproved", "number", "role", "userid", "responseuserid"}
)  # fmt: skip


def arranged(lists: Lists) -> Lists:
    """The tables of a backup that are read, with the names of their tags in posts, and users in comments."""
    tables = {name: [reading.obj(row) for row in rows] for name, rows in lists}
    if "posts" not in tables or not {"tags", "users", "post_votes"} & tables.keys():
        return lists
    names = {reading.identifier(tag.get("id")): tag.get("name") for tag in tables.get("tags", ())}
    tags: dict[str | None, list[Any]] = {}
    for row in tables.get("post_tags", ()):
        tags.setdefault(reading.identifier(row.get("post_id")), []).append(
            names.get(reading.identifier(row.get("tag_id")))
        )
    users = {reading.identifier(user.get("id")): user for user in tables.get("users", ())}
    tables["posts"] = [
        {**post, "tags": found} if (found := tags.get(reading.identifier(post.get("id")))) else post
        for post in tables["posts"]
    ]
    tables["comments"] = [
        {**said, "user": user} if (user := users.get(reading.identifier(said.get("user_id")))) else said
        for said in tables.get("comments", ())
    ]
    return [(name, list[Any](rows)) for name, rows in tables.items() if name in _TABLES]


def read(row: Row) -> list[Record]:
    """What one post, vote, comment or user says; nothing of a deleted one. ValueError when it is none that is known."""
    if "title" in row:
        return [] if reading.words(row.get("status")) in _DELETED else _post(row)
    if "post_id" in row and "content" in row:
        if row.get("deleted_at"):
            return []
        author = reading.person("fider", id=row.get("user_id"))
        return _comment(f"id:{reading.identifier(row['post_id'])}", row, author, row.get("created_at"))
    if "post_id" in row and "user_id" in row:
        contact = reading.person("fider", id=row["user_id"])
        return [_vote(f"id:{reading.identifier(row['post_id'])}", contact, row.get("created_at"))]
    if "email" in row:
        contact = reading.person("fider", id=row.get("id"), email=row.get("email"), name=row.get("name"))
        if contact and (id := reading.identifier(row.get("id"))):
            contact["external_id"] = f"fider:{id}"
        return [Record("contacts", contact)] if contact else []
    raise ValueError("is neither a post, a vote, a comment nor a user of Fider")


def _post(row: Row) -> list[Record]:
    table = "user_id" in row
    external = f"id:{reading.identifier(row.get('id'))}" if table else reading.identifier(row.get("number"))
    original = reading.first(row, "original_number") or reading.obj(
        reading.obj(row.get("response")).get("original")
    ).get("number")
    original = reading.identifier(original)
    if table and (id := reading.identifier(row.get("original_id"))):
        original = f"id:{id}"
    idea = reading.without_nothing(
        {
            "external_id": external,
            "title": reading.title(row.get("title")),
            "description": reading.words(row.get("description")),
            "status": reading.words(row.get("status"), 100),
            "tags": reading.tags(row.get("tags")),
            "created_at": reading.time(reading.first(row, "created_at", "createdAt")),
            "updated_at": reading.time(reading.first(row, "responded_at", "response_date")),
            "merged_into": original,
        }
    )
    votes = [
        _vote(external, _user(reading.obj(each).get("user")), reading.obj(each).get("createdAt"))
        for each in reading.items(row.get("votes"))
    ]
    comments = [
        record
        for each in reading.items(row.get("comments"))
        for record in _comment(
            external, reading.obj(each), _user(reading.obj(each).get("user")), reading.obj(each).get("createdAt")
        )
    ]
    return [Record("ideas", idea), *votes, *_response(row, external), *comments]


def _response(row: Row, post: str | None) -> list[Record]:
    given = row.get("response")
    response = reading.obj(given)
    return reading.comment(
        "fider",
        id=f"response:{post}",
        idea=post,
        text=response.get("text") if response else given,
        author={},
        name=reading.obj(response.get("user")).get("name") or row.get("responded_by"),
        staff=True,
        internal=False,
        at=response.get("respondedAt") or reading.first(row, "responded_at", "response_date"),
    )


def _comment(post: str | None, row: Row, author: dict[str, Any], at: Any) -> list[Record]:
    user = reading.obj(row.get("user"))
    id = reading.identifier(row.get("id"))
    return reading.comment(
        "fider",
        id=f"comment:{id}" if id else None,
        idea=post,
        text=row.get("content"),
        author=author,
        name=user.get("name"),
        staff=reading.words(user.get("role")) in _TEAM,
        internal=row.get("is_approved", row.get("isApproved")) is False,
        at=at,
    )


def _user(value: Any) -> dict[str, Any]:
    user = reading.obj(value)
    return reading.person("fider", id=user.get("id"), email=user.get("email"), name=user.get("name"))


def _vote(idea: str | None, contact: dict[str, Any], at: Any) -> Record:
    return Record(
        "votes", reading.without_nothing({"idea": idea, "contact": contact or None, "created_at": reading.time(at)})
    )
