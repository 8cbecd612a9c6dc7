"""Starts a service with one of its protections taken away: `python -m tests.chaos.unprotected PROTECTION …`.

What follows is as for `deploy.run`. The statements of the product are changed here, before it starts; it has no switch
for any of this. A statement that is not as expected fails the start, so that no control passes for nothing.
"""

import functools
import sys
from types import ModuleType

import asyncpg

import services.roadmap.ideas.store as roadmap_ideas
import services.scoring.demand.store as scoring_demand
from deploy import run
from shared import outbox, reader
from shared.stream.messages import PARTITIONS


def rivals() -> None:
    """Every worker believes that all partitions are its own. The fence is all that keeps them apart."""
    beat = reader.Membership.beat

    @functools.wraps(beat)
    async def believe(self: reader.Membership) -> None:
        await beat(self)
        self.partitions = tuple(range(PARTITIONS))

    reader.Membership.beat = believe


def fence() -> None:
    """Rivals, and the cursor moves from wherever it is."""
    rivals()
    _change(reader, "MOVE", " and c.seq = moved.expected", "")


def versions() -> None:
    """Whatever arrives last counts, however old it is."""
    for store in (scoring_demand, roadmap_ideas):
        for name, table in (("PROJECT_IDEAS", "ideas"), ("PROJECT_DEMAND", "demand"), ("PROJECT_SCORES", "scores")):
            if hasattr(store, name):
                _change(store, name, f"{table}.version < excluded.version", "true")


def relay() -> None:
    """Any number of relays at once, which share the outbox's rows as job queues are shared."""
    # Two relays that both take all the rows keep the order: each publishes everything that waits, and the stream drops
    # what it knows. It is lost as soon as they divide the work: what one has taken the other must not find again.
    _change(outbox, "LOCK", "pg_try_advisory_lock(hashtext('cairn.relay'), hashtext($1))", "$1::text is not null")
    _change(outbox, "NEXT", "limit $2", "limit least($2, 20) for update skip locked")
    publish_some = outbox.Relay.publish_some

    @functools.wraps(publish_some)
    async def in_one_transaction(self: outbox.Relay, connection: "asyncpg.Connection[asyncpg.Record]") -> int:
        async with connection.transaction():
            published = await publish_some(self, connection)
            await connection.execute(outbox.TAKE_OFF, self._acknowledged)
            self._acknowledged = []
            return published

    outbox.Relay.publish_some = in_one_transaction


def _change(module: ModuleType, name: str, old: str, new: str) -> None:
    statement: str = getattr(module, name)
    if statement.count(old) != 1:
        sys.exit(f"{module.__name__}.{name} has no {old!r} to take away")
    setattr(module, name, statement.replace(old, new))


PROTECTIONS = {"rivals": rivals, "fence": fence, "versions": versions, "relay": relay}

if __name__ == "__main__":
    PROTECTIONS[sys.argv[1]]()
    run.main(sys.argv[2:])
