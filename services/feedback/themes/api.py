"""Themes of feedback over HTTP: off unless whoever runs the service has switched them on."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from services.feedback.themes import domain
from shared.errors import Conflict
from shared.problems import EDITING
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/themes", tags=["themes"], route_class=Route)
EXAMPLES, EXCERPT = 3, 200


class ThemesIn(Wire):
    """Which feedback to read, and how many themes to tell."""

    days: int = Field(default=30, ge=1, le=366, description="how far to look back", examples=[30])
    most: int = Field(default=10, ge=1, le=30, description="themes at most", examples=[10])


class ThemeExample(Wire):
    """One of the most typical feedback of a theme."""

    feedback_id: UUID
    excerpt: str


class Theme(Wire):
    """Feedback that shares rare words."""

    words: list[str] = Field(description="what names it, the heaviest first")
    feedback: int = Field(description="how many")
    share: float = Field(description="of all that were read")
    cohesion: float = Field(description="0 to 1: how like each other they are; below 0.4 look before you believe it")
    examples: list[ThemeExample]


class Themes(Wire):
    """What feedback is about. Read anew each time: nothing is stored, and nothing leaves the service."""

    themes: list[Theme] = Field(description="the largest first")
    read: int = Field(description="feedback that was read: the newest 2,000 at most")
    unthemed: int = Field(description="of these, how many are in no theme")
    method: str = Field(description="what found them, and its version")


@router.post("", responses=EDITING, dependencies=[allow("feedback:read")])
async def find_themes(body: ThemesIn, caller: CallerDep, read: ReadDep, runtime: RuntimeDep) -> Themes:
    """Group recent feedback by the words it shares. The same feedback gives the same themes.

    Off by default: 409 with the code `themes_off`, unless the service runs with `CAIRN_THEMES=true`.
    """
    if not runtime.settings.themes:
        raise Conflict("Themes are off. Run the service with CAIRN_THEMES=true.", code="themes_off")
    since = datetime.now(UTC) - timedelta(days=body.days)
    found, rows = await domain.find(read, caller.workspace_id, since, body.most)
    return Themes(
        themes=[
            Theme(
                words=list(theme.words),
                feedback=len(theme.members),
                share=round(len(theme.members) / len(rows), 4),
                cohesion=round(theme.cohesion, 4),
                examples=[
                    ThemeExample(feedback_id=rows[at]["id"], excerpt=rows[at]["text"][:EXCERPT])
                    for at in theme.members[:EXAMPLES]
                ],
            )
            for theme in found
        ],
        read=len(rows),
        unthemed=len(rows) - sum(len(theme.members) for theme in found),
        method="words-1",
    )
