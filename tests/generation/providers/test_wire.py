"""The wire to providers reads what the other side asks for, and tells nobody what goes over it."""

import ipaddress
import logging
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from generation.providers import wire
from visiona.lib import clock


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("-3", 0.0),
        ("99999999", 3600.0),
        ("soon", None),
        ("nan", None),
        ("inf", 3600.0),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 0.0),
        ("Sat, 01 Jan 2000 00:00:00", 0.0),
    ],
)
def test_how_long_to_wait_is_a_number_of_seconds(header: str, seconds: float | None) -> None:
    assert wire.seconds_of(header) == seconds


def test_how_long_to_wait_may_be_said_by_a_date() -> None:
    moment = clock.now() + timedelta(seconds=90)
    assert wire.seconds_of(format_datetime(moment, usegmt=True)) == pytest.approx(90, abs=2)


def test_nothing_is_sent_or_read_outside_of_an_exchange() -> None:
    client = wire.client2()
    with pytest.raises(LookupError):
        client.get("http://127.0.0.1:9/")
    client.close()


@pytest.mark.parametrize("library", wire.TALKATIVE)
def test_no_library_tells_what_it_sends(library: str) -> None:
    assert not logging.getLogger(library).isEnabledFor(logging.INFO)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine with its key, that nobody trusts by himself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.fixture
def secure_address(certificate: Path) -> Iterator[str]:
    """A server that speaks TLS only, and answers a byte every tenth of a second."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            for byte in b"abc":
                self.wfile.write(bytes([byte]))
                time.sleep(0.1)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing of clients that go away."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def clients() -> list[httpx.Client | httpx2.Client]:
    return [httpx.Client(transport=wire.BoundedTransport()), wire.client2()]


@pytest.mark.parametrize("which", [0, 1], ids=["httpx", "httpx2"])
def test_what_goes_over_the_wire_is_encrypted_and_bounded_all_the_same(
    which: int, secure_address: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    client = clients()[which]
    with wire.exchange(seconds=5, max_bytes=100_000):
        assert client.get(secure_address).text == "abc"
    with (
        wire.exchange(seconds=0.15, max_bytes=100_000),
        pytest.raises((httpx.ReadTimeout, httpx2.ReadTimeout)),
    ):
        client.get(secure_address)
    client.close()


@pytest.mark.parametrize("which", [0, 1], ids=["httpx", "httpx2"])
def test_whose_certificate_nobody_vouches_for_is_not_spoken_to(
    which: int, secure_address: str
) -> None:
    client = clients()[which]
    with (
        wire.exchange(seconds=5, max_bytes=100_000),
        pytest.raises((httpx.ConnectError, httpx2.ConnectError)),
    ):
        client.get(secure_address)
    client.close()


def test_an_exchange_that_is_over_sends_nothing() -> None:
    client = wire.client2()
    with (
        wire.exchange(seconds=-1, max_bytes=100),
        pytest.raises(httpx2.ReadTimeout),
    ):
        client.get("http://127.0.0.1:9/")
    client.close()
