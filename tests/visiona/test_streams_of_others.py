"""The streams, as another person and as nobody: they see only what was committed."""

import httpx
import pytest
from django.conf import settings
from django.test import Client

from tests import factories
from tests.routes import METHODS, routes
from tests.strangers import NOBODYS, addresses, with_ids


@pytest.mark.django_db(transaction=True)
def test_a_stream_of_alices_does_not_exist_for_bob_nor_for_nobody(live_address: str) -> None:
    alice, bob = factories.furnish("alice@example.com"), factories.furnish("bob@example.com")
    for headers, status, code in (
        (bob.api.bearer, 404, "not_found"),
        ({}, 401, "not_authenticated"),
    ):
        for route in with_ids(streams=True):
            for address in addresses(route, alice):
                for method in METHODS:
                    answer = httpx.request(method, live_address + address, headers=headers)
                    assert (answer.status_code, answer.json()["code"]) == (status, code), address


@pytest.mark.django_db(transaction=True)
def test_nobody_gets_past_the_door_of_the_gateway(
    live_address: str,
) -> None:
    alice = factories.make_user("alice@example.com")
    browser = Client()
    browser.force_login(alice)
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"
    gateway = [route for route in routes() if route.pattern.startswith("v1/")]
    assert len(gateway) == 5
    for route in gateway:
        address = live_address + route.with_places(NOBODYS)
        for method in METHODS:
            answer = httpx.request(method, address, headers={"Cookie": cookie})
            assert answer.status_code == 401, (method, address)
            assert answer.json()["error"]["code"] == "invalid_api_key"
            assert answer.headers["WWW-Authenticate"] == "Bearer"
