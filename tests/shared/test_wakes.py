"""What starts long work wakes the job that does it, once it is committed."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from services.scoring.app import SERVICE
from services.scoring.models import domain as models
from services.scoring.rescorings.domain import JOBS
from services.scoring.scores import domain as scores
from shared.database import Database
from shared.ids import new_id
from shared.lookout import Lookout
from shared.service import create
from shared.settings import Settings
from tests.builders import Api, eventually, new_workspace
from tests.scoring.given import Workspace, demand, idea, share
from tests.servers import Cluster, lifespan

CHUNK = 5
IDEAS = 2 * CHUNK


@pytest.fixture
async def scoring(cluster: Cluster, plant_database: str) -> AsyncGenerator[Database]:
    database = Database(cluster.near_url(plant_database, "cairn_scoring"), "scoring")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def api(
    cluster: Cluster, plant_database: str, notebook_settings: Settings, notebook_admin: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Api]:  # fmt: skip
    """Scoring with the jobs that rescore alone, and nothing but a commit that tells them of work."""

    async def looks_at_nothing(_: Lookout) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Lookout, "run", looks_at_nothing)
    for where in (models, scores):
        monkeypatch.setattr(where, "CHUNK", CHUNK)
    url = {"database_url": cluster.near_url(plant_database, "cairn_scoring"), "role": "both"}
    settings = notebook_settings.model_validate(notebook_settings.model_dump() | url)
    jobs = {name: job for name, job in SERVICE.jobs.items() if name in JOBS.values()}
    async with lifespan(create(replace(SERVICE, consumers={}, jobs=jobs), settings)) as app:
        made = await new_workspace({"scoring": app}, notebook_admin)
        yield made
        await made.close()


async def test_a_rescoring_begins_with_the_commit_that_asks_for_it(api: Api, scoring: Database) -> None:
    here = Workspace(scoring, api.workspace_id)
    ideas = [new_id() for _ in range(IDEAS)]
    await here.hear(*(event(here.id, each) for each in ideas for event in (idea, demand)))
    await here.hear(*(share(here.id, each, new_id()) for each in ideas))

    async def done(answer: Any) -> str:
        """The path of what was changed, once the change has reached every idea."""
        assert answer.status_code in (200, 201), answer.text
        rescoring = f"/v1/rescorings/{answer.json()['rescoring_id']}"

        async def finished() -> bool:
            shown = (await api.scoring.get(rescoring)).json()
            return (shown["state"], shown["done"]) == ("finished", IDEAS)

        await eventually(finished)
        return answer.json()["id"]

    # More than once: the first time the job may have been about to look by itself, as it does when it starts.
    model = await done(await api.scoring.post("/v1/models", json={"name": "RICE", "framework": "rice", "active": True}))
    for per_ask in (2, 3):
        changed = {"parameters": {"reach": {"measure": "contacts", "per_ask": per_ask}}}
        await done(await api.scoring.patch(f"/v1/models/{model}", json=changed))
    kinds = [{"kind": kind} for kind in ("flat", "account")]
    policy = await done(await api.scoring.post("/v1/demand-policies", json={"name": "P", "parameters": kinds[0]}))
    for parameters in reversed(kinds):
        await done(await api.scoring.patch(f"/v1/demand-policies/{policy}", json={"parameters": parameters}))


async def test_nobody_is_woken_by_what_is_not_committed(scoring: Database) -> None:
    woken: list[str] = []
    scoring.on_woken = woken.append

    async def gives_up() -> None:
        async with scoring.system() as tx:
            tx.wake("rescore")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await gives_up()
    async with scoring.system() as tx:
        await tx.value("select 1")
        tx.wake("rescore")
        tx.wake("rescore")
        assert woken == []
    assert woken == ["rescore"]
