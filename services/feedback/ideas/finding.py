"""How ideas are searched: what somebody typed becomes words, and filters and a sort become one statement.

Words and tags are rows (`idea_terms`), since row security lets an index be used only by operators that cannot leak, and
those of text search and of arrays are none. The rows narrow down; `search` then decides, phrases and exclusions too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from uuid import UUID

from services.feedback.ideas import store

Sort = Literal["new", "updated", "votes", "accounts", "mrr", "relevance"]
RANKED = 1_000
"""Matches that are put in order of relevance: the newest."""
BEYOND = "\U0010ffff"
"""Sorts behind every letter: what begins with a word lies between the word and this behind it."""
_TOKEN = re.compile(r'-?"[^"]*"?|\S+')
_WORD = re.compile(r"[^\W_]+")


class Typed(NamedTuple):
    """What somebody typed: all of it but the last word, the words of it that must be there, and that last word."""

    sought: str
    needed: str
    last: str


def typed(text: str) -> Typed:
    """Read `csv "month end" -draft exp`: words, phrases, exclusions, and a last word that may be a beginning."""
    tokens = [token for token in _TOKEN.findall(text) if token.strip('-"')]
    last = ""
    if tokens and not text[-1].isspace() and _WORD.fullmatch(tokens[-1]):
        last = tokens.pop()
    # To the parser `or` would mean something; here all words count.
    tokens = [token for token in tokens if token.lower() != "or"]
    needed = [token.strip('"') for token in tokens if not token.startswith("-")]
    return Typed(" ".join(tokens), " ".join(needed), last)


@dataclass(frozen=True, slots=True)
class Words:
    """The same as PostgreSQL reads it."""

    query: str
    """A tsquery."""
    needed: Sequence[str]
    """Every match has these terms."""
    beginning: str | None
    """Every match has a term that begins so, or one of `stems`."""
    stems: Sequence[str]


@dataclass(slots=True)
class Finding:
    """A statement in the making. Every value is an argument; `sql` puts the pieces together."""

    workspace_id: UUID
    args: list[Any] = field(default_factory=list[Any])
    conditions: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.args.append(self.workspace_id)
        self.conditions += ["i.workspace_id = $1", "i.merged_root is null"]

    def given(self, value: Any, kind: str) -> str:
        """The place of an argument."""
        self.args.append(value)
        return f"${len(self.args)}::{kind}"

    def where(self, column: str, value: Any, kind: str) -> None:
        """Only where a column has this value; None asks for nothing."""
        if value is not None:
            self.conditions.append(f"i.{column} = {self.given(value, kind)}")

    def term(self, term: str) -> None:
        """Only what has this word or #tag."""
        self._exists(f"t.term = {self.given(term, 'text')}")

    def words(self, words: Words) -> str:
        """Only what matches; the place of the query."""
        for each in words.needed:
            self.term(each)
        if words.beginning is not None:
            start, end = self.given(words.beginning, "text"), self.given(words.beginning + BEYOND, "text")
            begins = f"t.term >= {start} and t.term < {end}"
            self._exists(f"(({begins}) or t.term = any({self.given(list(words.stems), 'text[]')}))")
        query = self.given(words.query, "text") + "::tsquery"
        self.conditions.append(f"i.search @@ {query}")
        return query

    def _exists(self, condition: str) -> None:
        self.conditions.append(
            f"exists (select from idea_terms t where t.workspace_id = $1 and t.idea_id = i.id and {condition})"
        )

    def sql(self, sort: Sort, cursor: Sequence[Any], limit: int, query: str = "") -> str:
        """The page behind `cursor` (see `START`) in this order. `query` is what relevance is measured by."""
        if sort == "relevance":
            return self._by_relevance(query, cursor, limit)
        source, key, kind = SORTS[sort]
        if key:
            places = self.given(cursor[0], kind), self.given(cursor[1], "uuid")
            # The id beside what it is sorted by, so that one index gives both.
            id = "d.idea_id" if source else "i.id"
            self.conditions.append(f"({key}, {id}) < ({places[0]}, {places[1]})")
            order = f"{key} desc, {id} desc"
        else:
            self.conditions.append(f"i.id < {self.given(cursor[0], 'uuid')}")
            key, order = "i.id", "i.id desc"
        rows = self.given(limit, "int")
        # Numbered, so that demand is looked up for the page alone and the page keeps its order.
        return f"""
select p.*, {_DEMAND} from (
    select {store.SHOWN}, row_number() over (order by {order}) as place, {key} as sorted_by
    from ideas i {source} where {" and ".join(self.conditions)} order by {order} limit {rows}
) as p {_BESIDE} order by p.place
"""

    def _by_relevance(self, query: str, cursor: Sequence[Any], limit: int) -> str:
        rank, id, newest = (
            self.given(value, kind) for value, kind in zip(cursor, ("float8", "uuid", "uuid"), strict=True)
        )
        return f"""
with found as materialized (
    select {store.SHOWN}, i.search from ideas i where {" and ".join(self.conditions)} and i.id <= {newest}
    order by i.id desc limit {RANKED}
), ranked as (
    select found.*, ts_rank(search, {query}, 1)::float8 as sorted_by, max(id::text) over () as newest from found
)
select p.*, {_DEMAND} from (
    select * from ranked where (sorted_by, id) < ({rank}, {id})
    order by sorted_by desc, id desc limit {self.given(limit, "int")}
) as p {_BESIDE} order by p.sorted_by desc, p.id desc
"""


_OF_DEMAND = "join demand d on d.idea_id = i.id and d.workspace_id = $1"
SORTS = {
    "new": ("", "", ""),
    "updated": ("", "i.updated_at", "timestamptz"),
    "votes": (_OF_DEMAND, "d.votes", "int"),
    "accounts": (_OF_DEMAND, "d.accounts", "int"),
    "mrr": (_OF_DEMAND, "d.mrr", "bigint"),
}
_DEMAND = "w.votes, w.contacts, w.accounts, w.mrr"
_BESIDE = """
cross join lateral (
    select votes, contacts, accounts, mrr from demand where workspace_id = $1 and idea_id = p.id limit 1
) as w
"""
