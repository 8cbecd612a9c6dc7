"""Who follows an idea: whoever asked for it, and whoever said so; not whoever said that they do not."""

from uuid import UUID

from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from services.feedback.followers import store
from services.feedback.ideas import domain as ideas
from shared.database import Tx
from shared.errors import FieldError, Invalid, NotFound


async def follow(tx: Tx, workspace_id: UUID, idea_id: UUID, person: Person) -> UUID:
    """Let a contact follow an idea; their id. NotFound, Moved, or Invalid on an id of nobody."""
    await ideas.get(tx, workspace_id, idea_id, "/followers")
    (contact_id,) = await customers.recognise(tx, [person])
    if contact_id is None:
        raise Invalid(errors=[FieldError("/body/contact/id", "no contact by that id")])
    await tx.run(store.SAY, workspace_id, idea_id, contact_id, True)
    return contact_id


async def unfollow(tx: Tx, workspace_id: UUID, idea_id: UUID, contact_id: UUID) -> None:
    """Let a contact follow an idea no longer, though they may have asked for it. NotFound, or Moved."""
    await ideas.get(tx, workspace_id, idea_id, f"/followers/{contact_id}")
    if await tx.value(store.KNOWN, workspace_id, contact_id) is None:
        raise NotFound("No contact by that id.")
    await tx.run(store.SAY, workspace_id, idea_id, contact_id, False)
