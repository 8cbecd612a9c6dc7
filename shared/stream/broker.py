"""The broker, NATS JetStream: streams, and what is published to them.

One stream per service. A message's subject is `<service>.<noun>.<verb>.v<N>.<aggregate>`; the stream stores it with a
partition number after the service, computed from the aggregate, so that replicas of a reader can share the work and an
aggregate's messages stay in one place. The stream is a transport: PostgreSQL can fill it again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import OutboundBufferLimitError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    Header,
    PubAck,
    RetentionPolicy,
    StorageType,
    StreamConfig,
    StreamInfo,
    SubjectTransform,
)
from nats.js.errors import APIError, NotFoundError

from shared.stream.messages import PARTITIONS, BatchRefused, BrokerAway, Message, StreamMissing, StreamState
from shared.stream.reading import Subscription

BATCH = 500
"""Messages in one atomic publish; the server takes 1,000 at most."""
FEW = 16
"""Messages up to which a chain of single publishes costs the broker less than an atomic batch (decision 0014)."""
DUPLICATE_WINDOW = 600.0
"""Seconds in which the stream drops a message id that it knows."""
MAX_AGE = 7 * 86_400.0
"""Seconds that a stream keeps a message. PostgreSQL keeps it for good and can seed the stream again."""
MAX_BYTES = 4 * 2**30
"""What a stream may hold. Past it the stream refuses (discard new) and events wait in the outbox, none is dropped."""
PUBLISH_TIMEOUT = 2.0

log = logging.getLogger("cairn.stream")


class _Client(Client):
    """The NATS client, with a way to send many publishes as one piece.

    `publish` takes each message through checks, an await and a flush of its own; a relay's batch then costs more here
    than in the server. `block` holds whole commands of the protocol.
    """

    async def send(self, block: bytes) -> None:
        if not self.is_connected:
            raise OutboundBufferLimitError
        await self._send_command(block)
        await self._flush_pending()


def _state(info: StreamInfo) -> StreamState:
    created = info.created if isinstance(info.created, datetime) else datetime.fromisoformat(str(info.created))
    return StreamState(created.astimezone(UTC), info.state.first_seq, info.state.last_seq, info.state.messages)


def _command(message: Message, more: str) -> bytes:
    """A message as the client protocol has it (HPUB), with `more` lines among its headers."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in message.headers.items()])
    if lines.count("\n") != len(message.headers):
        raise ValueError("a header of a message holds a line break")
    head = f"NATS/1.0\r\n{lines}{more}\r\n".encode()
    size = len(head) + len(message.payload)
    return b"HPUB %b %d %d\r\n%b%b\r\n" % (message.subject.encode(), len(head), size, head, message.payload)


def _filters(service: str, partitions: Sequence[int], types: Sequence[str]) -> list[str]:
    places = ["*"] if len(partitions) == PARTITIONS else [str(partition) for partition in partitions]
    kinds = [f"{each.removeprefix(f'{service}.')}.*" for each in types] or [">"]
    return [f"{service}.{place}.{kind}" for place in places for kind in kinds]


