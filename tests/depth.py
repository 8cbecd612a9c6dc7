"""How deep a run looks: `make test` lightly and at the same each time, `make fuzz` deeply and elsewhere each time."""

import os
from typing import Any

from hypothesis import settings

DEPTH = int(os.environ.get("CAIRN_TEST_DEPTH", "1"))
"""1: lightly. Above, so many times as many examples of each property."""


def examples(count: int, **more: Any) -> settings:
    """Settings for a property of which `make test` tries `count` examples."""
    return settings(max_examples=count * DEPTH, **more)
