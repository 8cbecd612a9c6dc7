import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder. Not `tmp_path`: what is above that is private to root, and PostgreSQL's user must pass."""
    path = Path(tempfile.mkdtemp(prefix="cairn-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)
