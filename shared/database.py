"""PostgreSQL: one pool, and one way to open a transaction that says whose rows it may touch.

Row-level security on every table compares `workspace_id` with the setting `cairn.workspaces`, which lives exactly as
long as the transaction. A statement that forgets its workspace therefore sees nothing.
"""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.connection import Connection as KnowingConnection
from shared.connection import discarding
from shared.errors import Unavailable

Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"
Observer = Callable[[str], None]
T = TypeVar("T", bound="Read")

# What asyncpg raises when the server is away, starting, stopping or has cut the line.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # A statement on a line that was idle while the server took its leave, and is not closed yet.
    asyncpg.InternalClientError,
)
PATIENCE_SECONDS = 10.0
"""How long a statement may take, and how long the server keeps the locks of a client that says nothing.

When a line goes half-open nobody is told. The client finds out by its own patience; the server's session would hold its
locks for hours and block everyone else.
"""
ROLLBACK_SECONDS = 2.0
# Losers of a race that has no winner to wait for: the whole transaction may be tried again.
RETRYABLE = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


class Busy(Exception):
    """Somebody holds these workspaces alone. Raised where a transaction of many must not wait for one; it is undone."""

    def __init__(self, workspaces: frozenset[UUID]) -> None:
        super().__init__(workspaces)
        self.workspaces = workspaces


BY_KEY = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
"""For transactions whose every statement finds its rows by whole keys.

Left to itself PostgreSQL plans such a statement anew each time, which costs several times what running it for a few
rows does: it takes the generic plan for dearer, since that cannot know that an array holds one element. And a plan that
was made while a table was small must not read the whole of it an hour later.
"""
IDLE_LANES = 4
"""Kept with the scopes that they have; a scope that none of them has takes over the one that was idle longest."""


