"""The feedback service: what customers say, and how much they want what."""

from starlette.types import ASGIApp

from services.feedback.connections import api as connections
from services.feedback.consumers import CONSUMERS
from services.feedback.customers import api as customers
from services.feedback.fetches import worker as fetches
from services.feedback.followers import api as followers
from services.feedback.ideas import api as ideas
from services.feedback.inbox import api as inbox
from services.feedback.inbox import bulk
from services.feedback.intake import api as intake
from services.feedback.intake import worker
from services.feedback.keys import api as keys
from services.feedback.merges import api as merges
from services.feedback.products import api as products
from services.feedback.requesters import api as requesters
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
        products.router,
        ideas.router,
        merges.router,
        followers.router,
        votes.router,
        customers.router,
        connections.router,
        intake.router,
        requesters.router,
        keys.router,
        operations("feedback", CONSUMERS),
    ),
    consumers=CONSUMERS,
    jobs={"intake": worker.run, "fetches": fetches.run},
    body_limits={"/v1/feedback/bulk": bulk.BODY_LIMIT},
    tags=(
        {"name": "feedback", "description": "Statements of customers, and the insights that link them to ideas"},
        {"name": "products", "description": "What is being built, and its components"},
        {"name": "ideas", "description": "Candidate changes and the demand for them"},
        {"name": "votes", "description": "Who wants what"},
        {"name": "customers", "description": "Accounts and contacts"},
        {"name": "connections", "description": "Survey tools that deliver here, and what they delivered"},
        {"name": "hooks", "description": "Where vendors deliver"},
        {"name": "requesters", "description": "Who is to be told that what they asked for has shipped"},
        {"name": "keys", "description": "API keys of the workspace"},
        {"name": "operations", "description": "Messages that were set aside"},
    ),
)


def create_app(settings: Settings) -> ASGIApp:
    """The running service."""
    return create(SERVICE, settings)
