"""The page of each kind of result: what it says of itself, how it plays, what made it."""

import io
import zipfile
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from generation import selectors
from generation.models import Asset, Job
from generation.services import projects, running
from tests import factories, plain
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db

FIDELITY = {"ok": True, "similarity": 0.9989, "mean_difference": 0.91}


@pytest.fixture
def photo(alice: User) -> Asset:
    """What Alice's ads and films are about."""
    factories.grant(alice, 200)
    return factories.make_photo(alice)


def make(alice: User, kind: str, **order: Any) -> list[Asset]:
    """What Alice gets for such an order."""
    job = factories.make_job(alice, kind=kind, **order)
    with factories.plain_pictures():
        running.run_job(job_id=job.pk)
    return list(selectors.assets_of_job(job=Job.objects.get(pk=job.pk)))


def page_of(browser: Client, asset: Asset) -> str:
    return browser.get(f"/library/{asset.pk}/").content.decode()


def test_an_image_says_what_was_understood_of_which_prompt(
    alice: User, alices_browser: Client, photo: Asset
) -> None:
    image = make(alice, "image", prompt="Red sneakers, aglet", count=2)[0]
    Asset.objects.filter(pk=image.pk).update(enhanced_prompt="Red sneakers in golden light")

    body = page_of(alices_browser, image)

    assert "What the engine made of your words" in body
    assert body.index(">sneakers<") < body.index("Not understood") < body.index(">aglet<")
    assert "Red sneakers, aglet" in body
    assert "Red sneakers in golden light" in body
    assert "Composed on this server; no AI image model." in body
    assert "Made together" in body
    assert '<dd><span class="credits">5</span></dd>' in body
    assert "In the feed" not in body


def test_an_ad_shows_its_set_and_how_true_it_is_to_the_product(
    alice: User, alices_browser: Client, photo: Asset
) -> None:
    ads = make(alice, "product_ad", photo_ids=[str(photo.pk)], formats=["1:1", "9:16"])
    facts = ads[0].facts | {"fidelity": FIDELITY, "safe_zone": [30, 20, 290, 160]}
    Asset.objects.filter(pk=ads[0].pk).update(facts=facts)
    Asset.objects.filter(pk=ads[1].pk).update(width=1080, height=1920)

    body = page_of(alices_browser, ads[0])

    assert "Product pixels untouched" in body
    assert '<span class="figure">99.9 %</span> alike' in body
    assert "20 px above, 20 px below" in body
    assert 'data-shape="16:9"' in body
    assert 'data-shape="9:16"' in body
    assert "Stories, Reels" in body
    assert '<span class="credits">15</span> for the set of 2' in body
    assert 'value="Warm hands"' in body
    assert f"All {len(ads)} as ZIP" in body


def test_a_film_plays_with_captions_and_says_what_is_synthetic(
    alice: User, alices_browser: Client, photo: Asset
) -> None:
    (film,) = make(alice, "video", photo_ids=[str(photo.pk)], seconds=6)
    told = {"voice": "Hibari, a synthetic voice", "music": {"mood": "calm", "origin": "machines"}}
    Asset.objects.filter(pk=film.pk).update(facts=film.facts | told)

    body = page_of(alices_browser, film)

    player = body[body.index("<video") : body.index("</video>")]
    assert "controls" in player
    assert "autoplay" not in player
    assert film.poster in player
    assert f'<track kind="captions" src="/library/{film.pk}/captions/" srclang="en"' in player
    assert "Hibari, a synthetic voice. No person spoke this." in body
    assert "Calm, machines." in body
    assert '<dd class="figure">6.0 s</dd>' in body
    captions = alices_browser.get(f"/library/{film.pk}/captions/")
    assert captions["Content-Type"] == "text/vtt"
    assert captions.getvalue().decode() == plain.CAPTIONS
    card = alices_browser.get("/library/?source=video").content.decode()
    assert '<span class="film-time">0:06</span>' in card
    assert f'data-film="/files/{film.poster}' in card
    assert "<dd>synthetic</dd>" in alices_browser.get(f"/library/{film.pk}/panel/").content.decode()


def test_a_picture_has_no_captions(alice: User, alices_browser: Client) -> None:
    (image,) = make(alice, "image")
    assert alices_browser.get(f"/library/{image.pk}/captions/").status_code == 404


def test_the_library_shows_one_kind_or_one_project(
    alice: User, bob: User, alices_browser: Client, photo: Asset
) -> None:
    with act_as_user(alice.pk):
        project = projects.create(user=alice, name="Winter mugs")
    with act_as_user(bob.pk):
        bobs = projects.create(user=bob, name="Bob's own")
    about: dict[str, Any] = {"photo_ids": [str(photo.pk)], "formats": ["1:1"]}
    (inside,) = make(alice, "product_ad", project_id=str(project.pk), **about)
    (outside,) = make(alice, "product_ad", **about)
    (image,) = make(alice, "image")

    def shown(query: str) -> set[str]:
        body = alices_browser.get(f"/library/?{query}").content.decode()
        assert "Bob&#x27;s own" not in body
        return {str(one.pk) for one in (inside, outside, image) if f'id="asset-{one.pk}"' in body}

    assert shown("source=product_ad") == {str(inside.pk), str(outside.pk)}
    assert shown("source=image") == {str(image.pk)}
    assert shown(f"project={project.pk}") == {str(inside.pk)}
    assert shown(f"project={project.pk}&source=image") == set()
    assert shown(f"project={bobs.pk}") == shown("") == {str(x.pk) for x in (inside, outside, image)}


def test_a_zip_has_films_with_their_captions(
    alice: User, alices_browser: Client, photo: Asset
) -> None:
    (film,) = make(alice, "video", photo_ids=[str(photo.pk)])
    (image,) = make(alice, "image")

    answer = alices_browser.post("/library/chosen/download/", {"ids": [film.pk, image.pk]})

    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        name = film.download_name
        assert name.endswith(".mp4")
        captions = f"002-{name.removesuffix('.mp4')}.vtt"
        assert archive.namelist() == [f"001-{image.download_name}", f"002-{name}", captions]
        assert archive.read(f"002-{name}") == plain.CLIP
        assert archive.read(captions).decode() == plain.CAPTIONS
