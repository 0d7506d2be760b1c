"""Files are served whole, or the part of them that a player asks for."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

pytestmark = pytest.mark.django_db

NAME = "people/somebody/film.mp4"


@pytest.fixture
def address() -> str:
    """A film of ten bytes."""
    return default_storage.url(default_storage.save(NAME, ContentFile(b"0123456789")))


def test_a_film_is_served_whole_and_says_that_it_has_parts(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Type"] == "video/mp4"
    assert answer["Content-Disposition"] == 'inline; filename="film.mp4"'
    assert answer.getvalue() == b"0123456789"


@pytest.mark.parametrize(
    ("asked", "told", "part"),
    [
        ("bytes=0-", "bytes 0-9/10", b"0123456789"),
        ("bytes=2-4", "bytes 2-4/10", b"234"),
        ("bytes=8-99", "bytes 8-9/10", b"89"),
        ("bytes=-3", "bytes 7-9/10", b"789"),
        ("bytes=-99", "bytes 0-9/10", b"0123456789"),
    ],
)
def test_a_player_gets_the_part_that_it_asks_for(
    client: Client, address: str, asked: str, told: str, part: bytes
) -> None:
    answer = client.get(address, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer["Content-Range"] == told
    assert answer["Content-Length"] == str(len(part))
    assert answer.getvalue() == part


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=5-4", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(client: Client, address: str, asked: str) -> None:
    answer = client.get(address, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer["Content-Range"] == "bytes */10"


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=1-2", "nonsense"])
def test_what_cannot_be_understood_is_answered_with_the_whole(
    client: Client, address: str, asked: str
) -> None:
    answer = client.get(address, headers={"Range": asked})
    assert (answer.status_code, answer.getvalue()) == (200, b"0123456789")


def test_a_part_needs_the_signature_too(client: Client, address: str) -> None:
    answer = client.get(address.replace("signature=", "signature=x"), headers={"Range": "bytes=0-"})
    assert answer.status_code == 404
