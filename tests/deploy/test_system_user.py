"""Root lends PostgreSQL's user the way to its files, and nothing more."""

import os
from pathlib import Path

import pytest

from deploy.system_user import let_in, postgres_user

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")


@pytest.fixture
def programs(folder: Path) -> Path:
    path = folder / "wheel" / "bin"
    path.mkdir(parents=True)
    (path / "postgres").touch(mode=0o700)
    return path


def test_folders_become_passable_but_not_readable(
    folder: Path, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = folder / "home"
    (home / "data").mkdir(parents=True)
    home.chmod(0o700)
    let_in((12_345, 12_345), programs, home / "data")
    assert home.stat().st_mode & 0o777 == 0o701
    assert (programs / "postgres").stat().st_mode & 0o777 == 0o755
    assert str(home) in capsys.readouterr().err


@root_only
def test_folders_of_the_user_itself_stay_private(folder: Path, programs: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, 12_345, 12_345)
    let_in((12_345, 12_345), programs, home)
    assert home.stat().st_mode & 0o777 == 0o700


@root_only
def test_a_cluster_keeps_its_owner(folder: Path) -> None:
    os.chown(folder, 12_345, 54_321)
    assert postgres_user(folder) == (12_345, 54_321)
    new = postgres_user(folder / "absent")
    assert new
    assert new[0] != 0
