"""Votes: one contact wants one idea, once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from services.feedback.demand import domain as demand
from services.feedback.demand.domain import Ask
from services.feedback.ideas import domain as ideas
from services.feedback.votes import store
from shared.database import Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.ids import new_id
from shared.routes import require_version
from shared.telemetry import traceparent

Importance = Literal["nice", "important", "critical"]
USUAL: Importance = "important"


class Ballot(NamedTuple):
    """A vote to be cast."""

    idea: str
    """Its id or key."""
    person: Person
    importance: str | None
    """None: not said; `important` when it is the first vote."""
    on_behalf: bool
    cast_by: UUID
    source_url: str | None
    reason: str | None
    traceparent: str = ""
    source: str = "api"
    """Channel that it came through."""
    cast_at: datetime | None = None
    """When it was cast elsewhere; now when it is cast here."""


class Cast(NamedTuple):
    """A vote that stands: cast now, or before, and then said again with something else in it or not."""

    id: UUID
    idea_id: UUID
    contact_id: UUID
    status: Literal["created", "updated", "duplicate"]


async def cast(tx: Tx, ballots: Sequence[Ballot]) -> list[Cast | Invalid]:
    """Cast votes, each answered by itself.

    A contact that voted already keeps that vote, with the importance, reason and place that it says now.
    """
    results: dict[int, Cast | Invalid] = {}
    found = await ideas.find(tx, list({(each.person.workspace_id, each.idea) for each in ballots}))
    sound: list[int] = []
    for position, ballot in enumerate(ballots):
        if (ballot.person.workspace_id, ballot.idea) in found:
            sound.append(position)
        else:
            results[position] = Invalid(errors=[FieldError("/body/idea_id", "no idea by that id or key")])
    persons = [ballots[position].person for position in sound]
    contacts = await customers.recognise(tx, persons, {person.workspace_id for person in persons})
    known: list[tuple[int, Ballot, UUID, UUID]] = []
    for position, contact_id in zip(sound, contacts, strict=True):
        ballot = ballots[position]
        if contact_id is None:
            results[position] = Invalid(errors=[FieldError("/body/contact/id", "no contact by that id")])
        else:
            known.append((position, ballot, found[(ballot.person.workspace_id, ballot.idea)], contact_id))
    if known:
        for (position, *_), vote in zip(known, await _store(tx, known), strict=True):
            results[position] = vote
    return [results[position] for position in range(len(ballots))]


async def _store(tx: Tx, sound: Sequence[tuple[int, Ballot, UUID, UUID]]) -> list[Cast]:
    await demand.lock(tx, {idea for _, _, idea, _ in sound})
    votes = [Cast(new_id(), idea_id, contact_id, "created") for _, _, idea_id, contact_id in sound]
    rows = await tx.all(
        store.ADD,
        [vote.id for vote in votes],
        [ballot.person.workspace_id for _, ballot, _, _ in sound],
        [vote.idea_id for vote in votes],
        [vote.contact_id for vote in votes],
        [ballot.importance or USUAL for _, ballot, _, _ in sound],
        [ballot.on_behalf for _, ballot, _, _ in sound],
        [ballot.cast_by for _, ballot, _, _ in sound],
        [ballot.source for _, ballot, _, _ in sound],
        [ballot.source_url for _, ballot, _, _ in sound],
        [ballot.reason for _, ballot, _, _ in sound],
        [ballot.cast_at for _, ballot, _, _ in sound],
    )
    stored = {row["id"] for row in rows}
    await demand.count(
        tx,
        [
            Ask(ballot.person.workspace_id, vote.idea_id, vote.contact_id, votes=1, traceparent=ballot.traceparent)
            for vote, (_, ballot, _, _) in zip(votes, sound, strict=True)
            if vote.id in stored
        ],
    )
    before = [position for position, vote in enumerate(votes) if vote.id not in stored]
    if before:
        await _recast(tx, votes, before, sound)
    return votes


async def _recast(
    tx: Tx, votes: list[Cast], before: Sequence[int], sound: Sequence[tuple[int, Ballot, UUID, UUID]]
) -> None:
    """Put the votes that stood before at these positions, brought up to what was said last.

    Raises a race that is lost, to be run anew, where a contact is somebody else by now.
    """
    # Of one contact's ballots in a batch the last says what counts.
    last = {(votes[position].idea_id, votes[position].contact_id): position for position in before}
    ballots = [sound[position][1] for position in last.values()]
    rows = await tx.all(
        store.RECAST,
        [ballot.person.workspace_id for ballot in ballots],
        [votes[position].idea_id for position in last.values()],
        [votes[position].contact_id for position in last.values()],
        [ballot.importance for ballot in ballots],
        [ballot.reason for ballot in ballots],
        [ballot.source_url for ballot in ballots],
    )
    standing = {(row["idea_id"], row["contact_id"]): row for row in rows}
    for position in before:
        vote = votes[position]
        row = standing.get((vote.idea_id, vote.contact_id))
        if row is None:
            # Recognised, and then merged before the workspace was held: looked up again, it is somebody else.
            raise asyncpg.SerializationError("a contact was merged meanwhile")
        votes[position] = vote._replace(id=row["id"], status="updated" if row["changed"] else "duplicate")


async def edit(
    tx: Tx,
    workspace_id: UUID,
    vote_id: UUID,
    expected: int | None,
    *,
    importance: str | None,
    reason: str | None,
    source_url: str | None,
) -> asyncpg.Record:
    """Change what a vote says; None leaves a field as it is. NotFound, or PreconditionFailed on another version."""
    held = await tx.one(store.LOCK, workspace_id, vote_id)
    if held is None:
        raise NotFound("No vote by that id.")
    require_version(expected, held["version"])
    await tx.run(store.EDIT, workspace_id, vote_id, importance, reason, source_url)
    row = await tx.one(store.GET, workspace_id, vote_id)
    assert row is not None  # locked above
    return row


async def withdraw(tx: Tx, workspace_id: UUID, vote_id: UUID) -> None:
    """Take a vote back; demand follows. NotFound when there is none."""
    row = await tx.one(store.GET, workspace_id, vote_id)
    if row is None:
        raise NotFound("No vote by that id.")
    await demand.hold(tx, [workspace_id])
    await demand.lock(tx, [row["idea_id"]])
    # Whose it is by now: before the workspace was held, its contact may have been merged into another.
    gone = await tx.one(store.WITHDRAW, workspace_id, vote_id)
    if gone is None:
        raise NotFound("No vote by that id.")
    await demand.count(tx, [_withdrawn(workspace_id, gone["contact_id"], gone)])


async def retract(tx: Tx, workspace_id: UUID, idea_id: UUID, contact_id: UUID) -> None:
    """Take back all that a contact has voted for an idea, and for those that were merged into it; nothing is fine."""
    await demand.hold(tx, [workspace_id])
    await demand.lock(tx, [idea_id])
    rows = await tx.all(store.RETRACT, workspace_id, idea_id, contact_id)
    await demand.count(
        tx,
        [_withdrawn(workspace_id, contact_id, row)._replace(traceparent=traceparent.get()) for row in rows],
    )


def _withdrawn(workspace_id: UUID, contact_id: UUID, row: asyncpg.Record) -> Ask:
    return Ask(workspace_id, row["idea_id"], contact_id, votes=-1, cast_at=row["created_at"])
