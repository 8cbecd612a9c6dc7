"""An item's whole chain: what roadmap knows, and the parts of scoring and feedback, each as that service tells it.

The parts are asked for over HTTP with the caller's own key, so a caller sees what the key may see and nothing else. A
part that is missing is named with its reason, and the rest is told all the same.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

import asyncpg
from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from services.roadmap.items import domain as items
from services.roadmap.provenance import agreement
from services.roadmap.provenance.agreement import Finding
from shared.database import Read
from shared.errors import FieldError, Invalid
from shared.provenance import Node, faults, node
from shared.siblings import Fault, Siblings

MOST_IDEAS = 10
"""Of one item in one answer: two questions are asked for each."""
AT_ONCE = 8
NEWEST_CHANGES = 20
Service = Literal["scoring", "feedback"]
PARTS: Mapping[Service, str] = {
    "scoring": "/v1/scores/{}/provenance",
    "feedback": "/v1/ideas/{}/provenance?evidence={}",
}


class Missing(NamedTuple):
    """A part that is not there, and why."""

    idea_id: UUID
    service: Service
    fault: Fault


class Traced(NamedTuple):
    """An item with all that it rests on."""

    root: Node
    missing: list[Missing]
    findings: list[Finding]
    left_out: list[UUID]
    """Ideas that there was no room for."""


async def known(read: Read, workspace_id: UUID, item_id: UUID, idea_id: UUID | None) -> items.Detail:
    """What roadmap itself knows of an item, or of one of its ideas alone. NotFound; Invalid for another's idea."""
    found = await items.detail(read, workspace_id, item_id)
    if idea_id is None:
        return found
    evidence = [each for each in found.evidence if each[0]["idea_id"] == idea_id]
    if not evidence:
        raise Invalid(errors=[FieldError("/query/idea_id", "is not one of the item's ideas")])
    return items.Detail(found.item, evidence, found.history)


async def trace(siblings: Siblings, authorization: str, found: items.Detail, evidence: int) -> Traced:
    """Put the tree together, asking the siblings for up to ten of the ideas. Never raises for what they answer.

    One that was not there or too late once is not asked again for this answer: it takes no longer than their patience
    with one question, however many ideas there are.
    """
    ideas, rest = found.evidence[:MOST_IDEAS], found.evidence[MOST_IDEAS:]
    room = asyncio.Semaphore(AT_ONCE)
    silent: dict[Service, Fault] = {}

    async def ask(service: Service, idea_id: UUID) -> Node | Fault:
        async with room:
            if service in silent:
                return silent[service]
            told = await siblings.get(service, PARTS[service].format(idea_id, evidence), authorization)
            if isinstance(told, Fault) and told.reason in ("away", "too_late"):
                silent[service] = told
            return _part(service, told)

    async with asyncio.TaskGroup() as asking:
        asked: list[dict[Service, asyncio.Task[Node | Fault]]] = [
            {service: asking.create_task(ask(service, idea["merged_into"] or idea["idea_id"])) for service in PARTS}
            for idea, _ in ideas
        ]
    told: list[dict[Service, Node | Fault]] = [
        {service: task.result() for service, task in parts.items()} for parts in asked
    ]
    branches = [_idea(idea, scores, _there(parts)) for (idea, scores), parts in zip(ideas, told, strict=True)]
    return Traced(
        root=node("item", found.item["id"], _content(found.item), [*_changes(found), *branches]),
        missing=[
            Missing(idea["idea_id"], service, part)
            for (idea, _), parts in zip(ideas, told, strict=True)
            for service, part in parts.items()
            if isinstance(part, Fault)
        ],
        findings=[
            finding
            for (idea, scores), parts in zip(ideas, told, strict=True)
            for finding in agreement.compare(dict(idea), [dict(row) for row in scores], _named(parts))
        ],
        left_out=[idea["idea_id"] for idea, _ in rest],
    )


def _part(service: Service, told: Any | Fault) -> Node | Fault:
    if isinstance(told, Fault):
        return told
    try:
        part = Node.model_validate(told)
    except (ValidationError, RecursionError):
        return Fault("broken", f"{service} answered no tree that this version can read.")
    if wrong := faults(part):
        return Fault("broken", f"{service} answered a tree that its digests do not fit: {wrong[0]}.")
    return part


def _there(parts: Mapping[Service, Node | Fault]) -> list[Node]:
    return [part for part in parts.values() if isinstance(part, Node)]


def _named(parts: Mapping[Service, Node | Fault]) -> dict[str, Node]:
    return {service: part for service, part in parts.items() if isinstance(part, Node)}


def _content(item: asyncpg.Record) -> dict[str, Any]:
    return _plain({name: value for name, value in item.items() if name != "id"})


def _changes(found: items.Detail) -> list[Node]:
    return [
        node("change", f"{found.item['id']}/{row['version']}", _plain(row)) for row in found.history[:NEWEST_CHANGES]
    ]


def _idea(idea: asyncpg.Record, scores: Sequence[asyncpg.Record], parts: Iterable[Node]) -> Node:
    given = [{name: value for name, value in row.items() if name != "idea_id"} for row in scores]
    content = {name: value for name, value in idea.items() if name != "idea_id"}
    return node("item_idea", idea["idea_id"], _plain({**content, "scores": given}), list(parts))


def _plain(values: Mapping[str, Any] | asyncpg.Record) -> dict[str, Any]:
    return to_jsonable_python(dict(values))
