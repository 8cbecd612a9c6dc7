"""Takes somebody out of a service's words, some rows at a time; each step is a transaction and says how far it came."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from shared.database import Tx
from shared.events.base import Delivered
from shared.events.feedback import Identifier, PersonForgotten
from shared.forgetting import store
from shared.forgetting.spans import Forgotten
from shared.forgetting.store import Statements
from shared.forgetting.tables import Words
from shared.sealing import Seal

AT_ONCE = 500
"""Rows looked at in a transaction."""
ANSWERS = "idempotency"
"""The last step: answers that would be given again."""
IDENTIFIERS = TypeAdapter(list[Identifier])


class Step(NamedTuple):
    """What one transaction did: how many rows it changed, and the key to go on after; None when the table is over."""

    changed: int
    after: list[str] | None


async def hear(tx: Tx, delivered: Sequence[Delivered[PersonForgotten]]) -> None:
    """Note who is to be forgotten. Heard again it changes nothing: they have been, or are being."""
    events = [each.event for each in delivered]
    await tx.run(
        store.HEAR,
        [event.erasure_id for event in events],
        [event.workspace_id for event in events],
        [IDENTIFIERS.dump_json(event.identifiers).decode() for event in events],
    )


class Places:
    """Where a service keeps words, and the statements to go through them."""

    def __init__(self, tables: Sequence[Words]) -> None:
        self.tables = {each.table: each for each in tables}
        self.order = [*self.tables, ANSWERS]
        self._statements = store.statements(self.tables)

    async def advance(self, tx: Tx, seal: Seal, workspace_id: UUID, erasure_id: UUID, row: asyncpg.Record) -> bool:
        """Do the next part for somebody, whose row the caller has locked; False when that was the last."""
        forgotten = Forgotten(IDENTIFIERS.validate_json(row["identifiers"]), seal.sign)
        # A table that a newer version knows no more: from the first, which changes nothing twice.
        place = row["place"] if row["place"] in self.order else self.order[0]
        after: list[str] = from_json(row["after"]) if place == row["place"] else []
        if place == ANSWERS:
            step = await _look_through_answers(tx, workspace_id, forgotten, after)
        else:
            statements = self._statements[place]
            step = await _look_through(tx, workspace_id, forgotten, self.tables[place], statements, after)
        counts = Counter[str](from_json(row["counts"]))
        counts.update({place: step.changed} if step.changed else {})
        written = to_json(counts).decode()
        if step.after is not None:
            at = place, to_json(step.after).decode()
        elif place != self.order[-1]:
            at = self.order[self.order.index(place) + 1], "[]"
        else:
            await tx.run(store.FINISH, workspace_id, erasure_id, written)
            return False
        await tx.run(store.ADVANCE, workspace_id, erasure_id, *at, written)
        return True


async def _look_through(
    tx: Tx, workspace_id: UUID, forgotten: Forgotten, of: Words, statements: Statements, after: list[str]
) -> Step:
    if after:
        rows = await tx.all(statements.NEXT, workspace_id, AT_ONCE, *after)
    else:
        rows = await tx.all(statements.FIRST, workspace_id, AT_ONCE)
    changed = 0
    for row in rows:
        key: list[str] = [row[f"key_{place}"] for place in range(len(of.key))]
        old = [row[name] for name in (*of.texts, *of.documents)]
        new = [_blotted(forgotten, row, name, document=name in of.documents) for name in (*of.texts, *of.documents)]
        if new != old:
            if not await tx.run(statements.WRITE, workspace_id, *key, *new, *old):
                # Somebody was quicker: what they wrote is looked at next time.
                return Step(changed, after)
            changed += 1
        after = key
    return Step(changed, after if len(rows) == AT_ONCE else None)


def _blotted(forgotten: Forgotten, row: asyncpg.Record, name: str, *, document: bool) -> str | None:
    text: str | None = row[name]
    if text is None:
        return None
    if not document:
        return forgotten.blotted(text)
    held = from_json(text)
    left = forgotten.blotted_in(held)
    # As it was written, where nothing was found: JSON may be written in several ways.
    return text if left == held else to_json(left).decode()


async def _look_through_answers(tx: Tx, workspace_id: UUID, forgotten: Forgotten, after: list[str]) -> Step:
    rows = await tx.all(store.ANSWERS, workspace_id, after[0] if after else "", AT_ONCE)
    changed = 0
    for row in rows:
        named = forgotten.blotted(row["key"]) != row["key"]
        if named or _tells_of(forgotten, row["body"]):
            changed += await tx.run(store.ERASE_ANSWER, workspace_id, row["key"], named)
    return Step(changed, [rows[-1]["key"]] if len(rows) == AT_ONCE else None)


def _tells_of(forgotten: Forgotten, body: bytes) -> bool:
    try:
        told: Any = from_json(body)
    except ValueError:
        told = body.decode(errors="replace")
    return forgotten.blotted_in(told) != told
