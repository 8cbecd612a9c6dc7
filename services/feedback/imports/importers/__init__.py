"""What people leave: for each vendor a pure module that turns a row of its export into records of ours."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, get_args

from services.feedback.imports.importers import canny, fider, logchimp, productboard, quackback, uservoice
from services.feedback.imports.importers.reading import Looked, address, obj, plain
from services.feedback.imports.importers.statuses import meant
from services.feedback.imports.readers.document import Lists
from services.feedback.mappings.kinds import Record
from services.feedback.mappings.mapping import WITH_ATTRIBUTES
from shared.events.feedback import IdeaStatus

Vendor = Literal["canny", "fider", "uservoice", "productboard", "quackback", "logchimp"]
VENDORS: tuple[Vendor, ...] = get_args(Vendor)
MOST_KEPT = 20
"""Columns of a row that are kept as attributes though the importer does not know them."""
_OF_PEOPLE = re.compile(
    "user|author|voter|supporter|creator|owner|member|person|contact|customer|email|phone|address|referrer|agent|"
    "account|company|by$|ip$"
)
"""Plain names of columns that may be about a person, or a company: an idea is neither, and is not erased with one."""


_OF_EVERY_ONE = frozenset({"id", "author", "authorid", "authorname", "authoremail", "createdby"})
"""Plain names that say nothing more with any vendor. Who wrote a post is the first who voted for it there."""


class Importer(NamedTuple):
    """How a vendor's export is read."""

    read: Callable[[Mapping[str, Any]], list[Record]]
    """ValueError for a row that is nothing that is known. An idea's status is the vendor's word."""
    statuses: Mapping[str, IdeaStatus] = {}
    """Words that mean something else than usual."""
    ignored: frozenset[str] = frozenset()
    """Plain names of columns that say nothing here: counts that we count ourselves, ids of what is not imported."""
    arranged: Callable[[Lists], Lists] | None = None
    """Puts together what stands in different lists of a document."""


class Reading(NamedTuple):
    """What a row says, and what of it was not understood."""

    records: list[Record]
    columns: list[str]
    """Names of columns with a value that the importer does not know."""
    words: list[tuple[str, IdeaStatus | None]]
    """Words for a status, and what they mean; None: nobody knows, and their ideas are open."""


IMPORTERS: dict[Vendor, Importer] = {
    "canny": Importer(canny.read, ignored=canny.IGNORED),
    "fider": Importer(fider.read, fider.NUMBERED, fider.IGNORED, fider.arranged),
    "uservoice": Importer(uservoice.read, ignored=uservoice.IGNORED),
    "productboard": Importer(productboard.read, ignored=productboard.IGNORED),
    "quackback": Importer(quackback.read, ignored=quackback.IGNORED),
    "logchimp": Importer(logchimp.read, ignored=logchimp.IGNORED),
}


def read(vendor: Vendor, row: Mapping[str, Any], said: Mapping[str, IdeaStatus]) -> Reading:
    """What one row of a vendor's export says; `said`: what the caller says its words for a status mean.

    What the importer does not know is kept as attributes of the row's idea, statement or account, where it is a plain
    value and not about a person. ValueError for a row that is nothing that is known.
    """
    importer = IMPORTERS[vendor]
    nested = obj(row.get("fields"))
    looked = Looked.at(
        {**nested, **{name: value for name, value in row.items() if name != "fields"}} if nested else row
    )
    records, words = list[Record](), list[tuple[str, IdeaStatus | None]]()
    for each in importer.read(looked):
        status = each.fields.get("status")
        if each.kind == "ideas" and isinstance(status, str):
            known = meant(status, said, importer.statuses)
            words.append((status, known))
            records.append(Record("ideas", each.fields | {"status": known or "open"}))
        else:
            records.append(each)
    ignored = importer.ignored | _OF_EVERY_ONE
    rest = {name: value for name, value in looked.rest().items() if name != "_" and plain(name) not in ignored}
    if not records:
        # Of what is not imported (deleted, spam) nothing is missed.
        rest = {}
    return Reading(_with(records, rest), list(rest), words)


def _with(records: list[Record], rest: Mapping[str, Any]) -> list[Record]:
    kept = {name: value for name, value in list(rest.items())[:MOST_KEPT] if _can_be_kept(name, value)}
    if not kept or not records or records[0].kind not in WITH_ATTRIBUTES:
        return records
    first, *others = records
    return [Record(first.kind, first.fields | {"attributes": kept | first.fields.get("attributes", {})}), *others]


def _can_be_kept(name: str, value: Any) -> bool:
    if not 0 < len(name) <= 100 or _OF_PEOPLE.search(plain(name)):
        return False
    if isinstance(value, str):
        return len(value) <= 2_000 and address(value) is None
    return isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 2**63)
