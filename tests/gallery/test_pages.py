"""The library's pages: see, download, delete, bring back."""

import pytest
from django.test import Client

from accounts.models import User
from gallery import views
from generation import selectors
from generation.models import Asset
from generation.services import running
from tests import factories

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def picture(alice: User) -> Asset:
    """Something that Alice made."""
    factories.make_job(alice, title="Kept in the library")
    running.run_due(queue="quick")
    return selectors.assets_of(user=alice).get()


def test_an_empty_library_says_what_to_do(alices_browser: Client) -> None:
    assert "/studio/" in alices_browser.get("/library/").content.decode()


def test_the_library_shows_what_was_made(alices_browser: Client, picture: Asset) -> None:
    body = alices_browser.get("/library/").content.decode()
    assert "Kept in the library" in body
    assert picture.preview in body


def test_a_long_library_comes_in_pages(
    alices_browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 1)
    factories.make_job(alice, title="Older")
    factories.make_job(alice, title="Newer")
    while running.run_due(queue="quick"):
        pass
    newest = selectors.assets_of(user=alice)[0]
    first = alices_browser.get("/library/").content.decode()
    rest = alices_browser.get(f"/library/?before={newest.pk}", headers=HTMX).content.decode()
    assert newest.title in first
    assert newest.title not in rest
    assert "<html" not in rest


def test_a_picture_has_a_page_with_what_made_it(alices_browser: Client, picture: Asset) -> None:
    body = alices_browser.get(f"/library/{picture.pk}/").content.decode()
    assert "Local engine" in body
    assert str(picture.seed) in body


def test_a_download_is_the_file_under_a_good_name(alices_browser: Client, picture: Asset) -> None:
    answer = alices_browser.get(f"/library/{picture.pk}/download/")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"] == f'attachment; filename="{picture.download_name}"'
    assert len(answer.getvalue()) == picture.bytes


@pytest.mark.parametrize(("headers", "status"), [({}, 302), (HTMX, 200)])
def test_what_is_deleted_can_be_brought_back(
    alices_browser: Client, picture: Asset, headers: dict[str, str], status: int
) -> None:
    assert (
        alices_browser.post(f"/library/{picture.pk}/delete/", headers=headers).status_code == status
    )
    assert picture.title not in alices_browser.get("/library/").content.decode().split("Undo")[0]
    assert str(picture.pk) in alices_browser.get("/library/bin/").content.decode()

    assert (
        alices_browser.post(f"/library/{picture.pk}/restore/", headers=headers).status_code
        == status
    )
    picture.refresh_from_db()
    assert picture.deleted_at is None


def test_deleting_takes_a_form(alices_browser: Client, picture: Asset) -> None:
    assert alices_browser.get(f"/library/{picture.pk}/delete/").status_code == 405
