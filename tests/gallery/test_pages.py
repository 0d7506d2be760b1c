"""The library's pages: see, download, delete, bring back."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from gallery.views import library
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
    monkeypatch.setattr(library, "PAGE_SIZE", 1)
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


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["Mars again", "Bread", "Mars"]),
        ("q=mars", ["Mars again", "Mars"]),
        ("q=MARS+again", ["Mars again"]),
        ("q=oven", ["Bread"]),
        ("q=100%25", []),
        ("starred=on", ["Bread"]),
        ("shape=tall", ["Mars"]),
        ("shape=wide", ["Mars again", "Bread"]),
        ("shape=square", []),
        ("source=thumbnail&q=bread", ["Bread"]),
        ("shape=round&source=film&before=x", ["Mars again", "Bread", "Mars"]),
    ],
)
def test_the_library_can_be_searched_by_its_address(
    alices_browser: Client, alice: User, query: str, titles: list[str]
) -> None:
    factories.grant(alice, 30)
    factories.make_job(alice, title="Mars")
    factories.make_job(alice, title="Bread", prompt="A warm oven")
    factories.make_job(alice, title="Mars again")
    with factories.plain_pictures():
        while running.run_due(queue="quick"):
            pass
    Asset.objects.filter(title="Bread").update(starred=True)
    Asset.objects.filter(title="Mars").update(width=180, height=320)

    body = alices_browser.get(f"/library/?{query}").content.decode()

    assert re.findall(r'font-medium" dir="auto">([^<]+)</p>', body) == titles
    assert ("Nothing matches" in body) == (not titles)


def test_the_rest_of_a_search_is_searched_too(
    alices_browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "PAGE_SIZE", 1)
    for title in ("Mars one", "Mars two"):
        factories.make_job(alice, title=title)
    with factories.plain_pictures():
        while running.run_due(queue="quick"):
            pass
    newest = selectors.assets_of(user=alice)[0]
    body = alices_browser.get("/library/?q=mars").content.decode()
    assert f"?q=mars&amp;before={newest.pk}" in body


def test_the_library_asks_ten_questions_at_most_however_long_it_is(
    alices_browser: Client, alice: User
) -> None:
    factories.grant(alice, 60)
    alices_browser.get("/library/")  # the first visit of a session writes down who came
    asked = []
    for count in (1, 3):
        factories.make_job(alice, title="More", count=count)
        with factories.plain_pictures():
            running.run_due(queue="quick")
        with CaptureQueriesContext(connection) as captured:
            alices_browser.get("/library/?q=more")
        asked.append(len(captured))
    assert asked[0] == asked[1] <= 10


@pytest.mark.parametrize(("headers", "status"), [({}, 302), (HTMX, 204)])
def test_a_picture_can_be_starred_and_unstarred(
    alices_browser: Client, picture: Asset, headers: dict[str, str], status: int
) -> None:
    for starred in (True, False):
        answer = alices_browser.post(
            f"/library/{picture.pk}/star/", {"starred": int(starred)}, headers=headers
        )
        assert answer.status_code == status
        picture.refresh_from_db()
        assert picture.starred is starred


def test_the_lightbox_says_what_made_the_picture_and_what_it_cost(
    alices_browser: Client, picture: Asset
) -> None:
    body = alices_browser.get(f"/library/{picture.pk}/panel/").content.decode()
    assert str(picture.seed) in body
    assert '<dd class="credits">10</dd>' in body
    assert "Sunset" in body
    assert "<html" not in body


def test_a_picture_says_how_well_it_reads(alices_browser: Client, picture: Asset) -> None:
    reading = {
        "score": 84,
        "checks": [
            {"code": "contrast", "label": "Contrast 8.1 : 1", "ok": True, "detail": "Good."},
            {"code": "words", "label": "9 words", "ok": False, "detail": "Use five at most."},
        ],
        "fixes": ["A darker shade was laid under the title."],
    }
    Asset.objects.filter(pk=picture.pk).update(facts=picture.facts | {"legibility": reading})
    body = alices_browser.get(f"/library/{picture.pk}/").content.decode()
    assert ">84</span>" in body
    assert '<span class="sr-only">To be improved: </span>9 words' in body
    assert "Put right by itself: 1" in body
    assert "A darker shade was laid under the title." in body


def test_a_picture_without_a_title_has_no_reading_and_no_other_title(
    alices_browser: Client, picture: Asset
) -> None:
    Asset.objects.filter(pk=picture.pk).update(facts={}, plate="")
    body = alices_browser.get(f"/library/{picture.pk}/").content.decode()
    assert "How well it reads" not in body
    assert "Another title" not in body
    answer = alices_browser.post(f"/library/{picture.pk}/retitle/", {"title": "New"}, headers=HTMX)
    assert answer.status_code == 409


def test_another_title_is_set_in_place_and_can_be_undone(
    alices_browser: Client, picture: Asset
) -> None:
    answer = alices_browser.post(
        f"/library/{picture.pk}/retitle/", {"title": "A better title"}, headers=HTMX
    )
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in body
    assert 'name="title" value="Kept in the library"' in body
    assert '"undo": "#former button"' in answer["HX-Trigger"]
    was = picture.file
    picture.refresh_from_db()
    assert picture.title == "A better title"
    assert picture.file != was
    assert picture.file in body

    answer = alices_browser.post(f"/library/{picture.pk}/retitle/", {"title": "Again"})

    assert (answer.status_code, answer["Location"]) == (302, f"/library/{picture.pk}/")


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        (" ", "Give the thumbnail a title."),
        ("x" * 121, "Shorten this to 120 characters."),
    ],
)
def test_a_title_that_cannot_be_set_is_said_at_its_field(
    alices_browser: Client, picture: Asset, title: str, sentence: str
) -> None:
    answer = alices_browser.post(f"/library/{picture.pk}/retitle/", {"title": title})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    was = picture.file
    picture.refresh_from_db()
    assert (picture.title, picture.file) == ("Kept in the library", was)


def test_a_set_and_a_remix_show_where_they_come_from(alices_browser: Client, alice: User) -> None:
    factories.grant(alice, 60)
    factories.make_job(alice, title="A set", count=3)
    with factories.plain_pictures():
        running.run_due(queue="quick")
    first = selectors.assets_of(user=alice).first()
    assert first is not None
    variant = {"hook": "Number first", "crop": "Close", "scheme": "Ocean"}
    Asset.objects.filter(pk=first.pk).update(facts={"variant": variant})
    body = alices_browser.get(f"/library/{first.pk}/").content.decode()
    assert "Set of three" in body
    assert "Number first" in body
    assert "Test &amp; compare" in body

    factories.make_job(alice, title="Its remix", remix_of=first.pk)
    with factories.plain_pictures():
        running.run_due(queue="quick")
    remix = selectors.assets_of(user=alice).get(title="Its remix")
    body = alices_browser.get(f"/library/{remix.pk}/").content.decode()
    assert f'href="/library/{first.pk}/" dir="auto">A set</a>' in body
    Asset.objects.filter(pk=first.pk).delete()
    assert "a result that is gone" in alices_browser.get(f"/library/{remix.pk}/").content.decode()


def test_deleting_takes_a_form(alices_browser: Client, picture: Asset) -> None:
    assert alices_browser.get(f"/library/{picture.pk}/delete/").status_code == 405
