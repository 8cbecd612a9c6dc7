"""Votes: one contact wants one idea, once."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from services.feedback.demand import domain as demand
from services.feedback.demand.domain import Ask
from services.feedback.ideas import domain as ideas
from services.feedback.votes import store
from shared.database import Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.ids import new_id


class Ballot(NamedTuple):
    """A vote to be cast."""

    idea: str
    """Its id or key."""
    person: Person
    importance: str
    on_behalf: bool
    cast_by: UUID
    source_url: str | None
    reason: str | None
    traceparent: str = ""
    cast_at: datetime | None = None
    """When it was cast elsewhere; now when it is cast here."""


class Cast(NamedTuple):
    """A vote that stands: cast now, or before."""

    id: UUID
    idea_id: UUID
    contact_id: UUID
    fresh: bool


async def cast(tx: Tx, ballots: Sequence[Ballot]) -> list[Cast | Invalid]:
    """Cast votes, each answered by itself. A contact that voted already keeps that vote."""
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
    votes = [Cast(new_id(), idea_id, contact_id, True) for _, _, idea_id, contact_id in sound]
    rows = await tx.all(
        store.ADD,
        [vote.id for vote in votes],
        [ballot.person.workspace_id for _, ballot, _, _ in sound],
        [vote.idea_id for vote in votes],
        [vote.contact_id for vote in votes],
        [ballot.importance for _, ballot, _, _ in sound],
        [ballot.on_behalf for _, ballot, _, _ in sound],
        [ballot.cast_by for _, ballot, _, _ in sound],
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
    before = [vote for vote in votes if vote.id not in stored]
    if not before:
        return votes
    rows = await tx.all(store.STANDING, [v.idea_id for v in before], [v.contact_id for v in before])
    standing = {(row["idea_id"], row["contact_id"]): row["id"] for row in rows}
    return [
        vote
        if vote.id in stored
        else Cast(standing[(vote.idea_id, vote.contact_id)], vote.idea_id, vote.contact_id, False)
        for vote in votes
    ]


async def withdraw(tx: Tx, workspace_id: UUID, vote_id: UUID) -> None:
    """Take a vote back; demand follows. NotFound when there is none."""
    row = await tx.one(store.GET, workspace_id, vote_id)
    if row is None:
        raise NotFound("No vote by that id.")
    await demand.hold(tx, [workspace_id])
    await demand.lock(tx, [row["idea_id"]])
    if not await tx.run(store.WITHDRAW, workspace_id, vote_id):
        raise NotFound("No vote by that id.")
    await demand.count(tx, [Ask(workspace_id, row["idea_id"], row["contact_id"], votes=-1)])
