"""The admin of the staff in every window, light and dark, with an empty console."""

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import Role, User
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import overhang, shoot, visiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = {"admin": "/admin/", "admin-jobs": "/admin/generation/job/"}


@pytest.mark.timeout(120)
def test_staff_look_at_tables_in_every_window(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    User.objects.filter(pk=alice.pk).update(role=Role.ADMIN)
    job = factories.make_job(alice, title="A title that staff do not see")
    with visiting(browser, address) as page:
        sign_in(page.context, User.objects.get(pk=alice.pk))
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 860})
                for name, place in PAGES.items():
                    page.goto(place)
                    page.wait_for_load_state("networkidle")
                    shoot(page, f"{name}-{scheme}-{width}")
                    assert overhang(page) <= 0, f"{name} {scheme} {width}"
        page.set_viewport_size({"width": 1440, "height": 860})
        page.reload()
        expect(page.get_by_role("link", name="Trace a request")).to_be_visible()
        page.get_by_role("link", name=str(job.pk)).click()
        expect(page.get_by_role("row", name="Status queued")).to_be_visible()
        shoot(page, "admin-job")
        page.get_by_role("link", name=str(alice.pk)).click()
        expect(page.get_by_role("row", name="Email alice@example.com")).to_be_visible()
