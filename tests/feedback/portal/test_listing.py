"""Boards are listed, searched and compared with what a visitor writes; what is not seen has no part in it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from services.feedback.portal import domain
from services.feedback.portal.compared import Compared
from services.feedback.similar.domain import Among
from shared.ids import new_id
from tests.builders import Api
from tests.feedback.given import Databases, filled, made, new_idea, told_shares
from tests.feedback.portal.given import PUBLISHABLE, new_board, new_contact, place, token


async def test_ideas_are_listed_in_any_order_page_by_page(
    api: Api, database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against the same done by hand; most of the workspace's ideas stand elsewhere, and somebody votes in between."""
    board, page = await new_board(api), (await api.another(PUBLISHABLE)).feedback
    ada = await new_contact(api, "ada@example.com")
    visitor = await token(api, ada)
    await made(await api.feedback.post("/v1/products", json={"key": "web", "name": "Web"}))
    every: list[dict[str, Any]] = []
    for number in range(12):
        status = ("open", "planned", "shipped")[number % 3]
        idea = await new_idea(
            api,
            "Export export" if number == 4 else f"Export number {number}" if number % 2 else "Something else",
            **({"product": "web"} if number % 4 == 0 else {}),
        )
        if status != "open":
            await made(await api.feedback.patch(f"/v1/ideas/{idea['id']}", json={"status": status}), 200)
        voters = (number * 5) % 4
        for person in range(voters):
            contact = {"id": ada} if person == 2 else {"external_id": f"u{person}"}
            await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], "contact": contact})
        if number % 6 != 5:
            await place(api, board, idea["id"])
            every.append({**idea, "status": status, "votes": voters, "voted": voters > 2, "web": number % 4 == 0})

    # The order of votes follows them by a moment.
    await told_shares(await database("feedback"), api.workspace_id)

    async def listed(limit: int = 4, **asked: Any) -> list[str]:
        found: list[str] = []
        while True:
            answer = await page.get(f"/v1/boards/{board}/ideas", headers=visitor, params={"limit": limit, **asked})
            assert answer.status_code == 200, answer.text
            found += [each["id"] for each in answer.json()["data"]]
            if answer.json()["next_cursor"] is None:
                return found
            asked["cursor"] = answer.json()["next_cursor"]

    newest = sorted(every, key=lambda each: each["id"], reverse=True)
    # All of today, so that trends are votes; they differ in `test_votes`.
    top = sorted(every, key=lambda each: (each["votes"], each["id"]), reverse=True)
    queries: tuple[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]], ...] = (
        ({}, lambda each: True),
        ({"status": ["open", "shipped"]}, lambda each: each["status"] != "planned"),
        ({"product": "web", "status": "open"}, lambda each: each["web"] and each["status"] == "open"),
        ({"q": "expor"}, lambda each: "Export" in each["title"]),
        ({"q": "number -3 "}, lambda each: "number" in each["title"] and " 3" not in each["title"]),
        ({"voted": True}, lambda each: each["voted"]),
        ({"mine": True}, lambda each: False),
        ({"product": "secret"}, lambda each: False),
        ({"q": "the "}, lambda each: False),
    )
    for number, (asked, keep) in enumerate(queries):
        # The first three in all orders, the others each in one.
        orders = ("new", newest), ("votes", top), ("trending", top)
        for sort, order in orders if number < 3 else orders[number % 3 :][:1]:
            assert await listed(sort=sort, **asked) == [each["id"] for each in order if keep(each)], (asked, sort)
    ranked = await listed(q="export")
    assert ranked[0] == next(each["id"] for each in every if each["title"] == "Export export")
    assert set(ranked) == set(await listed(q="export", sort="new"))
    typed = {q: await listed(q=q) for q in ("exp", "number exp", "some", "-export num", "export number ")}
    monkeypatch.setattr(domain, "FEW", 0)
    for enough, at_most in ((len(typed["exp"]), domain.NEWEST), (domain.RANKED, domain.NEWEST), (domain.RANKED, 1)):
        monkeypatch.setattr(domain, "RANKED", enough)
        monkeypatch.setattr(domain, "NEWEST", at_most)
        assert {q: await listed(q=q) for q in typed} == typed, "however they are looked for"
    monkeypatch.setattr(domain, "MIDDLING", 0)
    assert {q: await listed(q=q) for q in typed} == typed, "nor looked for"
    assert await listed(2, follows=True) == await listed(2, voted=True)
    for wrong, pointer in (({"sort": "relevance"}, "sort"), ({"sort": "votes", "cursor": "WyJhIl0"}, "cursor")):
        refused = await made(await page.get(f"/v1/boards/{board}/ideas", params=wrong), 422)
        assert refused["errors"][0]["pointer"] == f"/query/{pointer}"


