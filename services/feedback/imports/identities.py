"""What makes a record of a file itself, and whom and what it names."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from services.feedback.customers.api import ContactRef
from services.feedback.imports.job import Job, dumped
from services.feedback.imports.portions import Checked
from services.feedback.imports.readers.row import Row
from services.feedback.mappings.mapping import Kind


def identity_of(row: Row) -> str:
    """For a row without an id of its own: the same row of the same file again is the same statement."""
    return f"row-{row.number}-{sha256(dumped(row).encode(errors='replace')).hexdigest()[:24]}"


def ideas_of(kind: Kind, body: Any) -> Sequence[str]:
    """The ideas that it names, or is."""
    match kind:
        case "ideas":
            return (body.external_id,)
        case "votes" | "comments":
            return (body.idea,)
        case "feedback":
            return body.ideas
        case _:
            return ()


def contact_of(kind: Kind, body: Any) -> ContactRef | None:
    """The contact whose it is, or that it is."""
    return body if kind == "contacts" else getattr(body, "contact", None)


def name_of(job: Job, kind: Kind, checked: Checked, ids: Mapping[str, UUID], firsts: Mapping[UUID, str]) -> str:
    """What makes it the same record in another row. `ids`: ideas by their names; `firsts`: one name for each idea."""
    body = checked.body
    match kind:
        case "votes":
            idea = ids[body.idea]
            return f"{firsts.get(idea, idea)}\n{_person(body.contact)}"
        case "contacts":
            return _person(body)
        case "feedback":
            source = body.source if "source" in body.model_fields_set else job.source
            return f"{source}\n{body.external_id or identity_of(checked.row)}"
        case _:
            return body.external_id


def _person(contact: ContactRef) -> str:
    return contact.email or contact.external_id or str(contact.id)


def said_by(kind: Kind, body: Any) -> str | None:
    """What it says, where saying something else later changes it."""
    if kind == "accounts":
        return body.model_dump_json()
    return f"{body.importance}\n{body.source_url}\n{body.reason}" if kind == "votes" else None
