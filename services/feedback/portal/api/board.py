"""A board as its visitors see it."""

from fastapi import APIRouter
from pydantic import Field

from services.feedback.boards.domain import Visibility
from services.feedback.portal import domain
from services.feedback.portal.api.seeing import PREFIX, READING, SightDep
from shared.routes import ReadDep, Route, allow
from shared.wire import Wire

router = APIRouter(prefix=PREFIX, tags=["portal"], route_class=Route)


class PublicBoard(Wire):
    """A board as its visitors see it."""

    key: str
    name: str
    description: str
    visibility: Visibility
    submissions: bool = Field(description="whether you can bring ideas")
    comments: bool = Field(description="whether you can comment")
    voting: bool = Field(description="whether you can vote")


@router.get("/about", responses=READING, dependencies=[allow("boards:read")])
async def get_public_board(read: ReadDep, sight: SightDep) -> PublicBoard:
    """Show a board as its visitors see it."""
    row = await domain.board(read, sight)
    return PublicBoard(**{name: row[name] for name in PublicBoard.model_fields})
