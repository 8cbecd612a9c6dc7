"""What roadmap listens to."""

from collections.abc import Mapping, Sequence

from services.roadmap.ideas.domain import project_demand, project_ideas, project_scores
from shared.events.feedback import DemandChanged, IdeaChanged, PersonForgotten
from shared.events.scoring import ScoreChanged
from shared.forgetting.domain import hear
from shared.reader import Consumers

PROJECTIONS: Consumers = {
    IdeaChanged: project_ideas,
    DemandChanged: project_demand,
    ScoreChanged: project_scores,
}
"""Handlers that do nothing but project: replaying these alone, into empty tables, rebuilds them."""
PROJECTED: Mapping[str, Sequence[str]] = {"ideas": ("idea_id",), "demand": ("idea_id",), "scores": ("score_id",)}
"""The tables they fill, each with its key columns."""

CONSUMERS: Consumers = {**PROJECTIONS, PersonForgotten: hear}
