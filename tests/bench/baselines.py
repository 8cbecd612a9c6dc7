"""What the ingest routes are measured beside, each served as the services are: `python -m tests.bench.baselines`.

`bare`: FastAPI routes that validate the same bodies and do nothing else. `peer`: the usual shape, one SQLAlchemy ORM
transaction for each request. `echo`: no framework at all; what it reaches is the ceiling of server and client together.
"""

import argparse
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import uvicorn
from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel
from sqlalchemy import BigInteger, DateTime, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.types import ASGIApp, Receive, Scope, Send

from services.feedback.inbox.api import FeedbackAccepted, FeedbackIn
from shared.ids import new_id

DATABASE = "BENCH_DATABASE_URL"
WORKSPACE = UUID(int=7)


class Question(BaseModel):
    """A field of a form, as its definition and its answers name it."""

    id: str
    type: str
    ref: str
    title: str | None = None


class TypeformAnswer(BaseModel):
    """An answer; the member that `type` names holds its value."""

    type: str
    field: Question
    text: str | None = None
    number: float | None = None
    email: str | None = None


class Definition(BaseModel):
    """The form that was answered."""

    id: str
    title: str
    fields: list[Question]


class FormResponse(BaseModel):
    """A response to a form."""

    form_id: str
    token: str
    landed_at: datetime
    submitted_at: datetime
    hidden: dict[str, str]
    definition: Definition
    answers: list[TypeformAnswer]


class TypeformIn(BaseModel):
    """The body of a Typeform delivery."""

    event_id: str
    event_type: str
    form_response: FormResponse


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body and answers at once."""
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def bare() -> FastAPI:
    """Both bodies, validated."""
    app = FastAPI()

    async def create_feedback(body: FeedbackIn) -> dict[str, str]:
        return {"source": body.source}

    async def receive_delivery(token: str, body: TypeformIn) -> dict[str, str]:
        return {"event_id": body.event_id}

    app.post("/v1/feedback", status_code=201)(create_feedback)
    app.post("/v1/hooks/{token}")(receive_delivery)
    return app


class Base(DeclarativeBase):
    """The peer's own tables: the product's columns and indexes, without its row security."""


class Feedback(Base):
    """A statement."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("workspace_id", "source", "external_id"),
        Index("feedback_list", "workspace_id", "id"),
        Index("feedback_contact", "contact_id"),
        {"schema": "peer"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    contact_id: Mapped[UUID | None]
    text: Mapped[str] = mapped_column(Text)
    answers: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    source_url: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=sql("now()"))


class Event(Base):
    """An outbox row."""

    __tablename__ = "events"
    __table_args__ = (
        Index("events_unpublished", "seq", postgresql_where=sql("published_at is null")),
        {"schema": "peer"},
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    id: Mapped[UUID] = mapped_column(default=new_id)
    workspace_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(Text)
    aggregate_id: Mapped[UUID]
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=sql("now()"))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


async def _transaction(request: Request) -> AsyncGenerator[AsyncSession]:
    async with request.app.state.sessions.begin() as session:
        yield session


Session = Annotated[AsyncSession, Depends(_transaction, scope="function")]


def peer() -> FastAPI:
    """A session, a transaction and two rows for each request; SQLAlchemy's own pool."""
    engine = create_async_engine("postgresql+asyncpg://" + os.environ[DATABASE].partition("://")[2])

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with engine.begin() as connection:
            await connection.execute(sql("create schema if not exists peer"))
            await connection.run_sync(Base.metadata.create_all)
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def create_feedback(body: FeedbackIn, session: Session) -> FeedbackAccepted:
        row = Feedback(
            workspace_id=WORKSPACE,
            source=body.source,
            external_id=body.external_id,
            text=body.text,
            attributes=body.attributes,
            source_url=body.source_url,
            language=body.language,
            said_at=body.said_at or datetime.now(UTC),
        )
        return _store(session, row)

    async def receive_delivery(token: str, body: TypeformIn, session: Session) -> FeedbackAccepted:
        response = body.form_response
        row = Feedback(
            workspace_id=WORKSPACE,
            source="typeform",
            external_id=response.token,
            text="\n\n".join(answer.text for answer in response.answers if answer.text),
            answers=[answer.model_dump(exclude_none=True) for answer in response.answers],
            attributes=response.hidden,
            said_at=response.submitted_at,
        )
        return _store(session, row)

    app.post("/v1/feedback", status_code=201)(create_feedback)
    app.post("/v1/hooks/{token}")(receive_delivery)
    return app


def _store(session: AsyncSession, row: Feedback) -> FeedbackAccepted:
    row.id = new_id()
    event = Event(
        workspace_id=WORKSPACE,
        type="feedback.feedback.received.v1",
        aggregate_id=row.id,
        data={"feedback_id": str(row.id), "source": row.source},
    )
    session.add_all((row, event))
    return FeedbackAccepted(id=row.id, status="created")


APPS: dict[str, Callable[[], ASGIApp]] = {"bare": bare, "peer": peer, "echo": lambda: echo}


def main() -> None:
    """Serve one of them with the settings that the services have."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.baselines")
    parser.add_argument("app", choices=APPS)
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    uvicorn.run(
        APPS[chosen.app](),
        host="127.0.0.1",
        port=chosen.port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_config=None,
    )


if __name__ == "__main__":
    main()
