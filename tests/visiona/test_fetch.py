"""Nothing is fetched but from the hosts we name, and never out of our own network."""

import datetime as dt
import gzip
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_socket import SocketConnectBlockedError

from visiona.lib import fetch
from visiona.lib.fetch import Fetched, Fetcher, Refused, Unreachable, is_public

HOSTS = ("replicate.delivery", "*.replicate.delivery")
PUBLIC, OTHER_PUBLIC = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
LIMIT = 1000
PICTURE = b"\xff\xd8" + b"x" * 500


def answer(body: bytes = PICTURE, *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer with its true length."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def elsewhere(location: str, status: str = "302 Found") -> bytes:
    return answer(b"", f"Location: {location}", status=status)


@dataclass
class StandIn:
    """A server that answers each path with prepared bytes, or as a function likes to."""

    listener: socket.socket
    context: ssl.SSLContext | None = None
    answers: dict[str, bytes | Callable[[socket.socket], object]] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(5)
                if self.context is None:
                    self._talk(connection)
                    return
                with self.context.wrap_socket(connection, server_side=True) as secured:
                    self._talk(secured)
        except OSError:
            return  # whoever asked has hung up

    def _talk(self, connection: socket.socket) -> None:
        while request := connection.recv(65536):
            self.asked.append(request)
            path = request.split(b" ")[1].decode()
            prepared = self.answers[path]
            if callable(prepared):
                prepared(connection)
                return
            connection.sendall(prepared)


def _served(stand_in: StandIn) -> Iterator[StandIn]:
    thread = threading.Thread(target=stand_in.serve)
    thread.start()
    yield stand_in
    stand_in.listener.shutdown(socket.SHUT_RDWR)
    stand_in.listener.close()
    thread.join(5)
    assert not thread.is_alive()


@pytest.fixture
def server() -> Iterator[StandIn]:
    yield from _served(StandIn(socket.create_server(("127.0.0.1", 0))))


@dataclass
class Names:
    """A name server whose answers change from one question to the next."""

    answers: list[list[str]]
    asked: list[tuple[str, int]] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def fetcher_of(server: StandIn, **options: object) -> Fetcher:
    return Fetcher(hosts=HOSTS, stand_ins=[server.place], **options)  # type: ignore[arg-type]


def get(server: StandIn, path: str = "/", seconds: float = 5) -> tuple[Fetched, bytes]:
    to = io.BytesIO()
    url = f"http://{server.place}{path}"
    fetched = fetcher_of(server).fetch(url, to=to, max_bytes=LIMIT, seconds=seconds)
    return fetched, to.getvalue()


def refused(url: str, *addresses: str, match: str | None = None) -> None:
    """Nothing is even resolved, unless addresses are given; nothing is written."""
    names, to = Names([list(addresses)]), io.BytesIO()
    with pytest.raises(Refused, match=match):
        Fetcher(hosts=HOSTS, resolve=names).fetch(url, to=to, max_bytes=LIMIT)
    assert len(names.asked) == bool(addresses)
    assert to.getvalue() == b""


# --- Which addresses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://replicate.delivery/a",
        "ftp://replicate.delivery/a",
        "file:///etc/passwd",
        "gopher://replicate.delivery/a",
        "//replicate.delivery/a",
        "/etc/passwd",
        "",
        "https://",
        "https://replicate.delivery:8443/a",
        "https://replicate.delivery:80/a",
        "https://replicate.delivery:99999/a",
        "https://user@replicate.delivery/a",
        "https://user:word@replicate.delivery/a",
        "https://replicate.delivery@evil.example/a",
        "https://evil.example/a",
        "https://evilreplicate.delivery/a",
        "https://replicate.delivery.evil.example/a",
        "https://evil.example/replicate.delivery",
        "https://evil.example#replicate.delivery",
        "https://evil.example\\@replicate.delivery/a",
        "https://replicate.delivery\r\nHost: evil.example/a",
        "https://replicate.delivery/a b",
        "https://r\u0435plicate.delivery/a",
        "https://replicate.delivery./a",
        "https://localhost/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "https://2130706433/a",
        "https://0x7f.1/a",
        "https://[::1/a",
        f"https://{'a' * 64}.evil.example/a",
    ],
    ids=range(31),
)
def test_an_address_that_is_not_ours_to_fetch_is_refused_before_any_question(url: str) -> None:
    refused(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",  # noqa: S104
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "168.63.129.16",
        "100.64.0.1",
        "100.100.100.200",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "192.88.99.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:93.184.215.14",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::7f00:1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "5f00::1",
    ],
)
def test_a_host_that_leads_into_a_private_network_is_refused(address: str) -> None:
    assert not is_public(address)
    refused("https://replicate.delivery/a", address, match="private network")


