"""Who can be trusted: said by the team, or earned with a moderator."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.trust import levels, store
from services.feedback.trust.levels import Kind, Level, Standing, State, Verdict
from shared.database import Tx
from shared.errors import NotFound
from shared.ids import new_id


class Source(NamedTuple):
    """What something from outside came through."""

    kind: Literal["board", "channel"]
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


async def judge(tx: Tx, workspace_id: UUID, source: Source, contact_id: UUID) -> Verdict:
    """What becomes of what this contact brings through this source."""
    rows = await tx.all(store.LEVELS, workspace_id, source.kind, source.name, str(contact_id))
    known = {row["kind"]: Standing(row["level"], row["approved"], row["refused"]) for row in rows}
    return levels.judge(known.get(source.kind, Standing()), known.get("contact", Standing()))


async def file(
    tx: Tx,
    workspace_id: UUID,
    kind: Literal["comment", "submission"],
    subject_id: UUID,
    contact_id: UUID,
    source: Source,
    verdict: Verdict,
) -> None:
    """Put it where moderators look: it waits, or they can see what trust has decided. Filed again, it waits anew."""
    decided_by = None if verdict.state == "pending" else f"trust:{verdict.why}"
    entry_id = await tx.value(
        store.FILE, new_id(), workspace_id, kind, subject_id, contact_id, str(source), verdict.state, decided_by
    )
    await note(tx, workspace_id, [entry_id], verdict.state, f"trust:{verdict.why}", None)


async def note(
    tx: Tx, workspace_id: UUID, entry_ids: Sequence[UUID], state: State, decided_by: str, reason: str | None
) -> None:
    """Write down for good what was decided of these."""
    ids = [new_id() for _ in entry_ids]
    await tx.run(store.NOTE, workspace_id, ids, entry_ids, state, decided_by, reason)


async def hold(tx: Tx, workspace_id: UUID, subject_id: UUID) -> None:
    """Keep moderators off until the transaction ends. Before the subject itself is locked: they go in this order."""
    await tx.run(store.HOLD_ENTRY, workspace_id, subject_id)


async def withdraw(tx: Tx, workspace_id: UUID, subject_id: UUID) -> None:
    """Its author took it back: there is nothing left to decide."""
    await tx.run(store.WITHDRAW, workspace_id, subject_id)


async def learn(tx: Tx, workspace_id: UUID, steps: Mapping[UUID, tuple[int, int]]) -> None:
    """Add to what contacts have earned: approvals and refusals, or, with negative numbers, decisions taken back."""
    names = [str(contact) for contact in steps]
    await tx.run(store.HOLD, workspace_id, names)
    await tx.run(
        store.LEARN,
        workspace_id,
        names,
        [approved for approved, _ in steps.values()],
        [refused for _, refused in steps.values()],
    )


async def trust_board(tx: Tx, workspace_id: UUID, key: str, level: Level | None) -> asyncpg.Record:
    """Say how far what comes through a board is trusted. NotFound when there is none."""
    if await tx.value(store.KNOWN_BOARD, workspace_id, key) is None:
        raise NotFound("No board by that key.")
    return await _set(tx, workspace_id, "board", key, level)


async def trust_contact(tx: Tx, workspace_id: UUID, contact_id: UUID, level: Level | None) -> asyncpg.Record:
    """Say how far a contact is trusted; None leaves it to what was earned. NotFound for nobody."""
    if await tx.value(store.KNOWN_CONTACT, workspace_id, contact_id) is None:
        raise NotFound("No contact by that id.")
    return await _set(tx, workspace_id, "contact", str(contact_id), level)


async def trust_channel(tx: Tx, workspace_id: UUID, channel: str, level: Level | None) -> asyncpg.Record:
    """Say how far what comes through a channel is trusted."""
    return await _set(tx, workspace_id, "channel", channel, level)


async def _set(tx: Tx, workspace_id: UUID, kind: Kind, name: str, level: Level | None) -> asyncpg.Record:
    row = await tx.one(store.SET, workspace_id, kind, name, level)
    assert row is not None  # made or changed
    return row
