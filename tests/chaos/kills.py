"""The main part: every part killed and every line broken under load, and then the books are balanced."""

import time
from collections.abc import Sequence
from pathlib import Path

from deploy.rebuild import REBUILDABLE, rebuild, rescore
from shared.database import Database
from shared.stream.broker import Broker
from tests.bench.figures import Report, say
from tests.chaos import audit, faults, settle, streams, told
from tests.chaos.background import Background
from tests.chaos.caller import Caller
from tests.chaos.faults import Recovery
from tests.chaos.flow import Flow
from tests.chaos.load import Load
from tests.chaos.stage import STOP_SECONDS, Stage

RATE = 110.0
"""Of the mixed callers; single writers and the probe come on top."""
SERVICES = ("feedback", "scoring", "roadmap")
REPLICAS = (
    ("feedback-api", "feedback", "api"),
    ("feedback-worker-1", "feedback", "worker"),
    ("feedback-worker-2", "feedback", "worker"),
    ("scoring-1", "scoring", "both"),
    ("scoring-2", "scoring", "both"),
    ("roadmap", "roadmap", "both"),
)
LATE = 200
"""Old events of each service that are sent once more."""
GOAL_SECONDS = 30.0


def run(folder: Path, report: Report, seconds: float) -> None:
    """Load and faults for so many seconds at least, then every check. Adds what it finds to the report."""
    with Background() as background, Stage(folder, background) as stage:
        for name, service, role in REPLICAS:
            stage.add(name, service, role)
        stage.await_ready()
        urls = {service: stage.urls(service) for service in SERVICES}
        caller = background.run(_make(Caller, urls, stage.key))
        try:
            load, flow = Load(caller, RATE), Flow(caller, stage.admin)
            background.run(load.furnish())
            background.run(flow.furnish())
            say(f"load for {seconds:.0f} s, with a fault every few")
            recoveries = _under_fire(stage, caller, load, flow, seconds, report)
            background.run(_balance(stage, load, report))
            report.add("stop.without any server", stage.stop_in_the_dark(), "s", most=STOP_SECONDS)
        finally:
            background.run(caller.close())
        for each in recoveries:
            report.add(f"recovery.{each.fault}.answers", each.answers, "s", most=GOAL_SECONDS)
            report.add(f"recovery.{each.fault}.flows", each.flows, "s", most=GOAL_SECONDS)


async def _make(kind: type[Caller], urls: dict[str, list[str]], key: str) -> Caller:
    return kind(urls, key)


def _under_fire(stage: Stage, caller: Caller, load: Load, flow: Flow, seconds: float, report: Report) -> list[Recovery]:
    background = stage.background
    began = time.monotonic()
    loading, probing = background.start(load.run()), background.start(flow.run())
    planned = list(faults.plan(stage))
    recoveries: list[Recovery] = []
    time.sleep(2)
    for number, fault in enumerate(planned, start=1):
        recoveries.append(faults.inflict(fault, caller, flow))
        say(_line(recoveries[-1]))
        time.sleep(max(0.0, began + seconds * number / len(planned) - time.monotonic()))
    probing.cancel()
    load.stop(patience=60)
    loading.result(90)
    report.add("load.seconds", time.monotonic() - began, "s")
    report.add("load.answers", sum(caller.answers.values()) / (time.monotonic() - began), "1/s")
    report.add("load.unanswered", load.ledger.unanswered, "writes", most=0)
    report.add("load.contradicted", len(load.ledger.contradicted), "answers", most=0)
    report.add("load.internal errors", caller.answers["500"], "answers", most=0)
    report.note(f"answers by status: {dict(sorted(caller.answers.items()))}")
    for line in load.ledger.contradicted[:5]:
        report.note(f"contradicted: {line}")
    return recoveries


def _line(recovery: Recovery) -> str:
    answers, flows = (
        "not in time" if seconds is None else f"{seconds:.1f} s" for seconds in (recovery.answers, recovery.flows)
    )
    return f"  {recovery.fault:<28} answers again after {answers:<12} flows again after {flows}"


async def _balance(stage: Stage, load: Load, report: Report) -> None:
    """Compare what was told, what is stored, what was published and what is projected."""
    admin = stage.admin
    broker = Broker(stage.nats.url, "chaos")
    broker.open()
    try:
        report.add("outbox.empty", await settle.emptied(admin), "s", most=GOAL_SECONDS)
        await _applied(admin, broker, report)
        lost, twice = await told.compare(admin, load.ledger)
        _count(report, "lost", lost)
        _count(report, "twice", twice)
        await _stored(admin, report)
        for service in SERVICES:
            held = await streams.held(broker, admin, service)
            report.add(f"stream.{service}.messages", held.messages, "messages")
            report.add(f"stream.{service}.doubles", held.doubles, "messages", most=0)
            report.add(f"stream.{service}.missing", held.missing, "events", most=0)
            report.add(f"stream.{service}.out of order", held.disorder, "messages", most=0)
        await _late(admin, broker, report)
        await _rebuilt(stage, broker, report)
    finally:
        await broker.close()


def _count(report: Report, kind: str, findings: dict[str, int]) -> None:
    for name, count in findings.items():
        report.add(f"{kind}.{name}", count, "writes", most=0)


async def _applied(admin: Database, broker: Broker, report: Report) -> None:
    for each in await settle.settled(admin, broker):
        name = f"applied.{each.service} of {each.stream}"
        report.add(f"{name}.twice", max(each.surplus, 0), "messages", most=0)
        report.add(f"{name}.never", max(-each.surplus, 0), "messages", most=0)


async def _stored(admin: Database, report: Report) -> None:
    async with admin.system() as tx:
        report.add("demand.miscounted", await tx.value(audit.RECOUNT), "ideas", most=0)
        report.add("ideas.other status", await tx.value(audit.STATUSES), "ideas", most=0)
        for table, sql in audit.PROJECTIONS.items():
            report.add(f"projected.{table}.different", await tx.value(sql), "rows", most=0)
        for service in SERVICES:
            report.add(f"log.{service}.gaps", await tx.value(audit.GAPS.format(service=service)), "aggregates", most=0)
        report.add("deliveries.unread", await tx.value(audit.UNREAD), "deliveries", most=0)
        report.add("parked", await tx.value(audit.PARKED), "messages", most=0)


async def _late(admin: Database, broker: Broker, report: Report) -> None:
    """Old events arrive again, as when the stream has forgotten their ids: nothing may change."""
    before = await hashes(admin)
    sent = sum([await streams.send_again(broker, admin, service, LATE) for service in SERVICES])
    report.add("late.sent", sent, "messages", least=LATE)
    readings: Sequence[settle.Reading] = await settle.settled(admin, broker)
    report.add("late.applied", sum(each.surplus == 0 for each in readings), "readers", least=len(readings))
    after = await hashes(admin)
    report.add("late.changed", sum(after[name] != was for name, was in before.items()), "tables", most=0)


async def hashes(admin: Database) -> dict[str, str]:
    """Everything that an event can change, in one value a table."""
    async with admin.system() as tx:
        return {row["name"]: row["hash"] for row in await tx.all(audit.HASHES)}


async def _rebuilt(stage: Stage, broker: Broker, report: Report) -> None:
    for service in REBUILDABLE:
        database = Database(stage.postgres.url(), service, application="chaos")
        await database.open()
        try:
            for each in await rebuild(database, broker, service, check=True, say=say):
                report.add(f"rebuilt.{each.table}.different", each.different, "rows", most=0)
            if service == "scoring":
                report.add("rebuilt.scoring.scores.different", await rescore(database, check=True), "scores", most=0)
        finally:
            await database.close()
