"""Whether a service has forgotten whom feedback has, over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import asyncpg
from fastapi import APIRouter
from pydantic import Field
from pydantic_core import from_json

from shared.forgetting import store
from shared.forgetting.domain import Places
from shared.forgetting.tables import PLATFORM
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import GUARDED
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Wire


class ForgottenPerson(Wire):
    """Somebody whom feedback has forgotten, and what was done about it here."""

    erasure_id: UUID = Field(description="of the erasure in feedback: `GET /v1/erasures/{erasure_id}`")
    heard_at: datetime
    finished_at: datetime | None = Field(description="null: the words are still being looked through")
    failure: str | None = Field(description="why it does not go on; it is tried again each minute")
    rows: dict[str, int] = Field(description="rows changed so far, by table")
    looked_through: list[str] = Field(description="tables with words in them, in order")
    left_out: dict[str, str] = Field(description="tables and columns that are not looked through, and why")


def forgetting(service: str, places: Places, free: Mapping[str, str]) -> APIRouter:
    """Routes under `/v1/operations/<service>/erasures`."""
    router = APIRouter(prefix=f"/v1/operations/{service}/erasures", tags=["operations"], route_class=Route)
    left_out = {**PLATFORM, **free}

    def shown(row: asyncpg.Record) -> ForgottenPerson:
        told = {name: row[name] for name in ("erasure_id", "heard_at", "finished_at", "failure")}
        return ForgottenPerson(
            **told, rows=from_json(row["counts"]), looked_through=places.order, left_out=dict(sorted(left_out.items()))
        )

    async def list_forgotten(
        caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[ForgottenPerson]:
        """List people whom feedback has forgotten, the newest first, and whether this service has by now.

        Feedback tells keyed hashes of address, id and full name; what fits them in this service's own texts is blotted
        out. `finished_at` is when all of them had been looked through.
        """
        rows = await read.all(store.LIST, caller.workspace_id, after(cursor, LAST), limit + 1)
        return page(rows, limit, shown, lambda person: (person.erasure_id,))

    router.add_api_route(
        "",
        list_forgotten,
        methods=["GET"],
        name=f"list_{service}_forgotten",
        responses=GUARDED,
        dependencies=[allow("privacy:read")],
    )
    return router
