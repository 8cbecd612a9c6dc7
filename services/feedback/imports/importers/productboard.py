"""Productboard: notes become feedback, features become ideas, companies become accounts.

Notes, features and companies are read as its API lists them (version 1, and of version 2 the `fields` around them); a
note speaks for the features that it is linked with. Import features before notes. The columns of the CSV exports are
not documented; assumed are `Note ID`, `Note title`, `Note text`, `User email`, `Company`, `Feature ID`, `Feature name`,
and the API's own names in any spelling. A feature that was merged is not in an export.

Comments are in neither its API nor its exports. A table of them that was put together otherwise is read, with the
columns `Feature ID` and `Comment text`, and `Comment ID`, `Author name` and `Created at` where they are known. It shows
comments to its own team only: they are the team's here, and stay inside.
"""

from typing import Any

from services.feedback.imports.importers import reading
from services.feedback.imports.importers.reading import Row
from services.feedback.mappings.kinds import Record

IGNORED = frozenset({"links", "displayurl", "lasthealthupdate", "state", "source"})
_HIERARCHY = {"feature", "subfeature", "component", "product"}


def read(row: Row) -> list[Record]:
    """What one object or line says. ValueError when it is none that is known."""
    flat = reading.by_plain_name(row)
    if "commenttext" in flat and "featureid" in flat:
        return _comment(flat)
    if reading.first(flat, "content", "notetext", "text") is not None:
        return _note(row, flat)
    if "domain" in flat and "status" not in flat:
        return _company(row)
    if reading.first(flat, "featurename", "name", "title") is not None:
        return _feature(row, flat)
    raise ValueError("is neither a note, a feature nor a company of Productboard")


def _note(row: Row, flat: Row) -> list[Record]:
    heading = reading.words(reading.first(flat, "title", "notetitle", "name"), 300)
    content = reading.prose(reading.first(flat, "content", "notetext", "text"))
    user, company = reading.obj(row.get("user")), reading.obj(row.get("company"))
    account = reading.identifier(company.get("id") or reading.first(flat, "companyid", "companydomain", "company"))
    contact = reading.person(
        "productboard",
        id=user.get("id") or flat.get("userid"),
        email=user.get("email") or reading.first(flat, "useremail", "email"),
        name=user.get("name") or flat.get("username"),
        account=account,
    )
    linked = [reading.identifier(reading.obj(each).get("id")) for each in reading.items(row.get("features"))]
    linked += reading.split(reading.first(flat, "featureid", "featureids"))
    tags = [reading.obj(each).get("name", each) for each in reading.items(row.get("tags"))]
    tagged = ", ".join(reading.split(tags or flat.get("tags")))
    note = reading.without_nothing(
        {
            "external_id": reading.identifier(reading.first(flat, "id", "noteid", "uuid")),
            "text": reading.words("\n\n".join(part for part in (heading, content) if part)),
            "contact": contact or None,
            "said_at": reading.time(reading.first(flat, "createdat", "created", "notecreatedat")),
            "source_url": _url(reading.first(flat, "externaldisplayurl", "displayurl", "sourceurl")),
            "ideas": [id for id in dict.fromkeys(linked) if id][:20] or None,
            "attributes": {"tags": tagged[:2_000]} if tagged else None,
        }
    )
    return [*(_company(company) if contact and company.get("id") else []), Record("feedback", note)]


def _comment(flat: Row) -> list[Record]:
    return reading.comment(
        "productboard",
        id=flat.get("commentid"),
        idea=flat.get("featureid"),
        text=flat.get("commenttext"),
        author={},
        name=reading.first(flat, "authorname", "author"),
        staff=True,
        internal=True,
        parent=flat.get("parentid"),
        at=reading.first(flat, "createdat", "created"),
    )


def _url(value: Any) -> str | None:
    text = reading.words(value, 301)
    return text if text and len(text) <= 300 else None


def _feature(row: Row, flat: Row) -> list[Record]:
    kind = reading.words(flat.get("type"))
    if kind is not None and kind.lower() not in _HIERARCHY:
        raise ValueError(f"is a {kind[:40]}, which is not imported")
    if kind in {"component", "product"}:
        return []
    status: Any = row.get("status")
    idea = {
        "external_id": reading.identifier(reading.first(flat, "id", "featureid", "uuid")),
        "title": reading.title(reading.first(flat, "featurename", "name", "title")),
        "description": reading.prose(reading.first(flat, "description", "featuredescription")),
        "status": reading.words(reading.obj(status).get("name") or reading.first(flat, "status"), 100),
        "tags": reading.tags(flat.get("tags")),
        "archived": flat.get("archived") in {True, "true", "TRUE", "True"},
        "created_at": reading.time(reading.first(flat, "createdat", "created", "featurecreatedat")),
        "updated_at": reading.time(reading.first(flat, "updatedat", "featureupdatedat")),
    }
    return [Record("ideas", reading.without_nothing(idea))]


def _company(row: Row) -> list[Record]:
    fields = {"external_id": reading.identifier(row.get("id")), "name": reading.title(row.get("name"))}
    return [Record("accounts", reading.without_nothing(fields))]
