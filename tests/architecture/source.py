"""The source as syntax trees, for the rules of the design that no tool knows."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("shared", "services", "deploy", "tests")


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `path` is relative to the repository and has forward slashes."""

    path: str
    text: str
    tree: ast.Module

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.removesuffix(".py").split("/"))

    @property
    def area(self) -> tuple[str, ...]:
        """Service and area of a file in one: `("feedback", "ideas")`; empty elsewhere."""
        return self.parts[1:3] if self.parts[0] == "services" and len(self.parts) > 3 else ()

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def imports(self) -> Iterator[str]:
        """Every name that is imported, in full: `shared.errors.NotFound`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def strings(self) -> Iterator[tuple[int, str]]:
        """Line and beginning of every text that is not a docstring."""
        told = {
            id(node.value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
                yield node.lineno, node.value

    def calls(self) -> Iterator[tuple[int, str, ast.Call]]:
        """Line, dotted name and node of every call whose function has a name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                if name.replace(".", "").replace("_", "").isalnum():
                    yield node.lineno, name, node


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every file below these folders, all of ours when none is named."""
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text))
        for folder in folders or PACKAGES
        for path in sorted((ROOT / folder).rglob("*.py"))
        for text in [path.read_text()]
    )
