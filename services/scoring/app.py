"""The scoring service: demand and estimates become scores that explain themselves."""

from starlette.types import ASGIApp

from services.scoring.actuals import api as actuals
from services.scoring.alignment import api as alignment
from services.scoring.allocations import api as allocations
from services.scoring.assessment import api as assessment
from services.scoring.balance import api as balance
from services.scoring.balance.domain import check_all
from services.scoring.calibration import api as calibration
from services.scoring.capabilities import api as capabilities
from services.scoring.capacity import api as capacity
from services.scoring.charts import api as charts
from services.scoring.comparisons import api as comparisons
from services.scoring.competition import api as competition
from services.scoring.competitors import api as competitors
from services.scoring.consumers import CONSUMERS
from services.scoring.corrections import api as corrections
from services.scoring.crosschecks import api as crosschecks
from services.scoring.deals import api as deals
from services.scoring.debts import api as debts
from services.scoring.estimates import api as estimates
from services.scoring.evidence import api as evidence
from services.scoring.evidence.worker import lapse_all
from services.scoring.histories import api as histories
from services.scoring.kano import api as kano
from services.scoring.methods import api as methods
from services.scoring.models import api as models
from services.scoring.models.domain import rescore_all
from services.scoring.needs import api as opportunities
from services.scoring.plans import api as plans
from services.scoring.plans import worker as planning
from services.scoring.policies import api as policies
from services.scoring.policies import worker as weighing
from services.scoring.policy_comparisons import api as policy_comparisons
from services.scoring.portfolio import api as portfolio
from services.scoring.provenance import api as provenance
from services.scoring.rankings import api as rankings
from services.scoring.rescorings import api as rescorings
from services.scoring.rescorings.domain import JOBS
from services.scoring.rounds import api as rounds
from services.scoring.runs import api as runs
from services.scoring.scores import api as scores
from services.scoring.teams import api as teams
from services.scoring.uncertainty import api as uncertainty
from services.scoring.unions import api as unions
from services.scoring.whatifs import api as whatifs
from services.scoring.words import FREE, WORDS
from shared.forgetting.api import forgetting
from shared.forgetting.domain import Places
from shared.forgetting.worker import forget
from shared.operations import operations
from shared.service import Service, create
from shared.settings import Settings

PLACES = Places(WORDS)
SERVICE = Service(
    name="scoring",
    title="Cairn scoring",
    description="Demand and estimates become scores here, each with every input and where it came from.",
    routers=(
        scores.router,
        rankings.router,
        crosschecks.router,
        opportunities.router,
        kano.router,
        provenance.router,
        histories.router,
        comparisons.router,
        policies.router,
        policy_comparisons.router,
        estimates.router,
        rounds.router,
        models.router,
        models.frameworks,
        rescorings.router,
        methods.router,
        uncertainty.router,
        whatifs.router,
        unions.router,
        portfolio.router,
        plans.router,
        runs.router,
        assessment.router,
        teams.router,
        capacity.router,
        actuals.router,
        allocations.router,
        balance.router,
        calibration.router,
        corrections.router,
        charts.router,
        debts.router,
        alignment.router,
        # Before its neighbour, which would take `parity` for an id.
        competition.router,
        competitors.router,
        capabilities.router,
        evidence.router,
        deals.router,
        operations("scoring", CONSUMERS),
        forgetting("scoring", PLACES, FREE),
    ),
    consumers=CONSUMERS,
    jobs={
        JOBS["model"]: rescore_all,
        "balance": check_all,
        "lapse": lapse_all,
        JOBS["policy"]: weighing.run,
        "forget": forget(PLACES),
        planning.JOB: planning.run,
    },
    tags=(
        {"name": "scores", "description": "What each idea is worth, why, and how ideas rank"},
        {"name": "opportunities", "description": "Needs by how under-served they are, as surveys rate them"},
        {"name": "kano", "description": "What kind of quality ideas are, as surveys tell"},
        {"name": "comparisons", "description": "Where models disagree, and why one idea is above another"},
        {"name": "demand-policies", "description": "How the accounts that ask are weighed, and what ideas weigh then"},
        {"name": "estimates", "description": "What people think an input of a score is"},
        {"name": "rounds", "description": "People estimate unseen by each other, see what all said, and agree"},
        {
            "name": "models",
            "description": "Scoring frameworks with their parameters, and how far their changes are",
        },
        {"name": "methods", "description": "Ways for a group to decide, computed at once; nothing is stored"},
        {"name": "uncertainty", "description": "How sure a ranking is, and what it hangs on; nothing is stored"},
        {"name": "portfolio", "description": "The best set of ideas under capacity; nothing is stored"},
        {"name": "plans", "description": "Portfolios that are kept, compared and adopted; a job solves them"},
        {"name": "runs", "description": "Frozen rankings: compared, decided on, tried again with other formulas"},
        {"name": "assessments", "description": "Whether a team needs a technical product manager"},
        {"name": "capacity", "description": "Teams, what they have, what ideas take, and what is promised"},
        {"name": "balance", "description": "Technical and business work: what it is to be, is promised to be, and was"},
        {"name": "calibration", "description": "What came of estimates, and corrections of later ones by it"},
        {"name": "debts", "description": "Technical debt, in the currency of features"},
        {"name": "strategy", "description": "How much of the strategy each idea contributes to"},
        {"name": "competition", "description": "What competitors have and we have not, by evidence that grows old"},
        {"name": "charts", "description": "The same as pictures, each with its words"},
        {"name": "operations", "description": "Messages that were set aside, and the sealed log"},
    ),
)


def create_app(settings: Settings) -> ASGIApp:
    """The running service."""
    return create(SERVICE, settings)
