"""The feedback service: what customers say, and how much they want what."""

from starlette.types import ASGIApp

from services.feedback.connections import api as connections
from services.feedback.consumers import CONSUMERS
from services.feedback.customers import api as customers
from services.feedback.fetches import worker as fetches
from services.feedback.ideas import api as ideas
from services.feedback.inbox import api as inbox
from services.feedback.inbox import bulk
from services.feedback.intake import api as intake
from services.feedback.intake import worker
from services.feedback.keys import api as keys
from services.feedback.requesters import api as requesters
from services.feedback.similar import api as similar
from services.feedback.similar import worker as similar_texts
from services.feedback.themes import api as themes
from services.feedback.votes import api as votes
from shared.operations import operations
from shared.service import Service, create
from shared.settings import Settings

SERVICE = Service(
    name="feedback",
    title="Cairn feedback",
    description="What customers say comes in here, becomes demand for ideas, and is never lost on the way.",
    routers=(
        inbox.ingest,
        votes.ingest,
        intake.door,
        intake.handshake,
        bulk.router,
        inbox.router,
        ideas.router,
        votes.router,
        customers.router,
        connections.router,
        intake.router,
        requesters.router,
        similar.router,
        themes.router,
        keys.router,
        operations("feedback", CONSUMERS),
    ),
    consumers=CONSUMERS,
    jobs={"intake": worker.run, "fetches": fetches.run, "similar": similar_texts.run},
    body_limits={"/v1/feedback/bulk": bulk.BODY_LIMIT},
    tags=(
        {"name": "feedback", "description": "Statements of customers, and the insights that link them to ideas"},
        {"name": "ideas", "description": "Candidate changes and the demand for them"},
        {"name": "votes", "description": "Who wants what"},
        {"name": "customers", "description": "Accounts and contacts"},
        {"name": "connections", "description": "Survey tools that deliver here, and what they delivered"},
        {"name": "hooks", "description": "Where vendors deliver"},
        {"name": "similar", "description": "What is alike, what people made of it, and how good the suggestions were"},
        {"name": "themes", "description": "What feedback is about lately; off unless switched on"},
        {"name": "requesters", "description": "Who is to be told that what they asked for has shipped"},
        {"name": "keys", "description": "API keys of the workspace"},
        {"name": "operations", "description": "Messages that were set aside"},
    ),
)


def create_app(settings: Settings) -> ASGIApp:
    """The running service."""
    return create(SERVICE, settings)
