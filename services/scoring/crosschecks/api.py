"""Contradictions over HTTP: where what different methods say of an idea does not go together."""

from typing import Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter
from pydantic_core import from_json

from services.scoring.crosschecks import store
from services.scoring.crosschecks.domain import FRAMEWORKS, Contradiction, Labelled, check
from services.scoring.frameworks import FRAMEWORKS as METHODS
from services.scoring.kano.domain import Verdict, verdict
from shared.paging import Cursor, Limit, Page, after, encode
from shared.problems import GUARDED
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/crosschecks", tags=["scores"], route_class=Route)
MOST_LOOKED_AT = 1_000
"""Ideas that one request looks at."""


class Crosschecked(Wire):
    """An idea of which methods say what does not go together."""

    idea_id: UUID
    title: str
    kano: Verdict | None
    warnings: list[Contradiction]


def _labels(scores: list[dict[str, Any]]) -> list[Labelled]:
    labels: list[Labelled] = []
    for each in scores:
        framework = METHODS[each["framework"]]
        parameters = framework.parameters.model_validate(each["parameters"])
        given = {name: each["inputs"].get(name, {}).get("value") for name in parameters.recipe().inputs}
        labels.append(Labelled(UUID(each["model_id"]), framework.name, framework.explain(given, parameters).label))
    return labels


def _crosschecked(row: asyncpg.Record) -> Crosschecked:
    kano = None if row["counts"] is None else verdict(row)
    warnings = check(_labels(from_json(row["scores"])), kano)
    return Crosschecked(idea_id=row["idea_id"], title=row["title"], kano=kano, warnings=warnings)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_crosschecks(
    caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[Crosschecked]:
    """List ideas of which methods say what does not go together: MoSCoW, opportunity and Kano.

    A request looks at 1,000 ideas at most, in the order of their ids: a page may be short, or empty, and still name a
    cursor to go on from. Archived ideas are left out.
    """
    rows = await read.all(store.LOOK, caller.workspace_id, after(cursor), MOST_LOOKED_AT + 1, FRAMEWORKS)
    found: list[Crosschecked] = []
    last: UUID | None = None
    for row in rows[:MOST_LOOKED_AT]:
        if len(found) == limit:
            break
        last = row["idea_id"]
        one = None if row["archived"] else _crosschecked(row)
        if one is not None and one.warnings:
            found.append(one)
    more = last is not None and last != rows[-1]["idea_id"]
    return Page(data=found, next_cursor=encode(last) if more else None)
