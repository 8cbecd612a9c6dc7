"""HiGHS and sparse matrices from scipy, which ships no types: what they return is typed where it is taken.

Loaded when something is first planned: it would be a quarter of each start of the service, and most plan nothing.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any


class _Later:
    """A module that is loaded at its first use."""

    def __init__(self, load: Callable[[], ModuleType]) -> None:
        self._load = load

    def __getattr__(self, name: str) -> Any:
        return getattr(self._load(), name)


solver: Any = _Later(lambda: import_module("scipy.optimize"))
matrices: Any = _Later(lambda: import_module("scipy.sparse"))
