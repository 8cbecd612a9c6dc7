"""The roadmap service: what is planned, and what of it the world may see."""

from starlette.types import ASGIApp

from services.roadmap.consumers import CONSUMERS
from services.roadmap.items import api as items
from services.roadmap.provenance import api as provenance
from services.roadmap.views import api as views
from shared.operations import operations
from shared.service import Service, create
from shared.settings import Settings

SERVICE = Service(
    name="roadmap",
    title="Cairn roadmap",
    description="Ideas placed on a roadmap, moved along, and published for those who asked.",
    routers=(items.router, provenance.router, views.router, views.public, operations("roadmap", CONSUMERS)),
    consumers=CONSUMERS,
    # Nobody sees a page that is a twentieth of a second late; a transaction for every few events would cost a third of
    # a core under load.
    reader_rest=0.05,
    tags=(
        {"name": "items", "description": "Ideas on the roadmap, with status, date and history"},
        {"name": "views", "description": "Published selections of the roadmap"},
        {"name": "published", "description": "What anyone may read, without a key"},
        {"name": "operations", "description": "Messages that were set aside, and the sealed log"},
    ),
)


def create_app(settings: Settings) -> ASGIApp:
    """The service on the given surroundings."""
    return create(SERVICE, settings)
