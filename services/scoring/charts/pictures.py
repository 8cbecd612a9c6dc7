"""Drawing, away from everybody else.

The library holds the interpreter while it draws, so a thread would stop the loop for as long; and it ends its whole
process over a character that XML does not have. So each picture is drawn by a process of its own, which a thread waits
for, and no such character reaches it. Pictures are kept by what is in them, up to a number of bytes.
"""

import hashlib
import re
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal, cast

from pydantic_core import to_json

from shared.apart import compute_apart
from shared.errors import TooMany
from shared.runtime import Runtime

Form = Literal["svg", "png", "txt"]
MOST_BYTES = 16_000_000
SECONDS = 8.0
"""Drawing one takes about a second, most of it the library's start."""
_PROGRAM = Path(__file__).with_name("vega.py")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_LOOK = {
    "font": "sans-serif",
    "axis": {"labelFontSize": 12, "titleFontSize": 13, "labelLimit": 260, "gridColor": "#e5e7eb"},
    "legend": {"labelFontSize": 12, "titleFontSize": 12},
    "title": {"fontSize": 16, "anchor": "start", "subtitleFontSize": 12, "subtitleColor": "#4b5563", "offset": 12},
    "view": {"stroke": None},
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, and the same in words."""

    title: str
    words: Sequence[str]
    """What it shows, line by line."""
    spec: Mapping[str, Any]

    @property
    def text(self) -> str:
        """For who cannot see it."""
        return clean("\n".join((self.title, *self.words)) + "\n")

    def whole(self) -> bytes:
        """The chart as the library takes it."""
        held: dict[str, Any] = {
            "$schema": _SCHEMA,
            "background": "white",
            "padding": 16,
            "config": _LOOK,
            "title": self.title,
            **self.spec,
        }
        return to_json(_clean_all(held))

    def tag(self, form: Form) -> str:
        """The same for the same picture."""
        return hashlib.sha256(b"\0".join((form.encode(), self.whole(), self.text.encode()))).hexdigest()[:32]


class _Kept:
    def __init__(self) -> None:
        self.pictures: OrderedDict[str, bytes] = OrderedDict()
        self.size = 0

    def get(self, tag: str) -> bytes | None:
        if tag in self.pictures:
            self.pictures.move_to_end(tag)
        return self.pictures.get(tag)

    def put(self, tag: str, picture: bytes) -> None:
        self.size += len(picture) - len(self.pictures.get(tag, b""))
        self.pictures[tag] = picture
        while self.size > MOST_BYTES:
            self.size -= len(self.pictures.popitem(last=False)[1])


def clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def _clean_all(held: Any) -> Any:
    if isinstance(held, str):
        return clean(held)
    if isinstance(held, Mapping):
        return {name: _clean_all(value) for name, value in cast("Mapping[str, Any]", held).items()}
    if isinstance(held, list | tuple):
        return [_clean_all(value) for value in cast("Sequence[Any]", held)]
    return held


async def picture(runtime: Runtime, chart: Chart, form: Form) -> bytes:
    """The chart in this form, drawn now or kept. TooMany when it takes too long."""
    if form == "txt":
        return chart.text.encode()
    found = runtime.memory.get("charts")
    kept: _Kept = found if found is not None else runtime.memory.setdefault("charts", _Kept())
    tag = chart.tag(form)
    held = kept.get(tag)
    if held is None:
        held = await compute_apart(runtime, lambda: draw(chart, form))
        kept.put(tag, held)
    return held


def draw(chart: Chart, form: Form) -> bytes:
    """Draw a chart, in about a second: run it away from the loop."""
    command = [sys.executable, "-I", str(_PROGRAM), form]
    try:
        done = subprocess.run(  # noqa: S603  # no shell, and nothing of the caller's in the command
            command, input=chart.whole(), capture_output=True, timeout=SECONDS, check=True
        )
    except subprocess.TimeoutExpired:
        raise TooMany("The chart took too long to draw; try again.", headers={"Retry-After": "5"}) from None
    return _described(done.stdout, chart) if form == "svg" else done.stdout


def _described(svg: bytes, chart: Chart) -> bytes:
    """With a title and a description that a screen reader tells."""
    opening, _, rest = svg.decode().partition(">")
    told = f"<title>{escape(clean(chart.title))}</title><desc>{escape(chart.text)}</desc>"
    return f'{opening} role="img">{told}{rest}'.encode()