def test_one_private_address_among_public_ones_is_enough(server: StandIn) -> None:
    for addresses in ([PUBLIC, "127.0.0.1"], ["10.0.0.1", PUBLIC], [OTHER_PUBLIC, "::1"]):
        refused("https://cdn.replicate.delivery/a", *addresses, match="private network")
    assert server.asked == []


@pytest.mark.parametrize("address", [PUBLIC, OTHER_PUBLIC, "8.8.8.8", "1.1.1.1", "2a00:1450::1"])
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
@pytest.mark.parametrize(
    "url", ["https://replicate.delivery/a", "https://x.cdn.Replicate.Delivery:443/a?b#c"]
)
def test_the_connection_goes_to_the_address_that_was_checked(url: str) -> None:
    names = Names([[PUBLIC], ["127.0.0.1"]])  # it would lead home the second time
    with pytest.raises(SocketConnectBlockedError, match=PUBLIC):
        Fetcher(hosts=HOSTS, resolve=names).fetch(url, to=io.BytesIO(), max_bytes=LIMIT)
    assert names.asked == [(url.split("/")[2].removesuffix(":443").lower(), 443)]


def test_a_name_without_an_address_is_unreachable() -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    for names in (nowhere, Names([[]])):
        with pytest.raises(Unreachable):
            Fetcher(hosts=HOSTS, resolve=names).fetch(
                "https://replicate.delivery/a", to=io.BytesIO(), max_bytes=LIMIT
            )


def test_a_name_that_cannot_be_resolved_at_all_is_refused() -> None:
    with pytest.raises(Refused):
        Fetcher(hosts=HOSTS).fetch(
            f"https://{'a' * 64}.replicate.delivery/a", to=io.BytesIO(), max_bytes=LIMIT
        )


# --- What arrives ---------------------------------------------------------------------------------


def test_a_file_arrives_with_its_type(server: StandIn) -> None:
    server.answers = {"/a.jpg?b=c": answer(PICTURE, "Content-Type: Image/JPEG; charset=x")}
    assert get(server, "/a.jpg?b=c") == (Fetched("image/jpeg", len(PICTURE)), PICTURE)
    (request,) = server.asked
    assert request.startswith(b"GET /a.jpg?b=c HTTP/1.1\r\n")
    assert f"Host: {server.place}".encode() in request
    assert b"Accept-Encoding: identity" in request


