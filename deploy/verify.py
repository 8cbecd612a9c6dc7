"""Whether what is stored is what was stored: `cairn verify`.

Everything that keeps a hash is hashed again: raw deliveries, scores with what they rest on, frozen runs, the sealed
log. And what the log last said of an aggregate is held against its row, because no row changes without an event.
"""

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from deploy.child import Failed
from deploy.rebuild import rescore
from services.scoring.runs import domain as runs
from services.scoring.scores import store as scores
from shared import chain
from shared.database import Database
from shared.provenance import Node, faults
from shared.sealing import Seal

Heads = dict[str, dict[str, dict[str, Any]]]
"""The newest seal of each workspace, by service: `{"feedback": {"<workspace>": {"position": 3, "digest": "…"}}}`."""
AT_ONCE = 500
MOST = 100
"""Faults that are listed of one kind."""
DELIVERIES = """
select workspace_id, id, state = 'erased' or sha256(body) = sha256 as intact from deliveries
where (workspace_id, id) > ($1, $2) order by workspace_id, id limit $3
"""
# Row and event are written together, so the newest of both are of one version.
LOG_AND_ROW = """
with told as (
    select distinct on (aggregate_id) aggregate_id, version, data::jsonb as data from events
    where type = $1 order by aggregate_id, version desc
)
select told.aggregate_id from told join {table} r on r.{key} = told.aggregate_id
where (told.version, {told}) is distinct from (r.version, {stored}) order by 1 limit $2
"""


class Agreeing(NamedTuple):
    """A table of whose rows the log tells all: columns as the event's fields have them."""

    type: str
    table: str
    key: str
    fields: Mapping[str, str]
    """By name, with the type to compare in."""

    @property
    def statement(self) -> str:
        told = ", ".join(f"(told.data ->> '{name}')::{kind}" for name, kind in self.fields.items())
        stored = ", ".join(f"r.{name}::{kind}" for name, kind in self.fields.items())
        return LOG_AND_ROW.format(table=self.table, key=self.key, told=told, stored=stored)


COUNTS: Mapping[str, str] = dict[str, str].fromkeys(("votes", "insights", "contacts", "accounts", "mrr"), "bigint")
SCORE = {"state": "text", "value": "float8", "model_version": "bigint", "cause": "text", "cause_id": "uuid"}
AGREEING = {
    "feedback": Agreeing("feedback.demand.changed.v1", "demand", "idea_id", COUNTS),
    "scoring": Agreeing("scoring.score.changed.v1", "scores", "id", SCORE),
    "roadmap": Agreeing("roadmap.item.changed.v1", "items", "id", {"title": "text", "status": "text"}),
}


class Fault(NamedTuple):
    """Something that is not as it was."""

    what: str
    which: str
    why: str


async def stored(database: Database, seal: Seal | None) -> AsyncGenerator[Fault]:
    """What is wrong in a service's schema. Without `seal`, signatures are not looked at."""
    async for fault in _log(database, seal):
        yield fault
    agreeing = AGREEING[database.schema]
    async with database.system() as tx:
        for row in await tx.all(agreeing.statement, agreeing.type, MOST):
            yield Fault(agreeing.table, str(row["aggregate_id"]), "is not what the log last said of it")
    match database.schema:
        case "feedback":
            checks = _deliveries(database)
        case "scoring":
            checks = _scores(database)
        case _:
            return
    async for fault in checks:
        yield fault


async def _log(database: Database, seal: Seal | None) -> AsyncGenerator[Fault]:
    async with database.system() as tx:
        workspaces = [row["workspace_id"] for row in await tx.all(chain.SEALED_WORKSPACES)]
        strays = await tx.all(chain.STRAYS)
    for row in strays:
        why = f"has {row['there']} events where {row['sealed']} were sealed"
        yield Fault("log", str(row["workspace_id"]), why)
    for workspace_id in workspaces:
        async with database.read((workspace_id,)) as read:
            async for broken in chain.faults(read, seal, workspace_id):
                yield Fault("log", f"{workspace_id} seal {broken.position}", broken.why)


async def _deliveries(database: Database) -> AsyncGenerator[Fault]:
    place = UUID(int=0), UUID(int=0)
    while True:
        async with database.system() as tx:
            rows = await tx.all(DELIVERIES, *place, AT_ONCE)
        if not rows:
            return
        for row in rows:
            if not row["intact"]:
                yield Fault("deliveries", str(row["id"]), "its bytes do not have the hash that was taken at the door")
        place = rows[-1]["workspace_id"], rows[-1]["id"]


async def _scores(database: Database) -> AsyncGenerator[Fault]:
    async with database.system() as tx:
        workspaces = [row["workspace_id"] for row in await tx.all("select distinct workspace_id from scores")]
        taken = await tx.all("select workspace_id, id from runs order by id")
    for workspace_id in workspaces:
        async with database.read((workspace_id,)) as read:
            for row in await read.all(scores.ALTERED, workspace_id, MOST):
                yield Fault("scores", str(row["id"]), "is not what was computed, or rests on something else")
    if different := await rescore(database, check=True):
        yield Fault("scores", f"{different} of them", "are not what estimates, demand and model give")
    for run in taken:
        async with database.read((run["workspace_id"],)) as read:
            found = await runs.verify(read, run["workspace_id"], run["id"])
        if found.digest != found.computed or found.broken_at is not None:
            yield Fault("runs", str(run["id"]), "is not what was frozen, or its decisions are not")


async def heads(database: Database) -> dict[str, dict[str, Any]]:
    """The newest seal of each workspace."""
    async with database.system() as tx:
        workspaces = [row["workspace_id"] for row in await tx.all(chain.SEALED_WORKSPACES)]
        rows = await tx.all(chain.LAST, workspaces)
    return {str(row["workspace_id"]): {"position": row["position"], "digest": row["digest"]} for row in rows}


async def against(database: Database, noted: Mapping[str, Mapping[str, Any]]) -> AsyncGenerator[Fault]:
    """Seals that were noted elsewhere and are not there any more: the chain was cut, or made anew."""
    async with database.system() as tx:
        for workspace, head in noted.items():
            row = await tx.one(chain.GET, UUID(workspace), head["position"])
            if row is None or row["digest"] != head["digest"]:
                yield Fault("log", f"{workspace} seal {head['position']}", "is not the one that was noted")


def read_heads(path: Path) -> Heads:
    """What `--heads` wrote. Raises Failed when it is something else."""
    try:
        noted: Heads = from_json(path.read_bytes())
        for workspaces in noted.values():
            for workspace, head in workspaces.items():
                UUID(workspace)
                assert isinstance(head["position"], int), "a number"
                assert isinstance(head["digest"], str), "text"
    except (ValueError, AttributeError, KeyError, TypeError, AssertionError) as error:
        raise Failed(f"{path} is not what `cairn verify --heads` writes") from error
    return noted


def write_heads(path: Path, noted: Heads) -> None:
    """For `--against`, later; to be kept where whoever can write to the database cannot."""
    path.write_bytes(to_json(noted, indent=2) + b"\n")


def answer(path: Path) -> tuple[str, list[str]]:
    """The root's digest of a saved answer, and where the answer is not what its digests say. Raises Failed."""
    try:
        told: Any = from_json(path.read_bytes())
        root = Node.model_validate(told.get("tree", told))
    except (ValueError, TypeError, AttributeError, ValidationError) as error:
        raise Failed(f"{path} is no answer of a provenance: {error}") from error
    wrong = faults(root)
    if "tree" in told and told.get("digest") != root.digest:
        wrong.append("the answer's own digest is not that of its root")
    return root.digest, wrong
