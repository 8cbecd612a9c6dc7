"""HiGHS and sparse matrices from scipy, which ships no types: what they return is typed where it is taken."""

from typing import Any, cast

import scipy.optimize as _optimize  # pyright: ignore[reportMissingTypeStubs]  # scipy ships no types
import scipy.sparse as _sparse  # pyright: ignore[reportMissingTypeStubs]  # scipy ships no types

solver: Any = cast("Any", _optimize)
matrices: Any = cast("Any", _sparse)
