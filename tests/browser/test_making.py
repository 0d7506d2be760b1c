"""Every page of making and keeping pictures, in every state: it fits and everybody can read it."""

import pytest
from playwright.sync_api import Browser

from accounts.models import User
from generation.models import Asset, Job
from generation.services import assets, running
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import barriers, overhang, shoot, visiting, wrongs
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def furnish(alice: User) -> dict[str, str]:
    """Give Alice something in every state; return the places to look at by their names."""
    factories.grant(alice, 200)
    photo = factories.make_photo(alice)
    jobs = [
        factories.make_job(alice, title="Why cats always win", count=3),
        factories.make_job(alice, title="7 cheap meals", aspect_ratio="9:16", style="playful"),
        factories.make_job(alice, title="\u0644\u0645\u0627\u0630\u0627 \u062a\u0641\u0648\u0632"),
    ]
    for job in jobs:
        running.run_job(job_id=job.pk)
    picture, tall = (Asset.objects.filter(job=job).earliest("number") for job in jobs[:2])
    with act_as_user(alice.pk):
        assets.delete_asset(user=alice, asset_id=Asset.objects.get(job=jobs[2]).pk)
    failed = factories.make_job(alice, title="It failed", photo_id=str(photo.pk))
    Job.objects.filter(pk=failed.pk).update(attempts=running.MAX_ATTEMPTS)
    running.run_job(job_id=failed.pk)
    slow = factories.make_job(alice, title="It waits", remix_of=picture.pk)
    Job.objects.filter(pk=slow.pk).update(created_at=clock.now().replace(year=2025))
    return {
        "making-studio": "/studio/",
        "making-remix": f"/studio/?remix={picture.pk}",
        "making-job": f"/jobs/{jobs[0].pk}/",
        "making-failed": f"/jobs/{failed.pk}/",
        "making-slow": f"/jobs/{slow.pk}/",
        "making-library": "/library/",
        "making-no-match": "/library/?q=nothing+like+it&shape=tall",
        "making-bin": "/library/bin/",
        "making-picture": f"/library/{picture.pk}/",
        "making-tall": f"/library/{tall.pk}/",
        "making-photos": "/photos/",
    }


# Expectation 12 and 18 (docs/expectations.md): dark mode; mobile works.
@pytest.mark.timeout(180)
def test_it_fits_and_can_be_read(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    with visiting(browser, address) as page:
        sign_in(page.context, alice)
        assert wrongs(page, furnish(alice)) == []


@pytest.mark.parametrize("place", ["/library/", "/library/bin/", "/photos/", "/studio/"])
def test_an_empty_page_says_what_to_do(
    browser: Browser, address: str, alice: User, sign_in: SignIn, place: str
) -> None:
    context = browser.new_context(base_url=address, viewport={"width": 390, "height": 860})
    sign_in(context, alice)
    page = context.new_page()
    page.goto(place)
    assert barriers(page) == []
    assert overhang(page) <= 0
    shoot(page, f"empty-{place.strip('/').replace('/', '-')}")
    context.close()
