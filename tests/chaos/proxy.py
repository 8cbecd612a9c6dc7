"""A TCP proxy that can be slow, cut its connections, or let them go dead without either end hearing of it."""

import asyncio
from collections.abc import Callable
from typing import cast


class Proxy:
    """Forwards what connects to a port of its own to a server on this machine."""

    def __init__(self, target: int) -> None:
        """`target` is the server's port."""
        self.delay = 0.0
        """Seconds that what clients say is kept on its way. Its order stays, and answers come at once."""
        self._target = target
        self._links: set[_Link] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where to connect instead."""
        assert self._server is not None, "not open"
        return self._server.sockets[0].getsockname()[1]

    async def open(self) -> None:
        """Listen, on a port that the system chooses."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Link(self, self._target, self._links).near, "127.0.0.1", 0)

    async def close(self) -> None:
        """End everything."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> int:
        """Reset every connection, at both ends; return how many. New ones can be made at once."""
        links = list(self._links)
        for link in links:
            link.abort()
        return len(links)

    def freeze(self, *, after_next: bool = False) -> int:
        """Let every present connection go half-open; return how many. New ones work.

        Nothing passes any more, not even that one end closed. To each end the other just says nothing. `after_next`
        lets the client say one thing more.
        """
        for link in self._links:
            link.frozen, link.freezing = not after_next, after_next
        return len(self._links)


class _End(asyncio.Protocol):
    """One side of a link; what it hears goes to the other."""

    def __init__(self, link: "_Link") -> None:
        self._link = link
        self.other: _End
        self.transport: asyncio.Transport | None = None
        self._due = 0.0
        self._early: list[Callable[[asyncio.Transport], None]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._link.opened(self)

    def data_received(self, data: bytes) -> None:
        if not self._link.frozen:
            self._pass_on(lambda transport: transport.write(data))
            self._link.frozen = self._link.freezing and self is self._link.near

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if not self._link.frozen:
            self._pass_on(lambda transport: transport.close())
        self._link.lost()

    def pause_writing(self) -> None:
        if self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other.transport is not None:
            self.other.transport.resume_reading()

    def catch_up(self) -> None:
        """Pass on what came before the other end was there."""
        for act in self._early:
            if self.other.transport is not None:
                act(self.other.transport)
        self._early.clear()

    def _pass_on(self, act: Callable[[asyncio.Transport], None]) -> None:
        """Do something to the other end's transport, after the delay and after what is under way already."""
        loop = asyncio.get_running_loop()
        # Timers that are due at the same moment fire in no order: each gets a moment of its own.
        delay = self._link.delay if self is self._link.near else 0.0
        self._due = max(self._due + 1e-5, loop.time() + delay)

        def arrive() -> None:
            if self._link.frozen:
                return
            if self.other.transport is not None:
                act(self.other.transport)
            elif not self._link.made:
                self._early.append(act)

        if delay or self._due > loop.time() + 1e-4:
            loop.call_at(self._due, arrive)
        else:
            arrive()


class _Link:
    """One connection through the proxy: `near` is the client's side, `far` the server's."""

    def __init__(self, proxy: Proxy, target: int, links: "set[_Link]") -> None:
        self._proxy = proxy
        self._target = target
        self._links = links
        self.frozen = self.freezing = False
        self.made = False
        self.near, self.far = _End(self), _End(self)
        self.near.other, self.far.other = self.far, self.near
        self._connecting: asyncio.Task[None] | None = None

    @property
    def delay(self) -> float:
        return self._proxy.delay

    def opened(self, end: _End) -> None:
        """One side is there: the client's first, whose words wait until the server's is."""
        if end is self.near:
            self._links.add(self)
            self._connecting = asyncio.ensure_future(self._connect())
        else:
            self.made = True
            self.near.catch_up()

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: self.far, "127.0.0.1", self._target)
        except OSError:
            self.abort()

    def lost(self) -> None:
        """One side has gone; forgotten when both have."""
        if self.near.transport is None and self.far.transport is None:
            self._links.discard(self)

    def abort(self) -> None:
        """End both sides with a reset."""
        for end in (self.near, self.far):
            if end.transport is not None:
                end.transport.abort()
        self._links.discard(self)
