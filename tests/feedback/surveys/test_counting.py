"""Whatever is answered, resent and reassigned: each respondent counts once in a period, with the last answer."""

import asyncio
import random
import runpy
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from services.feedback.ideas import domain as ideas
from services.feedback.inbox import domain as inbox
from services.feedback.subjects import domain as subjects
from services.feedback.surveys import domain as surveys
from services.feedback.surveys import worker
from services.feedback.surveys.domain import Asked
from shared.database import Database
from shared.events.feedback import KanoChanged
from shared.ids import new_id
from tests.depth import examples
from tests.feedback.given import Databases, caller, response

MIGRATIONS = Path(__file__).parents[3] / "services" / "feedback" / "migrations"
ROWS = "select * from survey_answers where workspace_id = $1 order by feedback_id, position"
CELLS = """
select * from survey_cells where workspace_id = $1 order by measure, grain, said_on, gone_on, value
"""
SUBJECT = """
insert into subjects (workspace_id, about, ratings, importance, satisfaction, kano, kano_version)
values ($1, $2, 0, '{}', '{}', $3, 3)
"""
KANO_TOLD = """
select data::text as data from events where workspace_id = $1 and type = 'feedback.kano.changed.v1' order by seq
"""
FIRST = datetime(2026, 1, 20, 12, tzinfo=UTC)
UNITED_BY: tuple[surveys.By | None, ...] = (None, "month", "segment", "plan", "source", "about")
FEATURES = ("export", "import")
GROUP_OF_ALL: dict[str | None, str] = {"source": "survey", "about": "export"}
"""The one group that answers to what is one are in, by how they are grouped."""
WORDS = ("like", "expect", "neutral", "tolerate", "dislike")
ANSWERS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"kind": st.just("nps"), "value": st.integers(0, 10)}),
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["csat", "importance"]),
                "value": st.integers(1, 5),
                "about": st.sampled_from(["export", "import", ""]),
                "scale": st.just([1, 5]),
            }
        ),
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["kano_functional", "kano_dysfunctional"]),
                "value": st.sampled_from(WORDS),
                "about": st.sampled_from(["export", "import"]),
            }
        ),
        st.fixed_dictionaries({"kind": st.just("text"), "value": st.just('a "kind":"nps" word')}),
    ),
    max_size=4,
)
RESPONSES = st.lists(
    st.tuples(
        st.integers(0, 5),  # which response: the same one again is resent
        st.integers(0, 60),  # days after the first
        st.sampled_from(["ada", "ben", None]),
        ANSWERS,
    ),
    min_size=3,
    max_size=12,
)


class Counted(NamedTuple):
    """An answer as it should be counted."""

    measure: str
    about: str
    respondent: str
    said_at: datetime
    place: tuple[UUID, int]
    value: Any


def measured(id: UUID, said_at: datetime, who: str | None, answers: list[dict[str, Any]]) -> Iterable[Counted]:
    """The answers in a response that count, by no statement of the product's."""
    for position, each in enumerate(answers, start=1):
        kind, about = each["kind"], each.get("about", "")
        if kind in {"nps", "csat", "importance"}:
            yield Counted(kind, about, who or str(id), said_at, (id, position), each["value"])
    for about in ("export", "import"):
        halves = {
            kind: next(
                ((n, a["value"]) for n, a in enumerate(answers, 1) if a["kind"] == kind and a["about"] == about), None
            )
            for kind in ("kano_functional", "kano_dysfunctional")
        }
        with_it, without = halves["kano_functional"], halves["kano_dysfunctional"]
        if with_it and without:
            yield Counted(
                "kano", about, who or str(id), said_at, (id, with_it[0]),
                (WORDS.index(with_it[1]) + 1, WORDS.index(without[1]) + 1),
            )  # fmt: skip


def recount(found: Iterable[Counted], start: datetime, end: datetime) -> Counter[tuple[str, Any]]:
    last: dict[tuple[str, str, str], Counted] = {}
    for each in sorted(found, key=lambda each: (each.said_at, each.place)):
        if start <= each.said_at < end:
            last[(each.measure, each.about, each.respondent)] = each
    return Counter((each.measure, each.value) for each in last.values())


def counted(groups: surveys.Groups) -> Counter[tuple[str | None, float]]:
    """How often each value was given in each group, whatever the measure."""
    found: Counter[tuple[str | None, float]] = Counter()
    for place, cells in groups.items():
        for cell in cells:
            found[(place.key, cell.value)] += cell.n
    return found


