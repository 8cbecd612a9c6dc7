"""Who the customers are: recognised by an id or an address, made known when they first appear."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from services.feedback.customers import store
from services.feedback.demand import domain as demand
from services.feedback.demand.domain import Move
from services.feedback.segments import domain as segments
from shared.database import Read, Tx
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.routes import require_version


class Person(NamedTuple):
    """A contact as its source names them. At least one of `id`, `external_id` and `email` is given."""

    workspace_id: UUID
    id: UUID | None = None
    external_id: str | None = None
    email: str | None = None
    name: str | None = None
    account: str | None = None
    """External id of their account."""


Identity = tuple[UUID, str | None, str | None]
"""What a person is recognised by: workspace, external id, address."""


class _Contact(NamedTuple):
    """A contact as it is stored. `free` tells that the address that was said is nobody's."""

    id: UUID
    account_id: UUID | None
    external_id: str | None
    email: str | None
    name: str | None
    free: bool


class _Known(NamedTuple):
    """What the database knows of the persons asked about, by what they are named by."""

    contacts: dict[Identity, _Contact]
    accounts: dict[tuple[UUID, str], UUID]
    claims: dict[UUID, str]
    """External ids that contacts without one are about to get: an address alone can be claimed by one id only."""
    judged: "_Judged"


class _Judged(NamedTuple):
    """Who was made or changed where rules select customers."""

    workspaces: set[UUID]
    accounts: set[UUID]
    contacts: set[UUID]

    def note(self, kind: set[UUID], rows: Iterable[asyncpg.Record]) -> None:
        for row in rows:
            self.workspaces.add(row["workspace_id"])
            kind.add(row["id"])


def _nothing_known() -> _Known:
    return _Known({}, {}, {}, _Judged(set(), set(), set()))


async def recognise(tx: Tx, persons: Sequence[Person], counting: Collection[UUID] = ()) -> list[UUID | None]:
    """The contact of each person, made where unknown; None for an id that is nobody's in its workspace.

    Whoever was merged into somebody is that one; who was erased is nobody. Newcomers are judged by the rules of the
    workspace. `counting` names the workspaces whose demand the caller goes on to count. What is said for the first time
    (an id, an address, a name) is added to what is known; another account than before moves the contact there. One
    statement when nothing is new and nothing is counted; safe when two transactions meet the same newcomer.
    """
    ids = {person.id for person in persons if person.id is not None}
    mine: dict[tuple[UUID, UUID], UUID] = {}
    named = {_identity(person): person for person in persons if person.id is None}
    if named:
        contacts = await _named(tx, named, counting)
    else:
        contacts = dict[Identity, _Contact]()
        await demand.hold(tx, counting)
    # Once the workspaces are held: nobody is merged or erased any more then.
    if ids:
        mine = {(row["workspace_id"], row["id"]): row["whole"] for row in await tx.all(store.KNOWN_CONTACTS, ids)}
    return [
        contacts[_identity(person)].id if person.id is None else mine.get((person.workspace_id, person.id))
        for person in persons
    ]


def _identity(person: Person) -> Identity:
    return person.workspace_id, person.external_id, person.email


async def _named(tx: Tx, wanted: Mapping[Identity, Person], counting: Collection[UUID]) -> Mapping[Identity, _Contact]:
    known = _nothing_known()
    await _look_up(tx, wanted, known)
    moving = {identity[0] for identity, person in wanted.items() if _strays(person, known)}
    # Held before anything is written: whoever waits for this transaction later on has nothing that it waits for here.
    await demand.hold(tx, counting, moving)
    if moving:
        await _look_up(tx, wanted, known)
    await _add_accounts(tx, wanted.values(), known)
    for with_email in (True, False):
        missing = {identity: person for identity, person in wanted.items() if identity not in known.contacts}
        if not missing:
            break
        # The second time without the address: it turned out to be somebody else's.
        await _add_contacts(tx, missing.values(), known, with_email=with_email)
        # Finds also those whom a rival has made meanwhile.
        await _look_up(tx, missing, known)
    await _learn(tx, wanted, known)
    # The last word on each counts.
    moves = {
        known.contacts[identity].id: Move(
            known.contacts[identity].id,
            known.contacts[identity].account_id,
            known.accounts[(person.workspace_id, person.account)],
        )
        for identity, person in wanted.items()
        if person.account is not None and person.workspace_id in moving
    }
    await _move(tx, [move for move in moves.values() if move.before != move.after], known.judged)
    judged = known.judged
    await segments.follow(tx, judged.workspaces, accounts=judged.accounts, contacts=judged.contacts)
    return known.contacts


