"""Local files: addresses that we signed, tickets for one upload each, nothing left lying about."""

import gc
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core import signing
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django import Settings

from generation.tasks import erase_leftovers
from tests.processes import no_file_beyond
from visiona.lib import storage
from visiona.lib.storage import LocalStorage, StorageUnavailable, UploadTicket

pytestmark = pytest.mark.django_db

PICTURE = b"\xff\xd8" + bytes(range(256)) * 40
NAME = "quarantine/somebody/019f"


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """The product keeps its files here for one test."""
    options = {"location": str(tmp_path), "base_url": "/files/", "allow_overwrite": True}
    local = {"BACKEND": "visiona.lib.storage.LocalStorage", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"default": local}
    return tmp_path


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def ticket_for(name: str = NAME, max_bytes: int = 20_000) -> UploadTicket:
    return storage.ticket(name=name, content_type="image/jpeg", max_bytes=max_bytes)


def send(ticket: UploadTicket, data: bytes = PICTURE) -> Any:
    """Send a file as a program does that has nothing but the ticket."""
    file = ContentFile(data, name="../../me.jpg")
    client = Client(enforce_csrf_checks=True)
    return client.post(ticket.url, {**ticket.fields, "file": file})


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def shown(address: str) -> int:
    answer = Client().get(address)
    answer.close()
    return answer.status_code


# --- Addresses ------------------------------------------------------------------------------------


def test_an_address_outlives_the_key_that_signed_it(folder: Path, settings: Settings) -> None:
    default_storage.save("people/a/1.jpg", ContentFile(PICTURE))
    address = default_storage.url("people/a/1.jpg")
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [old]
    assert shown(address) == 200
    assert default_storage.url("people/a/1.jpg") != address
    assert shown(default_storage.url("people/a/1.jpg")) == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert shown(address) == 404


def test_an_address_is_good_to_its_last_second_and_not_one_longer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default_storage.save("people/a/1.jpg", ContentFile(PICTURE))
    address = default_storage.url("people/a/1.jpg")
    expires = int(parse_qs(urlsplit(address).query)["expires"][0])
    monkeypatch.setattr(time, "time", lambda: float(expires))
    assert shown(address) == 200
    monkeypatch.setattr(time, "time", lambda: expires + 1.0)
    assert shown(address) == 404


def test_a_signature_fits_one_name_only(folder: Path) -> None:
    for name in ("a:1", "a", "people/a:123/1.jpg"):
        expires = int(time.time()) + 60
        signature = signing.Signer(salt=storage.SALT).signature(f"{name}:{expires}")
        assert storage.is_signed(name, expires=str(expires), signature=signature)
        for other in ("b", f"{name}x", name[:-1]):
            assert not storage.is_signed(other, expires=str(expires), signature=signature)
        assert not storage.is_signed("a", expires="1", signature=f"{expires}:{signature}")


@pytest.mark.parametrize("name", [NAME, f"./{NAME}", "quarantine//x", "people/../quarantine/x"])
def test_quarantine_is_never_served(folder: Path, name: str) -> None:
    (folder / "quarantine").mkdir()
    (folder / "quarantine" / "x").write_bytes(PICTURE)
    with pytest.raises(SuspiciousFileOperation):
        default_storage.url(name)
    expires = int(time.time()) + 60
    signature = storage._sign(name, expires)  # even if we had signed it
    assert shown(f"/files/{name}?expires={expires}&signature={signature}") in {400, 404}


@pytest.mark.parametrize("name", ["../x.jpg", "/etc/passwd", "a/../../x.jpg", "..", ""])
def test_a_name_that_leads_elsewhere_gets_neither_address_nor_ticket(
    folder: Path, name: str
) -> None:
    with pytest.raises(SuspiciousFileOperation):
        default_storage.url(name)
    with pytest.raises(SuspiciousFileOperation):
        ticket_for(f"quarantine/{name}" if name.startswith("..") else name)


def test_what_no_page_shows_is_only_ever_saved(folder: Path) -> None:
    default_storage.save("people/a/page.html", ContentFile(b"<script>"))
    answer = Client().get(default_storage.url("people/a/page.html"))
    answer.close()
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer["X-Content-Type-Options"] == "nosniff"


# --- Tickets --------------------------------------------------------------------------------------


def test_a_ticket_lets_one_file_in_without_a_session_or_a_form_token(folder: Path) -> None:
    ticket = ticket_for()
    answer = send(ticket)
    assert (answer.status_code, answer.content) == (204, b"")
    assert files_in(folder) == [NAME]
    assert (folder / NAME).read_bytes() == PICTURE

    assert send(ticket, b"again").status_code == 204  # whose line broke sends it again
    assert (folder / NAME).read_bytes() == b"again"


@pytest.mark.parametrize("size", [1, 20_000])
def test_up_to_the_agreed_size_is_taken(folder: Path, size: int) -> None:
    assert send(ticket_for(), bytes(size)).status_code == 204
    assert (folder / NAME).stat().st_size == size


@pytest.mark.parametrize("size", [20_001, 500_000])
def test_more_than_agreed_is_refused(folder: Path, size: int) -> None:
    refused(send(ticket_for(), bytes(size)), 413, "too_large")
    assert files_in(folder) == []


