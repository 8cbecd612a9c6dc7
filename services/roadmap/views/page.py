"""A published view as HTML: one file, no scripts, nothing fetched from anywhere."""

import base64
import hashlib
from datetime import date
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.roadmap.views.published import PublishedItem, PublishedView


class Fact(NamedTuple):
    """A short line under an item."""

    text: str
    when: bool = False


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _facts(item: PublishedItem) -> list[Fact]:
    facts: list[Fact] = []
    if item.shipped is not None:
        facts.append(Fact(_day(item.shipped), when=True))
    if item.target is not None:
        year, _, number = item.target.partition("-")
        facts.append(Fact(f"{number} {year}", when=True))
    if item.people:
        facts.append(Fact(_counted(item.people, "person asked", "people asked")))
    if item.votes:
        facts.append(Fact(_counted(item.votes, "vote", "votes")))
    facts.extend(Fact(f"Score {score.value:,.4g}") for score in item.scores or ())
    return facts


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_STYLE = hashlib.sha256(_TEMPLATES.get_template("page.css").render().encode()).digest()

POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(_STYLE).decode()}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy of every page: our own style and the icon, nothing else. Pages may be framed: they take no
input that a framing site could steal."""


def render(view: PublishedView, json_path: str) -> str:
    """The page of a view."""
    return _TEMPLATES.get_template("page.html").render(view=view, json_path=json_path, day=_day, facts=_facts)


def notice(heading: str, text: str) -> str:
    """A page that says why there is nothing else to see."""
    return _TEMPLATES.get_template("notice.html").render(heading=heading, text=text)
