"""A worker that is killed in the middle of an import: another one goes on where it was, and every row is there once."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from deploy.ports import free_port
from shared.database import Database
from tests.builders import Api, eventually, new_workspace
from tests.feedback.given import check_demand, demand_of, made, new_idea
from tests.feedback.imports.files import begun, ended, send
from tests.servers import PEPPER, SEALING_KEY, Cluster, World, lifespan

ROOT = Path(__file__).parents[3]
SIZE = 3_000
# The lease of whoever is dead, over at once.
LAPSE = "update feedback.imports set due_at = now() where id = $1 and state = 'running'"


@contextmanager
def working(world: World) -> Generator[subprocess.Popen[bytes]]:
    """A worker of feedback as it is deployed: a process of its own."""
    environment = os.environ | {
        "CAIRN_DATABASE_URL": world.role_url("feedback"),
        "CAIRN_NATS_URL": world.nats_url,
        "CAIRN_KEY_PEPPER": PEPPER,
        "CAIRN_SEALING_KEY": SEALING_KEY,
        "CAIRN_EMBEDDINGS": "false",
    }
    command = [sys.executable, "-m", "deploy.run", "feedback", "--role", "worker", "--port", str(free_port())]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def shown(api: Api, path: str) -> dict[str, Any]:
    return (await made(await api.feedback.get(path), 200)) | {}


async def test_a_killed_worker_leaves_an_import_that_goes_on(cluster: Cluster, nats_url: str) -> None:
    world = World(cluster, "cairn_killed", nats_url, {})
    await cluster.clone(world.database)
    admin = Database(world.admin_url, "access", application="tests")
    create = importlib.import_module("services.feedback.app").create_app
    app = create(world.settings("feedback", role="api"))
    async with AsyncExitStack() as stack:
        await admin.open()
        stack.push_async_callback(admin.close)
        serving = await stack.enter_async_context(lifespan(app))
        api = await new_workspace({"feedback": serving}, admin)
        stack.push_async_callback(api.close)
        idea = await new_idea(api, key="exports")
        rows = [
            {
                "text": f"row {n}",
                "external_id": f"x{n}",
                "contact": {"external_id": f"u{n % 900}"},
                "ideas": ["exports"],
            }
            if n % 500
            else {"text": ""}
            for n in range(SIZE)
        ]
        path = await begun(api, kind="feedback")
        await made(await send(api, path, "\n".join(map(json.dumps, rows)).encode()), 200)

        async def under_way() -> dict[str, Any] | None:
            found = await shown(api, path)
            assert found["state"] in {"waiting", "running"}, found
            assert found["rows"], found
            return found

        with working(world) as worker:
            await eventually(under_way)
            worker.kill()
            assert worker.wait() == -9
        left = await shown(api, path)
        assert left["state"] == "running"
        assert 0 < left["rows"] < SIZE, "it was in the middle of it"
        async with admin.system() as tx:
            before = await tx.value("select count(*) from feedback.feedback where workspace_id = $1", api.workspace_id)
            assert before == left["rows"] - left["invalid"], "what it told is what it stored"
            await tx.run(LAPSE, left["id"])
        # One that has been waiting, so that no second process has to be started.
        async with lifespan(create(world.settings("feedback", role="worker"))):
            done = await ended(api, path)
        assert (done["state"], done["rows"], done["invalid"]) == ("finished", SIZE, SIZE // 500)
        assert done["counts"] == {"feedback": {"created": SIZE - SIZE // 500, "updated": 0, "duplicate": 0}}
        assert (await demand_of(api, idea["id"]))["insights"] == SIZE - SIZE // 500
        async with admin.system(search_path="feedback") as tx:
            await check_demand(tx, api.workspace_id)
