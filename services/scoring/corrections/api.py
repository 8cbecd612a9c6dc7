"""Corrections over HTTP."""

from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic_core import from_json

from services.scoring.corrections import domain, store
from services.scoring.corrections.bodies import (
    Correction,
    CorrectionDetail,
    CorrectionEdit,
    CorrectionIn,
    CorrectionPair,
    CorrectionSwitch,
)
from services.scoring.frameworks.parameters import InputName
from shared.errors import NotFound
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag

router = APIRouter(prefix="/v1/corrections", tags=["calibration"], route_class=Route)
READING = GUARDED | responses(NotFound)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def make_correction(body: CorrectionIn, caller: CallerDep, tx: TxDep, response: Response) -> Correction:
    """Make a correction of what was measured. Scores use it once it is switched on, not before."""
    row = await domain.make(
        tx,
        caller.workspace_id,
        input=body.input,
        basis=body.basis,
        team_id=body.team_id,
        framework=body.framework,
        k=body.k,
        by=caller.actor,
    )
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/corrections/{row['id']}"})
    return Correction(**_fields(row))


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_corrections(
    caller: CallerDep,
    read: ReadDep,
    input: Annotated[InputName | None, Query(description="only of this input")] = None,
    on: Annotated[bool, Query(description="only those that scores use now")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Correction]:
    """List corrections, the newest first."""
    asked = (caller.workspace_id, after(cursor, LAST), input, limit + 1)
    rows = await read.all(store.LIST_IN_FORCE, *asked) if on else await read.all(store.LIST, *asked)
    return page(rows, limit, lambda row: Correction(**_fields(row)), lambda correction: (correction.id,))


@router.get("/{correction_id}", responses=READING, dependencies=[allow("scores:read")])
async def get_correction(correction_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> CorrectionDetail:
    """Show one correction, the outcomes that it rests on, and when scores used it."""
    row = await domain.get(read, caller.workspace_id, correction_id)
    response.headers.update(etag(row["version"]))
    switches = await read.all(store.SWITCHES, caller.workspace_id, correction_id)
    return CorrectionDetail(
        **_fields(row),
        pairs=[
            CorrectionPair(idea_id=idea_id, estimate=estimate, actual=actual)
            for idea_id, estimate, actual in from_json(row["evidence"])["pairs"]
        ],
        switches=[CorrectionSwitch(**each) for each in switches],
    )


@router.patch("/{correction_id}", responses=EDITING, dependencies=[allow("scores:write")])
async def switch_correction(
    correction_id: UUID, body: CorrectionEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Correction:
    """Switch a correction on or off. The scores that it bears on move, and say so; off gives what there was before.

    The first 200 ideas of each model have moved when this answers, the rest a moment later.
    """
    row = await domain.switch(tx, caller.workspace_id, correction_id, expected, on=body.on, by=caller.actor)
    response.headers.update(etag(row["version"]))
    return Correction(**_fields(row))


def _fields(row: asyncpg.Record) -> dict[str, Any]:
    evidence = from_json(row["evidence"])
    figures = evidence["figures"]
    events = row["basis"] == "events"
    names = ("id", "input", "team_id", "framework", "number", "basis", "kind", "factor", "n", "made_by", "created_at")
    return {name: row[name] for name in (*names, "version")} | {
        "on": row["in_force"],
        "k": evidence["k"],
        "small": figures["small"],
        "amounts": None if events else figures,
        "events": figures if events else None,
    }
