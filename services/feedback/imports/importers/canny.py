"""Canny: posts, votes, comments, users and companies, as its API lists them or as CSV.

The API's objects are documented (`posts/list`, `votes/list`, `comments/list`, `status_changes/list`, `users/list`,
`companies/list`), but for `mergeHistory` of
a post, which its answers have: a list of `{created, post}`, the posts that were merged into it. The columns of the CSV
exports are not documented; assumed are the API's own names in any spelling (`Post ID`, `postID`), with `authorEmail`,
`voterEmail` and so on for what is nested there. `monthlySpend` is taken as whole units of the currency.

A comment that is `internal` or `private` stays inside; an author with `isAdmin` is of the team. What a status change
says (`changeComment`) is an official response.
"""

from typing import Any

from services.feedback.imports.importers import reading
from services.feedback.imports.importers.reading import Row
from services.feedback.mappings.kinds import Record

IGNORED = frozenset(
    {
        "score",
        "status",
        "commentcount",
        "likecount",
        "postcount",
        "membercount",
        "url",
        "pinned",
        "lastactivity",
        "avatarurl",
    }
)

BESIDE = frozenset({"boards", "categories", "tags", "statuses", "changelog", "entries"})
"""Lists of a whole export that posts name themselves, or that are about no post."""


def read(row: Row) -> list[Record]:
    """What one object or line says; nothing of a list beside the posts. ValueError when it is none that is known."""
    if str(row.get("_")) in BESIDE:
        return []
    flat = reading.by_plain_name(row)
    if "voter" in row or "voteremail" in flat or "voterid" in flat:
        return _vote(row, flat)
    if "changeComment" in row and "changer" in row:
        return _change(row)
    if ("value" in row and "post" in row) or "comment" in flat or "commentid" in flat:
        return _comment(row, flat)
    if "monthlyspend" in flat and "title" not in flat and "email" not in flat:
        return _company(row)
    if "title" in flat or "posttitle" in flat:
        return _post(row, flat)
    if "email" in flat or "userid" in flat:
        return _user(row)
    raise ValueError("is neither a post, a vote, a comment, a user nor a company of Canny")


def _post(row: Row, flat: Row) -> list[Record]:
    # A table may name a post by its address alone.
    id = reading.identifier(reading.first(flat, "id", "postid", "posturl", "url"))
    idea = reading.without_nothing(
        {
            "external_id": id,
            "title": reading.title(reading.first(flat, "title", "posttitle")),
            "description": reading.prose(reading.first(flat, "details", "description")),
            "status": reading.words(flat.get("status"), 100),
            "tags": reading.tags(flat.get("tags")),
            "attributes": reading.placed(board=flat.get("board"), category=flat.get("category")),
            "created_at": reading.time(reading.first(flat, "created", "createdat", "postcreated", "date")),
            "updated_at": reading.time(flat.get("statuschangedat")),
            "merged_into": reading.identifier(reading.first(flat, "mergedinto", "mergedintoid", "mergedintopostid")),
        }
    )
    records = [Record("ideas", idea)]
    for each in reading.items(row.get("mergeHistory")):
        merged = reading.obj(reading.obj(each).get("post"))
        if merged and reading.identifier(merged.get("id")) != id:
            idea, *others = _post(merged, reading.by_plain_name(merged))
            records += [Record("ideas", idea.fields | {"merged_into": id}), *others]
    for vote in reading.items(row.get("votes")):
        records += _vote({"post": {"id": id}, **reading.obj(vote)}, {})
    for comment in reading.items(row.get("comments")):
        records += _comment({"post": {"id": id}, **reading.obj(comment)}, {})
    return records


def _comment(row: Row, flat: Row) -> list[Record]:
    author = reading.obj(row.get("author"))
    name = author.get("name") or reading.first(flat, "authorname", "author")
    return reading.comment(
        "canny",
        id=row.get("id") or flat.get("commentid"),
        idea=reading.obj(row.get("post")).get("id") or flat.get("postid"),
        text=row.get("value") or reading.first(flat, "comment", "value"),
        author=reading.person(
            "canny",
            id=author.get("id") or flat.get("authorid"),
            email=author.get("email") or flat.get("authoremail"),
            name=name,
        ),
        name=name,
        staff=reading.yes(author.get("isAdmin")) or reading.yes(reading.first(flat, "authorisadmin", "isadmin")),
        internal=any(reading.yes(flat.get(each) or row.get(each)) for each in ("internal", "private")),
        parent=row.get("parentID") or flat.get("parentid"),
        at=row.get("created") or reading.first(flat, "created", "createdat"),
    )


def _change(row: Row) -> list[Record]:
    id = reading.identifier(row.get("id"))
    return reading.comment(
        "canny",
        id=f"status:{id}" if id else None,
        idea=reading.obj(row.get("post")).get("id"),
        text=reading.obj(row.get("changeComment")).get("value"),
        author={},
        name=reading.obj(row.get("changer")).get("name"),
        staff=True,
        internal=False,
        at=row.get("created"),
    )


def _vote(row: Row, flat: Row) -> list[Record]:
    voter = reading.obj(row.get("voter"))
    companies, account = _companies(voter)
    by = reading.obj(row.get("by"))
    contact = reading.person(
        "canny",
        id=voter.get("id") or flat.get("voterid"),
        email=voter.get("email") or flat.get("voteremail"),
        name=voter.get("name") or flat.get("votername"),
        account=account or reading.first(flat, "votercompanyid", "companyid", "companyname"),
    )
    vote = reading.without_nothing(
        {
            "idea": reading.identifier(reading.obj(row.get("post")).get("id") or flat.get("postid")),
            "contact": contact or None,
            "on_behalf": bool(by and by.get("id") != voter.get("id")),
            "created_at": reading.time(row.get("created") or reading.first(flat, "created", "createdat", "votedat")),
        }
    )
    return [*companies, Record("votes", vote)]


def _user(row: Row) -> list[Record]:
    companies, account = _companies(row)
    contact = reading.person("canny", id=row.get("id"), email=row.get("email"), name=row.get("name"), account=account)
    own = reading.identifier(row.get("userID"))
    if own and contact:
        contact["external_id"] = own
    return [*companies, Record("contacts", contact)]


def _companies(user: Row) -> tuple[list[Record], str | None]:
    found = [record for each in reading.items(user.get("companies")) for record in _company(reading.obj(each))]
    return found, found[0].fields.get("external_id") if found else None


def _company(row: Row) -> list[Record]:
    spend: Any = row.get("monthlySpend")
    money = round(spend * 100) if isinstance(spend, int | float) and 0 <= spend < 10**13 else None
    fields = {
        "external_id": reading.identifier(row.get("id")),
        "name": reading.title(row.get("name")),
        "mrr": money or None,
    }
    return [Record("accounts", reading.without_nothing(fields))] if fields["external_id"] else []