class Broker:
    """A connection to NATS that never gives up and never blocks a start: `connected` tells."""

    def __init__(self, url: str, name: str, *, replicas: int = 1) -> None:
        self._servers = url.split(",")
        self._name = name
        self._replicas = replicas
        self._client = _Client()
        self._js: JetStreamContext | None = None
        self._connecting: asyncio.Task[None] | None = None
        self.generation = 0
        """Rises by each (re)connection: what was known of streams and consumers must then be checked."""

    @property
    def connected(self) -> bool:
        return self._client.is_connected

    def open(self) -> None:
        """Begin connecting, in the background."""
        self._connecting = asyncio.create_task(self._connect(), name="nats-connect")

    async def _connect(self) -> None:
        async def reconnected() -> None:
            self.generation += 1
            log.info("reached the broker again")

        async def disconnected() -> None:
            log.warning("lost the broker")

        async def error(problem: Exception) -> None:
            log.debug("broker: %s", problem)

        wait = 0.1
        told = False
        while True:
            try:
                # pending_size=0: a publish while disconnected must fail now, not be sent later behind our back.
                await self._client.connect(
                    self._servers,
                    name=self._name,
                    connect_timeout=2,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=1,
                    ping_interval=2,
                    max_outstanding_pings=2,
                    pending_size=0,
                    reconnected_cb=reconnected,
                    disconnected_cb=disconnected,
                    error_cb=error,
                )
            except (NatsError, OSError, TimeoutError) as problem:
                log.log(logging.DEBUG if told else logging.WARNING, "cannot reach the broker yet: %s", problem)
                told = True
                with contextlib.suppress(Exception):
                    await self._client.close()
                self._client = _Client()
                await asyncio.sleep(wait)
                wait = min(wait * 2, 2.0)
                continue
            self._js = self._client.jetstream(timeout=5)  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
            self.generation += 1
            log.info("reached the broker")
            return

    async def close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._connecting
        with contextlib.suppress(Exception):
            await self._client.close()

    def _jetstream(self) -> JetStreamContext:
        if self._js is None or not self._client.is_connected:
            raise BrokerAway("not connected")
        return self._js

    async def ensure_stream(self, service: str) -> StreamState:
        """The service's stream, made or brought to today's settings."""
        js = self._jetstream()
        wildcards = ".".join(f"{{{{wildcard({n})}}}}" for n in range(1, 5))
        config = StreamConfig(
            name=service,
            subjects=[f"{service}.*.*.*.*"],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_bytes=MAX_BYTES,
            max_age=MAX_AGE,
            duplicate_window=DUPLICATE_WINDOW,
            num_replicas=self._replicas,
            deny_delete=True,
            deny_purge=True,
            allow_atomic=True,
            subject_transform=SubjectTransform(
                src=f"{service}.*.*.*.*", dest=f"{service}.{{{{partition({PARTITIONS},4)}}}}.{wildcards}"
            ),
        )
        try:
            try:
                return _state(await js.stream_info(service))
            except NotFoundError:
                return _state(await js.add_stream(config))  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
        except (NatsError, APIError, OSError, TimeoutError) as error:
            raise BrokerAway(str(error)) from error

    async def stream_state(self, service: str) -> StreamState:
        """What the service's stream is now. StreamMissing while it does not exist."""
        try:
            return _state(await self._jetstream().stream_info(service))
        except NotFoundError as error:
            raise StreamMissing(f"there is no stream {service} yet") from error
        except (NatsError, APIError, OSError, TimeoutError) as error:
            raise BrokerAway(str(error)) from error

    async def publish(self, message: Message) -> None:
        """Store one message, known ids once only."""
        try:
            await self._jetstream().publish(
                message.subject, message.payload, headers=message.headers, timeout=PUBLISH_TIMEOUT
            )
        except (NatsError, APIError, OSError, TimeoutError) as error:
            raise BrokerAway(str(error)) from error

    async def publish_batch(self, messages: Sequence[Message]) -> None:
        """Store all of them, in order. After BatchRefused and BrokerAway some may be there: publish them one by one."""
        if len(messages) <= FEW:
            await self._publish_chain(messages)
        else:
            await self._publish_atomic(messages)

    async def _publish_chain(self, messages: Sequence[Message]) -> None:
        """Send all at once, each to be stored only right behind the one before it: a gap refuses all that follow."""
        js = self._jetstream()
        behind: dict[str, str] = {}
        answers: list[asyncio.Future[PubAck]] = []
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                for message in messages:
                    answers.append(
                        await js.publish_async(  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
                            message.subject, message.payload, headers=message.headers | behind
                        )
                    )
                    behind = {Header.EXPECTED_LAST_MSG_ID: message.headers[Header.MSG_ID]}
                outcomes = await asyncio.gather(*answers, return_exceptions=True)
        except (NatsError, OSError, TimeoutError) as error:
            for answer in answers:
                answer.cancel()
            raise BrokerAway(str(error)) from error
        for outcome in outcomes:
            if isinstance(outcome, APIError):
                raise BatchRefused(str(outcome)) from outcome
            if isinstance(outcome, BaseException):
                raise BrokerAway(str(outcome)) from outcome

    async def _publish_atomic(self, messages: Sequence[Message]) -> None:
        """Store all or none, with a handful of syncs for the whole."""
        self._jetstream()
        batch = uuid4().hex
        try:
            if len(messages) > 1:
                await self._client.send(
                    b"".join(
                        _command(message, f"Nats-Batch-Id: {batch}\r\nNats-Batch-Sequence: {number}\r\n")
                        for number, message in enumerate(messages[:-1], start=1)
                    )
                )
            last = messages[-1]
            commit = {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(len(messages)), "Nats-Batch-Commit": "1"}
            answer = await self._client.request(
                last.subject, last.payload, timeout=PUBLISH_TIMEOUT, headers=last.headers | commit
            )
        except (NatsError, OSError, TimeoutError) as error:
            raise BrokerAway(str(error)) from error
        if b'"error"' in answer.data:
            raise BatchRefused(answer.data.decode(errors="replace"))
        if b'"seq"' not in answer.data:
            raise BrokerAway("no acknowledgement")

    async def subscribe(
        self, service: str, partitions: Sequence[int], start: int, types: Sequence[str] = ()
    ) -> Subscription:
        """Read some partitions of a service's stream from sequence `start` on: all of it, or events of these types.

        The broker leaves the others out: fetching what nobody here reads would cost more than reading the rest.
        """
        js = self._jetstream()
        name = f"{self._name}-{uuid4().hex}"
        config = ConsumerConfig(
            name=name,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=start,
            ack_policy=AckPolicy.NONE,
            filter_subjects=_filters(service, partitions, types),
            inactive_threshold=30,
            mem_storage=True,
            num_replicas=1,
        )
        try:
            await js.add_consumer(service, config)  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
            return await Subscription.open(self._client, service, name)
        except (NatsError, APIError, OSError, TimeoutError) as error:
            raise BrokerAway(str(error)) from error

    async def nudge(self, service: str) -> None:
        """Tell the service's relay, wherever it runs, that events wait. Best effort: the relay sweeps besides."""
        if self._client.is_connected:
            with contextlib.suppress(Exception):
                await self._client.publish(f"cairn.nudge.{service}", b"")

    async def on_nudge(self, service: str, call: Callable[[], None]) -> None:
        """Call whenever another process nudges the service. The subscription outlives reconnects."""

        async def nudged(_: Msg) -> None:
            call()

        while not self.connected:
            await asyncio.sleep(0.1)
        await self._client.subscribe(f"cairn.nudge.{service}", cb=nudged)  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
