"""Hostile bytes through a real server on a real socket: what no HTTP client would send."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Generator, Iterator

import pytest
import uvicorn

from deploy.ports import free_port
from deploy.protocol import Protocol
from tests.builders import Api, eventually
from tests.servers import World

MEGABYTE = 2**20
IDEA = b'{"title": "a"}'


def request(
    *headers: str, line: str = "POST /v1/ideas HTTP/1.1", body: bytes = b"", host: str = "Host: a.test"
) -> bytes:
    """A request with the headers that a good one has, and others. `KEY` stands for the key."""
    usual = (host, "Authorization: Bearer KEY", "Content-Type: application/json")
    return "\r\n".join((line, *filter(None, usual), *headers, "", "")).encode("latin-1") + body


def get(target: str, *headers: str) -> bytes:
    return request(*headers, line=f"GET {target} HTTP/1.1")


CHUNKED = "Transfer-Encoding: chunked"
LENGTH = f"Content-Length: {len(IDEA)}"
GOOD = {
    "a body": request(LENGTH, body=IDEA),
    "a chunked body": request(CHUNKED, body=b"7\r\n" + IDEA[:7] + b"\r\n7\r\n" + IDEA[7:] + b"\r\n0\r\n\r\n"),
    "chunks with extensions": request(CHUNKED, body=b"e;a=b\r\n" + IDEA + b"\r\n0\r\n\r\n"),
    "expects to be continued": request(LENGTH, "Expect: 100-continue", body=IDEA),
    "HTTP/1.0": request(LENGTH, line="POST /v1/ideas HTTP/1.0", body=IDEA),
    "an absolute target": get("http://elsewhere.test/v1/ideas"),
    "a body on a read": request(LENGTH, line="GET /v1/ideas HTTP/1.1", body=IDEA),
    "a long header": get("/v1/ideas", "X-Long: " + "a" * 30_000),
    "an offer of HTTP/2": request(
        LENGTH, "Connection: Upgrade, HTTP2-Settings", "UPGRADE: h2c", "HTTP2-Settings: AAMAAABk", body=IDEA
    ),
    "an offer of HTTP/2 to a hot write": request(
        "Content-Length: 14",
        "Connection: upgrade, http2-settings",
        "Upgrade: h2c",
        line="POST /v1/feedback HTTP/1.1",
        body=b'{"text": "hc"}',
    ),
    "an offer of WebSockets": request(LENGTH, "Connection: Upgrade", "Upgrade: websocket", body=IDEA),
    "many headers": get("/v1/ideas", *(f"X-{n}: {n}" for n in range(500))),
}
BAD = {
    "NUL in a query": get("/v1/ideas?cursor=%00"),
    "NUL in a path": get("/v1/ideas/%00"),
    "raw bytes in a path": get("/v1/ideas/\xff\xfe"),
    "raw NUL in a path": get("/v1/ideas/\x00"),
    "a long target": get("/v1/ideas/" + "a" * 60_000),
    "a long query": get("/v1/ideas?cursor=" + "a" * 60_000),
    "no target": b"GET  HTTP/1.1\r\nHost: a\r\n\r\n",
    "an asterisk": request(line="OPTIONS * HTTP/1.1"),
    "a tunnel": request(line="CONNECT a.test:443 HTTP/1.1"),
    "a method of its own": request(line="FOO /v1/ideas HTTP/1.1"),
    "a method in small letters": request(line="get /v1/ideas HTTP/1.1"),
    "a trace": request(line="TRACE /v1/ideas HTTP/1.1"),
    "another version": request(line="GET /v1/ideas HTTP/9.9"),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
    "garbage": b"\x00\xff" * 200 + b"\r\n\r\n",
    "two lengths": request(LENGTH, "Content-Length: 1", body=IDEA),
    "length and chunks": request(LENGTH, CHUNKED, body=b"0\r\n\r\n"),
    "a negative length": request("Content-Length: -1", body=IDEA),
    "a length in words": request("Content-Length: ten", body=IDEA),
    "a length past any number": request("Content-Length: " + "9" * 30, body=IDEA),
    "a length over the limit": request("Content-Length: 50000000", body=b"{"),
    "a chunk size in words": request(CHUNKED, body=b"zz\r\n{}\r\n0\r\n\r\n"),
    "a chunk size past any number": request(CHUNKED, body=b"f" * 20 + b"\r\n{}\r\n"),
    "an encoding unknown": request("Transfer-Encoding: gzip", body=IDEA),
    "chunked twice": request("Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "a header without a name": request(": a"),
    "a header with a blank in its name": request("X Header: a"),
    "a header without a colon": request("X-Header"),
    "NUL in a header": request("X-Header: a\x00b"),
    "a bare line feed": b"GET /v1/ideas HTTP/1.1\nHost: a.test\n\n",
    "no key": get("/v1/ideas").replace(b"Authorization", b"X-Other"),
    "several keys": request("Authorization: Bearer other", LENGTH, body=IDEA),
    "invalid UTF-8 in a body": request("Content-Length: 4", body=b"\xff\xfe\xfd\xfc"),
}


def oversized() -> Iterator[bytes]:
    """A chunked body of 50 MB."""
    yield request(CHUNKED)
    for _ in range(50):
        yield b"100000\r\n" + b" " * MEGABYTE + b"\r\n"
    yield b"0\r\n\r\n"


class Server(uvicorn.Server):
    """Leaves signals to the test run."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@pytest.fixture(scope="module")
