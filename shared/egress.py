"""Calls to addresses that somebody else chose: to the public internet, or to nowhere.

A host is resolved once, every address that it has is checked, and one of the checked ones is dialled: between the check
and the connection there is no second look-up that could answer otherwise. Redirects are not followed, and an answer is
read up to a limit only.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import httpx2

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# IANA's special-purpose registries. `is_global` would let multicast, NAT64 and 6to4 through.
_DENIED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
)  # fmt: skip
# Of IPv6, only this much is given out as global unicast. The rest (mapped, NAT64, unique local, link local, multicast…)
# is refused without being named.
_UNICAST = ipaddress.ip_network("2000::/3")


class Refused(Exception):
    """The address may not be called. The text says why, in words for whoever configured it."""


class Unreachable(Exception):
    """No answer: not found, refused, timed out, broken off, or more than the limit."""


class Reply(NamedTuple):
    """An answer, whole."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


def networks(text: str) -> tuple[Network, ...]:
    """Networks from a comma-separated setting. ValueError when one is none."""
    return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())


def permitted(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether an address may be dialled: allowed by name, or public."""
    if any(address.version == network.version and address in network for network in allowed):
        return True
    if address.version == 6 and address not in _UNICAST:
        return False
    return not any(address.version == network.version and address in network for network in _DENIED)


class Egress(httpx2.AsyncBaseTransport):
    """A client that calls public addresses, and those in `allowed` besides.

    `limit`: bytes of an answer. `seconds`: how long a call may take in all. Plain HTTP goes to allowed addresses only.
    """

    def __init__(self, allowed: Sequence[Network] = (), *, limit: int = 8_388_608, seconds: float = 20.0) -> None:
        self._allowed = tuple(allowed)
        self._limit = limit
        self._seconds = seconds
        # A kept connection was checked for another name; TLS would not look at the new one's certificate again.
        limits = httpx2.Limits(max_connections=20, max_keepalive_connections=0)
        self._wire = httpx2.AsyncHTTPTransport(trust_env=False, limits=limits)
        self._client = httpx2.AsyncClient(transport=self, follow_redirects=False, trust_env=False, timeout=seconds)

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Reply:
        """One call. Refused when the address may not be called, Unreachable when nothing came back."""
        try:
            async with asyncio.timeout(self._seconds):
                # Unpacked, a few bytes could become any number of them.
                sent = {**(headers or {}), "accept-encoding": "identity"}
                async with self._client.stream(method, url, headers=sent, content=content) as response:
                    if response.headers.get("content-encoding", "identity") != "identity":
                        raise Unreachable("the answer is packed, although that was declined")
                    body = bytearray()
                    async for chunk in response.aiter_raw():
                        body += chunk
                        if len(body) > self._limit:
                            raise Unreachable(f"the answer has more than {self._limit} bytes")
                    return Reply(response.status_code, dict(response.headers.items()), bytes(body))
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise Refused("is no URL that can be called") from error
        except (httpx2.HTTPError, TimeoutError, OSError) as error:
            raise Unreachable(type(error).__name__) from error

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """What httpx calls: the look-up, the checks, and the call to what was checked."""
        url = request.url
        if url.scheme not in ("https", "http") or not url.host or url.userinfo:
            raise Refused("is not an https URL with a host and without a password")
        address = await self._resolved(url.host, url.port or (443 if url.scheme == "https" else 80))
        if url.scheme == "http" and not any(
            address.version == network.version and address in network for network in self._allowed
        ):
            raise Refused("must be https")
        # The Host header was made from the name, and the certificate is checked against it.
        checked = httpx2.Request(
            request.method,
            url.copy_with(host=str(address)),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": url.host},
        )
        return await self._wire.handle_async_request(checked)

    async def _resolved(self, host: str, port: int) -> Address:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unreachable("the host's name cannot be resolved") from error
        # A link-local address comes with its interface behind a per cent sign.
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        if not addresses:
            raise Unreachable("the host's name cannot be resolved")
        # One bad address spoils them all: whoever owns the name could have any of them dialled.
        if not all(permitted(address, self._allowed) for address in addresses):
            raise Refused("leads to an address that is not public")
        return addresses[0]

    async def aclose(self) -> None:
        await self._wire.aclose()
