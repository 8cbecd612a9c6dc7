"""Many contacts at once, found by name, and what their accounts paid when."""

from tests.builders import Api
from tests.feedback.given import made


async def test_many_contacts(api: Api) -> None:
    ada = {"external_id": "u1", "email": "ada@example.com", "name": "Ada", "account": "acme", "attributes": {"a": 1}}
    first = await api.feedback.post("/v1/contacts/bulk", json={"contacts": [ada, {"email": "ben@example.com"}]})
    known, ben = (await made(first, 200))["data"]
    assert (known["name"], known["attributes"], ben["external_id"]) == ("Ada", {"a": 1}, None)
    changes = [{"email": "ben@example.com", "external_id": "u2"}, {"external_id": "u1", "name": "Countess",
               "email": "new@example.com", "account": "bolt", "attributes": {"b": 2}}]  # fmt: skip
    second, changed = (await made(await api.feedback.post("/v1/contacts/bulk", json={"contacts": changes}), 200))[
        "data"
    ]
    assert (second["id"], second["external_id"]) == (ben["id"], "u2")
    assert (changed["id"], changed["name"], changed["email"]) == (known["id"], "Countess", "new@example.com")
    assert changed["attributes"] == {"a": 1, "b": 2}
    assert changed["account_id"] != known["account_id"]
    for refused, status, pointer in (
        ([{"external_id": "u1"}, {"email": "new@example.com"}], 422, "/body/contacts/1"),
        ([{"external_id": "u3"}, {"external_id": "u1", "email": "ben@example.com"}], 409, "/body/contacts/1/email"),
        ([{"name": "Nobody"}], 422, "/body/contacts/0"),
    ):
        answer = await api.feedback.post("/v1/contacts/bulk", json={"contacts": refused})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)
    listed = (await api.feedback.get("/v1/contacts")).json()["data"]
    assert len(listed) == 2, "all or none"
    for query in (
        "email=NEW@example.com",
        "external_id=u1",
        f"email=new@example.com&account_id={changed['account_id']}",
    ):
        (found,) = (await api.feedback.get(f"/v1/contacts?{query}")).json()["data"]
        assert found["id"] == known["id"]
    for query in ("email=ada@example.com", f"external_id=u1&account_id={known['account_id']}"):
        assert (await api.feedback.get(f"/v1/contacts?{query}")).json()["data"] == []


async def test_what_an_account_paid_when(api: Api) -> None:
    terms = [{"mrr": 5}, {"mrr": 5, "name": "Acme"}, {"plan": "pro"}, {"mrr": 0}, {"attributes": {"a": 1}}, {"mrr": 0}]
    for each in terms:
        body = {"accounts": [{"external_id": "acme", **each}]}
        await made(await api.feedback.post("/v1/accounts", json=body), 200)
    (account,) = (await api.feedback.get("/v1/accounts")).json()["data"]
    path = f"/v1/accounts/{account['id']}/history"
    rows = (await api.feedback.get(path)).json()["data"]
    assert [(each["mrr"], each["plan"]) for each in rows] == [(0, "pro"), (5, "pro"), (5, None)]
    first = (await api.feedback.get(f"{path}?limit=2")).json()
    rest = (await api.feedback.get(f"{path}?limit=2&cursor={first['next_cursor']}")).json()
    assert [*first["data"], *rest["data"]] == rows
    (then,) = (await api.feedback.get(path, params={"as_of": rows[1]["since"]})).json()["data"]
    assert then == rows[1]
    assert (await api.feedback.get(path, params={"as_of": "2020-01-01T00:00:00Z"})).json()["data"] == []
