"""Spans leave, over OTLP and HTTP, and those of one cause share one trace, whichever services it went through."""

import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from services.feedback.app import create_app as create_feedback
from services.scoring.app import create_app as create_scoring
from shared.database import Database
from shared.telemetry import Tracer
from tests.builders import Api, eventually, new_workspace
from tests.servers import Cluster, World, lifespan, running_nats
from tests.shared.collector import Collector, Sent, collecting

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"


@dataclass(frozen=True, slots=True)
class Traced:
    """Two services that send their spans to a collector, and a workspace in them."""

    api: Api
    collector: Collector

    async def spans(self, service: str, trace: str) -> list[Sent]:
        """What a service sent of a trace, when there is some."""

        async def some() -> list[Sent]:
            return self.collector.of(service, trace)

        return await eventually(some)


@pytest.fixture
async def traced(cluster: Cluster, plant_database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Traced]:
    # As an operator would have it sent sooner than every five seconds.
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with running_nats() as nats, collecting() as collector:
        async with AsyncExitStack() as stack:
            world = World(cluster, plant_database, nats.url, {})
            apps = {
                name: await stack.enter_async_context(
                    lifespan(create(world.settings(name, trace_endpoint=collector.url)))
                )
                for name, create in (("feedback", create_feedback), ("scoring", create_scoring))
            }
            admin = Database(world.admin_url, "access")
            await admin.open()
            stack.push_async_callback(admin.close)
            api = await new_workspace(apps, admin)
            stack.push_async_callback(api.close)
            yield Traced(api, collector)


async def test_one_trace_leads_through_the_broker_into_the_next_service(traced: Traced) -> None:
    given = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
    made = await traced.api.feedback.post("/v1/ideas", json={"title": "Traced"}, headers=given)
    assert made.status_code == 201
    (asked,) = await traced.spans("cairn-feedback", TRACE)
    assert (asked.name, asked.server, asked.parent, asked.failed) == ("POST /v1/ideas", True, CALLER, False)
    assert asked.attributes["http.response.status_code"] == 201
    applied = await traced.spans("cairn-scoring", TRACE)
    assert {(span.name, span.parent, span.server) for span in applied} == {("apply feedback", asked.id, False)}


async def test_a_request_without_a_trace_begins_one_that_goes_on_in_the_next_service(traced: Traced) -> None:
    made = await traced.api.feedback.post("/v1/ideas", json={"title": "Untraced"})
    # The answer names its trace.
    trace = made.headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", trace)
    (asked,) = await traced.spans("cairn-feedback", trace)
    assert asked.parent == ""
    assert {span.parent for span in await traced.spans("cairn-scoring", trace)} == {asked.id}


async def test_events_applied_together_are_seen_in_each_of_their_traces(traced: Traced) -> None:
    traces = [f"{n:032x}" for n in range(1, 31)]
    model = await traced.api.scoring.post("/v1/models", json={"name": "RICE", "framework": "rice", "active": True})
    assert model.status_code == 201
    for trace in traces:
        await traced.api.feedback.post(
            "/v1/ideas", json={"title": trace}, headers={"traceparent": f"00-{trace}-{CALLER}-01"}
        )
    for trace in traces:
        assert await traced.spans("cairn-scoring", trace)


async def test_a_caller_who_wants_no_spans_gets_none(traced: Traced) -> None:
    await traced.api.feedback.post("/v1/ideas", json={"title": "x"}, headers={"traceparent": f"00-{TRACE}-{CALLER}-00"})
    seen = await traced.api.feedback.get("/v1/ideas")
    await traced.spans("cairn-feedback", seen.headers["x-request-id"])
    assert traced.collector.of("cairn-feedback", TRACE) == []


async def test_spans_name_routes_and_hold_nothing_of_what_was_sent(traced: Traced) -> None:
    seen = [
        await traced.api.feedback.get("/v1/ideas/0190b5f0-0000-7000-8000-000000000000"),
        await traced.api.anonymous.feedback.post("/v1/hooks/a-token-nobody-may-see", content=b"a-verbatim"),
        await traced.api.anonymous.feedback.get("/v1/hooks/a-token-nobody-may-see?a-query"),
        await traced.api.feedback.post(
            "/v1/feedback", json={"text": "a-verbatim", "contact": {"email": "a@b.example"}}
        ),
    ]
    spans = [await traced.spans("cairn-feedback", answer.headers["x-request-id"]) for answer in seen]
    assert [(span.name, span.attributes["http.response.status_code"]) for (span,) in spans] == [
        ("GET /v1/ideas/{idea_id}", 404),
        ("POST /v1/hooks/{}", 404),
        ("GET /v1/hooks/{token}", 405),
        ("POST /v1/feedback", 201),
    ]
    said = "".join(span.words for span in traced.collector.spans)
    for secret in ("a-token", "a-verbatim", "a-query", "a@b.example", "0190b5f0", str(traced.api.key)):
        assert secret not in said


async def test_what_fails_is_marked_and_not_quoted() -> None:
    with collecting() as collector:
        tracer = Tracer("test", collector.url)
        with pytest.raises(ValueError, match="Ada"), tracer.batch("apply", [f"00-{TRACE}-{CALLER}-01", ""], {}):
            raise ValueError("Ada said")
        await tracer.close()
        (span,) = collector.spans
        assert (span.failed, span.attributes) == (True, {"error.type": "ValueError"})
        assert "Ada" not in span.words


async def test_a_collector_that_takes_nothing_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("shared.telemetry.FLUSH_SECONDS", 0.2)
    with collecting() as collector:
        collector.refusing = True
        tracer = Tracer("test", collector.url)
        with tracer.batch("apply", [f"00-{TRACE}-{CALLER}-01"], {}):
            pass
        await tracer.close()
        assert collector.refused >= 1
    assert "the last spans are lost" in caplog.text
