"""The rules of ARCHITECTURE.md that import-linter cannot see, read off the syntax trees."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = [path for folder in ("shared", "services", "deploy") for path in sorted((ROOT / folder).rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
WRITTEN = [path for path in PRODUCT if "migrations" not in path.parts]
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "crud", "core", "common", "misc"}
SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pyright:\s*ignore)[^#]*(?P<reason>#?.*)$")
SQL = re.compile(r"^\s*(?:select|insert into|update|delete from|with) ", re.IGNORECASE)
LONGEST = 420
"""Lines. A file beyond that is asking to be two nouns."""


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def calls(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("path", PRODUCT, ids=named)
def test_names_say_what_things_are(path: Path) -> None:
    assert not FORBIDDEN_NAMES & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_files_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("path", [p for p in WRITTEN if p.parts[-2:] != ("shared", "settings.py")], ids=named)
def test_only_settings_reads_the_environment(path: Path) -> None:
    # deploy starts programs: what it gives them and where it finds its own data are its business.
    if "deploy" in path.relative_to(ROOT).parts:
        return
    assert not {"os.getenv", "os.environ.get"} & set(calls(tree(path)))
    assert "os.environ" not in path.read_text()


@pytest.mark.parametrize("path", [p for p in WRITTEN if "services" in p.relative_to(ROOT).parts], ids=named)
def test_statements_live_in_stores(path: Path) -> None:
    if path.name in {"store.py", "tables.py"}:
        return
    found = [
        node.value
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert [text for text in found if " from " in text or " set " in text or " into " in text] == []


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_nothing_is_middleware_but_the_edge(path: Path) -> None:
    assert "BaseHTTPMiddleware" not in path.read_text()


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_domain_is_functions(path: Path) -> None:
    """No base repositories and no injection: a domain's classes are records."""
    if path.name != "domain.py":
        return
    for node in tree(path).body:
        if isinstance(node, ast.ClassDef):
            methods = [item for item in node.body if isinstance(item, ast.AsyncFunctionDef)]
            assert methods == [], f"{node.name} does things: make them functions"


@pytest.mark.parametrize("path", [*WRITTEN, *TESTS], ids=named)
def test_a_suppression_has_its_reason_beside_it(path: Path) -> None:
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if path == Path(__file__):
            return
        if (found := SUPPRESSION.search(line)) is not None:
            said = re.sub(r"noqa(?::\s*[A-Z0-9, ]+)?|(?:type|pyright):\s*ignore(?:\[[^\]]*\])?", "", found.group(0))
            assert re.search(r"[a-z]{3}", said), f"{named(path)}:{number} has no reason"


@pytest.mark.parametrize("path", TESTS, ids=named)
def test_no_test_sleeps(path: Path) -> None:
    allowed = {"chaos", "bench"} & set(path.relative_to(ROOT).parts) or path.name in {
        "builders.py",
        "servers.py",
        "killed.py",
    }
    if not allowed:
        assert not {"asyncio.sleep", "time.sleep", "sleep"} & set(calls(tree(path)))