class Read:
    """A read-only transaction. It opens at its first statement, so a refused request never costs a connection."""

    def __init__(self, begin: Callable[[], Awaitable[Connection]], observers: Sequence[Observer]) -> None:
        self._begin = begin
        self._observers = observers
        self._connection: Connection | None = None

    async def connection(self) -> Connection:
        """The connection underneath, for COPY and cursors."""
        if self._connection is None:
            self._connection = await self._begin()
        return self._connection

    async def _observed(self, sql: str) -> Connection:
        for observe in self._observers:
            observe(sql)
        return self._connection or await self.connection()

    async def all(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Every row."""
        return await (await self._observed(sql)).fetch(sql, *args)

    async def one(self, sql: str, *args: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        return await (await self._observed(sql)).fetchrow(sql, *args)

    async def value(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        return await (await self._observed(sql)).fetchval(sql, *args)


class Tx(Read):
    """A writing transaction: all or nothing, committed before the caller hears of it.

    `emitted` is set by who tells of something (`outbox`), so that the relay is nudged once, after the commit. One that
    is not `patient` waits for no workspace that somebody holds alone: Busy then says which those are.
    """

    def __init__(self, begin: Callable[[], Awaitable[Connection]], observers: Sequence[Observer]) -> None:
        super().__init__(begin, observers)
        self.emitted = False
        self.patient = True
        self.woken: set[str] = set()

    def wake(self, job: str) -> None:
        """Wake a job of this process (`Runtime.wake`) after the commit: before it, there is nothing to be found."""
        self.woken.add(job)

    async def run(self, sql: str, *args: Any) -> int:
        """Executes and tells how many rows it touched."""
        status = await (await self._observed(sql)).execute(sql, *args)
        return int(status.rpartition(" ")[2]) if status[-1:].isdigit() else 0

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """COPY rows into a table of the service's schema."""
        connection = await self._observed(f"copy {table}")
        await connection.copy_records_to_table(table, columns=list(columns), records=rows)

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        """What happens inside can fail without taking the transaction along."""
        # By hand: asyncpg's own refuses inside a transaction that was begun by hand. Nested ones hide the outer name.
        connection = await self.connection()
        await connection.execute("savepoint attempt")
        try:
            yield
        except BaseException:
            await connection.execute("rollback to savepoint attempt; release savepoint attempt")
            raise
        await connection.execute("release savepoint attempt")


class Lane:
    """A connection of its own that keeps its scope, for writes of one statement.

    Each statement is a transaction by itself: one round trip instead of three, on paths where that is what costs.
    """

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", observers: Sequence[Observer]) -> None:
        self._connection = connection
        self._observers = observers
        self._scope = ""

    @property
    def closed(self) -> bool:
        return self._connection.is_closed()

    def covers(self, scope: str) -> bool:
        """Whether no round trip is needed before this scope's rows can be touched."""
        return self._scope == scope

    async def enter(self, scope: str) -> None:
        """Touch the rows of these workspaces from now on."""
        first = discarding(self._connection)
        if first or self._scope != scope:
            await self._connection.execute(f"{first}set cairn.workspaces = '{scope}'")
            self._scope = scope

    async def all(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Run one statement and commit it; its rows."""
        for observe in self._observers:
            observe(sql)
        return await self._connection.fetch(sql, *args)

    def end(self) -> None:
        """Close it, whatever it is at."""
        self._connection.terminate()


def as_text(ids: Iterable[UUID]) -> str:
    """Ids for a parameter `$1::text::uuid[]`: a tenth of what a list of them costs to send."""
    return "{" + ",".join(map(str, ids)) + "}"


def scope_of(workspaces: Collection[UUID]) -> str:
    """The value of `cairn.workspaces` for a set of workspaces."""
    return ",".join(str(workspace) for workspace in workspaces)


class Database:
    """A service's door to PostgreSQL."""

    def __init__(
        self, url: str, schema: str, *, size: int = 10, application: str = "", patience: float = PATIENCE_SECONDS
    ) -> None:
        """`patience` is how many seconds a statement may take."""
        self._url = url
        self._patience = patience
        self.schema = schema
        self._size = size
        self._application = application or f"cairn-{schema}"
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._lanes: list[Lane] = []
        """Idle ones. As many come to be as batches are written at once."""
        self.observers: list[Observer] = []
        self.on_emitted: Callable[[], None] = lambda: None
        """Called after the commit of a transaction that emitted events: the relay's nudge."""
        self.on_woken: Callable[[str], None] = lambda _job: None
        """Called after the commit of a transaction that wakes a job, with its name."""

    async def open(self) -> None:
        """Make the pool. Connections come when needed, so an absent server delays requests, not the start."""

        async def keep(_: object) -> None:
            """Every setting is SET LOCAL, so a connection goes back to the pool as it came: no reset round trip."""

        self._pool = await asyncpg.create_pool(
            self._url,
            connection_class=KnowingConnection,
            min_size=0,
            max_size=self._size,
            timeout=5,
            command_timeout=self._patience,
            max_inactive_connection_lifetime=300,
            reset=keep,
            init=self._bound,
            server_settings=self._server_settings(),
        )

    def _server_settings(self) -> dict[str, str]:
        return {
            "search_path": self.schema,
            "application_name": self._application,
            "jit": "off",
            "idle_in_transaction_session_timeout": f"{self._patience}s",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        }

    async def _bound(self, connection: "Connection | asyncpg.Connection[asyncpg.Record]") -> None:
        """Limit its transactions where the server can (PostgreSQL 17 on).

        No other time-out counts while a statement has come only in part, as when the line breaks between its parsing
        and its arguments.
        """
        if connection.get_server_version() >= (17,):
            await connection.execute(f"set transaction_timeout = '{2 * self._patience}s'")

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None
        while self._lanes:
            self._lanes.pop().end()

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection outside the pool, over every workspace, for what must hold one: the relay's advisory lock.

        The server ends it, and frees what it holds, when it is not used for so long as a statement may take.
        """
        settings = self._server_settings() | {"cairn.workspaces": "*", "idle_session_timeout": f"{self._patience}s"}
        connection = await self._connection(settings)
        try:
            await self._bound(connection)
        except BaseException:
            # Told to end just then: nobody else knows of it, and the server would keep it.
            connection.terminate()
            raise
        return connection

    @asynccontextmanager
    async def _open(self, kind: type[T], scope: str, mode: str, settings: Mapping[str, str]) -> AsyncGenerator[T]:
        if self._pool is None:
            raise Unavailable
        pool = self._pool
        held: list[Connection] = []

        async def begin() -> Connection:
            try:
                connection = await pool.acquire()
                held.append(connection)
                # One round trip for all. The scope holds UUIDs, commas or '*' only, so it is safe to inline.
                said = "".join(f"; set local {name} = {value}" for name, value in settings.items())
                first = discarding(connection)
                await connection.execute(f"{first}begin {mode}; set local cairn.workspaces = '{scope}'{said}")
            except AWAY as error:
                raise Unavailable from error
            return connection

        transaction = kind(begin, self.observers)
        try:
            yield transaction
            if held:
                await held[0].execute("commit")
        except BaseException as error:
            if held and not await _roll_back(held[0]):
                # Lines go dead together. Found one by one, each would cost somebody the whole patience.
                await pool.expire_connections()
            # asyncpg's own "this argument does not fit" is an InterfaceError too, and no sign of an absent server.
            if isinstance(error, AWAY) and not isinstance(error, ValueError):
                raise Unavailable from error
            raise
        finally:
            if held:
                await pool.release(held[0])
        if isinstance(transaction, Tx):
            if transaction.emitted:
                self.on_emitted()
            for job in transaction.woken:
                self.on_woken(job)

    @asynccontextmanager
    async def lane(self, workspaces: Collection[UUID] | None, *, emits: bool = False) -> AsyncGenerator[Lane]:
        """A lane over the rows of these workspaces, or, with None, over all. With `emits` it nudges the relay."""
        scope = scope_of(sorted(workspaces)) if workspaces is not None else "*"
        lane: Lane | None = None
        try:
            lane = self._idle_lane(scope) or await self._new_lane()
            await lane.enter(scope)
            yield lane
        except BaseException as error:
            # A refused statement leaves the connection as it was; anything else may have left it in the middle of one.
            if lane is not None and not isinstance(error, asyncpg.PostgresError):
                lane.end()
            if isinstance(error, AWAY) and not isinstance(error, ValueError):
                raise Unavailable from error
            raise
        finally:
            if lane is not None and not lane.closed and self._pool is not None:
                self._lanes.append(lane)
        if emits:
            self.on_emitted()

    def _idle_lane(self, scope: str) -> Lane | None:
        self._lanes = [lane for lane in self._lanes if not lane.closed]
        lane = next((lane for lane in self._lanes if lane.covers(scope)), None)
        if lane is None and len(self._lanes) >= IDLE_LANES:
            lane = self._lanes[0]
        if lane is not None:
            self._lanes.remove(lane)
        return lane

    async def _new_lane(self) -> Lane:
        if self._pool is None:
            raise Unavailable
        return Lane(await self._connection(self._server_settings() | BY_KEY), self.observers)

    async def _connection(self, settings: dict[str, str]) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(
            self._url,
            timeout=5,
            command_timeout=self._patience,
            server_settings=settings,
            connection_class=KnowingConnection,
        )

    def transaction(
        self, workspaces: Collection[UUID], *, search_path: str = "", by_key: bool = False
    ) -> AbstractAsyncContextManager[Tx]:
        """A writing transaction over the rows of these workspaces; `by_key`: nothing in it searches (see BY_KEY)."""
        return self._open(Tx, scope_of(workspaces), "", _path(search_path) | (BY_KEY if by_key else {}))

    def read(self, workspaces: Collection[UUID], *, search_path: str = "") -> AbstractAsyncContextManager[Read]:
        """A read-only transaction over the rows of these workspaces."""
        return self._open(Read, scope_of(workspaces), "read only", _path(search_path))

    def system(self, *, search_path: str = "") -> AbstractAsyncContextManager[Tx]:
        """A transaction over every workspace: for relays, readers' bookkeeping and look-ups that find the workspace.

        Never for what a caller asked: those know their workspace.
        """
        return self._open(Tx, "*", "", _path(search_path))


async def _roll_back(connection: Connection) -> bool:
    """End a transaction that failed; False when the connection is broken: then the server rolls it back by itself."""
    try:
        if connection.is_closed():
            return False
        await connection.execute("rollback", timeout=ROLLBACK_SECONDS)
    except (*AWAY, asyncpg.PostgresError):
        # It may be out of our hands already: a statement that could not be cancelled takes its connection along.
        with contextlib.suppress(asyncpg.InterfaceError):
            connection.terminate()
        return False
    return True


def _path(search_path: str) -> dict[str, str]:
    return {"search_path": search_path} if search_path else {}