async def port(world: World) -> AsyncGenerator[int]:
    """Feedback behind uvicorn, as `deploy.run` starts it."""
    port = free_port()
    config = uvicorn.Config(
        world.apps["feedback"],
        port=port,
        http=Protocol,
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
    )
    server = Server(config)
    task = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    yield port
    server.should_exit = True
    await task


async def answer(port: int, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer; status 0 when the line was closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    try:
        return await parsed(reader)
    finally:
        writer.close()


async def parsed(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    async with asyncio.timeout(10):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"HTTP/1.1 100"):
                head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return 0, {}, b""
        line, *fields = head.decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
        body = await reader.readexactly(int(headers["content-length"])) if "content-length" in headers else b""
        return int(line.split()[1]), headers, body


@pytest.mark.parametrize("what", GOOD)
async def test_unusual_but_right(api: Api, port: int, what: str) -> None:
    status, headers, body = await answer(port, GOOD[what].replace(b"KEY", str(api.key).encode()))
    assert 200 <= status < 300, body
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("what", BAD)
async def test_hostile_bytes_are_refused(api: Api, port: int, what: str) -> None:
    status, headers, body = await answer(port, BAD[what].replace(b"KEY", str(api.key).encode()))
    assert status == 0 or 400 <= status < 500, body
    if status and body != b"Invalid HTTP request received.":
        # All that the server itself could read.
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body)["status"] == status
    status, _, _ = await answer(port, get("/v1/ideas").replace(b"KEY", str(api.key).encode()))
    assert status == 200, "and the next is served"


@pytest.mark.parametrize("path", ["/v1/ideas", "/v1/feedback", "/v1/hooks/nobody", "/v1/feedback/bulk"])
async def test_an_endless_chunked_body_is_cut_off(api: Api, port: int, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    with contextlib.suppress(ConnectionError):
        for piece in oversized():
            writer.write(piece.replace(b"/v1/ideas", path.encode()).replace(b"KEY", str(api.key).encode()))
            await writer.drain()
            sent += len(piece)
    status, headers, _ = await parsed(reader)
    writer.close()
    # The answer can be lost with the rest of the line: a server that closes while data arrives resets it.
    assert status in {0, 404, 413}
    assert not status or headers["connection"] == "close" or status == 404
    assert sent < 50 * MEGABYTE or status


@pytest.mark.parametrize("path", ["/v1/ideas", "/v1/feedback"])
async def test_a_large_body_that_comes_in_pieces_is_served(api: Api, port: int, path: str) -> None:
    large = {"title": "a", "description": "b" * 19_000} if path == "/v1/ideas" else {"text": "b" * 19_000}
    # Blanks make it several times what a server takes in before somebody reads.
    body = json.dumps(large).encode() + b" " * 300_000
    raw = request(f"Content-Length: {len(body)}", line=f"POST {path} HTTP/1.1", body=body)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        whole = raw.replace(b"KEY", str(api.key).encode())
        for at in range(0, len(whole), 40_000):
            writer.write(whole[at : at + 40_000])
            # Another's turn: what has come is read before the rest is sent.
            await answer(port, get("/healthz"))
        status, _, answered = await parsed(reader)
        assert status == 201, answered
    writer.close()


async def test_a_caller_who_leaves_in_the_middle_leaves_nothing(api: Api, port: int) -> None:
    for raw in (request(LENGTH, body=IDEA[:5]), request(CHUNKED, body=b"e\r\n" + IDEA[:5]), b"GET /v1/ide"):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw.replace(b"KEY", str(api.key).encode()))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    status, _, body = await answer(port, get("/v1/ideas").replace(b"KEY", str(api.key).encode()))
    assert (status, json.loads(body)["data"]) == (200, [])
