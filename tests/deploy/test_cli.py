"""The operator's commands, on a real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from deploy.cli import main, moment, span
from tests.servers import PEPPER, Cluster


@pytest.fixture(scope="module")
def admin_url(cluster: Cluster) -> str:
    """A migrated database of this module's own."""
    name = f"cli_{uuid4().hex[:8]}"
    asyncio.run(cluster.clone(name))
    return cluster.url(name)


@pytest.fixture(autouse=True)
def administrator(admin_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an operator would have set."""
    monkeypatch.setenv("CAIRN_ADMIN_URL", admin_url)
    monkeypatch.setenv("CAIRN_KEY_PEPPER", PEPPER)


def rows(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """The lines printed since the last look, as words, without the head."""
    return [line.split() for line in capsys.readouterr().out.splitlines()[1:]]


def test_workspaces_are_made_once_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["workspaces", "create", "acme", "--currency", "USD"]) == 0
    made = UUID(capsys.readouterr().out.strip())
    assert main(["workspaces", "create", "acme"]) == 1
    assert "acme" in capsys.readouterr().err
    assert main(["workspaces", "list"]) == 0
    assert ["acme", "acme", "USD", str(made)] in rows(capsys)


def test_a_key_is_made_rotated_and_ended(capsys: pytest.CaptureFixture[str]) -> None:
    main(["workspaces", "create", "keyed"])
    capsys.readouterr()
    assert main(["keys", "create", "keyed", "--name", "ci", "--scope", "ideas:read", "--expires", "2100-01-01"]) == 0
    prefix = capsys.readouterr().out.split("_")[1]

    main(["keys", "list", "keyed"])
    assert rows(capsys) == [[prefix, "ci", "2100-01-01T00:00:00Z", "-", "-", "ideas:read"]]

    assert main(["keys", "rotate", "keyed", prefix, "--overlap", "2h"]) == 0
    successor = capsys.readouterr().out.split("_")[1]
    assert main(["keys", "revoke", "keyed", successor]) == 0
    main(["keys", "list", "keyed"])
    ends = {line[0]: datetime.fromisoformat(line[3]) for line in rows(capsys)}
    now = datetime.now(UTC)
    assert timedelta(minutes=119) < ends[prefix] - now < timedelta(minutes=121)
    assert ends[successor] <= now


@pytest.mark.parametrize(
    "command",
    [
        ["keys", "create", "nowhere", "--name", "x"],
        ["keys", "list", "nowhere"],
        ["keys", "revoke", "nowhere", "x"],
        ["keys", "rotate", "nowhere", "x"],
    ],
)
def test_what_does_not_exist_is_named(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 1
    assert "There is no workspace 'nowhere'" in capsys.readouterr().err


def test_a_migrated_database_has_no_drift() -> None:
    assert main(["migrate", "--check"]) == 0


def test_a_database_that_is_away_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CAIRN_ADMIN_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert main(["workspaces", "list"]) == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_without_any_cairn_it_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CAIRN_ADMIN_URL")
    monkeypatch.setenv("CAIRN_DATA", str(tmp_path))
    assert main(["workspaces", "list"]) == 1
    assert "make run" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_spans_and_moments() -> None:
    assert span("90s") == timedelta(seconds=90)
    assert span("7d") == timedelta(days=7)
    assert moment("2027-01-01") == datetime(2027, 1, 1, tzinfo=UTC)
    assert moment("2027-01-01T12:00:00+02:00") == datetime(2027, 1, 1, 10, tzinfo=UTC)
    for wrong in ("", "h", "-1h", "1", "1w", "9999999h"):
        with pytest.raises(ValueError, match=f"^{wrong}$"):
            span(wrong)
