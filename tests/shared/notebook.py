"""A service of the smallest kind, to try on it what the platform promises for all."""

import asyncio
from collections.abc import Awaitable, Sequence
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from pydantic_core import to_json

from shared.database import Tx
from shared.errors import Invalid, NotFound
from shared.ids import new_id
from shared.ingest import Stored, Submission, store_once, submission
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import (
    Answer,
    CallerDep,
    IfMatch,
    IngestRoute,
    InletDep,
    ReadDep,
    Route,
    TxDep,
    allow,
    etag,
    require_version,
)
from shared.runtime import Batch, Runtime
from shared.service import Service
from shared.wire import Line, Wire

# Titles are unique at the end of a transaction only: what fails at the commit must not have been answered before.
TABLE = """
create table feedback.notes (
    id uuid primary key, workspace_id uuid not null, title text not null, version bigint not null default 1,
    constraint notes_once unique (workspace_id, title) deferrable initially deferred
);
alter table feedback.notes add check (title <> 'forbidden by the table');
grant select, insert, update, delete on feedback.notes to cairn_feedback
"""
ADD = "insert into notes (id, workspace_id, title) values ($1, $2, $3)"
ADD_MANY = "insert into notes (id, workspace_id, title) select * from unnest($1::uuid[], $2::uuid[], $3::text[])"
GET = "select id, title, version from notes where workspace_id = $1 and id = $2"
LOCK = f"{GET} for update"
EDIT = "update notes set title = $3, version = version + 1 where workspace_id = $1 and id = $2 returning version"
LIST = "select id, title, version from notes where workspace_id = $1 and id < $2 order by id desc limit $3"

router = APIRouter(prefix="/v1/notes", tags=["notes"], route_class=Route)
ingest = APIRouter(prefix="/v1/jotted", tags=["notes"], route_class=IngestRoute)


class Gate:
    """Holds a request in its transaction."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()


gates: dict[str, Gate] = {}
"""By the title of the note that is to wait there."""


class NoteIn(Wire):
    """What to note."""

    title: Line


class Note(Wire):
    """A note."""

    id: UUID
    title: str
    version: int


def _note(row: asyncpg.Record) -> Note:
    return Note(**row)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("ideas:write")])
async def create_note(body: NoteIn, caller: CallerDep, tx: TxDep, response: Response) -> Note:
    """Add a note."""
    if body.title in gates:
        gates[body.title].reached.set()
        await gates[body.title].opened.wait()
    note = Note(id=new_id(), title=body.title, version=1)
    await tx.run(ADD, note.id, caller.workspace_id, note.title)
    response.headers.update(etag(1) | {"Location": f"/v1/notes/{note.id}"})
    return note


@router.get("", responses=GUARDED, dependencies=[allow("ideas:read")])
async def list_notes(caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None) -> Page[Note]:
    """List notes, the newest first."""
    rows = await read.all(LIST, caller.workspace_id, after(cursor, LAST), limit + 1)
    return page(rows, limit, _note, lambda note: (note.id,))


@router.patch("/{note_id}", responses=EDITING, dependencies=[allow("ideas:write")])
async def edit_note(
    note_id: UUID, body: NoteIn, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Note:
    """Edit a note."""
    row = await tx.one(LOCK, caller.workspace_id, note_id)
    if row is None:
        raise NotFound("No note by that id.")
    require_version(expected, row["version"])
    version = await tx.value(EDIT, caller.workspace_id, note_id, body.title)
    response.headers.update(etag(version))
    return Note(id=note_id, title=body.title, version=version)


@router.get("/{note_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("ideas:read")])
async def get_note(note_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Note:
    """Show a note."""
    row = await read.one(GET, caller.workspace_id, note_id)
    if row is None:
        raise NotFound("No note by that id.")
    response.headers.update(etag(row["version"]))
    return _note(row)


@router.post("/crash", responses=EDITING, dependencies=[allow("ideas:write")])
async def crash(caller: CallerDep, tx: TxDep) -> Note:
    """Fail after a write, as nobody should."""
    await tx.run(ADD, new_id(), caller.workspace_id, "crashed")
    raise RuntimeError("postgresql://admin:hunter2@db.internal/cairn is full of secrets")


async def _store(tx: Tx, submissions: Sequence[Submission[NoteIn]]) -> list[Answer | Exception]:
    ids = [new_id() for _ in submissions]
    sound = [each for each in zip(ids, submissions, strict=True) if each[1].body.title != "refused"]
    await tx.run(
        ADD_MANY,
        [id for id, _ in sound],
        [each.workspace_id for _, each in sound],
        [each.body.title for _, each in sound],
    )
    return [
        Answer(201, to_json({"id": id, "title": each.body.title, "version": 1}))
        if each.body.title != "refused"
        else Invalid("That title is refused.")
        for id, each in zip(ids, submissions, strict=True)
    ]


async def _flush(runtime: Runtime, submissions: Sequence[Submission[NoteIn]]) -> list[Stored]:
    flushed.append(len(submissions))
    return await store_once(runtime.database, submissions, _store)


flushed: list[int] = []
"""Sizes of the batches that were tried."""
JOTTED: Batch[Submission[NoteIn], Answer] = Batch("notes", _flush)


@ingest.post("", status_code=201, response_model=Note, responses=EDITING, dependencies=[allow("ideas:write")])
def jot(inlet: InletDep, body: NoteIn) -> Awaitable[Answer]:
    """Add a note, together with whatever else arrives."""
    return inlet.runtime.submit(JOTTED, submission(inlet, body))


SERVICE = Service(
    name="feedback",
    title="Notebook",
    description="Notes.",
    routers=(ingest, router),
    tags=({"name": "notes", "description": "Notes"},),
)
