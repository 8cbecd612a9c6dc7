"""The demo workspace and its key, so that the first `make run` has something to show."""

from shared.access import registry
from shared.access.keys import SCOPES
from shared.database import Database

SLUG, NAME, CURRENCY = "demo", "Demo", "EUR"


async def seed(admin_url: str, pepper: str) -> str | None:
    """Make the demo workspace when there is no workspace at all, and a key to it with every scope.

    Returns the key's text, or None where people have workspaces of their own and no demo.
    """
    database = Database(admin_url, "access", application="cairn-seed")
    await database.open()
    try:
        async with database.system() as tx:
            workspaces = {workspace.slug: workspace.id for workspace in await registry.list_workspaces(tx)}
            if not workspaces:
                workspaces[SLUG] = await registry.create_workspace(tx, SLUG, NAME, CURRENCY)
            if SLUG not in workspaces:
                return None
            _, key = await registry.create_key(tx, pepper, workspaces[SLUG], "demo", SCOPES)
            return key
    finally:
        await database.close()
