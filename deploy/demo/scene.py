"""What the demo's steps share: a caller, a terminal, and what they have made so far."""

from dataclasses import dataclass, field
from typing import Any

from deploy import sample
from deploy.caller import Caller
from deploy.demo.terminal import Terminal
from deploy.demo.vendors import Tool


@dataclass(frozen=True, slots=True)
class Door:
    """Where a survey tool delivers, and what it signs with."""

    path: str
    secret: str
    connection_id: str


@dataclass(slots=True)
class Pace:
    """Seconds it took from each webhook, sorted: to its answer, and to the score that it moved."""

    answered: list[float] = field(default_factory=list[float])
    moved: list[float] = field(default_factory=list[float])
    looked_every: float = 0


@dataclass(slots=True)
class Scene:
    """One run."""

    cairn: Caller
    terminal: Terminal
    rows: int
    """Of the bulk import."""
    webhooks: int
    """Of the burst."""
    tag: str = ""
    """Ends every name that is made, in a workspace that may have others."""
    accounts: list[str] = field(default_factory=list[str])
    """External ids."""
    ideas: dict[str, str] = field(default_factory=dict[str, str])
    """Ids by key, without the tag."""
    doors: dict[str, Door] = field(default_factory=dict[str, Door])
    """By vendor."""
    model: dict[str, Any] = field(default_factory=dict[str, Any])
    item: dict[str, Any] = field(default_factory=dict[str, Any])
    view: dict[str, Any] = field(default_factory=dict[str, Any])
    pace: Pace = field(default_factory=Pace)

    def named(self, name: str) -> str:
        """A name of this run's own."""
        return name + self.tag

    def person(self, number: int) -> dict[str, str]:
        """Somebody at one of the accounts, the same for the same number; most are at the four with a name."""
        named = len(sample.ACCOUNTS)
        account = number % named if number % 3 else number % len(self.accounts)
        return sample.person(number, self.accounts[account])

    async def deliver(self, tool: Tool, body: bytes, *expected: int, **headers: str) -> Any:
        """Deliver as the vendor does: no key, a signature. `headers` replace the vendor's own."""
        door = self.doors[tool.vendor]
        signed = headers or tool.sign(door.secret, body)
        answer = await self.cairn.send(
            "POST", door.path, *(expected or (200,)), anonymous=True, content=body, headers=signed
        )
        return answer.json()

    async def ranking(self) -> list[Any]:
        """The run's ideas by their score, the highest first."""
        page = await self.cairn.get("/v1/rankings", model_id=self.model["id"], limit=200)
        ours = set(self.ideas.values())
        return [row for row in page["data"] if row["idea_id"] in ours]
