"""The API reader: in our frame, quiet in the console, able to call as whoever is signed in."""

import json
import re

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.shots import barriers, overhang, shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Swagger UI puts buttons into buttons; what else it does wrong, static/reader.css puts right.
SWAGGERS_OWN = re.compile("^nested-interactive: ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reader_stands_in_our_frame(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto("/api/docs")
    expect(page.locator(".opblock").first).to_be_visible()

    page.get_by_role("button", name="Switch between light and dark").focus()
    expect(page.get_by_role("link", name="OpenAPI document")).to_be_visible()
    assert [one for one in barriers(page) if not SWAGGERS_OWN.match(one)] == []
    assert overhang(page) <= 0
    shoot(page, f"reader-{scheme}")
    page.set_viewport_size({"width": 320, "height": 780})
    assert overhang(page) <= 0


def test_a_call_is_tried_with_the_session_and_its_token(
    alices: Page, context: BrowserContext
) -> None:
    alices.goto("/api/docs")
    call = alices.locator(".opblock-post", has_text="/api/v1/api-keys")
    call.locator("button.opblock-summary-control").click()

    call.get_by_role("button", name="Try it out").click()
    call.locator("textarea.body-param__text").fill(json.dumps({"name": "From the reader"}))
    with alices.expect_response("**/api/v1/api-keys") as answer:
        call.get_by_role("button", name="Execute").click()

    assert answer.value.status == 201
    assert answer.value.json()["data"]["name"] == "From the reader"
    assert settings.SESSION_COOKIE_NAME in answer.value.request.all_headers()["cookie"]
    assert "authorization" not in answer.value.request.all_headers()
    expect(call.locator(".responses-table.live-responses-table")).to_be_visible()
    found = [one for one in barriers(alices) if not SWAGGERS_OWN.match(one)]
    shoot(alices, "reader-call")
    assert not found, "\n".join(found)


def test_a_call_of_somebody_who_is_signed_out_carries_no_token(page: Page) -> None:
    page.goto("/api/docs")

    assert page.locator("#swagger-ui").get_attribute("data-csrf") is None
