"""Raw deliveries go when they have been kept for as long as the workspace says; what was read from them stays."""

from datetime import UTC, datetime, timedelta

import pytest

from services.feedback.retention import domain
from tests.builders import Api
from tests.feedback.given import made, open_door, typeform
from tests.feedback.intake.conftest import Desk


async def swept(desk: Desk, days: float) -> None:
    """What the worker does in so many days."""
    async with desk.runtime.database.system() as tx:
        while await domain.sweep_some(tx, datetime.now(UTC) + timedelta(days=days), 2):
            pass


async def test_old_deliveries_lose_their_bytes_alone(desk: Desk) -> None:
    api, door = desk.api, await open_door(desk.api, rules={"idea": "idea"})
    for number in range(5):
        await door.deliver(typeform(f"r{number}", f"words {number}"))
    await door.deliver(b"no json")
    await desk.read()
    await door.deliver(typeform("late"))
    kept = await made(await api.feedback.put("/v1/retention", json={"deliveries_days": 30}), 200)
    assert (kept["deliveries_days"], kept["emptied"], kept["version"]) == (30, 0, 1)
    await swept(desk, 29)
    assert "erased" not in await desk.states()
    await swept(desk, 31)
    # One that nobody has read yet waits, however old.
    assert await desk.states() == ["erased"] * 6 + ["received"]
    assert (await api.feedback.get("/v1/retention")).json()["emptied"] == 6
    listed = (await api.feedback.get("/v1/deliveries?limit=200")).json()["data"]
    assert all(each["sha256"] and each["verdict"] == "verified" for each in listed)
    assert [each["bytes"] for each in listed[1:]] == [0] * 6
    assert sorted(await desk.said()) == [f"words {number}" for number in range(5)]
    health = (await api.feedback.get(f"/v1/connections/{door.id}/health")).json()
    assert (health["applied"], health["quarantined"]) == (0, 0)
    await desk.read()
    await swept(desk, 32.5)
    assert await desk.states() == ["erased"] * 7


async def test_kept_for_good_unless_somebody_says_otherwise(desk: Desk) -> None:
    door = await open_door(desk.api)
    await door.deliver(typeform("r1"))
    await desk.read()
    first = await desk.api.feedback.get("/v1/retention")
    assert first.json() == {"deliveries_days": None, "emptied": 0, "swept_at": None, "version": 0}
    await swept(desk, 4000)
    put = await desk.api.feedback.put(
        "/v1/retention", json={"deliveries_days": 7}, headers={"If-Match": first.headers["etag"]}
    )
    late = await desk.api.feedback.put("/v1/retention", json={"deliveries_days": 1}, headers={"If-Match": '"7"'})
    assert (put.status_code, late.status_code) == (200, 412)
    await made(await desk.api.feedback.put("/v1/retention", json={"deliveries_days": None}), 200)
    await swept(desk, 4000)
    assert await desk.states() == ["applied"]


@pytest.mark.parametrize("days", [0, -1, 1e9, "a week", 1.5])
async def test_a_time_that_is_none(api: Api, days: object) -> None:
    refused = await made(await api.feedback.put("/v1/retention", json={"deliveries_days": days}), 422)
    assert [error["pointer"] for error in refused["errors"]] == ["/body/deliveries_days"]
    missing = await made(await api.feedback.put("/v1/retention", json={}), 422)
    assert [error["pointer"] for error in missing["errors"]] == ["/body/deliveries_days"]
