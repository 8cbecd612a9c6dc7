"""What visitors want: their votes for ideas on a board, and what they follow."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import ConfigDict, Field

from services.feedback.portal import domain
from services.feedback.portal.api.ideas import PublicIdea, public
from services.feedback.portal.api.seeing import CHANGES, PREFIX, ActorDep, Named, TokenDep, acting
from services.feedback.votes.domain import Importance
from shared.errors import Moved
from shared.problems import EDITING, responses
from shared.routes import CallerDep, Route, TxDep
from shared.wire import Slug, Text, Wire

router = APIRouter(prefix=f"{PREFIX}/ideas/{{idea_id}}", tags=["portal"], route_class=Route)
ANSWERS = EDITING | responses(Moved)


class PublicVoteIn(Wire):
    """How much you want it; all of it can be left out, the body too."""

    importance: Importance | None = Field(
        default=None, description="`important` when left out; what you said before stays", examples=["critical"]
    )
    reason: Text | None = Field(
        default=None, description="for the team alone", examples=["Month-end closing takes us a day."]
    )
    contact: Named = None


class PublicFollowIn(Wire):
    """Who follows; the body can be left out beside a visitor's token."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"contact": {"email": "ada@example.com"}}]})

    contact: Named = None


@router.put("/vote", responses=ANSWERS, dependencies=CHANGES)
async def vote_for_idea(
    board_key: Slug,
    idea_id: UUID,
    caller: CallerDep,
    tx: TxDep,
    admitted: TokenDep,
    body: Annotated[PublicVoteIn | None, Body()] = None,
) -> PublicIdea:
    """Vote for an idea as a visitor, and see it as it is then. Voting again is one vote.

    What is sent again replaces what you said; only the team sees who votes and why.
    """
    said = body or PublicVoteIn()
    sight = await acting(caller, tx, board_key, admitted, said.contact, votes=True)
    return public(await domain.vote(tx, caller, sight, idea_id, said.importance, said.reason))


@router.delete("/vote", responses=ANSWERS, dependencies=CHANGES)
async def take_vote_back(idea_id: UUID, tx: TxDep, sight: ActorDep) -> PublicIdea:
    """Take your vote back as a visitor, and see the idea as it is then. Without one, nothing happens."""
    return public(await domain.unvote(tx, sight, idea_id))


@router.put("/follow", responses=ANSWERS, dependencies=CHANGES)
async def follow_public_idea(
    board_key: Slug,
    idea_id: UUID,
    caller: CallerDep,
    tx: TxDep,
    admitted: TokenDep,
    body: Annotated[PublicFollowIn | None, Body()] = None,
) -> PublicIdea:
    """Hear of an idea as a visitor, without voting for it. Whoever votes for one or brings it hears of it anyway."""
    sight = await acting(caller, tx, board_key, admitted, body.contact if body is not None else None)
    return public(await domain.follow(tx, sight, idea_id))


@router.delete("/follow", responses=ANSWERS, dependencies=CHANGES)
async def unfollow_public_idea(idea_id: UUID, tx: TxDep, sight: ActorDep) -> PublicIdea:
    """Hear of an idea no longer, as a visitor. Your vote stands."""
    return public(await domain.unfollow(tx, sight, idea_id))
