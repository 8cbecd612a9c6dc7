"""Rules of the design, held by checks: a rule that is none decays."""

import ast
import re

import pytest

from tests.architecture.source import ROOT, Source, sources

SQL = re.compile(
    r"^\s*(select\s|insert into\s|update\s\S+\s+(as \S+\s+)?set\s|delete from\s|with\s\w+\s+(\(.*\)\s+)?as\s)",
    re.IGNORECASE,
)
STATEMENTS = {"all", "one", "value", "run"}
VAGUE = {
    "utils",
    "util",
    "helpers",
    "helper",
    "manager",
    "service",
    "crud",
    "core",
    "common",
    "misc",
    "base_repository",
}
# The service's lifecycle: what a service is.
NAMED_FOR_WHAT_IT_IS = {"shared/service.py"}
LONGEST = 400
# Awaiting is `eventually`'s; these run outside of a test, or make the faults that it waits for.
MAY_SLEEP = ("tests/builders.py", "tests/shared/killed.py", "tests/chaos/", "tests/bench/")
SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|pyright:\s*(?:ignore|basic|strict)?|ruff:|fmt:\s*(?:off|skip))(.*)")
REASONED = re.compile(r"^(: [A-Z]+\d+(, [A-Z]+\d+)*|\[[\w, ]+\])\s+(#\s*)?(-\s*)?[a-z].{8,}", re.IGNORECASE)


def test_statements_stand_in_stores_and_in_shared() -> None:
    wrong = [
        f"{source.path}:{line}"
        for source in sources("services")
        if source.parts[-1] != "store" and "migrations" not in source.parts
        for line, text in source.strings()
        if SQL.match(text)
    ]
    assert wrong == []


def test_statements_are_constants_built_once() -> None:
    """No statement is put together where it is run: neither from literals nor by formatting."""
    wrong: list[str] = []
    for source in sources("shared", "services"):
        for line, name, call in source.calls():
            receiver, _, method = name.rpartition(".")
            if method not in STATEMENTS or receiver.rpartition(".")[2] not in {"tx", "read"} or not call.args:
                continue
            statement = call.args[0]
            # A constant out of a table of constants is one too.
            statement = statement.value if isinstance(statement, ast.Subscript) else statement
            last = statement.attr if isinstance(statement, ast.Attribute) else getattr(statement, "id", "")
            if not last.isupper() and not (isinstance(statement, ast.Constant) and len(str(statement.value)) < 60):
                wrong.append(f"{source.path}:{line}: {ast.unparse(statement)}")
    assert wrong == []


def test_store_remembers_domain_decides_api_translates() -> None:
    """The layers inside an area; import-linter has those between packages."""
    wrong: list[str] = []
    for source in sources("services"):
        if not source.area:
            continue
        for name in source.imports():
            there = tuple(name.split("."))
            if there[:2] != ("services", source.area[0]) or len(there) < 4:
                continue
            if there[3] == "store" and there[1:3] != source.area:
                wrong.append(f"{source.path} goes past the domain of {there[2]}: {name}")
            if source.parts[-1] == "domain" and there[3] == "api":
                wrong.append(f"{source.path} looks up to {name}")
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "where"),
    [
        ("nats", ("shared/stream/", "tests/")),
        # The peer that the bench measures against is an ORM.
        (
            "sqlalchemy",
            (
                "tests/bench/baselines.py",
                "tests/architecture/test_carried.py",
                "shared/tables.py",
                "shared/migrate.py",
                "shared/access/tables.py",
                "shared/forgetting/tables.py",
                "services/*/tables.py",
                "services/feedback/tables/",
                "services/scoring/tables/",
            ),
        ),
        ("alembic", ("shared/migrate.py", "shared/migrations/")),
        ("unittest.mock", ()),
    ],
)
def test_a_library_is_used_in_its_place_only(module: str, where: tuple[str, ...]) -> None:
    wrong = [
        source.path
        for source in sources()
        if "migrations" not in source.parts
        and any(name == module or name.startswith(f"{module}.") for name in source.imports())
        and not any(re.match(place.replace("*", "[a-z]+"), source.path) for place in where)
    ]
    assert wrong == []


def test_the_environment_is_read_by_settings_only() -> None:
    """`deploy` hands its own on to what it starts."""
    wrong = [
        f"{source.path}:{node.lineno}"
        for source in sources("shared", "services")
        for node in source.nodes
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv", "os.environb"}
    ]
    assert wrong == []