def _strays(person: Person, known: _Known) -> bool:
    """Whether somebody known is said to belong to another account than is known."""
    contact = known.contacts.get(_identity(person))
    if contact is None or person.account is None:
        return False
    account = known.accounts.get((person.workspace_id, person.account))
    return account is None or account != contact.account_id


async def _look_up(tx: Tx, wanted: Mapping[Identity, Person], known: _Known) -> None:
    identities, persons = list(wanted), list(wanted.values())
    rows = await tx.all(
        store.FIND_CONTACTS,
        [person.workspace_id for person in persons],
        [person.external_id for person in persons],
        [person.email for person in persons],
        [person.account for person in persons],
    )
    for row in rows:
        position: int = row["position"] - 1
        identity, person = identities[position], persons[position]
        if person.account is not None and row["said_account_id"] is not None:
            known.accounts[(person.workspace_id, person.account)] = row["said_account_id"]
        if row["id"] is None:
            continue
        said = person.external_id
        if said is None or row["sure"] or known.claims.setdefault(row["id"], said) == said:
            known.contacts[identity] = _Contact(*(row[name] for name in _Contact._fields))


async def _add_accounts(tx: Tx, persons: Iterable[Person], known: _Known) -> None:
    said = {(person.workspace_id, person.account) for person in persons if person.account is not None}
    missing = sorted(said - known.accounts.keys())
    if not missing:
        return
    columns = [workspace for workspace, _ in missing], [external for _, external in missing]
    known.judged.note(known.judged.accounts, await tx.all(store.ADD_ACCOUNTS, [new_id() for _ in missing], *columns))
    rows = await tx.all(store.FIND_ACCOUNTS, *columns)
    known.accounts.update({(row["workspace_id"], row["external_id"]): row["id"] for row in rows})


async def _add_contacts(tx: Tx, persons: Iterable[Person], known: _Known, *, with_email: bool) -> None:
    # In one order, so that two transactions that meet the same newcomers wait for each other in one direction. Who is
    # named by both comes first: those named by one of the two are then recognised as the same.
    missing = sorted(
        persons,
        key=lambda person: (person.external_id is None, person.email is None, *map(str, _identity(person))),
    )
    added = await tx.all(
        store.ADD_CONTACTS,
        [new_id() for _ in missing],
        [person.workspace_id for person in missing],
        [person.external_id for person in missing],
        [person.email if with_email or person.external_id is None else None for person in missing],
        [person.name for person in missing],
        [known.accounts.get((person.workspace_id, person.account or "")) for person in missing],
    )
    known.judged.note(known.judged.contacts, added)


async def _learn(tx: Tx, wanted: Mapping[Identity, Person], known: _Known) -> None:
    """Add what was said for the first time. A rival who says the same of somebody else at this moment wins."""
    learned: dict[UUID, list[str | None]] = {}
    given: set[tuple[UUID, str]] = set()
    for identity, person in wanted.items():
        contact = known.contacts[identity]
        email = person.email if contact.free and contact.email is None else None
        if email is not None and (person.workspace_id, email) in given:
            email = None
        news = (
            person.external_id if contact.external_id is None else None,
            email,
            person.name if contact.name is None else None,
        )
        if any(news):
            held = learned.setdefault(contact.id, [None, None, None])
            learned[contact.id] = [one or other for one, other in zip(held, news, strict=True)]
            if email is not None and learned[contact.id][1] == email:
                given.add((person.workspace_id, email))
    if not learned:
        return
    try:
        async with tx.savepoint():
            rows = await tx.all(store.LEARN, list(learned), *map(list, zip(*learned.values(), strict=True)))
    except asyncpg.UniqueViolationError:
        return
    known.judged.note(known.judged.contacts, rows)


