"""Ask ClamAV whether a file is harmful: clamd's INSTREAM, over TCP or a UNIX socket."""

import enum
import logging
import re
import socket
import struct
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

CONNECT_SECONDS = 2.0
SCAN_SECONDS = 10.0
CHUNK_BYTES = 64 * 1024
LONGEST_REPLY = 1024
CLEAN_REPLY = b"stream: OK"
INFECTED_REPLY = re.compile(rb"stream: [^\x00\n]+ FOUND")

logger = logging.getLogger(__name__)


class Verdict(enum.Enum):
    """What is known of a file; only a clean one may be accepted."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNAVAILABLE = "unavailable"


def scan(data: bytes) -> Verdict:
    """Return what the scanner says of these bytes: clean where no scanner is configured."""
    if not settings.CLAMD_ADDRESS:
        return Verdict.CLEAN
    try:
        reply = _ask(data, deadline=time.monotonic() + SCAN_SECONDS)
    except OSError as error:
        logger.error("antivirus.unreachable", extra={"reason": type(error).__name__})  # noqa: TRY400
        return Verdict.UNAVAILABLE
    if reply == CLEAN_REPLY:
        return Verdict.CLEAN
    if INFECTED_REPLY.fullmatch(reply):
        return Verdict.INFECTED
    logger.error("antivirus.no_verdict", extra={"reply": reply[:100].decode("ascii", "replace")})
    return Verdict.UNAVAILABLE


def place_of(address: str) -> str | tuple[str, int]:
    """Return where to connect: the path of a UNIX socket, or host and port of TCP."""
    parts = urlsplit(address)
    if parts.scheme == "unix" and parts.path and not parts.netloc:
        return parts.path
    if parts.scheme == "tcp" and parts.hostname and parts.port:
        return parts.hostname, parts.port
    raise ImproperlyConfigured("Set CLAMD_ADDRESS to tcp://host:3310 or unix:///path/clamd.sock.")


def _ask(data: bytes, *, deadline: float) -> bytes:
    with _connect(place_of(settings.CLAMD_ADDRESS)) as connection:
        try:
            _send(connection, b"zINSTREAM\0", deadline)
            view = memoryview(data)
            for start in range(0, len(data), CHUNK_BYTES):
                chunk = view[start : start + CHUNK_BYTES]
                _send(connection, struct.pack(">I", len(chunk)) + chunk, deadline)
            _send(connection, struct.pack(">I", 0), deadline)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered in the middle, that this is more than it takes
        return _reply(connection, deadline)


def _connect(place: str | tuple[str, int]) -> socket.socket:
    if isinstance(place, tuple):
        return socket.create_connection(place, timeout=CONNECT_SECONDS)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(CONNECT_SECONDS)
    try:
        connection.connect(place)
    except OSError:
        connection.close()
        raise
    return connection


def _send(connection: socket.socket, data: bytes, deadline: float) -> None:
    connection.settimeout(_left(deadline))
    connection.sendall(data)


def _reply(connection: socket.socket, deadline: float) -> bytes:
    """Return what comes until the closing zero byte, without it; all of it, or nothing."""
    reply = b""
    while not reply.endswith(b"\0"):
        connection.settimeout(_left(deadline))
        received = connection.recv(LONGEST_REPLY)
        if not received or len(reply) > LONGEST_REPLY:
            raise ConnectionError
        reply += received
    return reply[:-1]


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
