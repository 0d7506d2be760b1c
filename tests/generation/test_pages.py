"""The studio's pages, as a browser without JavaScript and as htmx ask for them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from credits import selectors as credits_selectors
from generation import selectors
from generation.models import Asset, Job
from generation.services import photos, running
from generation.views import photos as photo_pages
from generation.views import studio
from tests import factories
from tests.clients import ApiClient
from visiona.lib import clock

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def order(**changes: object) -> dict[str, object]:
    """A filled-in form."""
    return {
        "title": "How to win",
        "style": "bold",
        "color_scheme": "sunset",
        "aspect_ratio": "16:9",
        "text_overlay": "on",
        "prompt": "",
        "count": 1,
        "submission": uuid4().hex,
        **changes,
    }


def available(user: User) -> int:
    return credits_selectors.wallet_of(user=user).available


def test_the_studio_asks_strangers_to_sign_in(client: Client, db: None) -> None:
    answer = client.get("/studio/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/studio/")


def test_the_studio_shows_the_price_and_what_was_made(alices_browser: Client, alice: User) -> None:
    factories.make_job(alice, title="Seen in the studio")
    body = alices_browser.get("/studio/").content.decode()
    assert "1 thumbnail, 10 each" in body
    assert "Seen in the studio" in body


def test_an_order_without_javascript_leads_to_its_job(alices_browser: Client, alice: User) -> None:
    answer = alices_browser.post("/studio/", order())
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/jobs/{job.pk}/")
    assert available(alice) == 10


def test_an_order_by_htmx_answers_with_the_waiting_card(alices_browser: Client) -> None:
    answer = alices_browser.post("/studio/", order(), headers=HTMX)
    assert answer.status_code == 202
    assert f'id="job-{Job.objects.get().pk}"' in answer.content.decode()
    assert "10 cr held" in answer.content.decode()


def test_the_same_form_sent_twice_is_one_order(alices_browser: Client, alice: User) -> None:
    form = order()
    for _ in range(2):
        alices_browser.post("/studio/", form)
    assert Job.objects.count() == 1
    assert available(alice) == 10


def test_an_order_may_bring_its_photo(alices_browser: Client, alice: User) -> None:
    alices_browser.post("/studio/", order(photo=factories.upload()))
    photo = selectors.photos_of(user=alice).get()
    assert Job.objects.get().params["photo_id"] == str(photo.pk)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": ""}, "Give the thumbnail a title."),
        ({"title": "x" * 121}, "at most 120 characters"),
        ({"title": "a\x00b"}, "Null characters are not allowed."),
        ({"style": "baroque"}, "Select a valid choice."),
        ({"count": 4}, "less than or equal to 3"),
        ({"photo_id": str(uuid4())}, "There is no such photo"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_ordered(
    alices_browser: Client, alice: User, change: dict[str, object], sentence: str
) -> None:
    answer = alices_browser.post("/studio/", order(**change))
    assert answer.status_code in {404, 422}
    assert sentence in answer.content.decode()
    assert Job.objects.count() == 0
    assert available(alice) == 20


def test_an_unreadable_photo_is_refused_at_its_field(alices_browser: Client, alice: User) -> None:
    answer = alices_browser.post("/studio/", order(photo=factories.upload("cat.jpg", b"<svg/>")))
    assert answer.status_code == 422
    assert "Send a JPEG, PNG, WebP, HEIC or AVIF picture." in answer.content.decode()
    assert (Job.objects.count(), available(alice)) == (0, 20)


def test_too_few_credits_are_told_beside_the_button(alices_browser: Client, alice: User) -> None:
    answer = alices_browser.post("/studio/", order(count=3))
    assert answer.status_code == 402
    assert "You need 30 credits and have 20." in answer.content.decode()
    assert (Job.objects.count(), available(alice)) == (0, 20)


def test_the_quote_follows_the_count_and_survives_nonsense(alices_browser: Client) -> None:
    assert "30" in alices_browser.get("/studio/thumbnail/quote/?count=3").content.decode()
    assert "10" in alices_browser.get("/studio/thumbnail/quote/?count=many").content.decode()


def test_a_job_shows_what_became_of_it(alices_browser: Client, alice: User) -> None:
    job = factories.make_job(alice)
    running.run_due(queue="quick")
    body = alices_browser.get(f"/jobs/{job.pk}/").content.decode()
    assert "Local engine" in body
    assert job.request_id in body


def test_polling_ends_with_the_job(alices_browser: Client, alice: User) -> None:
    job = factories.make_job(alice)
    assert alices_browser.get(f"/jobs/{job.pk}/card/").status_code == 200
    running.run_due(queue="quick")
    assert alices_browser.get(f"/jobs/{job.pk}/card/").status_code == 286


@pytest.mark.parametrize(("headers", "status"), [({}, 302), (HTMX, 200)])
def test_canceling_gives_the_credits_back(
    alices_browser: Client, alice: User, headers: dict[str, str], status: int
) -> None:
    job = factories.make_job(alice)
    answer = alices_browser.post(f"/jobs/{job.pk}/cancel/", headers=headers)
    assert (answer.status_code, available(alice)) == (status, 20)


def test_a_finished_job_says_that_it_cannot_be_canceled(
    alices_browser: Client, alice: User
) -> None:
    job = factories.make_job(alice)
    running.run_due(queue="quick")
    answer = alices_browser.post(f"/jobs/{job.pk}/cancel/")
    assert answer.status_code == 409
    assert "cannot be canceled" in answer.content.decode()


def test_trying_again_orders_the_same_anew(alices_browser: Client, alice: User) -> None:
    job = factories.make_job(alice)
    alices_browser.post(f"/jobs/{job.pk}/cancel/")
    answer = alices_browser.post(f"/jobs/{job.pk}/retry/")
    again = Job.objects.exclude(pk=job.pk).get()
    assert answer["Location"] == f"/jobs/{again.pk}/"
    assert again.params == job.params


def test_trying_again_what_succeeded_is_refused(alices_browser: Client, alice: User) -> None:
    job = factories.make_job(alice)
    running.run_due(queue="quick")
    alices_browser.post(f"/jobs/{job.pk}/retry/")
    assert Job.objects.count() == 1


def test_a_job_can_be_started_from_an_earlier_one(alices_browser: Client, alice: User) -> None:
    job = factories.make_job(alice, title="Made before", style="neon")
    body = alices_browser.get(f"/studio/?from={job.pk}").content.decode()
    assert 'value="Made before"' in body
    assert alices_browser.get("/studio/?from=nonsense").status_code == 200


def test_the_whole_way_by_api(api: ApiClient, alice: User) -> None:
    job = api.post("jobs", {"kind": "thumbnail", "title": "By program"})
    assert (job.status_code, job["Retry-After"]) == (202, "3")
    running.run_due(queue="quick")
    done = api.get(job["Location"].removeprefix("/api/v1/")).json()["data"]
    assert (done["status"], done["captured"]) == ("succeeded", 10)
    assert Asset.objects.get().provider == "local"


def test_a_remix_begins_from_a_picture_and_remembers_it(
    alices_browser: Client, alice: User
) -> None:
    factories.make_job(alice, title="The original", style="neon", color_scheme="royal")
    with factories.plain_pictures():
        running.run_due(queue="quick")
    original = selectors.assets_of(user=alice).get()

    body = alices_browser.get(f"/studio/?remix={original.pk}").content.decode()

    assert 'value="The original"' in body
    assert f'name="remix_of" value="{original.pk}"' in body
    assert 'value="neon" checked' in body
    alices_browser.post("/studio/", order(title="Another", remix_of=str(original.pk)))
    remix = Job.objects.get(params__title="Another")
    assert remix.remix_of_id == original.pk
    assert remix.params["seed"] != original.seed
    assert "The original" in alices_browser.get(f"/jobs/{remix.pk}/").content.decode()


def test_a_remix_of_what_is_not_mine_is_not_found(
    alice: User, bob: User, client: Client, db: None
) -> None:
    factories.make_job(alice, title="The original")
    with factories.plain_pictures():
        running.run_due(queue="quick")
    original = selectors.assets_of(user=alice).get()
    client.force_login(bob)
    assert client.get(f"/studio/?remix={original.pk}").status_code == 404
    answer = client.post("/studio/", order(remix_of=str(original.pk)))
    assert answer.status_code == 404
    assert (Job.objects.filter(user=bob).count(), available(bob)) == (0, 20)


def test_settings_from_an_order_with_a_deleted_photo_come_without_it(
    alices_browser: Client, alice: User
) -> None:
    photo = factories.make_photo(alice)
    job = factories.make_job(alice, photo_id=str(photo.pk))
    chosen = f'value="{photo.pk}" data-address="{photo.thumbnail_url}" checked'.replace(
        "&", "&amp;"
    )
    assert chosen in alices_browser.get(f"/studio/?from={job.pk}").content.decode()
    photos.remove_photo(user=alice, photo_id=photo.pk)
    assert str(photo.pk) not in alices_browser.get(f"/studio/?from={job.pk}").content.decode()


def test_the_photo_that_is_chosen_is_always_among_those_shown(
    alices_browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio, "RECENT_PHOTOS", 1)
    older = factories.make_photo(alice)
    factories.make_photo(alice, "coffee.jpg")
    job = factories.make_job(alice, photo_id=str(older.pk))
    assert f'value="{older.pk}"' in alices_browser.get(f"/studio/?from={job.pk}").content.decode()
    assert alices_browser.post("/studio/", order(photo_id="nonsense")).status_code == 422


def test_the_studio_says_what_is_being_made(alices_browser: Client, alice: User) -> None:
    factories.make_job(alice, title="First in line")
    factories.make_job(alice, title="Second in line")
    body = alices_browser.get("/studio/queue/").content.decode()
    assert "Being made: 2" in body
    assert body.index("First in line") < body.index("Second in line")
    while running.run_due(queue="quick"):
        pass
    assert "First in line" not in alices_browser.get("/studio/queue/").content.decode()


def test_a_job_that_takes_long_says_when_its_credits_come_back(
    alices_browser: Client, alice: User
) -> None:
    job = factories.make_job(alice)
    Job.objects.filter(pk=job.pk).update(created_at=clock.now() - timedelta(minutes=10))
    body = alices_browser.get(f"/jobs/{job.pk}/").content.decode()
    assert f"{job.deadline:%H:%M} UTC</time>, your 10 credits come back" in body


def test_photos_can_be_sent_as_a_plain_form_and_each_is_reported(
    alices_browser: Client, alice: User
) -> None:
    kept = factories.make_photo(alice, "coffee.jpg")
    files = [
        factories.upload("astronaut.jpg"),
        factories.upload("coffee.jpg"),
        factories.upload("bad.jpg", b"<svg/>"),
    ]
    body = alices_browser.post("/photos/", {"photos": files}).content.decode()
    assert selectors.photos_of(user=alice).count() == 2
    assert "Already here" in body
    assert "Send a JPEG, PNG, WebP, HEIC or AVIF picture." in body
    assert "Usable." in body
    assert body.count(f'id="photo-{kept.pk}"') == 1


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_deleted_photo_can_be_taken_back(
    alices_browser: Client, alice: User, headers: dict[str, str]
) -> None:
    photo = factories.make_photo(alice)
    answer = alices_browser.post(f"/photos/{photo.pk}/delete/", headers=headers, follow=True)
    assert f"/photos/{photo.pk}/restore/" in answer.content.decode()
    assert not selectors.photos_of(user=alice).exists()

    answer = alices_browser.post(f"/photos/{photo.pk}/restore/", headers=headers, follow=True)

    assert f'id="photo-{photo.pk}"' in answer.content.decode()
    assert selectors.photos_of(user=alice).get() == photo


def test_a_photo_that_was_sent_again_meanwhile_stays_one(
    alices_browser: Client, alice: User
) -> None:
    photo = factories.make_photo(alice)
    alices_browser.post(f"/photos/{photo.pk}/delete/")
    again = factories.make_photo(alice)
    alices_browser.post(f"/photos/{photo.pk}/restore/")
    assert selectors.photos_of(user=alice).get() == again


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_photo_for_which_there_is_no_room_stays_deleted(
    alices_browser: Client, alice: User, settings: Any, headers: dict[str, str]
) -> None:
    photo = factories.make_photo(alice)
    alices_browser.post(f"/photos/{photo.pk}/delete/")
    factories.make_photo(alice, "coffee.jpg")
    settings.MAX_PHOTOS = 1
    answer = alices_browser.post(f"/photos/{photo.pk}/restore/", headers=headers, follow=True)
    told = answer.content.decode() + answer.headers.get("HX-Trigger", "")
    assert "and 1 is the most" in told
    assert selectors.photos_of(user=alice).count() == 1


def test_photos_come_in_pages(
    alices_browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_pages, "PHOTOS_PAGE", 1)
    older, newer = factories.make_photo(alice), factories.make_photo(alice, "coffee.jpg")
    first = alices_browser.get("/photos/").content.decode()
    rest = alices_browser.get(f"/photos/?before={newer.pk}", headers=HTMX).content.decode()
    assert str(newer.pk) in first
    assert "Show more" in first
    assert str(older.pk) in rest
    assert "<html" not in rest
    assert (
        "Back to the newest" in alices_browser.get(f"/photos/?before={newer.pk}").content.decode()
    )
