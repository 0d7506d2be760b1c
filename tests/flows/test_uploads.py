"""Files on their way through the product's own processes: as they should go, and as they do go."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings

from accounts import services as accounts_services
from accounts.models import User
from generation.models import Asset, Upload
from tests import factories
from tests.factories import picture
from tests.pictures import SVG, kept_files
from tests.processes import jobs_loop, wait_until, web_server
from tests.processes import running as run_beside
from visiona.embedded.process import kill_group
from visiona.embedded.throwaway import Servers
from visiona.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)

BOUNDARY = "a-line-between"


def bearer(user: User) -> dict[str, str]:
    secret = accounts_services.issue_sign_in(user=user, client="tests")
    return {"Authorization": f"Bearer {secret}"}


def send(address: str, headers: dict[str, str], name: str, data: bytes) -> str:
    """Send a file in two steps, as a program does; return the upload's id."""
    announced = {"filename": name, "bytes": len(data), "content_type": "image/jpeg"}
    answer = httpx.post(f"{address}/api/v1/uploads", json=announced, headers=headers)
    begun = answer.json()["data"]
    place = urlsplit(begun["url"])
    sent = httpx.post(
        f"{address}{place.path}?{place.query}",
        data=begun["fields"],
        files={"file": (name, data)},
    )
    assert sent.status_code == 204, sent.text
    done = httpx.post(f"{address}/api/v1/uploads/{begun['id']}/complete", headers=headers)
    assert done.status_code == 202
    return str(begun["id"])


def seen(address: str, headers: dict[str, str], upload_id: str) -> dict[str, Any]:
    answer = httpx.get(f"{address}/api/v1/uploads/{upload_id}", headers=headers)
    found: dict[str, Any] = answer.json()["data"]
    return found


def quarantined() -> set[Path]:
    folder = Path(settings.FILES_DIR) / "quarantine"
    return {path for path in kept_files() if path.is_relative_to(folder)}


@contextmanager
def silent_scanner() -> Iterator[str]:
    """A virus scanner that takes files and never says what it thinks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.slow
def test_without_a_broker_files_are_checked_within_seconds_each_with_its_verdict(
    alice: User, product_servers: Servers
) -> None:
    nobody = "redis://127.0.0.1:9/0"
    before = quarantined()
    with web_server(product_servers, REDIS_URL=nobody) as address:
        headers = bearer(alice)
        good = send(address, headers, "good.jpg", picture())
        bad = send(address, headers, "bad.jpg", SVG)

        with run_beside(jobs_loop(product_servers, REDIS_URL=nobody)):
            wait_until(
                lambda: not Upload.objects.unfinished().exists(),
                seconds=20,
                what="both are checked",
            )

        assert seen(address, headers, good)["status"] == "clean"
        assert seen(address, headers, good)["photo"]["width"] == 640
        assert seen(address, headers, bad)["error"]["code"] == "unreadable_image"
    assert Asset.objects.count() == 1
    assert quarantined() == before


@pytest.mark.slow
def test_a_file_whose_worker_is_killed_while_it_looks_is_looked_at_again(
    alice: User, product_servers: Servers
) -> None:
    upload = factories.make_upload(alice, picture())
    with silent_scanner() as scanner:
        loop = jobs_loop(product_servers, CLAMD_ADDRESS=scanner)
        with run_beside(loop) as worker:
            wait_until(
                lambda: Upload.objects.get().attempts == 1, seconds=20, what="it is being checked"
            )
            kill_group(worker)

    upload.refresh_from_db()
    assert upload.status == "waiting"
    assert not Asset.objects.exists()
    Upload.objects.update(lease_until=clock.now() - timedelta(seconds=1))  # its time runs out
    with run_beside(jobs_loop(product_servers)):
        wait_until(lambda: Upload.objects.get().is_final, seconds=20, what="it is checked again")

    upload.refresh_from_db()
    assert (upload.status, upload.photo_id) == ("clean", Asset.objects.get().pk)


# --- Connections that break ---------------------------------------------------------------------


def break_off(address: str, path: str, headers: dict[str, str], fields: dict[str, str]) -> None:
    """Send nine tenths of a form with a file, and hang up."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x.jpg"\r\n\r\n'
    # Behind the picture lies enough for the cut to leave it whole.
    content = "".join([*parts, file]).encode() + picture() + b"\0" * 300_000
    body = content + f"\r\n--{BOUNDARY}--\r\n".encode()
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: {urlsplit(address).netloc}",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    place = urlsplit(address)
    with socket.create_connection((place.hostname or "", place.port or 0)) as line:
        line.sendall("\r\n".join([*head, "", ""]).encode() + body[: len(body) * 9 // 10])
        time.sleep(0.3)


def test_a_connection_that_breaks_at_nine_tenths_leaves_nothing(
    alice: User, live_address: str
) -> None:
    headers = bearer(alice)
    announced = {"filename": "x.jpg", "bytes": 400_000, "content_type": "image/jpeg"}
    answer = httpx.post(f"{live_address}/api/v1/uploads", json=announced, headers=headers)
    begun = answer.json()["data"]
    ticket = urlsplit(begun["url"])
    before = kept_files()

    break_off(live_address, "/api/v1/photos", headers, {})
    break_off(live_address, f"{ticket.path}?{ticket.query}", {}, begun["fields"])
    time.sleep(1)

    assert not Asset.objects.exists()
    assert kept_files() == before
    completed = httpx.post(f"{live_address}/api/v1/uploads/{begun['id']}/complete", headers=headers)
    assert (completed.status_code, completed.json()["code"]) == (409, "not_received")
    files = {"file": ("x.jpg", picture())}
    again = httpx.post(f"{live_address}/api/v1/photos", files=files, headers=headers)
    assert again.status_code == 201
