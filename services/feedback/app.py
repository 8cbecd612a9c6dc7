"""The feedback service: what customers say, and how much they want what."""

from starlette.types import ASGIApp

from services.feedback.boards import api as boards
from services.feedback.comments import api as comments
from services.feedback.connections import api as connections
from services.feedback.consumers import CONSUMERS
from services.feedback.customers import api as customers
from services.feedback.explanations import api as explanations
from services.feedback.fetches import worker as fetches
from services.feedback.ideas import api as ideas
from services.feedback.inbox import api as inbox
from services.feedback.inbox import bulk
from services.feedback.intake import api as intake
from services.feedback.intake import worker
from services.feedback.keys import api as keys
from services.feedback.moderation import api as moderation
from services.feedback.portal import api as portal
from services.feedback.requesters import api as requesters
from services.feedback.texts import worker as texts
from services.feedback.trust import api as trust
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
        comments.router,
        moderation.router,
        trust.router,
        boards.router,
        portal.router,
        portal.visitors,
        explanations.router,
        keys.router,
        operations("feedback", CONSUMERS),
    ),
    consumers=CONSUMERS,
    jobs={"intake": worker.run, "fetches": fetches.run, "languages": texts.run},
    body_limits={"/v1/feedback/bulk": bulk.BODY_LIMIT},
    tags=(
        {"name": "feedback", "description": "Statements of customers, and the insights that link them to ideas"},
        {"name": "ideas", "description": "Candidate changes and the demand for them"},
        {"name": "votes", "description": "Who wants what"},
        {"name": "customers", "description": "Accounts and contacts"},
        {"name": "connections", "description": "Survey tools that deliver here, and what they delivered"},
        {"name": "hooks", "description": "Where vendors deliver"},
        {"name": "requesters", "description": "Who is to be told that what they asked for has shipped"},
        {"name": "comments", "description": "What the team and its customers say about ideas and feedback"},
        {"name": "moderation", "description": "What outsiders bring for others to see, and whom to trust"},
        {"name": "boards", "description": "Where outsiders see ideas, as the team keeps them, and who sees what"},
        {"name": "portal", "description": "Boards as outsiders see them"},
        {"name": "keys", "description": "API keys of the workspace"},
        {"name": "operations", "description": "Messages that were set aside"},
    ),
)


def create_app(settings: Settings) -> ASGIApp:
    """The running service."""
    return create(SERVICE, settings)
