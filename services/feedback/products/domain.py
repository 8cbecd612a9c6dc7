"""What is being built: products, their components, and where among them something belongs."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.feedback.products import store
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.ids import new_id
from shared.routes import require_version


def _by(name: str) -> tuple[UUID | None, str | None]:
    """As an id or as a key. No key looks like an id: they are refused."""
    try:
        return UUID(name), None
    except ValueError:
        return None, name


def is_id(name: str) -> bool:
    """Whether something is named by id."""
    return _by(name)[0] is not None


async def find(read: Read, workspace_id: UUID, name: str) -> UUID | None:
    """The product by that id or key, or None."""
    return await read.value(store.NAMED, workspace_id, *_by(name))


async def find_each(read: Read, named: Sequence[tuple[UUID, str | None]]) -> dict[int, UUID]:
    """Products by (workspace, id or key), as many as exist, each at its position. No statement when none is named."""
    asked = [(position, workspace_id, *_by(name)) for position, (workspace_id, name) in enumerate(named) if name]
    if not asked:
        return {}
    columns = [each[1] for each in asked], [each[2] for each in asked], [each[3] for each in asked]
    rows = await read.all(store.NAMED_MANY, *columns)
    known = {(row["workspace_id"], value): row["id"] for row in rows for value in (row["id"], row["key"])}
    found = {position: known.get((workspace_id, id or key)) for position, workspace_id, id, key in asked}
    return {position: id for position, id in found.items() if id is not None}


async def place(
    read: Read, workspace_id: UUID, product: str | None, component: str | None, pointer: str = "/body"
) -> tuple[UUID | None, UUID | None]:
    """The product and the component by these ids or keys. A component says its product by itself.

    Invalid when there is none, or when components of several products have that key and no product is named.
    """
    product_id: UUID | None = None
    if product is not None:
        product_id = await find(read, workspace_id, product)
        if product_id is None:
            raise Invalid(errors=[FieldError(f"{pointer}/product", "no product by that id or key")])
    if component is None:
        return product_id, None
    rows = await read.all(store.NAMED_COMPONENTS, workspace_id, *_by(component), product_id)
    if len(rows) != 1:
        reason = (
            "components of several products have that key: name the product too"
            if rows
            else "no component by that id or key"
        )
        raise Invalid(errors=[FieldError(f"{pointer}/component", reason)])
    return rows[0]["product_id"], rows[0]["id"]


async def create(tx: Tx, workspace_id: UUID, *, key: str, name: str, description: str) -> asyncpg.Record:
    """A new product. Conflict when the key is taken."""
    row = await tx.one(store.ADD, new_id(), workspace_id, key, name, description)
    if row is None:
        raise Conflict(f"There is a product with the key {key!r} already.", code="key_taken")
    return row


async def get(read: Read, workspace_id: UUID, product_id: UUID) -> asyncpg.Record:
    """A product, or NotFound."""
    row = await read.one(store.GET, workspace_id, product_id)
    if row is None:
        raise NotFound("No product by that id.")
    return row


async def update(
    tx: Tx,
    workspace_id: UUID,
    product_id: UUID,
    expected: int | None,
    *,
    name: str | None,
    description: str | None,
    archived: bool | None,
) -> asyncpg.Record:
    """Change a product; None leaves a field as it is. NotFound, or PreconditionFailed."""
    old = await tx.one(store.LOCK, workspace_id, product_id)
    if old is None:
        raise NotFound("No product by that id.")
    require_version(expected, old["version"])
    given = {"name": name, "description": description, "archived": archived}
    wanted = {field: old[field] if value is None else value for field, value in given.items()}
    if all(old[field] == value for field, value in wanted.items()):
        return old
    row = await tx.one(store.UPDATE, workspace_id, product_id, *wanted.values())
    assert row is not None  # locked above
    return row


async def create_component(tx: Tx, workspace_id: UUID, product_id: UUID, *, key: str, name: str) -> asyncpg.Record:
    """A new component of a product. NotFound; Conflict when the product has one with that key."""
    await get(tx, workspace_id, product_id)
    row = await tx.one(store.ADD_COMPONENT, new_id(), workspace_id, product_id, key, name)
    if row is None:
        raise Conflict(f"The product has a component with the key {key!r} already.", code="key_taken")
    return row


async def update_component(
    tx: Tx, workspace_id: UUID, component_id: UUID, expected: int | None, *, name: str | None, archived: bool | None
) -> asyncpg.Record:
    """Change a component; None leaves a field as it is. NotFound, or PreconditionFailed."""
    old = await tx.one(store.LOCK_COMPONENT, workspace_id, component_id)
    if old is None:
        raise NotFound("No component by that id.")
    require_version(expected, old["version"])
    wanted = {"name": name or old["name"], "archived": old["archived"] if archived is None else archived}
    if all(old[field] == value for field, value in wanted.items()):
        return old
    row = await tx.one(store.UPDATE_COMPONENT, workspace_id, component_id, *wanted.values())
    assert row is not None  # locked above
    return row
