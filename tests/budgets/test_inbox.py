"""The inbox costs the same however much is in it: statements per action, rows read per list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic_core import from_json, to_json

from services.feedback.inbox.domain import Statement, record
from services.feedback.search.domain import WINDOW, Filter
from services.feedback.search.store import PAGES, Driver
from services.feedback.triage import store
from services.feedback.triage.domain import Wish, act
from shared.database import Database, Tx
from shared.ids import new_id
from shared.paging import FIRST, LAST
from tests.budgets.test_budgets import CROWD, said, statements
from tests.builders import Api
from tests.feedback.given import Databases, new_idea
from tests.feedback.needs.given import new_need

ROWS = 8_000
PERSON = PRODUCT = UUID("01900000-0000-7000-8000-0000000000aa")
# Most of it is done with: what is left to do stands at both ends and is a twentieth of the whole. A neighbour's is all
# new, so that the planner's idea of the table is no idea of this workspace. It has a person of its own, as everywhere:
# the index of what a person said leaves it to them to say whose workspace that is.
FILL = """
insert into feedback.feedback (id, workspace_id, source, external_id, text, said_at, product_id, contact_id, state)
select ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, w.id, 'api', n::text, 'words', now(), $4,
    case when w.id = $2 then $2 else $4 end,
    case when w.id = $2 or n % 20 = 0 then 'new' else (array['archived', 'linked', 'snoozed'])[1 + n % 3] end
from generate_series(1, $3::int) n cross join unnest(array[$1, $2]::uuid[]) as w (id)
"""
ASSIGN = """
insert into feedback.triage (workspace_id, feedback_id, assignee, changed_by)
select workspace_id, id, 'ada', 'test' from feedback.feedback where workspace_id = $1
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a plan: what it is, of which table, and how many rows it read, those that it left out among them."""

    kind: str
    table: str | None
    rows: float


def steps(plan: dict[str, Any]) -> Iterator[Step]:
    left_out = sum(plan.get(name, 0) for name in ("Rows Removed by Filter", "Rows Removed by Index Recheck"))
    yield Step(plan["Node Type"], plan.get("Relation Name"), (plan["Actual Rows"] + left_out) * plan["Actual Loops"])
    for each in plan.get("Plans", ()):
        yield from steps(each)


async def explained(tx: Tx, sql: str, *args: Any) -> list[Step]:
    return list(steps(from_json(await tx.value(f"explain (analyze, timing off, format json) {sql}", *args))[0]["Plan"]))


# One account with one contact, and one idea that everything speaks for; all of it indexed.
BESIDE = (
    "insert into feedback.accounts (id, workspace_id, external_id, name) values ($2, $1, 'acme', 'Acme')",
    "insert into feedback.contacts (id, workspace_id, account_id) values ($2, $1, $2)",
    "insert into feedback.ideas (id, workspace_id, key, title, kind) values ($2, $1, 'csv', 'CSV', 'feature')",
    """
insert into feedback.insights (id, workspace_id, feedback_id, idea_id, linked_by)
select id, workspace_id, id, $2, 'key:test' from feedback.feedback where workspace_id = $1
""",
    """
