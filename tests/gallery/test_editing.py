"""Change what was made, for nothing: an ad's words, a film's cut and sound."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from credits import selectors as credits_selectors
from gallery import forms
from generation import catalog, selectors
from generation.models import Asset, Job
from generation.services import jobs, recuts, running
from tests import factories

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
WORDS = {"headline": "Cold nights, warm mugs", "subline": "", "call_to_action": "See all"}


@pytest.fixture
def photo(alice: User) -> Asset:
    factories.grant(alice, 200)
    return factories.make_photo(alice)


@pytest.fixture
def ads(alice: User, photo: Asset) -> list[Asset]:
    """A set of two formats."""
    return _made(alice, "product_ad", photo_ids=[str(photo.pk)], formats=["1:1", "9:16"])


@pytest.fixture
def film(alice: User, photo: Asset) -> Asset:
    return _made(alice, "video", photo_ids=[str(photo.pk)], seconds=6, music="calm")[0]


def _made(alice: User, kind: str, **order: Any) -> list[Asset]:
    job = factories.make_job(alice, kind=kind, **order)
    with factories.plain_pictures():
        running.run_job(job_id=job.pk)
    return list(selectors.assets_of_job(job=Job.objects.get(pk=job.pk)))


def balance(alice: User) -> int:
    return credits_selectors.wallet_of(user=alice).available


def headlines(ads: list[Asset]) -> list[str]:
    return [Asset.objects.get(pk=one.pk).facts["copy"]["headline"] for one in ads]


def unchanged(film: Asset) -> dict[str, object]:
    """What the form of an untouched film sends."""
    form = forms.FilmForm(storyboard=film.facts["storyboard"])
    sent = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in sent.items() if value is not None and value is not False}


def test_the_forms_take_as_much_as_the_services_do() -> None:
    assert forms.LONGEST_WORDS == {
        "headline": catalog.MAX_HEADLINE,
        "subline": catalog.MAX_SUBLINE,
        "call_to_action": catalog.MAX_CALL_TO_ACTION,
    }
    assert tuple(forms.MUSIC) == catalog.VIDEO.options["music"]
    assert forms.LONGEST_TEXT == recuts.MAX_TEXT
    assert set(forms.SOURCES) == set(selectors.MADE)


def test_an_ads_words_are_set_in_place_for_nothing_and_can_be_undone(
    alice: User, alices_browser: Client, ads: list[Asset]
) -> None:
    before = balance(alice)
    with factories.plain_pictures():
        answer = alices_browser.post(f"/library/{ads[0].pk}/reword/", WORDS, headers=HTMX)
    body = answer.content.decode()
    assert answer.status_code == 200
    assert headlines(ads) == ["Cold nights, warm mugs", "Warm hands"]
    assert 'value="Cold nights, warm mugs"' in body
    assert '<input type="hidden" name="headline" value="Warm hands">' in body
    assert 'name="whole_set" value="on"' not in body
    assert '"undo": "#former button"' in answer["HX-Trigger"]
    changed = Asset.objects.get(pk=ads[0].pk)
    assert changed.file != ads[0].file
    assert balance(alice) == before


def test_the_words_of_a_whole_set_are_set_at_once_without_javascript(
    alices_browser: Client, ads: list[Asset]
) -> None:
    with factories.plain_pictures():
        answer = alices_browser.post(
            f"/library/{ads[1].pk}/reword/", WORDS | {"whole_set": "on"}, follow=True
        )
    assert headlines(ads) == ["Cold nights, warm mugs"] * 2
    assert "The words are set in all 2 formats." in answer.content.decode()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"headline": " "}, "Give the ad a headline."),
        ({"headline": "x" * 61}, "Shorten this to 60 characters."),
        ({"call_to_action": "x" * 25}, "Shorten this to 24 characters."),
    ],
)
def test_words_that_cannot_be_set_are_said_at_their_field(
    alices_browser: Client, ads: list[Asset], words: dict[str, str], sentence: str
) -> None:
    answer = alices_browser.post(f"/library/{ads[0].pk}/reword/", WORDS | words, headers=HTMX)
    body = answer.content.decode()
    assert answer.status_code == 422
    (field,) = words
    assert sentence in body[body.index(f'id="id_{field}_error"') :][:900]
    assert headlines(ads) == ["Warm hands"] * 2


def test_a_film_is_cut_anew_for_nothing_by_a_job_of_its_own(
    alice: User, alices_browser: Client, film: Asset
) -> None:
    before = balance(alice)
    changes = {"trim_start": "1.5", "volume": "20", "music": "tender", "text_1": "Meet it"}

    answer = alices_browser.post(f"/library/{film.pk}/recut/", unchanged(film) | changes)

    job = Job.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (302, f"/jobs/{job.pk}/")
    assert (job.kind, job.price, job.params["first_job_id"]) == ("video", 0, str(film.job_id))
    told = job.params["changes"]
    assert (told["trim_start"], told["trim_end"]) == (1.5, 6.0)
    assert (told["volume"], told["music"], told["captions"]) == (0.2, "tender", True)
    assert told["texts"]["1"] == "Meet it"
    assert balance(alice) == before

    again = alices_browser.post(
        f"/library/{film.pk}/recut/", unchanged(film) | {"volume": "10"}, headers=HTMX
    )

    assert again.status_code == 409
    assert jobs.ONE_AT_A_TIME in again.content.decode()
    with factories.plain_pictures():
        running.run_job(job_id=job.pk)
    cut = selectors.assets_of_job(job=Job.objects.get(pk=job.pk)).get()
    assert cut.duration_seconds == 4.5
    assert "1.5" in alices_browser.get(f"/library/{cut.pk}/").content.decode()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({}, "", "Nothing is changed yet."),
        ({"trim_end": "7"}, "trim_end", "Choose a moment between 0 and 6 seconds."),
        ({"trim_start": "5.5"}, "trim_end", "Leave at least one second of the film."),
        ({"trim_start": ""}, "trim_start", "Choose a moment between 0 and 6 seconds."),
        ({"text_2": "x" * 61}, "text_2", "Shorten this to 60 characters."),
        ({"volume": "101"}, "", "Choose between 0 and 100."),
    ],
)
def test_a_cut_that_cannot_be_made_is_said_at_its_field(
    alices_browser: Client, film: Asset, changes: dict[str, str], field: str, sentence: str
) -> None:
    jobs = Job.objects.count()
    answer = alices_browser.post(
        f"/library/{film.pk}/recut/", unchanged(film) | changes, headers=HTMX
    )
    body = answer.content.decode()
    assert answer.status_code == 422
    start = body.index(f'id="id_{field}_error"') if field else 0
    assert sentence in (body[start:][:900] if field else body)
    assert Job.objects.count() == jobs


def test_what_is_not_bobs_is_not_changed_by_him(
    client: Client, bob: User, ads: list[Asset], film: Asset
) -> None:
    client.force_login(bob)
    jobs = Job.objects.count()
    assert client.post(f"/library/{ads[0].pk}/reword/", WORDS).status_code == 404
    assert client.post(f"/library/{film.pk}/recut/", unchanged(film)).status_code == 404
    assert headlines(ads) == ["Warm hands"] * 2
    assert Job.objects.count() == jobs
