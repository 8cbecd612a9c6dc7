"""The feedback service: what customers say, and how much they want what."""

from starlette.types import ASGIApp

from services.feedback.accounts import api as accounts
from services.feedback.boards import api as boards
from services.feedback.breakdowns import api as breakdowns
from services.feedback.comments import api as comments
from services.feedback.connections import api as connections
from services.feedback.consumers import CONSUMERS
from services.feedback.customers import api as customers
from services.feedback.customers import bulk as many_contacts
from services.feedback.explanations import api as explanations
from services.feedback.exports import api as exports
from services.feedback.exports import worker as exporting
from services.feedback.faults import api as faults
from services.feedback.fetches import worker as fetches
from services.feedback.followers import api as followers
from services.feedback.ideas import api as ideas
from services.feedback.imports import api as imports
from services.feedback.imports import worker as importing
from services.feedback.inbox import api as inbox
from services.feedback.inbox import bulk
from services.feedback.insights import api as insights
from services.feedback.intake import api as intake
from services.feedback.intake import worker
from services.feedback.keeping import worker as keeping
from services.feedback.keys import api as keys
from services.feedback.mappings import api as mappings
from services.feedback.merges import api as merges
from services.feedback.merging import api as merging
from services.feedback.moderation import api as moderation
from services.feedback.needs import api as needs
from services.feedback.origins import api as origins
from services.feedback.portal import api as portal
from services.feedback.privacy import api as privacy
from services.feedback.privacy import worker as forgetting
from services.feedback.products import api as products
from services.feedback.provenance import api as provenance
from services.feedback.rehearsals import api as rehearsals
from services.feedback.requesters import api as requesters
from services.feedback.retention import api as retention
from services.feedback.retention import worker as emptying
from services.feedback.search import api as search
from services.feedback.segments import api as segments
from services.feedback.segments import worker as filling
from services.feedback.shares import worker as sharing
from services.feedback.similar import api as similar
from services.feedback.similar import worker as similar_texts
from services.feedback.suggestions import api as suggestions
from services.feedback.surveys import api as surveys
from services.feedback.surveys import worker as folding
from services.feedback.texts import worker as texts
from services.feedback.themes import api as themes
from services.feedback.triage import api as triage
from services.feedback.triage import worker as waking
from services.feedback.trials import api as trials
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
        search.router,
        triage.router,
        insights.router,
        needs.router,
        breakdowns.router,
        products.router,
        ideas.router,
        merges.router,
        followers.router,
        votes.router,
        accounts.router,
        many_contacts.router,
        merging.router,
        customers.router,
        segments.router,
        privacy.router,
        retention.router,
        connections.router,
        trials.router,
        intake.router,
        requesters.router,
        surveys.router,
        imports.files,
        imports.router,
        faults.router,
        rehearsals.router,
        mappings.router,
        origins.router,
        exports.router,
        comments.router,
        moderation.router,
        trust.router,
        boards.router,
        *portal.ROUTERS,
        explanations.router,
        provenance.router,
        similar.router,
        suggestions.router,
        themes.router,
        keys.router,
        operations("feedback", CONSUMERS),
    ),
    consumers=CONSUMERS,
    jobs={
        "intake": worker.run,
        "fetches": fetches.run,
        "inbox": waking.run,
        "segments": filling.run,
        "shares": sharing.run,
        "breakdowns": keeping.run,
        "surveys": folding.run,
        "erasures": forgetting.run,
        "retention": emptying.run,
        "imports": importing.run,
        # A second one, so that a short import need not wait for its turn beside a long one.
        "imports beside": importing.run,
        "exports": exporting.run,
        "languages": texts.run,
        "similar": similar_texts.run,
    },
    pages=("/v1/boards/",),
    body_limits={
        "/v1/feedback/bulk": bulk.BODY_LIMIT,
        "/v1/imports/{}/file": imports.FILE_LIMIT,
    },
    tags=(
        {
            "name": "feedback",
            "description": "Statements of customers, and the insights that link them to ideas and needs",
        },
        {"name": "inbox", "description": "Where statements stand, and what people do about them"},
        {"name": "needs", "description": "Outcomes that customers want: how important, and how well met"},
        {"name": "products", "description": "What is being built, and its components"},
        {"name": "ideas", "description": "Candidate changes and the demand for them"},
        {"name": "votes", "description": "Who wants what"},
        {"name": "customers", "description": "Accounts and contacts"},
        {"name": "segments", "description": "Customers that are looked at together, by a rule or named by hand"},
        {"name": "privacy", "description": "What is kept of a person, and forgetting it"},
        {"name": "connections", "description": "Survey tools that deliver here, and what they delivered"},
        {"name": "hooks", "description": "Where vendors deliver"},
        {"name": "surveys", "description": "What surveys measured: NPS, CSAT, CES, Kano, importance"},
        {"name": "similar", "description": "What is alike, what people made of it, and how good the suggestions were"},
        {"name": "themes", "description": "What feedback is about lately; off unless switched on"},
        {"name": "requesters", "description": "Who is to be told that what they asked for has shipped"},
        {
            "name": "imports",
            "description": "Files of feedback, customers, ideas, votes and comments, and what vendors' exports hold",
        },
        {"name": "exports", "description": "The workspace carried away whole"},
        {"name": "comments", "description": "What the team and its customers say about ideas and feedback"},
        {"name": "moderation", "description": "What outsiders bring for others to see, and whom to trust"},
        {"name": "boards", "description": "Where outsiders see ideas, as the team keeps them, and who sees what"},
        {"name": "portal", "description": "Boards as outsiders see them"},
        {"name": "keys", "description": "API keys of the workspace"},
        {"name": "operations", "description": "Messages that were set aside, and the sealed log"},
    ),
)


def create_app(settings: Settings) -> ASGIApp:
    """The running service."""
    return create(SERVICE, settings)