insert into feedback.similar_texts (id, workspace_id, kind, epoch, number)
select id, workspace_id, 'feedback', 1, row_number() over (order by id) from feedback.feedback
where workspace_id = $1 and $2::uuid is not null
""",
)


class Enough(Exception):
    """Everything is seen, and nothing of it is to stay."""


async def test_no_list_reads_more_than_its_window(api: Api, neighbour: Api, admin: Database) -> None:
    with pytest.raises(Enough):
        await look_at_all_lists(admin, api.workspace_id, neighbour.workspace_id)


async def look_at_all_lists(admin: Database, workspace_id: UUID, neighbour_id: UUID) -> None:
    listed: dict[Driver, tuple[Filter, Filter]] = {
        "any": (Filter(), Filter(source="nobody's")),
        "new": (Filter(state="new"), Filter(state="new", language="tlh")),
        "seen": (Filter(state="archived"), Filter(state="snoozed", source="nobody's")),
        "assignee": (Filter(assignee="ada"), Filter(assignee="ada", state="linked", source="nobody's")),
        "source": (Filter(source="api"), Filter(source="api", language="tlh")),
        "product": (Filter(product_id=PRODUCT), Filter(product_id=PRODUCT, unassigned=True)),
        "contact": (Filter(contact_id=PERSON), Filter(contact_id=PERSON, language="tlh")),
        "account": (Filter(account_id=PERSON), Filter(account_id=PERSON, language="tlh")),
        "ideas": (Filter(idea_ids=(PERSON,)), Filter(idea_ids=(PERSON,), source="nobody's")),
        "external": (Filter(external_id="1"), Filter(external_id="1", source="nobody's")),
        "words": (Filter(), Filter(source="nobody's", idea_ids=(PERSON,))),
    }
    async with admin.system(search_path="feedback") as tx:
        await tx.run(FILL, workspace_id, neighbour_id, ROWS, PERSON)
        await tx.run(ASSIGN, workspace_id)
        for sql in BESIDE:
            await tx.run(sql, workspace_id, PERSON)
        await tx.run(
            "analyze feedback.feedback, feedback.triage, feedback.insights, feedback.similar_texts, feedback.contacts"
        )
        for (driver, order, bare), sql in PAGES.items():
            # Whether an index gives the order is asked where sorting is dear: what else is in the tables must not
            # matter. What has one id elsewhere is looked up, and sorted.
            await tx.value("select set_config('enable_sort', $1, true)", "on" if driver == "external" else "off")
            ends = (LAST, FIRST) if order == "newest" else (FIRST, LAST)
            for window, wanted in zip((51, WINDOW // 10), listed[driver], strict=True):
                if bare != (wanted is listed[driver][0]) and driver != "words":
                    continue
                given = (list(range(7_000, 7_000 + window)), 1) if driver == "words" else ends
                ran = await explained(tx, sql, workspace_id, *given, window, 51, *wanted.arguments())
                # There are few contacts, so few that all may be read for each row.
                assert max(step.rows for step in ran if step.table != "contacts") <= window, (driver, order, ran)
        ran = await explained(tx, store.COUNTS, workspace_id, 100)
        assert max(step.rows for step in ran) <= 100, ran
        raise Enough


@pytest.mark.parametrize("crowd", [1, CROWD])
@pytest.mark.parametrize(
    ("wish", "most"),
    [
        (Wish("archive", note="no"), 3),
        (Wish("assign", assignee="ada"), 3),
        (Wish("link", idea="exports"), 9),
        (Wish("unlink", need="figures-out"), 10),
    ],
    ids=lambda each: each.deed if isinstance(each, Wish) else "",
)
async def test_actions(api: Api, database: Databases, crowd: int, wish: Wish, most: int) -> None:
    feedback = await database("feedback")
    await new_idea(api, key="exports")
    await new_need(api, key="figures-out")
    ids: list[UUID] = []

    async def store_some(tx: Tx) -> None:
        ids.extend(each.id for each in await record(tx, said(api, crowd)) if not isinstance(each, Exception))

    async def do(tx: Tx, deed: Wish = wish) -> None:
        await act(tx, api.workspace_id, "key:test", deed, ids)

    await statements(feedback, api.workspace_id, store_some)
    if wish.deed == "unlink":
        await statements(feedback, api.workspace_id, lambda tx: do(tx, Wish("link", need="figures-out")))
    ran = await statements(feedback, api.workspace_id, do)
    assert len(ran) <= most, ran


@pytest.mark.parametrize("crowd", [1, CROWD])
async def test_responses_that_rate_needs(api: Api, database: Databases, crowd: int) -> None:
    """What they cost beyond others: answers, needs, what was held, a lock, ratings, totals, events; 3 for surveys."""
    feedback = await database("feedback")
    await new_need(api, key="figures-out")
    answers = to_json([{"key": "q", "kind": "importance", "value": 5.0, "about": "figures-out"}]).decode()
    now = datetime.now(UTC)
    rating = [
        Statement(
            api.workspace_id,
            "api",
            "words",
            now,
            "rule:test",
            external_id=str(new_id()),
            answers=answers,
            replaces=True,
        )
        for _ in range(crowd)
    ]
    ran = await statements(feedback, api.workspace_id, lambda tx: record(tx, rating))
    assert len(ran) <= 3 + 7 + 3, ran
