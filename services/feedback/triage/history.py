"""What a row of the history must hold to be shown, and undone where it is part of an action."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.feedback.triage.domain import Standing, State
from shared.wire import Key, Moment

Place = Annotated[int, Field(ge=0, le=20_000)]
"""A character of a text."""


class _Stood(BaseModel):
    state: State
    assignee: Key | None = None
    due: Moment | None = None
    note: str | None = None


class _Link(BaseModel):
    id: UUID


class _LostLink(_Link):
    """Everything that it takes to make it again."""

    linked_by: str
    idea_id: UUID | None
    need_id: UUID | None
    excerpt_start: Place | None
    excerpt_end: Place | None
    confidence: Annotated[float, Field(ge=0, le=1)] | None
    excerpt_hash: Annotated[str, StringConstraints(pattern="^([0-9a-f]{2})*$")] | None


def check_change(row: Mapping[str, Any]) -> None:
    """ValueError unless this row of the history can be shown, and undone where it is part of an action."""
    for name in ("before", "after"):
        stood = _Stood.model_validate(row[name])
        if row.get("action_id") is not None and stood.model_fields_set != set(Standing._fields):
            raise ValueError(f"{name} does not say where the statement stood")
    insight = row.get("insight")
    if insight is None:
        return
    link = (_LostLink if "linked_by" in insight else _Link).model_validate(insight)
    if isinstance(link, _LostLink) and (link.idea_id is None) == (link.need_id is None):
        raise ValueError("the link has not one target")
