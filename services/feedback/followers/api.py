"""Followers of ideas over HTTP."""

from typing import Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter

from services.feedback.customers.api import ContactRef
from services.feedback.followers import domain, store
from services.feedback.ideas import domain as ideas
from shared.errors import Moved, NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/ideas/{idea_id}/followers", tags=["ideas"], route_class=Route)


class FollowerIn(Wire):
    """Who is to follow."""

    contact: ContactRef


class Following(Wire):
    """A contact follows an idea."""

    idea_id: UUID
    contact_id: UUID


class Follower(Wire):
    """Somebody who hears of an idea."""

    contact_id: UUID
    account_id: UUID | None
    external_id: str | None
    email: str | None
    name: str | None
    because: Literal["asked", "follows"]


def _follower(row: asyncpg.Record) -> Follower:
    content = dict(row)
    because = "asked" if content.pop("asked") else "follows"
    return Follower(**content, because=because)


@router.get("", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("customers:read")])
async def list_followers(
    idea_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[Follower]:
    """List who follows an idea: everyone who voted or spoke for it, and whoever follows besides."""
    await ideas.get(read, caller.workspace_id, idea_id, "/followers")
    rows = await read.all(store.LIST, caller.workspace_id, idea_id, after(cursor), limit + 1)
    return page(rows, limit, _follower, lambda follower: (follower.contact_id,))


@router.post("", responses=EDITING | responses(Moved), dependencies=[allow("votes:write")])
async def follow_idea(idea_id: UUID, body: FollowerIn, caller: CallerDep, tx: TxDep) -> Following:
    """Let a contact follow an idea without voting for it. When it ships they are named with those who asked."""
    contact_id = await domain.follow(tx, caller.workspace_id, idea_id, body.contact.person(caller.workspace_id))
    return Following(idea_id=idea_id, contact_id=contact_id)


@router.delete(
    "/{contact_id}",
    status_code=204,
    responses=EDITING | responses(Moved, NotFound),
    dependencies=[allow("votes:write")],
)
async def unfollow_idea(idea_id: UUID, contact_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Let a contact follow no longer. Their votes stay, and they are not named when it ships."""
    await domain.unfollow(tx, caller.workspace_id, idea_id, contact_id)
