"""Who looks at a board from outside, and how their browser proves it."""

from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from pydantic_core import from_json, to_json

from shared.sealing import Seal

Look = Literal["team", "contact", "anonymous"]


class Viewer(NamedTuple):
    """Somebody who looks."""

    look: Look
    contact_id: UUID | None = None


ANONYMOUS = Viewer("anonymous")
TEAM = Viewer("team")


class Sight(NamedTuple):
    """A board that somebody looks at. Whether they may see it is for the filter to say."""

    workspace_id: UUID
    board_id: UUID
    board_key: str
    one_way: bool
    viewer: Viewer

    @property
    def at(self) -> tuple[UUID, UUID, Look, UUID | None]:
        """$1 to $4 of every statement of the portal: which board, seen by whom."""
        return self.workspace_id, self.board_id, self.viewer.look, self.viewer.contact_id


class Visitor(NamedTuple):
    """What a visitor's token says."""

    workspace_id: UUID
    contact_id: UUID
    ends: datetime


def issue(seal: Seal, workspace_id: UUID, contact_id: UUID, lasts: timedelta) -> tuple[str, datetime]:
    """A token that says who its bearer is, and when it ends. Nobody else can make one or read it."""
    ends = datetime.now(UTC) + lasts
    said = {"visitor": str(contact_id), "workspace": str(workspace_id), "ends": ends.timestamp()}
    return seal.close(to_json(said).decode()), ends


def admit(seal: Seal, token: str) -> Visitor | None:
    """Who the bearer of a token is; None for one that is not ours or has ended."""
    try:
        said = from_json(seal.open(token))
        # Other things are sealed under the same key: only what was issued as a visitor's token has all three.
        visitor = Visitor(UUID(said["workspace"]), UUID(said["visitor"]), datetime.fromtimestamp(said["ends"], tz=UTC))
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
    return visitor if visitor.ends > datetime.now(UTC) else None
