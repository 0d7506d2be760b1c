"""Download from hosts that we name, and never from inside our own network.

An address that somebody else gives us may lead to a private machine: by its host, by what a name
resolves to, by a name that resolves differently the second time, or by a redirect. So a name is
resolved once, every address of it is checked, and the connection goes to what was checked.
"""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore

from visiona.lib.errors import Unavailable, UpstreamError
from visiona.lib.patience import Patience, PatientStream, until

MOST_REDIRECTS = 4
CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
REDIRECTS = {301, 302, 303, 307, 308}
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
HEADERS: dict[bytes | str, bytes | str] = {"User-Agent": "visiona", "Accept-Encoding": "identity"}
PLAIN_ADDRESS = re.compile(r"[!-\[\]-~]+")  # printable ASCII, and no backslash
ROUTED = ipaddress.ip_network("2000::/3")
"""All that is given out of IPv6; so neither v4-mapped nor NAT64 nor unique local addresses."""
REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        "2001::/32",  # Teredo: a private IPv4 address may hide in it, as in the next
        "2002::/16",
        "2001:db8::/32",
        "3fff::/20",
        "192.88.99.0/24",
        "168.63.129.16/32",  # Azure answers its virtual machines there
    )
]

Resolver = Callable[[str, int], Collection[str]]


class Refused(UpstreamError):
    """What the address is or what it answered is not acceptable; trying again will not help."""

    code = "fetch_refused"
    title = "A file could not be fetched"


class Unreachable(Unavailable):
    """It did not answer, too slowly, or broke off; it may be tried again."""

    code = "fetch_unreachable"
    title = "A file could not be fetched at the moment"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What arrived: how the other side calls it, and how much it is."""

    content_type: str
    bytes: int


def resolve(host: str, port: int) -> list[str]:
    """Return every address of a host."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """Downloads from these hosts only; `*.example.com` is every host below example.com.

    A stand-in (`127.0.0.1:9000`) takes the place of a provider in development and tests: it alone
    may be addressed by http and be private.
    """

    hosts: Collection[str]
    stand_ins: Collection[str] = ()
    resolve: Resolver = resolve
    ssl_context: ssl.SSLContext = field(default_factory=cache(httpcore.default_ssl_context))

    def fetch(self, url: str, *, to: IO[bytes], max_bytes: int, seconds: float = 60) -> Fetched:
        """Write what is at an address to a file. Raises Refused and Unreachable."""
        patience = partial(until, time.monotonic() + seconds)
        network = CheckedNetwork(self.resolve, self._is_stand_in, patience)
        with (
            _failures_named(),
            httpcore.ConnectionPool(self.ssl_context, network_backend=network) as pool,
        ):
            for _ in range(MOST_REDIRECTS + 1):
                with pool.stream(
                    "GET", self._checked(url), headers=HEADERS, extensions=_patience()
                ) as response:
                    if response.status not in REDIRECTS:
                        return _receive(response, to, max_bytes)
                    url = _joined(url, _header(response, "location"))
        raise Refused(f"The address redirects more than {MOST_REDIRECTS} times.")

    def _checked(self, url: str) -> httpcore.URL:
        """Return the address in parts, so that nobody after us reads it differently."""
        try:
            parts = urlsplit(url) if PLAIN_ADDRESS.fullmatch(url) else SplitResult(*[""] * 5)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise Refused("The address is malformed.") from None
        default = {"https": 443, "http": 80}.get(parts.scheme, 0)
        if not self._is_stand_in(host, port or default):
            if parts.scheme != "https" or port not in {None, default}:
                raise Refused("Only https on its usual port is fetched.")
            if not any(_matches(host, pattern) for pattern in self.hosts):
                raise Refused("This host is not one that we fetch from.")
        if "@" in parts.netloc or not default:
            raise Refused("The address is malformed.")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return httpcore.URL(scheme=parts.scheme, host=host, port=port, target=target)

    def _is_stand_in(self, host: str, port: int) -> bool:
        return f"{host}:{port}" in self.stand_ins


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet."""
    ip = ipaddress.ip_address(address)
    if ip.version == ROUTED.version and ip not in ROUTED:
        return False
    is_special = any(ip in network for network in REFUSED if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not is_special


class CheckedNetwork(httpcore.NetworkBackend):
    """Resolves a name once, and connects to an address that was checked, until a deadline."""

    def __init__(
        self, resolve: Resolver, is_stand_in: Callable[[str, int], bool], patience: Patience
    ) -> None:
        self._resolve = resolve
        self._is_stand_in = is_stand_in
        self._patience = patience
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = list(self._resolve(host, port))
        if not self._is_stand_in(host, port) and not all(map(is_public, addresses)):
            raise Refused("This host leads into a private network.")
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            left = self._patience(timeout)
            try:
                stream = self._network.connect_tcp(
                    address, port, left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return PatientStream(stream, self._patience)
        raise failure


def _receive(response: httpcore.Response, to: IO[bytes], max_bytes: int) -> Fetched:
    if response.status in PASSING or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unreachable(f"The other side answered {response.status}.")
    if response.status != HTTPStatus.OK:
        raise Refused(f"The other side answered {response.status}.", status=response.status)
    if _header(response, "content-encoding") not in {"", "identity"}:
        raise Refused("The answer is compressed, which we did not ask for.")
    too_large = Refused(f"The file has more than {max_bytes:,} bytes.")
    if int(_header(response, "content-length") or 0) > max_bytes:
        raise too_large
    received = 0
    for chunk in response.iter_stream():
        received += len(chunk)
        if received > max_bytes:
            raise too_large
        to.write(chunk)
    content_type = _header(response, "content-type").partition(";")[0].strip().lower()
    return Fetched(content_type, received)


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, UnicodeError):
        raise Refused("The address is malformed.") from None
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.TimeoutException,
        socket.gaierror,
    ) as error:
        raise Unreachable(f"The file did not arrive ({type(error).__name__}).") from error


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise Refused("The address redirects to one that is malformed.") from None


def _matches(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _header(response: httpcore.Response, wanted: str) -> str:
    for name, value in response.headers:
        if name.lower() == wanted.encode():
            return value.decode("latin-1")
    return ""


def _patience() -> dict[str, Any]:
    return {"timeout": {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS}}