def test_no_proxy_of_the_environment_is_used(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answers = {"/": answer()}
    assert get(server)[1] == PICTURE


def test_a_stand_in_that_is_not_listed_is_refused(server: StandIn) -> None:
    for url in (
        f"http://{server.place}/",
        "http://127.0.0.1:1/",
        f"http://localhost:{server.port}/",
    ):
        with pytest.raises(Refused):
            Fetcher(hosts=HOSTS, stand_ins=["127.0.0.1:2"]).fetch(
                url, to=io.BytesIO(), max_bytes=LIMIT
            )
    assert server.asked == []


@pytest.mark.parametrize("size", [0, 1, LIMIT])
def test_up_to_the_limit_is_taken(server: StandIn, size: int) -> None:
    server.answers = {"/": answer(b"x" * size)}
    assert get(server) == (Fetched("", size), b"x" * size)


def test_a_file_that_says_it_is_too_large_is_not_read(server: StandIn) -> None:
    server.answers = {"/": b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"}
    with pytest.raises(Refused, match="more than 1,000 bytes"):
        get(server)


def test_a_body_without_end_is_cut_at_the_limit(server: StandIn) -> None:
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"64\r\n" + b"x" * 100 + b"\r\n")
            sent += 100

    server.answers = {"/": endless}
    to = io.BytesIO()
    with pytest.raises(Refused, match="more than 1,000 bytes"):
        fetcher_of(server).fetch(f"http://{server.place}/", to=to, max_bytes=LIMIT)
    assert len(to.getvalue()) <= LIMIT
    assert sent < 50_000_000  # it ended; the buffers between us took the rest


@pytest.mark.parametrize(
    "lie",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nshort",
        b"HTTP/1.1 200 OK\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"",
    ],
    ids=range(8),
)
def test_an_answer_that_lies_about_its_length_or_breaks_off_is_no_file(
    server: StandIn, lie: bytes
) -> None:
    server.answers = {"/": lambda connection: connection.sendall(lie)}
    with pytest.raises(Unreachable):
        get(server)


def test_what_comes_after_the_length_is_left_out(server: StandIn) -> None:
    server.answers = {"/": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour and more"}
    assert get(server)[1] == b"four"


def test_a_compressed_answer_is_refused_unread(server: StandIn) -> None:
    bomb = gzip.compress(bytes(200_000))
    server.answers = {"/": answer(bomb, "Content-Encoding: gzip")}
    assert len(bomb) < LIMIT
    with pytest.raises(Refused, match="compressed"):
        get(server)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("204 No Content", Refused),
        ("206 Partial Content", Refused),
        ("401 Unauthorized", Refused),
        ("404 Not Found", Refused),
        ("304 Not Modified", Refused),
        ("429 Too Many Requests", Unreachable),
        ("500 Oops", Unreachable),
        ("503 Busy", Unreachable),
    ],
)
def test_an_answer_that_is_no_file_says_whether_to_try_again(
    server: StandIn, status: str, outcome: type[Exception]
) -> None:
    server.answers = {"/": f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()}
    with pytest.raises(outcome, match=status[:3]):
        get(server)


def dripping(start: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(200):
            connection.sendall(drop)
            time.sleep(0.05)

    return drip


@pytest.mark.parametrize(
    "drip",
    [
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        dripping(b"", b"H"),
    ],
    ids=["body", "chunks", "headers", "header", "status"],
)
def test_a_drip_ends_at_the_deadline(
    server: StandIn, drip: Callable[[socket.socket], None]
) -> None:
    server.answers = {"/": drip}
    began = time.monotonic()
    with pytest.raises(Unreachable):
        get(server, seconds=0.5)
    assert time.monotonic() - began < 5


def test_silence_ends_sooner_than_the_deadline(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "READ_SECONDS", 0.3)
    server.answers = {"/": lambda _: time.sleep(2)}
    began = time.monotonic()
    with pytest.raises(Unreachable):
        get(server, seconds=30)
    assert time.monotonic() - began < 2


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        Fetcher(hosts=(), stand_ins=["127.0.0.1:1"]).fetch(
            "http://127.0.0.1:1/", to=io.BytesIO(), max_bytes=LIMIT
        )


# --- Redirects ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["301 x", "302 x", "303 x", "307 x", "308 x"])
def test_a_redirect_is_followed(server: StandIn, status: str) -> None:
    server.answers = {"/": elsewhere("b/c?d#e", status), "/b/c?d": answer()}
    assert get(server)[1] == PICTURE


def test_four_redirects_are_followed_and_five_are_not(server: StandIn) -> None:
    server.answers = {f"/{n}": elsewhere(f"/{n - 1}") for n in range(1, 6)}
    server.answers["/0"] = answer()
    assert get(server, "/4")[1] == PICTURE
    server.asked.clear()
    with pytest.raises(Refused, match="more than 4"):
        get(server, "/5")
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/",
        "https://localhost/",
        "https://[::1]/",
        "//evil.example/",
        "https://evil.example/",
        "http://replicate.delivery/",
        "file:///etc/passwd",
        "http://[",
        "\\\\evil.example",
    ],
    ids=range(11),
)
def test_a_redirect_to_where_we_do_not_fetch_is_refused(server: StandIn, location: str) -> None:
    server.answers = {"/": elsewhere(location)}
    with pytest.raises(Refused):
        get(server)
    assert len(server.asked) == 1


