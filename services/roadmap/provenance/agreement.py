"""Whether the services say the same of an idea: each keeps what it was told, with the version that it is of.

Of one version all must say the same. Of different versions, one of them has not heard yet, and nothing can be told.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from shared.provenance import Node


class Finding(NamedTuple):
    """One thing that was compared. `holds` is None where the two are of different versions."""

    idea_id: UUID
    claim: str
    holds: bool | None


def compare(idea: Mapping[str, Any], scores: Sequence[Mapping[str, Any]], parts: Mapping[str, Node]) -> list[Finding]:
    """What roadmap was told of an idea, what scoring says, and what feedback counts."""
    idea_id: UUID = idea["idea_id"]
    told = _scores(parts.get("scoring"))
    demand = _demand(parts.get("feedback"))
    found: list[Finding] = []
    for row in scores:
        score = told.get(str(row["score_id"]))
        if score is not None:
            claim = f"roadmap was told the score of {score['model']['name']} that scoring has: {row['value']}"
            same = (row["state"], row["value"], row["model_version"]) == (
                score["state"],
                score["value"],
                score["model"]["version"],
            )
            found.append(Finding(idea_id, claim, same if row["version"] == score["version"] else None))
    if demand is not None:
        for measure, count, version in dict.fromkeys(_counted(parts.get("scoring"))):
            claim = f"scoring counts the {measure} that feedback counts: {count}"
            holds = count == demand.get(measure) if version == demand["version"] else None
            found.append(Finding(idea_id, claim, holds))
    return found


def _scores(part: Node | None) -> dict[str, dict[str, Any]]:
    return {each.id: each.content for each in _below(part, "score") if each.content is not None}


def _demand(part: Node | None) -> dict[str, Any] | None:
    return next((each.content for each in _below(part, "demand")), None)


def _counted(part: Node | None) -> Iterator[tuple[str, int, int]]:
    """Measure, count and version of each input that scoring counts from demand; what a policy weighs is no count."""
    for each in _below(part, "input"):
        demand = (each.content or {}).get("demand")
        if demand is not None and demand["measure"] != "policy":
            yield demand["measure"], demand["count"], demand["version"]


def _below(part: Node | None, kind: str) -> Iterator[Node]:
    """Nodes of a kind, in order. One that has none below it of its own kind."""
    if part is None:
        return
    if part.kind == kind:
        yield part
        return
    for each in part.children:
        yield from _below(each, kind)
