"""What the tests of feedback are written with: its domain without HTTP, and demand counted from scratch."""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from httpx2 import AsyncClient, Response

from services.feedback.customers.domain import Person
from services.feedback.inbox.domain import Statement
from services.feedback.intake.adapters import ADAPTERS
from services.feedback.intake.signatures import SCHEMES, sign
from services.feedback.shares import domain as shares
from services.feedback.similar import worker
from shared.access.keys import SCOPES, Caller
from shared.database import Database, Read
from shared.events.base import Delivered
from shared.events.feedback import DemandChanged, ShareChanged
from shared.events.roadmap import ItemChanged, ItemStatus
from shared.ids import new_id
from tests.builders import Api, eventually

Databases = Callable[[str], Awaitable[Database]]
SAID_AT = datetime(2026, 1, 1, tzinfo=UTC)

# From votes and insights alone, by no statement of the product's.
RECOUNTED = """
with asks as (
    select idea_id, contact_id from votes where workspace_id = $1
    union all select idea_id, contact_id from insights where workspace_id = $1 and idea_id is not null
), people as (
    select distinct a.idea_id, a.contact_id, c.account_id from asks a join contacts c on c.id = a.contact_id
), firms as (
    select distinct p.idea_id, p.account_id, f.mrr from people p join accounts f on f.id = p.account_id
)
select i.id as idea_id,
    (select count(*) from votes v where v.idea_id = i.id) as votes,
    (select count(*) from insights n where n.idea_id = i.id) as insights,
    (select count(*) from people p where p.idea_id = i.id) as contacts,
    (select count(*) from firms f where f.idea_id = i.id) as accounts,
    (select coalesce(sum(f.mrr), 0)::bigint from firms f where f.idea_id = i.id) as mrr
from ideas i where i.workspace_id = $1
"""
KEPT = "select idea_id, votes, insights, contacts, accounts, mrr from demand where workspace_id = $1"
BEHIND = "select idea_id, contact_id, asks from idea_contacts where workspace_id = $1"
BEHIND_RECOUNTED = """
select idea_id, contact_id, count(*)::int as asks from (
    select idea_id, contact_id from votes where workspace_id = $1
    union all select idea_id, contact_id from insights
        where workspace_id = $1 and contact_id is not null and idea_id is not null
) as asks group by idea_id, contact_id
"""
FIRMS = "select idea_id, account_id, contacts from idea_accounts where workspace_id = $1"
FIRMS_RECOUNTED = """
select b.idea_id, c.account_id, count(*)::int as contacts from idea_contacts b join contacts c on c.id = b.contact_id
where b.workspace_id = $1 and c.account_id is not null group by b.idea_id, c.account_id
"""
INDEXED = "select id from feedback.similar_texts where workspace_id = $1"
TOLD = "select data::text as data from events where workspace_id = $1 and type = $2 order by seq"


async def check_demand(read: Read, workspace_id: UUID) -> None:
    """What is kept of demand is what votes and insights say, on each level."""
    for kept, recounted in ((KEPT, RECOUNTED), (BEHIND, BEHIND_RECOUNTED), (FIRMS, FIRMS_RECOUNTED)):
        different = f"(({kept}) except ({recounted})) union all (({recounted}) except ({kept}))"
        assert await read.all(different, workspace_id) == []
    heats = {row["idea_id"]: 0 for row in await read.all(KEPT, workspace_id)}
    for row in await read.all("select idea_id, created_at from votes where workspace_id = $1", workspace_id):
        days = (row["created_at"].date() - date(2020, 1, 1)).days
        heats[row["idea_id"]] += round(2 ** (20 + days % 14 / 14)) << days // 14
    kept = await read.all("select idea_id, heat from demand where workspace_id = $1", workspace_id)
    assert {row["idea_id"]: row["heat"] for row in kept} == heats


async def check_events(read: Read, workspace_id: UUID) -> None:
    """In the order of their sequence the versions of each idea's demand rise, and the last says what is kept."""
    last: dict[UUID, DemandChanged] = {}
    for row in await read.all(TOLD, workspace_id, DemandChanged.type):
        event = DemandChanged.model_validate_json(row["data"])
        assert event.idea_id not in last or last[event.idea_id].version < event.version
        last[event.idea_id] = event
    kept = await read.all("select * from demand where workspace_id = $1 and version > 0", workspace_id)
    assert {row["idea_id"]: DemandChanged(**row) for row in kept} == last


