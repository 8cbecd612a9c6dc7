"""A source sends a statement again with more in it: the newest state stands, whatever arrives when."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from services.feedback.customers.domain import Person
from services.feedback.inbox.domain import Recorded, Statement, record
from shared.database import Database
from shared.events.feedback import FeedbackReceived
from tests.builders import Api
from tests.feedback.given import TOLD, Databases, check_demand, new_idea

START = datetime(2026, 1, 1, tzinfo=UTC)


class Source:
    """A survey tool that sends one response over and over."""

    def __init__(self, feedback: Database, workspace_id: UUID) -> None:
        self.feedback = feedback
        self.workspace_id = workspace_id

    def state(self, at: int, text: str, person: str | None = "ada", ideas: tuple[str, ...] = ()) -> Statement:
        return Statement(
            workspace_id=self.workspace_id,
            source="delighted",
            text=text,
            said_at=START,
            linked_by="rule:test",
            external_id="r1",
            person=Person(self.workspace_id, None, person) if person else None,
            ideas=ideas,
            revised_at=START + timedelta(seconds=at),
            replaces=True,
            lenient=True,
        )

    async def send(self, *statements: Statement) -> list[str]:
        async with self.feedback.transaction({self.workspace_id}) as tx:
            results = await record(tx, statements)
            await check_demand(tx, self.workspace_id)
        return [result.status for result in results if isinstance(result, Recorded)]

    async def events(self) -> list[FeedbackReceived]:
        async with self.feedback.read({self.workspace_id}) as read:
            rows = await read.all(TOLD, self.workspace_id, FeedbackReceived.type)
        return [FeedbackReceived.model_validate_json(row["data"]) for row in rows]


@pytest.fixture
async def source(api: Api, database: Databases) -> Source:
    return Source(await database("feedback"), api.workspace_id)


async def only(api: Api) -> dict[str, object]:
    (shown,) = (await api.feedback.get("/v1/feedback")).json()["data"]
    return shown


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
@pytest.mark.parametrize("together", [True, False])
async def test_the_newest_state_stands(api: Api, source: Source, order: tuple[int, ...], together: bool) -> None:
    states = [source.state(at, f"state {at}") for at in order]
    if together:
        await source.send(*states)
    else:
        for state in states:
            await source.send(state)
    shown = await only(api)
    assert shown["text"] == "state 3"
    events = await source.events()
    assert [event.version for event in events] == list(range(1, len(events) + 1))
    assert shown["version"] == len(events)


async def test_the_later_of_two_at_one_time_stands(api: Api, source: Source) -> None:
    assert await source.send(source.state(1, "first"), source.state(1, "second")) == ["created", "updated"]
    assert await source.send(source.state(1, "third")) == ["updated"]
    assert (await only(api))["text"] == "third"


async def test_saying_the_same_again_is_no_news_but_makes_older_states_late(api: Api, source: Source) -> None:
    assert await source.send(source.state(1, "same")) == ["created"]
    assert await source.send(source.state(5, "same")) == ["duplicate"]
    assert await source.send(source.state(3, "late")) == ["duplicate"]
    shown = await only(api)
    assert (shown["text"], shown["version"]) == ("same", 1)
    assert len(await source.events()) == 1


async def test_somebody_else_said_it_after_all(api: Api, source: Source) -> None:
    idea = await new_idea(api, key="exports")
    await source.send(source.state(1, "slow", "ada", ("exports",)))
    assert await source.send(source.state(2, "slow", "ben")) == ["updated"]
    assert await source.send(source.state(3, "slow", None)) == ["duplicate"]
    (insight,) = (await api.feedback.get(f"/v1/insights?idea_id={idea['id']}")).json()["data"]
    contact = (await api.feedback.get(f"/v1/contacts/{insight['contact_id']}")).json()
    assert contact["external_id"] == "ben"
    assert (await source.events())[-1].contact_id == UUID(contact["id"])


async def test_it_speaks_for_more_than_before(api: Api, source: Source) -> None:
    await new_idea(api, key="one")
    await new_idea(api, key="two")
    await source.send(source.state(1, "slow", ideas=("one", "unknown")))
    await source.send(source.state(2, "slower", ideas=("two", "one")))
    await source.send(source.state(1, "late", ideas=("two",)))
    insights = (await api.feedback.get("/v1/insights")).json()["data"]
    assert len(insights) == 2
