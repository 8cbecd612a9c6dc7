"""PostgreSQL is the record: without the broker every API answers as before, and nothing is lost."""

from contextlib import AsyncExitStack

from services.feedback.app import create_app as create_feedback
from services.scoring.app import create_app as create_scoring
from shared.database import Database
from tests.builders import eventually, new_workspace
from tests.servers import Cluster, World, lifespan, running_nats


async def test_apis_answer_without_a_broker_and_what_they_took_arrives_later(
    cluster: Cluster, plant_database: str
) -> None:
    with running_nats() as nats:
        async with AsyncExitStack() as stack:
            world = World(cluster, plant_database, nats.url, {})
            apps = {
                "feedback": await stack.enter_async_context(lifespan(create_feedback(world.settings("feedback")))),
                "scoring": await stack.enter_async_context(lifespan(create_scoring(world.settings("scoring")))),
            }
            admin = Database(world.admin_url, "access")
            await admin.open()
            stack.push_async_callback(admin.close)
            api = await new_workspace(apps, admin)
            stack.push_async_callback(api.close)

            async def connected() -> bool:
                health = (await api.feedback.get("/readyz")).json()
                return health["checks"] == {"broker": "connected", "database": "connected"}

            await eventually(connected)
            nats.stop()

            async def away() -> bool:
                return (await api.feedback.get("/readyz")).json()["checks"]["broker"] == "away"

            await eventually(away)
            idea = await api.feedback.post("/v1/ideas", json={"title": "Offline", "key": "offline"})
            assert idea.status_code == 201
            for n in range(20):
                voted = await api.feedback.post(
                    "/v1/votes", json={"idea_id": "offline", "contact": {"email": f"{n}@example.com"}}
                )
                assert voted.status_code == 201
            said = await api.feedback.post("/v1/feedback", json={"text": "Works offline.", "ideas": ["offline"]})
            assert said.status_code == 201
            model = await api.scoring.post("/v1/models", json={"name": "RICE", "framework": "rice", "active": True})
            assert model.status_code == 201
            assert (await api.feedback.get("/v1/ideas")).json()["data"][0]["title"] == "Offline"
            assert (await api.feedback.get("/readyz")).status_code == 200
            assert (await api.scoring.get(f"/v1/scores/{idea.json()['id']}")).status_code == 404

            nats.restart()

            async def arrived() -> bool:
                scores = await api.scoring.get(f"/v1/scores/{idea.json()['id']}")
                return '"count":20' in scores.text.replace(" ", "")

            await eventually(arrived, within=20)
            async with admin.system() as tx:
                waiting = """
                select count(*) from feedback.outbox join feedback.events using (seq, occurred_at) where workspace_id = $1
                """

                async def outbox_is_empty() -> bool:
                    return await tx.value(waiting, api.workspace_id) == 0

                await eventually(outbox_is_empty)