async def _move(tx: Tx, moves: Sequence[Move], judged: _Judged) -> None:
    """Put contacts into other accounts; what they ask for goes along. The workspaces are held alone."""
    if not moves:
        return
    moved = await tx.all(store.MOVE_CONTACTS, [each.contact_id for each in moves], [each.after for each in moves])
    judged.note(judged.contacts, moved)
    await demand.carry(tx, moves)


async def find(
    read: Read, workspace_id: UUID, begins: str, place: Sequence[object], limit: int
) -> tuple[list[asyncpg.Record], tuple[str, UUID] | None]:
    """Who is called so, in the order of how, behind a place; and the place to go on from, if there may be more."""
    most = len(store.SOUGHT) * limit + 1
    rows = await read.all(store.FIND_SOUGHT, workspace_id, begins, *place, most)
    found = [row for row in rows if not row["again"]]
    if len(found) > limit:
        return found[:limit], (found[limit - 1]["sought"], found[limit - 1]["id"])
    return found, (rows[-1]["sought"], rows[-1]["id"]) if len(rows) == most else None


async def update_contact(
    tx: Tx,
    workspace_id: UUID,
    contact_id: UUID,
    expected: int | None,
    *,
    external_id: str | None,
    email: str | None,
    name: str | None,
    account: str | None,
    attributes: dict[str, str | int | float | bool | None],
) -> asyncpg.Record:
    """Change what is known of a contact; None leaves a field as it is.

    NotFound, PreconditionFailed on another version than expected, or Conflict on an identity that somebody has and on a
    contact that was merged or erased.
    """
    if account is not None:
        await demand.hold(tx, (), [workspace_id])
    old = await tx.one(store.LOCK_CONTACT, workspace_id, contact_id)
    if old is None:
        raise NotFound("No contact by that id.")
    require_present(old)
    require_version(expected, old["version"])
    known = _nothing_known()
    if account is not None:
        await _add_accounts(tx, [Person(workspace_id, account=account)], known)
        move = Move(contact_id, old["account_id"], known.accounts[(workspace_id, account)])
        await _move(tx, [move] if move.before != move.after else [], known.judged)
    if external_id is not None or email is not None:
        await tx.run(store.RELEASE, workspace_id, contact_id, external_id, email)
    try:
        row = await tx.one(
            store.UPDATE_CONTACT, workspace_id, contact_id, external_id, email, name, to_json(attributes).decode()
        )
    except asyncpg.UniqueViolationError as error:
        raise Conflict("Another contact has this external id or address.", code="identity_taken") from error
    assert row is not None  # locked above
    await segments.follow(tx, [workspace_id], accounts=known.judged.accounts, contacts=[contact_id])
    return row


def require_present(contact: asyncpg.Record) -> None:
    """Conflict when a contact was merged into another or erased: nothing of it can be changed then."""
    if contact["erased_at"] is not None:
        raise Conflict("The person was erased at their request.", code="erased")
    if contact["merged_into"] is not None:
        raise Conflict(f"It was merged into the contact {contact['merged_into']}.", code="merged")


async def known_as(
    read: Read, workspace_id: UUID, contact_ids: Collection[UUID | None]
) -> defaultdict[UUID | None, Sequence[str]]:
    """Names and addresses by contact, to be taken out of their words before those are shown outside."""
    found: defaultdict[UUID | None, Sequence[str]] = defaultdict(tuple)
    if wanted := {id for id in contact_ids if id is not None}:
        found.update({row["id"]: row["known"] for row in await read.all(store.KNOWN_AS, workspace_id, wanted)})
    return found