def test_nothing_is_no_file(folder: Path) -> None:
    refused(send(ticket_for(), b""), 422, "invalid_input")
    refused(Client().post(ticket_for().url, ticket_for().fields), 422, "invalid_input")
    refused(Client().post(ticket_for().url, b"{}", "application/json"), 422, "invalid_input")
    refused(Client().post(ticket_for().url, b"x", "multipart/form-data"), 400, "malformed")
    assert files_in(folder) == []


def test_another_type_than_agreed_is_refused(folder: Path) -> None:
    answer = send(UploadTicket(ticket_for().url, {"Content-Type": "text/html"}))
    refused(answer, 422, "invalid_input")
    assert answer.json()["errors"][0]["field"] == "Content-Type"
    assert files_in(folder) == []


def test_a_ticket_that_was_changed_or_is_none_is_refused(folder: Path) -> None:
    ticket = ticket_for()
    elsewhere = signing.dumps(["people/a/1.jpg", "image/jpeg", 20_000], salt="another")
    for address in (
        ticket.url[:-1] + ("a" if ticket.url[-1] != "a" else "b"),
        "/files/",
        "/files/?ticket=",
        f"/files/?ticket={elsewhere}",
        default_storage.url("people/a/1.jpg").replace("people/a/1.jpg", ""),
    ):
        refused(send(UploadTicket(address, ticket.fields)), 403, "not_allowed")
    assert files_in(folder) == []


def test_a_ticket_lives_for_five_minutes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket, now = ticket_for(), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 299)
    assert send(ticket).status_code == 204
    monkeypatch.setattr(time, "time", lambda: now + 302)
    refused(send(ticket, b"late"), 403, "not_allowed")
    assert (folder / NAME).read_bytes() == PICTURE


@pytest.mark.parametrize(
    "name", ["people/a/1.jpg", "quarantine", "quarantined/x", "x/quarantine/y"]
)
def test_a_ticket_is_for_quarantine_only(folder: Path, name: str) -> None:
    with pytest.raises(SuspiciousFileOperation):
        ticket_for(name)


def test_a_ticket_cannot_be_asked_for_with_another_method(folder: Path) -> None:
    assert Client().get(ticket_for().url).status_code == 405
    assert Client().put(ticket_for().url, PICTURE).status_code == 405


def test_a_body_beyond_the_largest_photo_is_refused_unread(folder: Path) -> None:
    answer = Client().post(
        ticket_for().url, b"", "multipart/form-data; boundary=x", CONTENT_LENGTH="30000000"
    )
    refused(answer, 413, "too_large")


@pytest.mark.django_db(transaction=True)
def test_at_the_real_server_the_largest_photo_arrives_and_more_is_answered(
    live_address: str,
) -> None:
    most = 20 * 1024 * 1024
    data = os.urandom(most)
    ticket = ticket_for(max_bytes=most)
    taken = httpx.post(
        live_address + ticket.url, data=ticket.fields, files={"file": data}, timeout=30
    )
    assert (taken.status_code, taken.content) == (204, b"")
    with default_storage.open(NAME) as file:
        assert file.read() == data
    default_storage.delete(NAME)

    small = ticket_for(max_bytes=1000)
    answer = httpx.post(
        live_address + small.url, data=small.fields, files={"file": data}, timeout=30
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not default_storage.exists(NAME)


# --- Leftovers ------------------------------------------------------------------------------------


def test_what_a_killed_writer_or_a_forgotten_upload_left_is_erased_in_time(folder: Path) -> None:
    ages = {
        "people/a/1.jpg": 400_000,
        "people/a/1.jpg.0f.part": 3700,
        "people/a/2.jpg.0f.part": 3500,
        "quarantine/a/old": 25 * 3600,
        "quarantine/a/new": 23 * 3600,
        "quarantine/a/new.0f.part": 3700,
        "people/quarantine/kept.jpg": 400_000,
    }
    for name, age in ages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PICTURE)
        os.utime(path, (time.time() - age,) * 2)

    erase_leftovers()
    assert files_in(folder) == [
        "people/a/1.jpg",
        "people/a/2.jpg.0f.part",
        "people/quarantine/kept.jpg",
        "quarantine/a/new",
    ]
    assert storage.erase_leftovers() == 0


# --- Outages --------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_used_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("a file where a folder should be")
    broken = LocalStorage(location=str(tmp_path / "occupied"), base_url="/files/")
    with pytest.raises(StorageUnavailable):
        broken.save("people/a/1.jpg", ContentFile(PICTURE))
    with pytest.raises(StorageUnavailable):
        broken.is_ready()


def test_a_file_that_is_missing_is_not_an_outage(folder: Path) -> None:
    for name in ("none.jpg", "none/at/all.jpg"):
        with pytest.raises(FileNotFoundError):
            default_storage.open(name)


def test_a_full_disk_is_an_outage_and_leaves_nothing(folder: Path) -> None:
    default_storage.save("people/a/1.jpg", ContentFile(b"small"))
    with no_file_beyond(8000):
        with pytest.raises(StorageUnavailable):
            default_storage.save("people/a/1.jpg", ContentFile(PICTURE))
        answer = send(ticket_for())
        refused(answer, 503, "unavailable")
        assert answer["Retry-After"] == "5"
        gc.collect()  # a file that was left open would be complained of here
    assert files_in(folder) == ["people/a/1.jpg"]
    assert (folder / "people/a/1.jpg").read_bytes() == b"small"
