"""What may be called: public addresses, and what was allowed by name."""

import asyncio
import gzip
import ipaddress
import socket
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from shared.egress import Egress, Refused, Unreachable, networks, permitted
from tests.feedback.intake.vendor_server import Vendor, running_vendor

PRIVATE = [
    "0.0.0.1", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1",
    "ff02::1", "172.31.255.1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"]


@pytest.fixture
async def vendor() -> AsyncGenerator[Vendor]:
    async with running_vendor() as vendor:
        vendor.answers["/"] = {"hello": "there"}
        yield vendor


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not permitted(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_permitted(address: str) -> None:
    assert permitted(ipaddress.ip_address(address))


def test_an_allowance_opens_what_it_names_and_nothing_else() -> None:
    allowed = networks("127.0.0.0/8, fd00::/8")
    assert permitted(ipaddress.ip_address("127.0.0.1"), allowed)
    assert permitted(ipaddress.ip_address("fd00::5"), allowed)
    assert not permitted(ipaddress.ip_address("10.0.0.1"), allowed)
    assert not permitted(ipaddress.ip_address("::1"), allowed)
    assert networks("") == ()
    with pytest.raises(ValueError, match="nonsense"):
        networks("nonsense")


async def test_the_loopback_answers_those_only_who_may(vendor: Vendor) -> None:
    strict, allowed = Egress(), Egress(networks("127.0.0.0/8"))
    for url in (
        vendor.url,
        vendor.url.replace("127.0.0.1", "localhost"),
        vendor.url.replace("127.0.0.1", "2130706433"),
    ):
        with pytest.raises(Refused):
            await strict.request("GET", url + "/")
    assert vendor.asked == []
    reply = await allowed.request("GET", vendor.url + "/?a=b")
    assert (reply.status, reply.body) == (200, b'{"hello": "there"}')
    assert vendor.asked[0][2]["host"] == vendor.url.removeprefix("http://")
    await strict.aclose()
    await allowed.aclose()


@pytest.mark.parametrize(
    "url",
    ["", "x", "//x", "file:///etc/passwd", "ftp://example.com/", "https://user:pw@example.com/", "http://8.8.8.8/", "https://"],
)  # fmt: skip
async def test_urls_that_are_not_called(url: str) -> None:
    egress = Egress()
    with pytest.raises((Refused, Unreachable)):
        await egress.request("GET", url)
    await egress.aclose()


async def test_one_bad_address_spoils_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answers(*_: object, **__: object) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("8.8.8.8", "127.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answers)
    egress = Egress()
    with pytest.raises(Refused, match="not public"):
        await egress.request("GET", "https://rebound.example/")
    await egress.aclose()


async def test_a_name_is_looked_up_once_and_what_was_checked_is_dialled(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look-up could lead elsewhere: here it would lead to nowhere at all."""
    asked: list[str] = []
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def answers(host: str, port: int, **others: Any) -> Any:
        if host != "vendor.example":
            assert ipaddress.ip_address(host), "only a checked address gets this far"
            return await real(host, port, **others)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(loop, "getaddrinfo", answers)
    egress = Egress(networks("127.0.0.0/8"))
    port = vendor.url.rpartition(":")[2]
    assert (await egress.request("GET", f"http://vendor.example:{port}/")).status == 200
    assert asked == ["vendor.example"]
    assert vendor.asked[0][2]["host"] == f"vendor.example:{port}"
    await egress.aclose()


async def test_redirects_are_told_and_not_followed(vendor: Vendor) -> None:
    vendor.answers["/"] = (302, {"location": vendor.url + "/inner"}, b"")
    egress = Egress(networks("127.0.0.0/8"))
    assert (await egress.request("GET", vendor.url + "/")).status == 302
    assert vendor.paths() == ["/"]
    await egress.aclose()


async def test_answers_are_bounded_in_size_and_time(vendor: Vendor) -> None:
    vendor.answers["/"] = (200, {}, b"x" * 100_000)
    small = Egress(networks("127.0.0.0/8"), limit=10_000)
    with pytest.raises(Unreachable, match="10000 bytes"):
        await small.request("GET", vendor.url + "/")
    await small.aclose()

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(says_nothing, "127.0.0.1", 0)
    quick = Egress(networks("127.0.0.0/8"), seconds=0.3)
    with pytest.raises(Unreachable):
        await quick.request("GET", f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/")
    await quick.aclose()
    silent.close()
    await silent.wait_closed()


async def test_packed_answers_are_not_unpacked(vendor: Vendor) -> None:
    vendor.answers["/"] = (200, {"content-encoding": "gzip"}, gzip.compress(b"x" * 10_000_000))
    egress = Egress(networks("127.0.0.0/8"))
    with pytest.raises(Unreachable, match="packed"):
        await egress.request("GET", vendor.url + "/")
    assert vendor.asked[0][2]["accept-encoding"] == "identity"
    await egress.aclose()


async def test_nobody_there() -> None:
    egress = Egress(networks("127.0.0.0/8"))
    with pytest.raises(Unreachable):
        await egress.request("GET", "http://127.0.0.1:1/")
    with pytest.raises(Unreachable):
        await egress.request("GET", "https://no-such-host.invalid/")
    await egress.aclose()
