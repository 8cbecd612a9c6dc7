"""Products and their components over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field

from services.feedback.products import domain, store
from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Slug, Text, Wire

router = APIRouter(prefix="/v1", tags=["products"], route_class=Route)
Archived = Annotated[bool | None, Query(description="only archived ones, or only the others")]


def no_id(key: str) -> str:
    """The key, or a ValueError when it would be taken for an id."""
    try:
        UUID(key)
    except ValueError:
        return key
    raise ValueError("looks like an id, and would be taken for one")


ProductKey = Annotated[Slug, AfterValidator(no_id)]


class ProductIn(Wire):
    """What is being built."""

    key: ProductKey = Field(description="short name that requests can carry in place of the id", examples=["mobile"])
    name: Line = Field(examples=["Mobile app"])
    description: Text | None = None


class ProductEdit(Wire):
    """What to change of a product; fields left out stay."""

    name: Line | None = Field(default=None, examples=["Mobile apps"])
    description: Text | None = None
    archived: bool | None = None


class Product(Wire):
    """What is being built. Ideas belong to it as a whole or to one of its components."""

    id: UUID
    key: str
    name: str
    description: str
    archived: bool
    version: int
    created_at: datetime


class ComponentIn(Wire):
    """A part of a product."""

    key: ProductKey = Field(description="short name, its own within the product", examples=["exports"])
    name: Line = Field(examples=["Exports"])


class ComponentEdit(Wire):
    """What to change of a component; fields left out stay."""

    name: Line | None = Field(default=None, examples=["Imports and exports"])
    archived: bool | None = None


class Component(Wire):
    """A part of a product."""

    id: UUID
    product_id: UUID
    key: str
    name: str
    archived: bool
    version: int
    created_at: datetime


def _product(row: asyncpg.Record) -> Product:
    return Product(**row)


def _component(row: asyncpg.Record) -> Component:
    return Component(**row)


@router.post("/products", status_code=201, responses=EDITING, dependencies=[allow("ideas:write")])
async def create_product(body: ProductIn, caller: CallerDep, tx: TxDep, response: Response) -> Product:
    """Add a product."""
    row = await domain.create(tx, caller.workspace_id, key=body.key, name=body.name, description=body.description or "")
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/products/{row['id']}"})
    return _product(row)


@router.get("/products", responses=GUARDED, dependencies=[allow("ideas:read")])
async def list_products(
    caller: CallerDep, read: ReadDep, archived: Archived = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[Product]:
    """List products in order of making."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor), limit + 1, archived)
    return page(rows, limit, _product, lambda product: (product.id,))


@router.get("/products/{product_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("ideas:read")])
async def get_product(product_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Product:
    """Show one product."""
    row = await domain.get(read, caller.workspace_id, product_id)
    response.headers.update(etag(row["version"]))
    return _product(row)


@router.patch("/products/{product_id}", responses=EDITING, dependencies=[allow("ideas:write")])
async def update_product(
    product_id: UUID, body: ProductEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Product:
    """Edit a product or archive it. What belongs to it stays; its key stays too, since requests carry it."""
    row = await domain.update(tx, caller.workspace_id, product_id, expected, **body.model_dump())
    response.headers.update(etag(row["version"]))
    return _product(row)


@router.post(
    "/products/{product_id}/components", status_code=201, responses=EDITING, dependencies=[allow("ideas:write")]
)
async def create_component(
    product_id: UUID, body: ComponentIn, caller: CallerDep, tx: TxDep, response: Response
) -> Component:
    """Add a component to a product."""
    row = await domain.create_component(tx, caller.workspace_id, product_id, key=body.key, name=body.name)
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/components/{row['id']}"})
    return _component(row)


@router.get(
    "/products/{product_id}/components", responses=GUARDED | responses(NotFound), dependencies=[allow("ideas:read")]
)
async def list_components(
    product_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    archived: Archived = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Component]:
    """List a product's components in order of making."""
    await domain.get(read, caller.workspace_id, product_id)
    rows = await read.all(store.LIST_COMPONENTS, caller.workspace_id, product_id, after(cursor), limit + 1, archived)
    return page(rows, limit, _component, lambda component: (component.id,))


@router.get("/components/{component_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("ideas:read")])
async def get_component(component_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Component:
    """Show one component."""
    row = await read.one(store.GET_COMPONENT, caller.workspace_id, component_id)
    if row is None:
        raise NotFound("No component by that id.")
    response.headers.update(etag(row["version"]))
    return _component(row)


@router.patch("/components/{component_id}", responses=EDITING, dependencies=[allow("ideas:write")])
async def update_component(
    component_id: UUID, body: ComponentEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Component:
    """Edit a component or archive it. What belongs to it stays."""
    row = await domain.update_component(tx, caller.workspace_id, component_id, expected, **body.model_dump())
    response.headers.update(etag(row["version"]))
    return _component(row)
