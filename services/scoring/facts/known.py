"""Facts: what alignment and competition are computed from. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.scoring.frameworks.alignment import Aligned, Contributions, Strategy, align
from services.scoring.frameworks.parameters import AlignmentRule
from services.scoring.frameworks.parity import Cell, Competed, Decay, compete


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one idea. What no model asked for is left out."""

    strategy: Strategy | None = None
    contributions: Contributions | None = None
    """None: nobody has said what it contributes to."""
    cells: Sequence[Cell] = ()
    decay: Decay | None = None
    today: date | None = None

    def aligned(self, rule: AlignmentRule) -> Aligned | None:
        """Its alignment by a model's rule; None: unknown."""
        if self.strategy is None or (rule.unlinked == "missing" and self.contributions is None):
            return None
        return align(self.strategy, self.contributions, rule.weigh)

    def competed(self) -> Competed | None:
        """How far competitors are ahead of us in it; None: unknown."""
        if self.decay is None or self.today is None:
            return None
        return compete(self.cells, self.today, self.decay)


NOTHING = Facts()
