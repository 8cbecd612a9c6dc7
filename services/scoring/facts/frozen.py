"""Facts as a run froze them, read again. Pure."""

from datetime import date
from typing import Any
from uuid import UUID

from services.scoring.facts.known import Facts
from services.scoring.frameworks.alignment import Contributions, Objective, Strategy
from services.scoring.frameworks.parity import Cell, Decay


def thawed(whole: Facts, contributions: dict[str, Any] | None, cells: list[dict[str, Any]] | None) -> Facts:
    """What was known of one idea, beside what was known of the whole workspace."""
    return Facts(
        strategy=whole.strategy,
        contributions=None
        if contributions is None
        else Contributions(
            dict(zip(map(UUID, contributions["objectives"]), contributions["weights"], strict=True)),
            contributions["version"],
        ),
        cells=[
            Cell(
                UUID(each["evidence_id"]),
                each["ours"],
                each["theirs"],
                date.fromisoformat(each["observed_on"]),
                each["weight"],
            )
            for each in cells or ()
        ],
        decay=whole.decay,
        today=whole.today,
    )


def workspace(strategy: list[dict[str, Any]] | None, decay: dict[str, Any] | None) -> Facts:
    """What was known of the whole workspace. None: the run is from before this was frozen."""
    objectives = strategy or []
    return Facts(
        strategy=Strategy(
            max((each["version"] for each in objectives), default=0),
            {UUID(each["id"]): Objective(each["weight"], each["progress"], each["counts"]) for each in objectives},
        ),
        decay=None if decay is None else Decay(decay["half_life"], decay["max_age"]),
        today=None if decay is None else date.fromisoformat(decay["today"]),
    )
