"""What the records of a file would become: told by storing them for real and taking that back, some rows at a time.

What is taken back is not there for the rows that follow, so each record is noted by a digest of what makes it itself:
one that an earlier row has brought is told as it will be, and ideas that the file brings stand in for a moment for the
votes and comments that name them. A contact whom a file calls by an address here and by an id there counts as two.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from pydantic_core import to_json

from services.feedback.ideas.domain import Sketch
from services.feedback.origins import domain as origins
from services.feedback.origins.domain import Arrival
from services.feedback.rehearsals import store
from shared.database import Tx

LONGEST_CHAIN = 50
"""Of merges; a longer one, or one that goes in a circle, leads nowhere."""


class Rehearsed(NamedTuple):
    """A record of a row, as it was stored and taken back."""

    number: int
    place: int
    kind: str
    outcome: str
    name: str
    """What makes it the same record in another row."""
    said: str | None
    """What it says, where saying something else changes it."""
    ideas: Sequence[tuple[str, UUID | None]]
    """Those that it names, or is, and their ids."""
    merged_into: str | None
    has_contact: bool
    contact_id: UUID | None


class Told(NamedTuple):
    """What a record would become, and of what it would be a part."""

    outcome: str
    ideas_known: int
    ideas_new: int
    contact: str | None
    """`known` or `new`, where it has one."""


async def keep(tx: Tx, workspace_id: UUID, import_id: UUID, given: Sequence[Rehearsed]) -> list[Told]:
    """Note some records, whose storing has been taken back by now."""
    digests = [_digest(each.name) for each in given]
    ids = [{id for _, id in each.ideas if id is not None} for each in given]
    contacts = {each.contact_id for each in given if each.contact_id is not None}
    here = {row["id"] for row in await tx.all(store.IDEAS_HERE, workspace_id, set[UUID]().union(*ids))}
    known = {row["id"] for row in await tx.all(store.CONTACTS_HERE, workspace_id, contacts)}
    rows = await tx.all(store.BEFORE, workspace_id, import_id, [each.kind for each in given], digests)
    before: dict[tuple[str, bytes], bytes | None] = {(row["kind"], row["name"]): row["said"] for row in rows}
    told: list[Told] = []
    noted: list[dict[str, object]] = []
    for each, digest in zip(given, digests, strict=True):
        said = None if each.said is None else _digest(each.said)
        outcome = each.outcome
        if outcome == "created" and (each.kind, digest) in before:
            outcome = "duplicate" if before[each.kind, digest] == said else "updated"
        named = [{"name": name, "id": id if id in here else None} for name, id in each.ideas]
        contact = None if not each.has_contact else "known" if each.contact_id in known else "new"
        standing = sum(one["id"] is not None for one in named)
        told.append(Told(outcome, standing, len(named) - standing, contact))
        noted.append(
            {
                "kind": each.kind,
                "number": each.number,
                "place": each.place,
                "outcome": outcome,
                "name": digest.hex(),
                "said": None if said is None else said.hex(),
                "ideas": named,
                "merged_into": each.merged_into,
                "contact": contact,
                "contact_id": each.contact_id if contact == "known" else None,
            }
        )
    await tx.run(store.ADD, workspace_id, import_id, to_json(noted).decode())
    return told


async def stand_ins(
    tx: Tx, workspace_id: UUID, import_id: UUID, currency: str, source: str, names: Sequence[str]
) -> dict[str, UUID]:
    """Ideas in place of those that the file brings under these external ids: within what is taken back.

    Of those that are merged, the one that answers for them.
    """
    if not names:
        return {}
    rows = await tx.all(store.BROUGHT, workspace_id, import_id, list(set(names)))
    ends = {row["asked"]: row for row in rows}
    wanted = [end for row in rows for end in (row["external_id"], row["merged_into"]) if end is not None]
    known = await origins.find(tx, workspace_id, source, wanted)
    roots: dict[str, str] = {}
    for name, row in ends.items():
        if row["depth"] >= LONGEST_CHAIN:
            roots[name] = name
        else:
            # What it was merged into is here already, or is nowhere.
            roots[name] = row["merged_into"] if row["merged_into"] in known else row["external_id"]
    missing = sorted(set(roots.values()) - known.keys())
    arrivals = [Arrival(each, Sketch("-", "", "feature", "open")) for each in missing]
    await origins.add(tx, workspace_id, currency, source, arrivals)
    known |= await origins.find(tx, workspace_id, source, missing)
    return {name: known[root] for name, root in roots.items()}


def _digest(text: str) -> bytes:
    return sha256(text.encode(errors="surrogatepass")).digest()
