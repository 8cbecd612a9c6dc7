"""What the demo shows of itself: numbered steps, what held in each, tables and a tree."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from textwrap import shorten
from typing import TextIO

BOLD, DIM, RED, GREEN, CYAN = "1", "2", "31", "32", "36"
BAR = 24


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of a tree and what it rests on."""

    name: str
    text: str
    roots: "list[Branch]" = field(default_factory=list["Branch"])


def quote(text: str, width: int = 72) -> str:
    """Words of a customer, on one line."""
    return f"“{shorten(text, width, placeholder=' …')}”"


def money(minor: int) -> str:
    """Dollars, without cents."""
    return f"${minor / 100:,.0f}"


def number(value: float) -> str:
    """Up to two decimals, where there are any."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


class Terminal:
    """Writes lines; in colour where a person looks on."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lively = out.isatty() and os.environ.get("TERM") != "dumb"
        self._coloured = self._lively and not os.environ.get("NO_COLOR")
        self._step = 0
        self.checks = 0
        """How many things were found as they should be."""

    def title(self, text: str) -> None:
        """What this is."""
        self._line(self._paint(text, BOLD))

    def step(self, text: str) -> None:
        """What comes now."""
        self._step += 1
        self._line()
        self._line(f"{self._paint(f'{self._step:>2}', CYAN)}  {self._paint(text, BOLD)}")

    def passed(self, text: str) -> None:
        """What was asked for, and found to be so."""
        self.checks += 1
        self._line(f"    {self._paint('✓', GREEN)} {text}")

    def failed(self, text: str) -> None:
        """What was not."""
        self._line(f"    {self._paint('✗', RED)} {text}")

    def say(self, text: str = "") -> None:
        """Something besides."""
        self._line(f"      {self._paint(text, DIM)}" if text else "")

    def busy(self, text: str) -> None:
        """What takes a moment: gone when the next line is written, and not shown to a file at all."""
        if self._lively:
            self._out.write(f"    {self._paint(f'… {text}', DIM)}")
            self._out.flush()

    def bars(self, rows: Iterable[tuple[float, Sequence[str]]]) -> None:
        """A value for each row, as a number and a bar, before its cells."""
        listed = list(rows)
        most = max((value for value, _ in listed), default=0) or 1
        widths = [max(map(len, column)) for column in zip(*(cells for _, cells in listed), strict=True)]
        for value, cells in listed:
            bar = "█" * max(1, round(value / most * BAR))
            text = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            self._line(f"      {number(round(value, 1)):>9}  {self._paint(bar.ljust(BAR), CYAN)}  {text}".rstrip())

    def tree(self, branch: Branch) -> None:
        """A branch and, below it, everything that it rests on."""
        self._line(f"    {self._leaf(branch)}")
        self._roots(branch, "    ")

    def _roots(self, branch: Branch, indent: str) -> None:
        for position, each in enumerate(branch.roots, start=1):
            last = position == len(branch.roots)
            self._line(f"{indent}{self._paint('└─ ' if last else '├─ ', DIM)}{self._leaf(each)}")
            self._roots(each, f"{indent}{'   ' if last else self._paint('│  ', DIM)}")

    def _leaf(self, branch: Branch) -> str:
        return f"{self._paint(branch.name, BOLD) if branch.name else ''} {branch.text}".strip()

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._coloured else text

    def _line(self, text: str = "") -> None:
        self._out.write(f"\r\x1b[2K{text}\n" if self._lively else f"{text}\n")
        self._out.flush()
