"""Files are had only under addresses that we signed, for that file, for a while."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client

from accounts.models import User
from generation.models import Asset
from tests import factories
from visiona.lib import storage

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(alice: User) -> Asset:
    return factories.make_photo(alice)


@pytest.fixture
def outside() -> Iterator[Path]:
    """A file beside the folder of files, that nobody may ever read."""
    path = Path(settings.DATA_DIR) / "outside.jpg"
    path.write_text("not for you")
    yield path
    path.unlink()


def signed(name: str, seconds: int = 60) -> str:
    """An address as only we can make it."""
    expires = int(time.time()) + seconds
    return f"/files/{name}?expires={expires}&signature={storage._sign(name, expires)}"


def content_of(answer: Any) -> bytes:
    """Read a file to its end, which closes it."""
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_a_signed_address_gives_the_file_to_whoever_has_it(client: Client, photo: Asset) -> None:
    for address, kind in ((photo.url, "image/jpeg"), (photo.thumbnail_url, "image/webp")):
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer["Content-Type"] == kind
        assert answer["Cache-Control"] == "private, max-age=900"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert content_of(answer)


def test_an_address_lives_between_a_quarter_and_half_an_hour(photo: Asset) -> None:
    expires = int(parse_qs(urlsplit(photo.url).query)["expires"][0])
    assert 900 <= expires - time.time() <= 1800
    assert photo.url == photo.url


@pytest.mark.parametrize(
    "change",
    [
        lambda address: address[:-1] + ("a" if address[-1] != "a" else "b"),
        lambda address: address.split("?")[0],
        lambda address: address.replace("expires=", "expires=1"),
        lambda address: address.replace("expires=", "expires=-"),
        lambda address: address.replace("expires=", "expires=x"),
        lambda address: address.replace("expires=", "expires=\u0661"),
        lambda address: address.split("&")[0],
        lambda address: address.split("&")[0] + "&signature=",
        lambda address: address.split("&")[0] + "&signature=%C3%A9%00",
        lambda address: address.replace(".jpg", "-preview.webp"),
        lambda address: address.replace("/photos/", "/photos/./"),
        lambda address: address.replace("/files/", "/files//"),
    ],
    ids=range(12),
)
def test_a_changed_address_gives_nothing(client: Client, photo: Asset, change: object) -> None:
    assert callable(change)
    answer = client.get(change(photo.url))
    assert answer.status_code == 404
    assert b"JFIF" not in answer.content


def test_an_address_that_has_expired_gives_nothing(client: Client, photo: Asset) -> None:
    assert client.get(signed(photo.file, seconds=-1)).status_code == 404
    assert content_of(client.get(signed(photo.file, seconds=5)))


def test_a_signature_of_another_purpose_gives_nothing(client: Client, photo: Asset) -> None:
    expires = int(time.time()) + 60
    other = signing.Signer(salt="something else").signature(f"{photo.file}:{expires}")
    address = f"/files/{photo.file}?expires={expires}&signature={other}"
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["../outside.jpg", "people/../../outside.jpg", "..%2Foutside.jpg", "%2E%2E/outside.jpg"],
    ids=range(4),
)
def test_even_a_signed_path_leads_nowhere_but_to_files(
    client: Client, outside: Path, name: str
) -> None:
    answer = Client(raise_request_exception=False).get(signed(name))
    assert answer.status_code in {400, 404}
    assert b"not for you" not in answer.content


@pytest.mark.parametrize("name", ["people", "people/nobody/photos/none.jpg", "nothing%00.jpg"])
def test_what_is_no_file_is_not_found(client: Client, photo: Asset, name: str) -> None:
    answer = Client(raise_request_exception=False).get(signed(name))
    assert answer.status_code == 404


def test_a_file_cannot_be_written_through_its_address(client: Client, photo: Asset) -> None:
    for method in (client.post, client.put, client.delete, client.patch):
        assert method(photo.url).status_code == 405