async def test_what_a_visitor_writes_is_compared_with_what_they_see(api: Api, database: Databases) -> None:
    """The order is that of the visible alone: how rare a word is among hidden ideas changes nothing."""
    board, page = await new_board(api), (await api.another(PUBLISHABLE)).feedback
    titles = ("Export invoices as PDF", "Dark mode", "Invoices by mail", "Archive of reports")
    ideas = {title: (await new_idea(api, title, description="Please."))["id"] for title in titles}
    for id in ideas.values():
        await place(api, board, id)
    # Seen here, `invoices` is common and `dark` is rare; in the workspace it is the other way round.
    for number in range(6):
        await new_idea(api, f"Dark theme of secret plan {number}")
    await filled(api, await database("feedback"), 10)
    path = f"/v1/boards/{board}/similar"

    async def alike(title: str, description: str = "", **asked: Any) -> list[str]:
        body = {"title": title, "description": description}
        answer = await made(await page.post(path, json=body, params=asked), 200)
        return [each["title"] for each in answer["data"]]

    assert await alike("pdf of an invoice") == ["Export invoices as PDF", "Invoices by mail"]
    assert await alike("dark invoices") == ["Dark mode", "Invoices by mail", "Export invoices as PDF"]
    assert await alike("dark invoices", limit=1) == ["Dark mode"]
    assert await alike("secret plan") == []
    assert await alike("the", "of and") == []
    # Off the board at once, though which texts are compared is remembered.
    assert (await api.feedback.delete(f"/v1/boards/{board}/placements/{ideas['Dark mode']}")).status_code == 204
    assert await alike("dark invoices") == ["Invoices by mail", "Export invoices as PDF"]
    for body, pointer in (({"title": " "}, "title"), ({"title": "x", "description": "x" * 2_001}, "description")):
        assert (await made(await page.post(path, json=body), 422))["errors"][0]["pointer"] == f"/body/{pointer}"
    await new_board(api, "closed", visibility="private")
    assert (await page.post("/v1/boards/closed/similar", json={"title": "dark"})).status_code == 404
    # On a one-way board everybody is told of their own only.
    inbox = await new_board(api, "inbox", visibility="one_way")
    await place(api, inbox, ideas["Invoices by mail"])
    own = await page.post("/v1/boards/inbox/similar", json={"title": "invoices"})
    assert own.json()["data"] == []


def test_what_is_compared_is_remembered_within_bounds() -> None:
    boards = [new_id() for _ in range(3)]
    compared = Compared(most=10)
    for board, size in zip(boards, (4, 5, 3), strict=True):
        compared.put(board, Among(1, np.arange(size)))
    assert [compared.get(board) is not None for board in boards] == [False, True, True]
    compared.put(boards[1], Among(1, np.arange(7)))
    assert compared.get(boards[2]) is not None
    compared.put(boards[0], Among(1, np.arange(100)))
    assert [compared.get(board) is not None for board in boards] == [True, False, False], "the last one always"
    forgetful = Compared(seconds=0)
    forgetful.put(boards[0], Among(1, np.arange(4)))
    assert forgetful.get(boards[0]) is None
