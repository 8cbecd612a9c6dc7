"""Reading a stream: messages are asked for ahead, so that the next are here when the last have been applied."""

import asyncio
import contextlib
import json
from collections import deque
from typing import Self

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as Inbox
from nats.errors import Error as NatsError
from nats.js.api import Header, StatusCode

from shared.stream.messages import BrokerAway, Fetched

ASK_SECONDS = 5.0
"""How long a request for messages stands. While a reader waits there is always one."""
LATE_SECONDS = 2.0
"""How late the broker may be to say that a request has ended."""
ENDED = (StatusCode.NO_MESSAGES, StatusCode.REQUEST_TIMEOUT)
"""What says that nothing more comes of a request. No set: these equal their text and do not hash like it."""


class Subscription:
    """A consumer without acknowledgements from one sequence on: the position is kept in PostgreSQL, not here.

    At most one request stands at a time, for as many messages as one fetch takes: what has arrived and not been
    fetched is never more than that. The client's own `fetch` asks for each batch anew, twice where it has to wait, and
    makes a task of each message, which takes as long as all else that is done with it.
    """

    def __init__(self, client: Client, consumer: str) -> None:
        self._client = client
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{consumer}"
        self._inbox: Inbox | None = None
        self._arrived: deque[Msg] = deque()
        self._woken = asyncio.Event()
        self._expected = 1
        """What the next message's place among the consumer's own is."""
        self._asked = 0
        """Messages that are still to come of the request that stands; 0: none stands."""
        self._ends = 0.0
        self._over = ""
        """Why the consumer has ended."""

    @classmethod
    async def open(cls, client: Client, stream: str, consumer: str) -> Self:
        """Read what a consumer of a stream is given."""
        opened = cls(client, f"{stream}.{consumer}")
        opened._inbox = await client.subscribe(client.new_inbox(), cb=opened._take)  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
        return opened

    async def _take(self, message: Msg) -> None:
        status = (message.headers or {}).get(Header.STATUS)
        if status is None:
            self._arrived.append(message)
            self._asked -= 1
        elif status in ENDED:
            self._asked = 0
        elif status != StatusCode.CONTROL_MESSAGE:
            self._over = f"{status} {(message.headers or {}).get(Header.DESCRIPTION, '')}"
        self._woken.set()

    async def fetch(self, limit: int, wait: float) -> list[Fetched]:
        """Up to `limit` messages in order; empty after `wait` seconds without one.

        Without acknowledgements a message lost on the wire is not sent again, so a hole in the consumer's own count
        raises BrokerAway, and the reader starts again at its cursor.
        """
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while True:
                    if self._over:
                        raise BrokerAway(self._over)
                    if self._asked == 0:
                        await self._ask(limit, loop.time())
                    elif loop.time() > self._ends + LATE_SECONDS:
                        raise BrokerAway("a request for messages was not answered")
                    if self._arrived:
                        break
                    self._woken.clear()
                    await self._woken.wait()
        return [self._fetched(self._arrived.popleft()) for _ in range(min(limit, len(self._arrived)))]

    async def _ask(self, limit: int, now: float) -> None:
        request = {"batch": limit, "expires": int(ASK_SECONDS * 1e9)}
        inbox = self._inbox
        assert inbox is not None  # opened by `open`, the only way here
        # Before it is sent: what comes of it may arrive while this waits to be written.
        self._asked, self._ends = limit, now + ASK_SECONDS
        try:
            await self._client.publish(self._next, json.dumps(request).encode(), inbox.subject)
        except (NatsError, OSError) as error:
            raise BrokerAway(str(error)) from error

    def _fetched(self, message: Msg) -> Fetched:
        position = message.metadata
        if position.sequence.consumer != self._expected:
            raise BrokerAway(f"message {self._expected} of the consumer was lost")
        self._expected += 1
        return Fetched(
            seq=position.sequence.stream,
            partition=int(message.subject.split(".", 2)[1]),
            headers=dict(message.headers or {}),
            payload=message.data,
            waiting=position.num_pending,
        )

    async def close(self) -> None:
        """Ask for no more."""
        if self._inbox is not None:
            with contextlib.suppress(Exception):
                await self._inbox.unsubscribe()