# Every ask with the idea where it counts and the account of who asks, by no statement of the product's.
EVERY_ASK = """
select i.root as idea_id, c.account_id, c.id as contact_id, a.at, a.importance, a.mrr, a.vote_id, a.feedback_id,
    (select coalesce(array_agg(m.segment_id::text), '{}') from segment_members m where m.member_id = c.id) as segments
from (
    select idea_id, contact_id, created_at as at, importance, mrr, id as vote_id, null::uuid as feedback_id from votes
    where workspace_id = $1
    union all
    select n.idea_id, n.contact_id, f.said_at, null, null, null, f.id
    from insights n join feedback f on f.workspace_id = n.workspace_id and f.id = n.feedback_id
    where n.workspace_id = $1 and n.idea_id is not null
) as a join ideas i on i.id = a.idea_id join contacts c on c.id = a.contact_id
"""
STILL_TO_TELL = """
select exists(select from share_marks where workspace_id = $1)
    or exists(select from account_marks where workspace_id = $1)
    or exists(select from member_marks where workspace_id = $1)
"""
Whose = tuple[UUID, UUID | None, frozenset[str]]
"""An idea and an account; without one, the segments too."""
Behind = dict[Whose, dict[str, Any]]


async def told_shares(database: Database, workspace_id: UUID) -> Behind:
    """Who is behind which idea, as the events say once everything has been told; versions rise, and each tells news."""

    async def all_told() -> bool:
        async with database.system() as tx:
            await shares.tell_some(tx, 10_000)
            return not await tx.value(STILL_TO_TELL, workspace_id)

    await eventually(all_told)
    last: dict[UUID, ShareChanged] = {}
    async with database.read({workspace_id}) as read:
        for row in await read.all(TOLD, workspace_id, ShareChanged.type):
            event = ShareChanged.model_validate_json(row["data"])
            held = last.get(event.share_id)
            assert event.version == (1 if held is None else held.version + 1)
            assert held is None or held.model_dump(exclude={"version"}) != event.model_dump(exclude={"version"})
            last[event.share_id] = event
    kept = {"contacts", "votes", "insights", "nice", "important", "critical", "asked", "segment_ids"}
    behind = [event for event in last.values() if event.contacts]
    told = {
        _behind(event.idea_id, event.account_id, map(str, event.segment_ids)): event.model_dump(
            mode="json", include=kept
        )
        for event in behind
    }
    assert len(told) == len(behind)
    return told


def _behind(
    idea_id: UUID, account_id: UUID | None, segments: Iterable[str]
) -> tuple[UUID, UUID | None, frozenset[str]]:
    return idea_id, account_id, frozenset(segments if account_id is None else ())


async def check_shares(database: Database, workspace_id: UUID) -> None:
    """What is told of who is behind ideas is what votes and insights say."""
    told = await told_shares(database, workspace_id)
    people: dict[Whose, dict[UUID, list[Any]]] = {}
    async with database.read({workspace_id}) as read:
        for row in await read.all(EVERY_ASK, workspace_id):
            asked = people.setdefault(_behind(row["idea_id"], row["account_id"], row["segments"]), {})
            asked.setdefault(row["contact_id"], []).append(row)
    assert told == {pair: _counted(list(asks.values())) for pair, asks in people.items()}


def _counted(people: Sequence[Sequence[Any]]) -> dict[str, Any]:
    votes = [
        max(cast, key=lambda ask: ask["vote_id"]) for asks in people if (cast := [a for a in asks if a["vote_id"]])
    ]
    said = [ask["importance"] for ask in votes]
    months = [f"{max(ask['at'] for ask in asks):%Y-%m}" for asks in people]
    return {
        "contacts": len(people),
        "votes": len(votes),
        "insights": sum(len({ask["feedback_id"] for ask in asks} - {None}) for asks in people),
        "nice": said.count("nice"),
        "important": said.count("important"),
        "critical": said.count("critical"),
        "asked": [{"month": month, "contacts": months.count(month)} for month in sorted(set(months))],
        "segment_ids": sorted({each for asks in people for each in asks[0]["segments"]}),
    }


def caller(workspace_id: UUID) -> Caller:
    """Somebody with a key of that workspace."""
    return Caller(new_id(), workspace_id, "test", SCOPES, 1_000, "USD")


def told(event: ItemChanged, traceparent: str = "") -> Delivered[ItemChanged]:
    """An event as a consumer meets it."""
    return Delivered(id=new_id(), event=event, time=datetime.now(UTC), traceparent=traceparent, seq=1)


def item(
    workspace_id: UUID, item_id: UUID, ideas: Sequence[UUID], status: ItemStatus, version: int = 1
) -> Delivered[ItemChanged]:
    """A roadmap item as roadmap tells of it."""
    shipped_at = datetime.now(UTC) if status == "shipped" else None
    return told(
        ItemChanged(
            workspace_id=workspace_id,
            item_id=item_id,
            idea_ids=list(ideas),
            title="Exports",
            status=status,
            version=version,
            shipped_at=shipped_at,
        )
    )


