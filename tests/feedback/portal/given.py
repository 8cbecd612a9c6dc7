"""Boards and visitors, made over HTTP."""

from typing import Any

from tests.builders import Api
from tests.feedback.given import made

PUBLISHABLE = frozenset({"boards:read", "boards:submit"})


async def new_board(api: Api, key: str = "requests", **others: Any) -> str:
    """A public board, unless it is said otherwise; its key."""
    body = {"key": key, "name": "Requests", "visibility": "public", **others}
    return (await made(await api.feedback.post("/v1/boards", json=body)))["key"]


async def place(api: Api, board: str, idea_id: str) -> None:
    """Put an idea on a board."""
    response = await api.feedback.put(f"/v1/boards/{board}/placements/{idea_id}")
    assert response.status_code == 204, response.text


async def new_contact(api: Api, email: str, **others: Any) -> str:
    """A contact's id."""
    return (await made(await api.feedback.post("/v1/contacts", json={"email": email, **others}), 200))["id"]


async def token(api: Api, contact_id: str) -> dict[str, str]:
    """Headers that say who a visitor is, as the team's server hands them to a browser."""
    answer = await made(await api.feedback.post("/v1/visitors", json={"contact": {"id": contact_id}}))
    return {"Cairn-Visitor": answer["token"]}


async def decide(api: Api, decision: str, *subjects: str) -> None:
    """Decide on what contacts brought, by the ids of the comments and submissions."""
    entries: set[str] = set()
    for state in ("pending", "shown", "rejected", "spam"):
        if len(entries) < len(subjects):
            listed = await api.feedback.get("/v1/moderation", params={"state": state, "limit": 200})
            entries |= {each["id"] for each in listed.json()["data"] if each["subject_id"] in subjects}
    assert len(entries) == len(subjects)
    body = {"entry_ids": list(entries), "decision": decision, "reason": "tried"}
    await made(await api.feedback.post("/v1/moderation/decisions", json=body), 200)
