from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import data_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that PostgreSQL's own user can pass, unlike `tmp_path`."""
    with data_folder() as path:
        yield path