async def said(database: Database, workspace_id: UUID, responses: list[Any]) -> list[Counted]:
    """Record responses one by one, and what of them should count in the end."""
    held: dict[int, tuple[UUID, datetime, str | None, list[dict[str, Any]]]] = {}
    for name, days, who, answers in responses:
        at = FIRST + timedelta(days=days)
        # A resent response keeps its moment, and its person where it names none this time.
        stands = held.get(name)
        async with database.transaction({workspace_id}) as tx:
            statement = response(workspace_id, str(name), stands[1] if stands else at, answers, who)
            (recorded,) = await inbox.record(tx, [statement])
        assert not isinstance(recorded, Exception)
        held[name] = recorded.id, stands[1] if stands else at, who or (stands[2] if stands else None), answers
    return [each for entry in held.values() for each in measured(*entry)]


def happy(about: str, value: int) -> list[dict[str, Any]]:
    return [{"kind": "csat", "value": value, "about": about, "scale": [1, 5]}]


@examples(12)
@given(RESPONSES, st.integers(0, 40), st.integers(1, 60))
@example(
    [(0, 1, "ada", happy("export", 5)), (1, 20, "ada", happy("import", 2)), (2, 3, "ben", happy("import", 4))], 0, 60
)
async def test_each_counts_once_with_the_last_answer(
    database: Databases, responses: list[Any], begin: int, length: int
) -> None:
    feedback, workspace_id = await database("feedback"), new_id()
    answers = await said(feedback, workspace_id, responses)
    # What was folded by now and what was not count alike; the service's own job may be at it as well.
    await worker.fold_some(feedback, begin)
    start = FIRST.replace(hour=0) + timedelta(days=begin)
    asked = Asked(workspace_id, start, start + timedelta(days=length))
    async with feedback.read({workspace_id}) as read:
        found = await surveys.count(read, asked, ("nps",), None)
        by_month = await surveys.count(read, asked, ("nps", "csat", "importance"), "month")
        by_week = await surveys.count(read, asked, ("nps", "csat", "importance"), "week")
        by_about = await surveys.count(read, asked, ("csat",), "about")
        by_segment = await surveys.count(read, asked, ("nps",), "segment")
        one = asked._replace(about=FEATURES)
        united = {by: await surveys.count(read, one, ("csat", "importance"), by) for by in UNITED_BY}
        features = [surveys.Subject("export"), surveys.Subject("import")]
        kano = await surveys.about_subjects(read, asked, ("kano",), features, by_segment=False)
        listed = await subjects.list_subjects(read, workspace_id, ("kano", "importance"), "", 10)
    expected = recount(answers, asked.start, asked.end)
    assert {cell.value: cell.n for cells in found.values() for cell in cells} == {
        value: n for (measure, value), n in expected.items() if measure == "nps"
    }
    assert by_segment == found, "nobody is in a segment: read one by one, they are as many"
    days = [asked.start + timedelta(days=day) for day in range(length)]
    for found_by, spelled in ((by_month, "%Y-%m"), (by_week, "%G-W%V")):
        periods: Counter[tuple[str | None, float]] = Counter()
        for key, within in groupby(days, lambda day, spelled=spelled: day.strftime(spelled)):
            first, *_, last = [*within] * 2
            for (measure, value), n in recount(answers, first, last + timedelta(days=1)).items():
                if measure != "kano":
                    periods[(key, value)] += n
        assert counted(found_by) == periods
    assert sum(cell.n for cells in by_about.values() for cell in cells) == sum(
        n for (measure, _), n in expected.items() if measure == "csat"
    )
    # Both names are one thing: who answered about both counts once, in the whole and in each month.
    both = [each._replace(about="export") for each in answers if each.about in FEATURES and each.measure != "kano"]
    for by, groups in united.items():
        parts = groupby(days, lambda day, by=by: day.strftime("%Y-%m") if by == "month" else GROUP_OF_ALL.get(by))
        wanted = Counter[tuple[str | None, Any]]()
        for key, within in parts:
            first, *_, last = [*within] * 2
            for (_, value), n in recount(both, first, last + timedelta(days=1)).items():
                wanted[(key, value)] += n
        assert wanted == counted(groups), by
    pairs = {
        (subject.name, (int(cell.value), cell.without)): cell.n
        for subject, _, cells in kano
        for cell in cells.get("kano", ())
    }
    for name in ("export", "import"):
        only = recount((each for each in answers if each.about == name), asked.start, asked.end)
        wanted = {(name, value): n for (measure, value), n in only.items() if measure == "kano"}
        assert {pair: n for pair, n in pairs.items() if pair[0] == name} == wanted
    assert [each.name for each in listed] == sorted(
        {each.about for each in answers if each.measure in {"kano", "importance"} and each.about}
    )


