"""The scoring service: demand and estimates become scores that explain themselves."""

from starlette.types import ASGIApp

from services.scoring.assessment import api as assessment
from services.scoring.capacity import api as capacity
from services.scoring.charts import api as charts
from services.scoring.comparisons import api as comparisons
from services.scoring.consumers import CONSUMERS
from services.scoring.debts import api as debts
from services.scoring.estimates import api as estimates
from services.scoring.methods import api as methods
from services.scoring.models import api as models
from services.scoring.models.domain import rescore_all
from services.scoring.policies import api as policies
from services.scoring.policies import worker as weighing
from services.scoring.policy_comparisons import api as policy_comparisons
from services.scoring.portfolio import api as portfolio
from services.scoring.rounds import api as rounds
from services.scoring.runs import api as runs
from services.scoring.scores import api as scores
from services.scoring.teams import api as teams
from services.scoring.uncertainty import api as uncertainty
from services.scoring.whatifs import api as whatifs
from shared.operations import operations
from shared.service import Service, create
from shared.settings import Settings

SERVICE = Service(
    name="scoring",
    title="Cairn scoring",
    description="Demand and estimates become scores here, each with every input and where it came from.",
    routers=(
        scores.router,
        comparisons.router,
        policies.router,
        policy_comparisons.router,
        estimates.router,
        rounds.router,
        models.router,
        models.frameworks,
        methods.router,
        uncertainty.router,
        whatifs.router,
        portfolio.router,
        runs.router,
        assessment.router,
        teams.router,
        capacity.router,
        charts.router,
        debts.router,
        operations("scoring", CONSUMERS),
    ),
    consumers=CONSUMERS,
    jobs={"rescore": rescore_all, "weigh": weighing.run},
    tags=(
        {"name": "scores", "description": "What each idea is worth, why, and how ideas rank"},
        {"name": "comparisons", "description": "Where models disagree, and why one idea is above another"},
        {"name": "demand-policies", "description": "How the accounts that ask are weighed, and what ideas weigh then"},
        {"name": "estimates", "description": "What people think an input of a score is"},
        {"name": "rounds", "description": "People estimate unseen by each other, see what all said, and agree"},
        {"name": "models", "description": "Scoring frameworks with their parameters"},
        {"name": "methods", "description": "Ways for a group to decide, computed at once; nothing is stored"},
        {"name": "uncertainty", "description": "How sure a ranking is, and what it hangs on; nothing is stored"},
        {"name": "portfolio", "description": "The best set of ideas under capacity; nothing is stored"},
        {"name": "runs", "description": "Frozen rankings: compared, decided on, tried again with other formulas"},
        {"name": "assessments", "description": "Whether a team needs a technical product manager"},
        {"name": "capacity", "description": "Teams, what they have, what ideas take, and what is promised"},
        {"name": "debts", "description": "Technical debt, in the currency of features"},
        {"name": "charts", "description": "The same as pictures, each with its words"},
        {"name": "operations", "description": "Messages that were set aside"},
    ),
)


def create_app(settings: Settings) -> ASGIApp:
    """The running service."""
    return create(SERVICE, settings)
