"""The studio's four composers, as a browser without JavaScript and as htmx ask for them."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from credits import selectors as credits_selectors
from generation import selectors
from generation.catalog import KINDS
from generation.errors import ProviderRefused
from generation.forms import FORMS
from generation.models import Job
from generation.services import jobs, photos, projects, running
from tests import factories
from visiona.lib.db.actor import act_as_user
from visiona.lib.storage import StorageUnavailable

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
FIELDS: dict[str, dict[str, Any]] = {
    "image": {"prompt": "Red sneakers", "aspect_ratio": "1:1", "count": 1},
    "product_ad": {"product_name": "Lamp", "style": "auto", "formats": ["1:1", "16:9"]},
    "video": {
        "product_name": "Lamp",
        "quality": "480p",
        "seconds": 4,
        "aspect_ratio": "16:9",
        "music": "none",
    },
}
ABOUT_A_PRODUCT = ("product_ad", "video")


def order(kind: str, **changes: Any) -> dict[str, Any]:
    """A filled-in form, without photos."""
    return {**FIELDS[kind], "submission": uuid4().hex, **changes}


def available(user: User) -> int:
    return credits_selectors.wallet_of(user=user).available


def body_of(browser: Client, path: str) -> str:
    return browser.get(path).content.decode()


@pytest.fixture
def rich(alice: User) -> User:
    factories.grant(alice, 100)
    return alice


@pytest.mark.parametrize("kind", FORMS)
def test_each_tab_shows_its_price_and_says_who_makes_it(
    alices_browser: Client, alice: User, kind: str
) -> None:
    body = body_of(alices_browser, f"/studio/{kind}/")
    quote = jobs.quote(kind=kind, params={})
    assert f'<span class="credits text-xl font-medium">{quote.price}</span>' in body
    assert f'href="/studio/{kind}/" aria-current="page"' in body
    assert "Local preview engine: composed on this server" in body


@pytest.mark.parametrize("kind", ["opera", "training"])
def test_there_is_no_tab_for_what_is_not_made_there(alices_browser: Client, kind: str) -> None:
    assert alices_browser.get(f"/studio/{kind}/").status_code == 404
    assert alices_browser.get(f"/studio/{kind}/quote/").status_code == 404


def test_the_studio_opens_at_what_was_made_last(alices_browser: Client, alice: User) -> None:
    assert "Make a thumbnail" in body_of(alices_browser, "/studio/")
    alices_browser.post("/studio/image/", order("image"))
    assert "Make an image" in body_of(alices_browser, "/studio/")


def test_an_image_is_ordered_with_all_its_settings(alices_browser: Client, rich: User) -> None:
    form = order("image", count=3, negative_prompt="snow", seed="7", enhance="on")
    answer = alices_browser.post("/studio/image/", form)
    job = Job.objects.get()
    assert answer["Location"] == f"/jobs/{job.pk}/"
    assert {name: job.params[name] for name in ("negative_prompt", "seed", "enhance", "count")} == {
        "negative_prompt": "snow",
        "seed": 7,
        "enhance": True,
        "count": 3,
    }
    assert available(rich) == 120 - jobs.quote(kind="image", params=job.params).price == 105


@pytest.mark.parametrize("kind", ABOUT_A_PRODUCT)
def test_an_order_about_a_product_brings_photos_the_main_one_first(
    alices_browser: Client, rich: User, kind: str
) -> None:
    older, main = factories.make_photo(rich), factories.make_photo(rich, "coffee.jpg")
    form = order(
        kind,
        photo_ids=[str(older.pk), str(main.pk)],
        main_photo=str(main.pk),
        photos=[factories.upload("chelsea.jpg")],
    )
    answer = alices_browser.post(f"/studio/{kind}/", form, headers=HTMX)
    brought = selectors.photos_of(user=rich).exclude(pk__in=[older.pk, main.pk]).get()
    job = Job.objects.get()
    assert answer.status_code == 202
    assert f'id="job-{job.pk}"' in answer.content.decode()
    assert job.params["photo_ids"] == [str(main.pk), str(older.pk), str(brought.pk)]
    assert (job.kind, job.price) == (kind, KINDS[kind].price)


@pytest.mark.parametrize("kind", FIELDS)
def test_the_same_form_sent_twice_is_one_order(
    alices_browser: Client, rich: User, kind: str
) -> None:
    photo = factories.make_photo(rich)
    form = order(kind) | ({"photo_ids": [str(photo.pk)]} if kind in ABOUT_A_PRODUCT else {})
    answers = [alices_browser.post(f"/studio/{kind}/", form)["Location"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "change", "sentence"),
    [
        ("image", {"prompt": " "}, "Say what the picture is to show."),
        ("image", {"prompt": "x" * 2001}, "at most 2000 characters"),
        ("image", {"count": 5}, "less than or equal to 4"),
        ("image", {"seed": "-1"}, "greater than or equal to 0"),
        ("image", {"aspect_ratio": "5:1"}, "Select a valid choice."),
        ("image", {"project_id": str(uuid4())}, "There is no such project"),
        ("product_ad", {"product_name": ""}, "Name the product."),
        ("product_ad", {"formats": []}, "Choose a format at least."),
        ("product_ad", {"photo_ids": []}, "Add a photo of the product"),
        ("product_ad", {"photo_ids": ["nonsense"]}, "Choose among your photos."),
        ("product_ad", {"photo_ids": [str(uuid4())]}, "There is no such photo"),
        ("product_ad", {"photo_ids": [str(uuid4()) for _ in range(9)]}, "at most 8 photos"),
        ("product_ad", {"headline": "x" * 61}, "at most 60 characters"),
        ("video", {"seconds": 21}, "less than or equal to 20"),
        ("video", {"music": "polka"}, "Select a valid choice."),
        ("video", {"photo_ids": []}, "Add a photo of the product"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_ordered(
    alices_browser: Client, rich: User, kind: str, change: dict[str, Any], sentence: str
) -> None:
    photo = factories.make_photo(rich)
    form = order(kind, photo_ids=[str(photo.pk)]) | change
    answer = alices_browser.post(f"/studio/{kind}/", form)
    assert answer.status_code in {404, 422}
    assert sentence in answer.content.decode()
    assert (Job.objects.count(), available(rich)) == (0, 120)


def test_an_unreadable_photo_is_refused_at_its_field_and_the_others_stay_chosen(
    alices_browser: Client, rich: User
) -> None:
    files = [factories.upload("coffee.jpg"), factories.upload("cat.jpg", b"<svg/>")]
    answer = alices_browser.post("/studio/video/", order("video", photos=files))
    body = answer.content.decode()
    kept = selectors.photos_of(user=rich).get()
    assert answer.status_code == 422
    assert 'id="id_photos-error"' in body
    assert "Send a JPEG, PNG, WebP, HEIC or AVIF picture." in body
    assert f'name="photo_ids" value="{kept.pk}"' in body
    assert body.count("checked><img") == 1
    assert (Job.objects.count(), available(rich)) == (0, 120)


def test_too_few_credits_are_told_beside_the_button(alices_browser: Client, alice: User) -> None:
    photo = factories.make_photo(alice)
    form = order("video", photo_ids=[str(photo.pk)])
    answer = alices_browser.post("/studio/video/", form, headers=HTMX)
    assert answer.status_code == 402
    assert "You need 50 credits and have 20." in answer.content.decode()
    assert (Job.objects.count(), available(alice)) == (0, 20)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_what_takes_a_bigger_plan_leads_to_the_plans(
    alices_browser: Client, rich: User, headers: dict[str, str]
) -> None:
    form = order("video", quality="1080p", photo_ids=[str(factories.make_photo(rich).pk)])
    answer = alices_browser.post("/studio/video/", form, headers=headers)
    refusal = answer.content.decode().split("data-refusal>")[1].split("</p>")[0]
    assert answer.status_code == 403
    assert "Films in 1080p need the Pro plan. Choose 720p, or change plans." in refusal
    assert 'href="/pricing/">See the plans</a>' in refusal
    assert (Job.objects.count(), available(rich)) == (0, 120)


@pytest.mark.parametrize(
    ("place", "price"),
    [("image/quote/?count=4", 20), ("product_ad/quote/?count=4", 15), ("video/quote/", 50)],
)
def test_the_quote_is_what_is_charged(alices_browser: Client, place: str, price: int) -> None:
    assert f">{price}</span>" in body_of(alices_browser, f"/studio/{place}")


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_prompt_made_better_stands_beside_ones_own_and_can_be_undone(
    alices_browser: Client, alice: User, headers: dict[str, str]
) -> None:
    form = order("image", prompt="a cat", count=2)
    better = alices_browser.post("/studio/enhance/", form, headers=headers).content.decode()
    assert "Made better" in better
    assert ">a cat</textarea>" in better
    assert 'name="count" value="2" data-quote checked' in better
    assert available(alice) == 20
    undone = alices_browser.post("/studio/enhance/", form | {"undo": "1"}, headers=headers)
    assert "Made better" not in undone.content.decode()
    assert ">a cat</textarea>" in undone.content.decode()


def test_both_prompts_are_kept_and_shown(alices_browser: Client, alice: User) -> None:
    form = order("image", prompt="a cat", enhanced_prompt="a cat in warm light, edited by me")
    alices_browser.post("/studio/image/", form)
    job = Job.objects.get()
    with factories.plain_pictures():
        running.run_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.params["prompt"], job.enhanced_prompt) == (
        "a cat",
        "a cat in warm light, edited by me",
    )
    body = body_of(alices_browser, f"/jobs/{job.pk}/")
    assert "Improved prompt, which was drawn" in body
    assert "edited by me" in body


def test_a_result_says_which_words_were_understood_and_which_were_not(
    alices_browser: Client, alice: User
) -> None:
    alices_browser.post("/studio/image/", order("image", prompt="red sneakers, a zorgle"))
    job = Job.objects.get()
    running.run_job(job_id=job.pk)
    body = body_of(alices_browser, f"/jobs/{job.pk}/")
    assert "Not drawn, as the engine does not know it" in body
    assert "What the engine made of your words" in body
    assert 'dir="auto">zorgle</span>' in body


def test_a_remix_of_one_kind_may_become_another(alices_browser: Client, rich: User) -> None:
    photo = factories.make_photo(rich)
    with act_as_user(rich.pk):
        project = projects.create(user=rich, name="Lamps")
        params = {"product_name": "Lamp", "photo_ids": [str(photo.pk)], "formats": ["4:5"]}
        ad = jobs.submit(
            user=rich,
            kind="product_ad",
            params=params | {"project_id": str(project.pk)},
            request_id="r",
        )
    with factories.plain_pictures():
        running.run_job(job_id=ad.pk)
    original = selectors.assets_of(user=rich).get()

    same = body_of(alices_browser, f"/studio/?remix={original.pk}")
    film = body_of(alices_browser, f"/studio/video/?remix={original.pk}")
    image = body_of(alices_browser, f"/studio/image/?remix={original.pk}")

    assert "Make product ads" in same
    assert same.count('name="formats"') == 4
    assert 'name="formats" value="4:5" checked' in same
    assert 'value="Lamp"' in film
    assert f'name="photo_ids" value="{photo.pk}"' in film
    assert 'name="aspect_ratio" value="16:9" checked' in film
    assert f'<option value="{project.pk}" selected>Lamps</option>' in film
    assert ">Lamp</textarea>" in image
    photos.remove_photo(user=rich, photo_id=photo.pk)
    assert str(photo.pk) not in body_of(alices_browser, f"/studio/video/?remix={original.pk}")


def test_a_project_fills_the_composer_and_keeps_what_is_made(
    alices_browser: Client, rich: User
) -> None:
    photo = factories.make_photo(rich)
    with act_as_user(rich.pk):
        project = projects.create(
            user=rich, name="Lamps", product_name="Aurora", photo_ids=[photo.pk]
        )
    body = body_of(alices_browser, f"/studio/product_ad/?project={project.pk}")
    assert 'value="Aurora"' in body
    assert f'name="photo_ids" value="{photo.pk}"' in body
    alices_browser.post("/studio/image/", order("image", project_id=str(project.pk)))
    job = Job.objects.get()
    assert job.project_id == project.pk
    assert "Lamps" in body_of(alices_browser, f"/jobs/{job.pk}/")


def fail_at_a_provider(user: User, **more: Any) -> Job:
    """An image that a provider declined to make."""
    with act_as_user(user.pk):
        params = {"prompt": "a cat", **more}
        job = jobs.submit(user=user, kind="image", params=params, request_id="r")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("generation.pipelines.image.make", _decline)
        Job.objects.filter(pk=job.pk).update(provider="replicate")
        running.run_job(job_id=job.pk)
    return Job.objects.get(pk=job.pk)


def _decline(*_: Any) -> Any:
    raise ProviderRefused


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_what_a_provider_could_not_make_has_a_free_preview(
    alices_browser: Client, alice: User, headers: dict[str, str]
) -> None:
    failed = fail_at_a_provider(alice)
    body = body_of(alices_browser, f"/jobs/{failed.pk}/")
    assert "Credits returned: 5" in body
    assert "Make a free preview" in body

    answer = alices_browser.post(f"/jobs/{failed.pk}/preview/", headers=headers)

    free = Job.objects.exclude(pk=failed.pk).get()
    assert answer.headers.get("Location", answer.headers.get("HX-Redirect")) == f"/jobs/{free.pk}/"
    assert (free.price, free.provider, available(alice)) == (0, "local", 20)


def test_what_did_not_fail_at_a_provider_has_none(alices_browser: Client, alice: User) -> None:
    job = factories.make_job(alice)
    assert "Make a free preview" not in body_of(alices_browser, f"/jobs/{job.pk}/")
    answer = alices_browser.post(f"/jobs/{job.pk}/preview/", follow=True)
    assert "Only what a provider could not make has a free preview." in answer.content.decode()
    assert Job.objects.count() == 1


def test_a_free_preview_without_its_photo_says_so_on_the_page_of_the_job(
    alices_browser: Client, alice: User, bob: User
) -> None:
    photo = factories.make_photo(alice)
    failed = fail_at_a_provider(alice, photo_id=photo.pk)
    photos.remove_photo(user=alice, photo_id=photo.pk)

    answer = alices_browser.post(f"/jobs/{failed.pk}/preview/", follow=True)

    assert answer.redirect_chain == [(f"/jobs/{failed.pk}/", 302)]
    assert "There is no such photo" in answer.content.decode()
    assert Job.objects.count() == 1
    bobs_browser = Client()
    bobs_browser.force_login(bob)
    assert bobs_browser.post(f"/jobs/{failed.pk}/preview/").status_code == 404


def test_the_rest_is_not_tried_once_photos_cannot_be_kept(
    alices_browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def fail(*, upload: Any, **_: Any) -> None:
        tried.append(upload.name)
        raise StorageUnavailable

    monkeypatch.setattr(photos, "add_photo", fail)
    files = [factories.upload(name) for name in ("astronaut.jpg", "coffee.jpg")]
    body = alices_browser.post("/photos/", {"photos": files}).content.decode()
    assert tried == ["astronaut.jpg"]
    assert body.count(StorageUnavailable().detail) == 2


def test_a_running_job_names_what_is_done_and_what_comes(
    alices_browser: Client, rich: User
) -> None:
    photo = factories.make_photo(rich)
    alices_browser.post("/studio/video/", order("video", photo_ids=[str(photo.pk)]))
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(
        status="running", stage="painting the scenes", started_at=job.created_at
    )
    body = body_of(alices_browser, f"/jobs/{job.pk}/")
    at = [body.index(words) for words in ("Writing the storyboard", "Filming", "Deliver</span>")]
    assert at == sorted(at)
    assert '<li data-now aria-current="step"><span>Painting the scenes</span>' in body