async def test_what_was_there_before_is_counted_alike(database: Databases) -> None:
    """The step that made the table keeps of older statements what recording keeps of new ones."""
    (path,) = MIGRATIONS.glob("*_surveys.py")
    step = runpy.run_path(str(path))
    feedback, workspace_id = await database("feedback"), new_id()
    pair = [{"kind": f"kano_{half}", "value": "like", "about": "x" * 99} for half in ("functional", "dysfunctional")]
    rated = [{"kind": "nps", "value": 9}, {"kind": "csat", "value": 7, "scale": [1, 7]}, *pair]
    await said(
        feedback, workspace_id, [(0, 1, "ada", rated), (1, 9, "ada", rated), (2, 3, None, rated), (3, 1, "ben", [])]
    )
    async with feedback.transaction({workspace_id}) as tx:
        kept = await tx.all(ROWS, workspace_id)
        await tx.run("delete from survey_answers where workspace_id = $1", workspace_id)
        # Row security bounds it to this workspace, as nothing does when it migrates.
        for statement in (step["KEEP"], step["CHAIN"]):
            await (await tx.connection()).execute(statement)
        assert await tx.all(ROWS, workspace_id) == kept
    assert len(kept) == 9
    assert sum(row["superseded_at"] is not None for row in kept) == 3


async def test_what_was_there_before_is_summed_alike(database: Databases) -> None:
    """The step that made the sums counts of older answers what the job keeps of new ones."""
    (path,) = MIGRATIONS.glob("0025_*.py")
    feedback, workspace_id = await database("feedback"), new_id()
    rated = [{"kind": "nps", "value": 9}, {"kind": "csat", "value": 7, "scale": [1, 7]}]
    days = (0, 1, 5, 6, 6, 20, 33, 40)
    await said(feedback, workspace_id, [(n, day, "ada" if n % 3 else None, rated) for n, day in enumerate(days)])
    while await worker.fold_some(feedback):
        pass
    async with feedback.transaction({workspace_id}) as tx:
        assert not await tx.value("select count(*) from survey_changes where workspace_id = $1", workspace_id)
        kept = await tx.all(CELLS, workspace_id)
        await tx.run("delete from survey_cells where workspace_id = $1", workspace_id)
        await (await tx.connection()).execute(runpy.run_path(str(path))["COUNT"])
        assert await tx.all(CELLS, workspace_id) == kept
    assert {row["grain"] for row in kept} == {"day", "month", "month_day", "in_month", "in_week"}


async def test_kano_of_before_is_told_as_any_other(database: Databases) -> None:
    """The step that tells of it says what the product would say, label and all, and only of what was not told."""
    (path,) = MIGRATIONS.glob("0018_*.py")
    feedback, chance = await database("feedback"), random.Random(4)
    someone = caller(new_id())
    workspace_id = someone.workspace_id
    counted = [[chance.choice((0, 1, 4, 5, 30)) for _ in range(6)] for _ in range(40)] + [[0, 0, 0, 0, 3, 1], [7] * 6]
    names = [(workspace_id, f"idea-{number}") for number in range(len(counted))]
    async with feedback.transaction({workspace_id}) as tx:
        for (_, key), kano in zip(names, counted, strict=True):
            await ideas.create(tx, someone, key=key, title=key, description="", kind="feature")
            await tx.run(SUBJECT, workspace_id, key, kano)
        step = runpy.run_path(str(path))["KANO"]
        await (await tx.connection()).execute(step)
        told = await tx.all(KANO_TOLD, workspace_id)
        await (await tx.connection()).execute(step)
        assert await tx.all(KANO_TOLD, workspace_id) == told, "once"
        await subjects.tell(tx, names)
        again = (await tx.all(KANO_TOLD, workspace_id))[len(told) :]
    before, now = [
        {event.idea_id: event for row in rows if (event := KanoChanged.model_validate_json(row["data"])).respondents}
        for rows in (told, again)
    ]
    assert before == now
    assert len(before) >= 40
    assert len({event.label for event in before.values()}) >= 5


async def test_answers_that_arrive_at_once_know_of_each_other(database: Databases) -> None:
    """Each in a transaction of its own: without the respondent held, two would both be the last."""
    feedback, workspace_id = await database("feedback"), new_id()

    async def say(day: int) -> None:
        at = FIRST + timedelta(days=day)
        async with feedback.transaction({workspace_id}) as tx:
            await inbox.record(tx, [response(workspace_id, str(day), at, [{"kind": "nps", "value": day % 11}], "ada")])

    await say(0)
    await asyncio.gather(*(say(day) for day in range(1, 30)))
    first = FIRST.replace(hour=0)
    asked = Asked(workspace_id, first, first + timedelta(days=60))
    async with feedback.read({workspace_id}) as read:
        found = await surveys.count(read, asked, ("nps",), None)
    assert [(cell.value, cell.n) for cells in found.values() for cell in cells] == [(29 % 11, 1)]
