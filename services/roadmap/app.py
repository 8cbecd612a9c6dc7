"""The roadmap service: what is planned, and what of it the world may see."""

from starlette.types import ASGIApp

from services.roadmap.consumers import CONSUMERS
from services.roadmap.contributions import api as contributions
from services.roadmap.coverage import api as coverage
from services.roadmap.items import api as items
from services.roadmap.key_results import api as key_results
from services.roadmap.objectives import api as objectives
from services.roadmap.objectives.worker import turn_all
from services.roadmap.provenance import api as provenance
from services.roadmap.views import api as views
from services.roadmap.words import FREE, WORDS
from shared.forgetting.api import forgetting
from shared.forgetting.domain import Places
from shared.forgetting.worker import forget
from shared.operations import operations
from shared.service import Service, create
from shared.settings import Settings

PLACES = Places(WORDS)
SERVICE = Service(
    name="roadmap",
    title="Cairn roadmap",
    description="Ideas placed on a roadmap, moved along, and published for those who asked.",
    routers=(
        items.router,
        provenance.router,
        objectives.router,
        key_results.router,
        contributions.router,
        coverage.router,
        views.router,
        views.public,
        operations("roadmap", CONSUMERS),
        forgetting("roadmap", PLACES, FREE),
    ),
    consumers=CONSUMERS,
    jobs={"objectives": turn_all, "forget": forget(PLACES)},
    # Nobody sees a page that is a tenth of a second late; a transaction for every few events would cost a third of
    # a core under load.
    reader_rest=0.1,
    tags=(
        {"name": "items", "description": "Ideas on the roadmap, with status, date and history"},
        {"name": "strategy", "description": "Objectives with key results, and what ideas contribute to them"},
        {"name": "views", "description": "Published selections of the roadmap"},
        {"name": "published", "description": "What anyone may read, without a key"},
        {"name": "operations", "description": "Messages that were set aside, and the sealed log"},
    ),
)


def create_app(settings: Settings) -> ASGIApp:
    """The service on the given surroundings."""
    return create(SERVICE, settings)