def test_a_redirect_to_a_named_host_that_leads_home_is_refused(server: StandIn) -> None:
    names = Names([["127.0.0.1"], ["127.0.0.1"]])
    server.answers = {"/": elsewhere("https://replicate.delivery/a")}
    with pytest.raises(Refused, match="private network"):
        fetcher_of(server, resolve=names).fetch(
            f"http://{server.place}/", to=io.BytesIO(), max_bytes=LIMIT
        )
    assert names.asked[1] == ("replicate.delivery", 443)


def test_a_redirect_that_says_not_where_ends(server: StandIn) -> None:
    server.answers = {"/": answer(b"", status="302 Found")}
    with pytest.raises(Refused, match="more than 4"):
        get(server)


# --- TLS ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificate:
    """A certificate for one name, signed by itself."""

    path: Path

    @classmethod
    def made(cls, folder: Path, name: str) -> "Certificate":
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        path = folder / f"{name}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return cls(path)

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.path))


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate.made(tmp_path, "files.example")


@pytest.fixture
def secured(certificate: Certificate) -> Iterator[StandIn]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.path)
    yield from _served(StandIn(socket.create_server(("127.0.0.1", 0)), context))


def get_secured(server: StandIn, host: str, trusted: ssl.SSLContext) -> bytes:
    to = io.BytesIO()
    place = f"{host}:{server.port}"
    names = Names([["127.0.0.1"]])
    Fetcher(hosts=(), stand_ins=[place], resolve=names, ssl_context=trusted).fetch(
        f"https://{place}/a", to=to, max_bytes=LIMIT
    )
    return to.getvalue()


def test_the_name_is_what_the_certificate_and_the_server_are_asked_for(
    secured: StandIn, certificate: Certificate
) -> None:
    told: list[str | None] = []
    assert secured.context
    secured.context.sni_callback = lambda _socket, name, _context: told.append(name)
    secured.answers = {"/a": answer()}
    assert get_secured(secured, "files.example", certificate.trusted()) == PICTURE
    assert told == ["files.example"]
    assert f"Host: files.example:{secured.port}".encode() in secured.asked[0]


def test_a_certificate_of_another_name_or_of_nobody_is_not_believed(
    secured: StandIn, certificate: Certificate
) -> None:
    secured.answers = {"/a": answer()}
    with pytest.raises(Unreachable):
        get_secured(secured, "other.example", certificate.trusted())
    with pytest.raises(Unreachable):
        get_secured(secured, "files.example", ssl.create_default_context())
    assert secured.asked == []


def test_a_handshake_that_never_ends_is_given_up(
    server: StandIn, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "CONNECT_SECONDS", 0.3)

    def be_silent(connection: socket.socket) -> None:
        with connection:
            time.sleep(1)

    monkeypatch.setattr(server, "_answer", be_silent)
    began = time.monotonic()
    with pytest.raises(Unreachable):
        get_secured(server, "files.example", certificate.trusted())
    assert time.monotonic() - began < 2


def test_the_next_address_is_tried_when_one_does_not_answer(server: StandIn) -> None:
    names = Names([["::1", "127.0.0.1"]])  # nobody listens at the first
    server.answers = {"/": answer()}
    place, to = f"files.example:{server.port}", io.BytesIO()
    Fetcher(hosts=(), stand_ins=[place], resolve=names).fetch(
        f"http://{place}/", to=to, max_bytes=LIMIT
    )
    assert to.getvalue() == PICTURE
