"""What vendors' words for a status mean here; whoever imports can say otherwise."""

import re
from collections.abc import Mapping

from shared.events.feedback import IdeaStatus

_STATUSES: dict[IdeaStatus, tuple[str, ...]] = {
    "open": ("open", "active", "new", "candidate", "new idea", "under review", "under consideration", "reviewing",
             "in review", "gathering feedback", "needs more info", "pending"),
    "planned": ("planned", "next", "up next", "accepted", "roadmap", "scheduled", "later", "backlog", "on the roadmap"),
    "in_progress": ("in progress", "inprogress", "started", "now", "working on it", "in development", "beta"),
    "shipped": ("complete", "completed", "shipped", "released", "done", "launched", "live", "already exists",
                "implemented"),
    "declined": ("declined", "closed", "will not implement", "won't do", "wont do", "rejected", "archived",
                 "not planned", "duplicate", "won't fix", "not doing"),
}  # fmt: skip
STATUSES: dict[str, IdeaStatus] = {name: status for status, names in _STATUSES.items() for name in names}


def plain_word(word: str) -> str:
    """In lower case, with single blanks: `In_Progress` as `in progress`."""
    return re.sub(r"[\s_-]+", " ", word.lower()).strip()


def meant(word: str, said: Mapping[str, IdeaStatus], vendors: Mapping[str, IdeaStatus]) -> IdeaStatus | None:
    """The status that a word means: as the caller says, as the vendor has it, as it is usual. None: nobody knows."""
    known = plain_word(word)
    return said.get(known) or vendors.get(known) or STATUSES.get(known)