def test_nothing_is_read_or_connected_at_import() -> None:
    """What runs when a module is imported makes values; it does not read settings, connect or start."""
    starters = {"Settings", "create", "create_app", "Database", "Broker", "asyncpg.connect", "asyncio.run", "open"}
    wrong = [
        f"{source.path}:{node.lineno}: {ast.unparse(node.func)}"
        for source in sources("shared", "services")
        for statement in source.tree.body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in starters
    ]
    assert wrong == []


def test_middleware_is_pure() -> None:
    """BaseHTTPMiddleware costs three and a half times the request; the edge is all there is."""
    wrong = [
        source.path
        for source in sources("shared", "services", "deploy")
        if "BaseHTTPMiddleware" in source.text or "add_middleware" in source.text or ".middleware(" in source.text
    ]
    assert wrong == []


def test_names_say_what_a_thing_is() -> None:
    wrong = [
        source.path for source in sources() if VAGUE & set(source.parts) and source.path not in NAMED_FOR_WHAT_IT_IS
    ]
    assert wrong == []


def test_files_stay_short() -> None:
    wrong = [
        f"{source.path}: {len(source.lines)} lines"
        for source in sources()
        if len(source.lines) > LONGEST and "migrations" not in source.parts
    ]
    assert wrong == [], "asking to be two nouns"


def test_every_suppression_has_a_reason_beside_it() -> None:
    wrong = [
        f"{source.path}:{number}: {line.strip()}"
        for source in sources()
        if source.path != "tests/architecture/test_rules.py" and "migrations" not in source.parts
        for number, line in enumerate(source.lines, start=1)
        if (match := SUPPRESSION.search(line))
        and not line.lstrip().startswith(('"""', "r'", 'r"'))
        and not REASONED.match(match.group(2))
        # A table is easier to read in columns: no more to say.
        and "fmt: skip" not in line
    ]
    assert wrong == []


def test_no_test_sleeps() -> None:
    wrong = [
        f"{source.path}:{line}"
        for source in sources("tests")
        if not source.path.startswith(MAY_SLEEP)
        for line, name, _ in source.calls()
        if name.rpartition(".")[2] == "sleep"
    ]
    assert wrong == []


def test_domain_is_functions() -> None:
    """No base repositories and no injection: a domain's classes are records."""
    wrong = [
        f"{source.path}: {statement.name}.{member.name}"
        for source in sources("services")
        if source.parts[-1] == "domain"
        for statement in source.tree.body
        if isinstance(statement, ast.ClassDef)
        for member in statement.body
        if isinstance(member, ast.AsyncFunctionDef)
    ]
    assert wrong == []


def test_what_is_skipped_says_why() -> None:
    wrong = [
        f"{source.path}:{line}"
        for source in sources("tests")
        for line, name, call in source.calls()
        if name.rpartition(".")[2] in {"skip", "skipif", "xfail"} and name.startswith("pytest.")
        if not call.args and not any(keyword.arg == "reason" for keyword in call.keywords)
    ]
    assert wrong == []


def test_an_area_has_three_files_and_pure_modules() -> None:
    """What is neither api, domain nor store computes: it does not speak HTTP, SQL or events.

    An api that is too long for a file is a package of that name, a room for each noun.
    """
    doors = {"api", "domain", "store", "worker", "bulk", "__init__"}
    impure = ("fastapi", "asyncpg", "shared.database", "shared.outbox", "shared.routes", "nats")
    wrong = [
        f"{source.path}: {name}"
        for source in sources("services")
        if source.area and not doors & set(source.parts[3:]) and "migrations" not in source.parts
        for name in source.imports()
        if name.startswith(impure)
    ]
    assert wrong == []


def test_the_rules_see_what_they_forbid() -> None:
    """A check that cannot fail is none."""
    assert SQL.match("\nselect 1")
    assert SQL.match("insert into a values (1)")
    assert SQL.match("update ideas as i set x = 1")
    assert SQL.match("with a as (select 1) select 1")
    for line, sound in (
        ("x = 1  # noqa", False),
        ("x = 1  # noqa: E501", False),
        ("x = 1  # noqa: E501  # because of the width of it", True),
        ("x = 1  # pyright: ignore", False),
        ("x = 1  # pyright: ignore[reportUnknownMemberType] untyped in nats-py", True),
        ("x = 1  # type: ignore", False),
    ):
        match = SUPPRESSION.search(line)
        assert match
        assert bool(REASONED.match(match.group(2))) is sound, line
    source = Source.of("services/a/b/api.py", "async def f(tx):\n    await tx.all(f'select {x}')")
    assert [name for _, name, _ in source.calls()] == ["tx.all"]
    assert source.area == ("a", "b")
    assert (ROOT / "pyproject.toml").exists()