async def made(response: Response, status: int = 201) -> Any:
    """The JSON of an answer that must have this status."""
    assert response.status_code == status, response.text
    return response.json()


async def new_idea(api: Api, title: str = "Export as CSV", **others: Any) -> Any:
    """An idea, made over HTTP by somebody who does not ask what it is like."""
    answer = await api.feedback.post("/v1/ideas", json={"title": title, **others}, params={"similar": 0})
    return {name: value for name, value in (await made(answer)).items() if name != "similar"}


async def filled(api: Api, database: Database, count: int) -> None:
    """Everything that was written is in the index: it is filled here, unless the service's own job is at it."""

    async def all_in() -> bool:
        while await worker.fill_some(database):
            pass
        async with api.admin.system() as tx:
            waiting = await tx.value(
                "select count(*) from feedback.similar_changes where workspace_id = $1", api.workspace_id
            )
            return not waiting and len(await tx.all(INDEXED, api.workspace_id)) == count

    await eventually(all_in)


async def demand_of(api: Api, idea_id: str) -> dict[str, Any]:
    """Totals of an idea as they are shown, without what only explains them."""
    shown = (await api.feedback.get(f"/v1/ideas/{idea_id}/demand")).json()
    return {name: shown[name] for name in ("votes", "insights", "contacts", "accounts", "mrr")}


def response(
    workspace_id: UUID, name: str, said_at: datetime, answers: Sequence[dict[str, Any]], who: str | None = None
) -> Statement:
    """A survey's response, as its delivery is read: each answer needs its `kind` and `value`."""
    told: list[dict[str, Any]] = [
        {"key": f"q{number}", "label": None, "choice_ids": []} | each for number, each in enumerate(answers)
    ]
    return Statement(
        workspace_id=workspace_id,
        source="survey",
        text="",
        said_at=said_at,
        linked_by="rule:test",
        external_id=name,
        person=Person(workspace_id, external_id=who) if who else None,
        answers=json.dumps(told),
        replaces=True,
    )


@dataclass(frozen=True, slots=True)
class Door:
    """A connection as its vendor knows it: where to deliver, and how to sign."""

    client: AsyncClient
    vendor: str
    id: str
    url: str
    secret: str
    shown: dict[str, Any] = field(repr=False)

    @property
    def path(self) -> str:
        return "/v1/hooks/" + self.url.rpartition("/")[2]

    def signed(self, body: bytes, *, message_id: str = "msg-1") -> dict[str, str]:
        """The headers that the vendor would send with these bytes, now."""
        scheme = SCHEMES[ADAPTERS[self.vendor].scheme]
        return sign(scheme, self.secret, body, now=datetime.now(UTC).timestamp(), message_id=message_id)

    async def deliver(self, payload: Any, *, message_id: str = "msg-1", **headers: str) -> Response:
        """Deliver JSON (or raw bytes), signed."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return await self.client.post(
            self.path, content=body, headers={**self.signed(body, message_id=message_id), **headers}
        )


async def open_door(api: Api, vendor: str = "typeform", **others: Any) -> Door:
    """A new connection."""
    body = {"vendor": vendor, "name": "Survey", **others}
    shown = await made(await api.feedback.post("/v1/connections", json=body))
    return Door(api.anonymous.feedback, vendor, shown["id"], shown["url"], shown["secret"], shown)


def typeform(token: str, text: str = "Exports are slow.", **hidden: str) -> dict[str, Any]:
    """A response in Typeform's shape; its hidden fields are for the rules to read."""
    asked = {"id": "f1", "type": "long_text", "ref": "why"}
    return {
        "event_id": f"event-{token}",
        "event_type": "form_response",
        "form_response": {
            "form_id": "form",
            "token": token,
            "submitted_at": "2026-05-01T10:00:00Z",
            "hidden": hidden,
            "definition": {"id": "form", "title": "Survey", "fields": [asked]},
            "answers": [{"type": "text", "text": text, "field": asked}],
        },
    }


def delighted(key: str, *, updated_at: int, comment: str | None = None, kind: str = "updated", email: str = "") -> Any:
    """A response in Delighted's shape, at some state of its life (unix seconds)."""
    return {
        "event_type": f"survey_response.{kind}",
        "event_id": f"{key}-{updated_at}-{kind}",
        "event_data": {
            "id": key,
            "survey_type": "nps",
            "score": 9,
            "comment": comment,
            "permalink": "https://app.delighted.com/r/1",
            "created_at": 1_700_000_000,
            "updated_at": updated_at,
            "person": {"id": "p1", "email": email or f"{key}@example.com", "name": "Ada"},
            "person_properties": None,
        },
    }
