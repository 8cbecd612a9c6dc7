"""Which tables hold words that may name a person: all that are not told of here, with the reason."""

from collections.abc import Mapping

from services.scoring.tables import metadata
from shared.forgetting.tables import wordy

_PROJECTED = "what another service told: ids, numbers, and titles in the product team's own words"
FREE: Mapping[str, str] = {
    "ideas": _PROJECTED,
    "idea_days": _PROJECTED,
    "needs": _PROJECTED,
    "kano": _PROJECTED,
    "demand": _PROJECTED,
    "accounts": _PROJECTED,
    "segments": _PROJECTED,
    "scores": "ids and numbers; a digest is over them",
    "score_days": "numbers",
    "weights": "ids and numbers",
    "models": "formulas, and names of the product team's own",
    "model_revisions": "formulas",
    "demand_policies": "rules, and names of the product team's own",
    "demand_policy_revisions": "rules",
    "run_entries": "what a ranking was: ids, numbers and titles, frozen under a digest",
    "runs.name": "what the product team calls a ranking",
    "balances": "numbers",
    "assessments": "answers about teams, as numbers",
    "corrections": "ids and numbers",
}
WORDS = wordy(metadata, FREE)
