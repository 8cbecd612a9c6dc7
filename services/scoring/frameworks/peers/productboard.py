"""Productboard: the user impact score, the sum over users of how important an idea is to each.

Source: support.productboard.com, article 360058215013, "Use the user impact score to surface your top-requested
features" (read 2026). Not important 0, nice to have 1, important 2, critical 3; a note that does not say counts 1. A
user counts once, by the latest importance given; a note that does not say takes none back.

As a model it has one input, `user_impact`: by estimate where a team brings its numbers along, and otherwise the
contacts who ask for the idea, each counting 1, as Productboard counts notes that do not say how important they are.
"""

from collections.abc import Mapping, Sequence

from pydantic import Field

from services.scoring.frameworks.factors import Range, Refusal
from services.scoring.frameworks.parameters import DemandRule, Fixed, Rule
from services.scoring.frameworks.recipe import Declared, Recipe, add

UNSAID = 1
HIGHEST = 3
RECIPE = Recipe("user_impact", {"user_impact": Declared("points", Range(0))}, (add("user_impact"),))


class ProductboardParameters(Fixed):
    """A user impact score of Productboard. Its input is `user_impact`."""

    user_impact: DemandRule | None = Field(
        default_factory=DemandRule, description="how it follows from demand; null: by estimate alone"
    )

    def own(self) -> Mapping[str, Rule]:
        """The inputs for which the framework has a field of its own."""
        return {} if self.user_impact is None else {"user_impact": self.user_impact}

    def recipe(self) -> Recipe:
        """The score itself."""
        return RECIPE


def user_impact(notes: Sequence[tuple[str, int | None]]) -> int | Refusal:
    """The score of one idea by its notes, the oldest first: who, and how important it is to them (0 to 3 or unsaid)."""
    latest: dict[str, int] = {}
    for user, importance in notes:
        if importance is not None and not 0 <= importance <= HIGHEST:
            return Refusal("not_scoreable", f"{importance} is not from 0 to {HIGHEST}", ("importance",))
        if importance is None:
            latest.setdefault(user, UNSAID)
        else:
            latest[user] = importance
    return sum(latest.values())
