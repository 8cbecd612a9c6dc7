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
    nodes: tuple[ast.AST, ...]
    """The tree and all below it: walking takes as long as parsing, and each rule walks."""

    @classmethod
    def of(cls, path: str, text: str) -> "Source":
        tree = ast.parse(text)
        return cls(path, text, tree, tuple(ast.walk(tree)))

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
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def strings(self) -> Iterator[tuple[int, str]]:
        """Line and beginning of every text that is not a docstring."""
        told = {
            id(node.value) for node in self.nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in self.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
                yield node.lineno, node.value

    def calls(self) -> Iterator[tuple[int, str, ast.Call]]:
        """Line, dotted name and node of every call whose function has a name."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                if name.replace(".", "").replace("_", "").isalnum():
                    yield node.lineno, name, node


def sources(*folders: str) -> list[Source]:
    """Every file below these folders, all of ours when none is named."""
    return [source for folder in folders or PACKAGES for source in _parsed(folder)]


@cache
def _parsed(folder: str) -> tuple[Source, ...]:
    return tuple(
        Source.of(path.relative_to(ROOT).as_posix(), path.read_text()) for path in sorted((ROOT / folder).rglob("*.py"))
    )
