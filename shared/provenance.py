"""What something rests on, as a tree that its reader can check by himself.

Each node's digest is the SHA-256 of `{"children": [digests], "content": …, "id": …, "kind": …}` in canonical form (RFC
8785). So the digest of the root stands for everything below it, and an altered word anywhere changes it. A node that
the caller may not see keeps its digest: the root is the same for everybody, whatever they see of the tree.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.canonical import digest
from shared.wire import Wire


class Node(Wire):
    """Something that is claimed, and what it rests on."""

    kind: str = Field(description="what it is", examples=["vote"])
    id: str = Field(description="its id among those of its kind, mostly the record's own")
    content: dict[str, Any] | None = Field(description="what it says; null where it is withheld")
    withheld: str | None = Field(default=None, description="the scope that the key lacks to see it and what is below")
    children: "list[Node]" = Field(default=[], description="what it rests on; empty where it is withheld")
    digest: str = Field(
        description="SHA-256, hex, of `{children: [their digests], content, id, kind}` as RFC 8785 writes it"
    )


def node(kind: str, id: UUID | str, content: Mapping[str, Any], children: Sequence[Node] = ()) -> Node:
    """A node. `content` holds JSON values only, as they are going to be on the wire."""
    return Node(
        kind=kind,
        id=str(id),
        content=dict(content),
        children=list(children),
        digest=sealed(kind, str(id), content, [each.digest for each in children]),
    )


def sealed(kind: str, id: str, content: Mapping[str, Any], children: Sequence[str]) -> str:
    """The digest of a node: over what it is and says, and the digests of what it rests on."""
    return digest({"kind": kind, "id": id, "content": content, "children": children})


def shown(whole: Node, scopes: Iterable[str], needed: str) -> Node:
    """The node for a key with these scopes: whole, or, where it lacks the one needed, its digest alone."""
    if needed in scopes:
        return whole
    return Node(kind=whole.kind, id=whole.id, content=None, withheld=needed, digest=whole.digest)


def faults(root: Node) -> list[str]:
    """Where a tree is not what its digests say: the path of each such node. Empty when all of it is."""
    found: list[str] = []
    waiting = [(root, f"{root.kind} {root.id}")]
    while waiting:
        each, path = waiting.pop()
        if each.content is None:
            if each.withheld is None or each.children:
                found.append(path)
            continue
        if each.digest != sealed(each.kind, each.id, each.content, [child.digest for child in each.children]):
            found.append(path)
        waiting += [(child, f"{path} > {child.kind} {child.id}") for child in each.children]
    return sorted(found)


def withheld(root: Node) -> list[str]:
    """The scopes without which something of a tree is not shown."""
    missing: set[str] = set()
    waiting = [root]
    while waiting:
        each = waiting.pop()
        missing |= {each.withheld} if each.withheld else set()
        waiting += each.children
    return sorted(missing)
