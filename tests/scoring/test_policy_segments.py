"""A policy's table of segments, of accounts and of contacts: who counts by which, and what is said of it."""

from typing import Any
from uuid import UUID

from shared.ids import new_id
from tests.builders import Api
from tests.scoring.given import Workspace, account, segment, share
from tests.scoring.test_policies import FULL, got, policy, settled


def by(segment_id: UUID, selects: str) -> dict[str, str]:
    return {"segment_id": str(segment_id), "selects": selects}


async def test_whoever_asks_counts_by_the_first_segment_of_the_table(api: Api, here: Workspace) -> None:
    """Acme and Bolt are VIPs; an admin asks at Acme, a buyer at Bolt, nobody of the table at Core; five are of none.

    A dozen other accounts want something else.
    """
    asked, broad = await here.idea(title="Dark mode"), await here.idea(title="Exports")
    vip, admins, buyers = new_id(), new_id(), new_id()
    acme, bolt, core = new_id(), new_id(), new_id()
    await here.estimate(asked, **FULL)
    await here.hear(
        segment(here.id, vip, "accounts"), *(segment(here.id, each, "contacts") for each in (admins, buyers))
    )
    await here.hear(
        *(account(here.id, each, None, segments=[vip]) for each in (acme, bolt)),
        account(here.id, core, None),
        share(here.id, asked, acme, segments=[admins]),
        share(here.id, asked, bolt, segments=[buyers]),
        share(here.id, asked, core),
        share(here.id, asked, None, months={"2026-01": 2}, segments=[admins]),
        share(here.id, asked, None, months={"2026-01": 1}, segments=[buyers, admins]),
        share(here.id, asked, None, months={"2026-02": 1}, segments=[buyers]),
        share(here.id, asked, None, months={"2026-02": 1}),
        *(share(here.id, broad, new_id()) for _ in range(12)),
    )
    table = [
        {"segment_id": str(id), "weight": weight}
        for id, weight in ((admins, 5), (vip, 3), (buyers, 2))
    ]  # fmt: skip
    people = await policy(api, "People", kind="segment", segments=table, otherwise=1)
    strict = await policy(api, "Strict", kind="segment", segments=table)
    plain = await policy(api, "Accounts", kind="account")
    reach = {"policy_id": people["id"]}
    body = {"name": "RICE", "framework": "rice", "active": True, "parameters": {"reach": reach}}
    assert (await api.scoring.post("/v1/models", json=body)).status_code == 201
    await settled(here)

    shown = await got(api, f"/v1/demand-policies/{people['id']}/ideas/{asked}")
    assert (shown["weight"], shown["kept"]) == (27, 27)
    assert [
        (each["account_id"], each["segment"], each["weight"], each["contact_segment_ids"]) for each in shown["accounts"]
    ] == [
        (str(acme), by(admins, "contacts"), 5, [str(admins)]),
        (str(bolt), by(vip, "accounts"), 3, [str(buyers)]),
        (str(core), None, 1, []),
    ]
    without = shown["without_account"]
    assert [(each["last_asked"], each["segment"], each["contacts"], each["weight"]) for each in without] == [
        ("2026-01", by(admins, "contacts"), 3, 15),
        ("2026-02", by(buyers, "contacts"), 1, 2),
        ("2026-02", None, 1, 1),
    ]
    # Without a weight for the rest of them, those are named.
    refused = await got(api, f"/v1/demand-policies/{strict['id']}/ideas", state="not_weighed")
    unknown = {each["title"]: each["weighed"] for each in refused["data"]}["Dark mode"]
    assert (unknown["unknown"], unknown["unknown_contacts"]) == ([str(core)], 1)
    # Where a policy has no table, contacts without an account are told apart by the month alone.
    flat = await got(api, f"/v1/demand-policies/{plain['id']}/ideas/{asked}")
    told = [(each["last_asked"], each["segment"], each["contacts"], each["weight"]) for each in flat["without_account"]]
    assert told == [("2026-01", None, 3, 3), ("2026-02", None, 2, 2)]

    side = await got(api, "/v1/comparisons/demand-policies", policy_id=[people["id"], plain["id"]])
    assert [each["winner"] for each in side["policies"]] == [
        {"idea_id": str(asked), "title": "Dark mode", "weight": 27},
        {"idea_id": str(broad), "title": "Exports", "weight": 12},
    ]
    assert side["changes_winner"] is True

    async def score() -> dict[str, Any]:
        return (await got(api, f"/v1/scores/{asked}"))["scores"][0]

    before = await score()
    weighed = before["inputs"]["reach"]["demand"]["policy"]
    parts = [(each["account_id"], each["weight"], each.get("segment")) for each in weighed["accounts"]]
    assert parts == [
        (str(acme), 5, by(admins, "contacts")),
        (str(bolt), 3, by(vip, "accounts")),
        (str(core), 1, None),
    ]
    assert (before["value"], weighed["without_account"]) == (27, 18)

    # An admin asks at Bolt too, and one of those without an account is none any more.
    joined = share(here.id, asked, bolt, 2, segments=[buyers, admins])
    await here.hear(joined, share(here.id, asked, None, 2, months={"2026-01": 1}, segments=[admins]))
    await here.hear(share(here.id, asked, None, 2, months={"2026-01": 1, "2026-02": 1}))
    await settled(here)
    moved = await score()
    assert (moved["value"], moved["cause"]["kind"]) == (27 + 2 - 4, "demand")
