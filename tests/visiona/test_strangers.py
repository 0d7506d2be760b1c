"""Every address, by every method, as another person and as nobody: nothing is given away.

The routes are read from the URL resolver. A route with a place that `ids_of` cannot fill fails the
probe until somebody says whose ids belong there.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import transaction
from django.test import Client

from tests import databases, factories
from tests.clients import ApiClient
from tests.factories import Household
from tests.routes import METHODS, Route
from tests.strangers import NOBODYS, addresses, ask, browser_of, ids_of, with_ids, without_ids

pytestmark = pytest.mark.django_db

OPEN_TO_PROGRAMS = {
    "/api/v1/schema": "the document that says how to sign in",
    "/api/v1/auth/signup": "the door for new people",
    "/api/v1/auth/login": "the door for known ones",
    "/api/v1/plans": "what is on sale",
    "/webhooks/replicate": "what a provider sends is signed",
    "/webhooks/clerk": "what Clerk sends is signed",
    "/api/clerk": "the same by its old address",
    "/webhooks/stripe": "what Stripe sends is signed",
    "/api/auth/signup": "the same door by its old address",
    "/api/auth/login": "the same door by its old address",
    "/api/payment/webhook": "Stripe's inbox by its old address",
}
OPEN_TO_PEOPLE = {
    "/": "the landing page",
    "/pricing/": "what everything costs",
    "/theme/": "paper or darkroom, kept in a cookie",
    "/accounts/login/": "a door",
    "/accounts/signup/": "a door",
    "/accounts/logout/": "goes home",
    "/accounts/inactive/": "says that an account is closed",
    "/accounts/confirm-email/": "says to look at one's mail",
    "/accounts/password/reset/": "a door",
    "/accounts/password/reset/done/": "says to look at one's mail",
    "/accounts/password/reset/key/done/": "says that it worked",
    "/api/docs": "the reader of the open document",
    "/files/": "takes a file from whoever has our ticket for it",
    "/robots.txt": "what search engines may read",
    "/styleguide/": "for staff; nobody else learns that it is there",
    "/styleguide/mails/": "for staff; nobody else learns that it is there",
    "/styleguide/mail/": "for staff; nobody else learns that it is there",
    "/staff/": "for staff; nobody else learns that it is there",
    "/staff/numbers/<slug:table>.csv": "for staff; nobody else learns that it is there",
    "/staff/trace/": "for staff; nobody else learns that it is there",
    "/staff/providers/": "for staff; nobody else learns that it is there",
    "/staff/providers/flip/": "for staff; nobody else learns that it is there",
    "/staff/providers/spending/": "for staff; nobody else learns that it is there",
    "/staff/credits/": "for staff; nobody else learns that it is there",
    "/staff/credits/propose/": "for staff; nobody else learns that it is there",
    "/staff/credits/decide/": "for staff; nobody else learns that it is there",
    "/staff/webhooks/replay/": "for staff; nobody else learns that it is there",
    "/webhooks/replicate": "takes what Replicate has signed",
    "/webhooks/clerk": "takes what Clerk has signed",
    "/auth/clerk/": "a door, for a token that Clerk has signed; where its keys are set",
    "/webhooks/stripe": "takes what Stripe has signed",
    "/healthz": "this process answers",
    "/metrics": "for processes of this machine, as the test is; counts and no person",
    "/readyz": "what it needs answers",
}


@pytest.fixture(autouse=True)
def plain_pictures() -> Iterator[None]:
    """What an ad looks like with other words is not what this is about."""
    with factories.plain_pictures():
        yield


def everything_of(person: Household) -> list[str]:
    """Every row of a person's, but for when their keys were last used."""
    tables = (
        "accounts_user", "accounts_apitoken", "accounts_idempotencykey", "account_emailaddress",
        "accounts_clerksession", "usersessions_usersession",
        "credits_wallet", "credits_entry", "credits_reservation",
        "credits_lot", "credits_move", "credits_revocation", "credits_adjustment",
        "billing_customer", "billing_subscription", "billing_checkout", "billing_payment",
        "billing_tillobject",
        "generation_job", "generation_asset", "generation_notice", "generation_project",
        "generation_step", "generation_clone", "generation_consent", "generation_removal",
        "generation_conversation", "generation_message", "generation_requestmetric",
    )  # fmt: skip
    found: list[str] = []
    for table in tables:
        owner = "id" if table == "accounts_user" else "user_id"
        sql = f"SELECT to_jsonb(t) - 'last_used_at' - 'last_login' FROM {table} t"
        found += [
            str(row)
            for row in databases.owned_rows(f"{sql} WHERE {owner} = %s ORDER BY 1", person.user.pk)
        ]
    return found


def test_the_probe_knows_routes_of_every_sort() -> None:
    patterns = {route.pattern.split("/")[0] for route in with_ids()}
    assert patterns == {
        "account", "jobs", "library", "photos", "projects", "clones", "api", "files", "chat",
        "admin", "billing",
    }  # fmt: skip
    assert len(with_ids()) >= 16
    assert len(with_ids(streams=True)) >= 1


def test_what_is_alices_does_not_exist_for_bob(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    before = everything_of(alice)
    browser = browser_of(bob)
    for route in with_ids():
        probed = set()
        for address in addresses(route, alice):
            for method in METHODS:
                answer = ask(bob, route, method, address, browser=browser)
                probed.add(answer.status_code)
                does_not_exist(route, answer, f"{method} {address}")
        assert 404 in probed, f"{route}: no method of it was probed"
        assert everything_of(alice) == before, route


def does_not_exist(route: Route, answer: Any, what: str) -> None:
    assert answer.status_code in {404, 405}, what
    if route.is_api:
        assert answer["Content-Type"] == "application/problem+json", what
        expected = {404: "not_found", 405: "method_not_allowed"}
        assert answer.json()["code"] == expected[answer.status_code], what
    assert "alice@example.com" not in answer.content.decode(), what


def test_what_is_alices_is_there_for_alice(households: tuple[Household, Household]) -> None:
    alice, _bob = households
    for route in with_ids():
        if route.name == "file":
            continue  # opened by a signature: see tests/generation/test_files.py
        if route.pattern.startswith("admin/"):
            continue  # for staff alone: see test_admin.py
        with transaction.atomic():
            browser = browser_of(alice)
            statuses = [
                status_of(ask(alice, route, method, address, browser=browser))
                for address in addresses(route, alice)
                for method in METHODS
            ]
            assert SESSION_KEY in browser.session, f"{route} signed her out in between"
            transaction.set_rollback(True)
        assert [one for one in statuses if one < 400], f"{route}: its probe is blind"
        assert max(statuses) < 500, route


def status_of(answer: Any) -> int:
    if answer.streaming:
        b"".join(answer)  # its file is closed with its end
    status: int = answer.status_code
    return status


def test_nobody_gets_past_the_door_of_what_is_alices(
    households: tuple[Household, Household],
) -> None:
    alice, _bob = households
    before = everything_of(alice)
    for route in with_ids():
        for address in addresses(route, alice):
            for method in METHODS:
                refused(route, ask(None, route, method, address), address)
    assert everything_of(alice) == before


def refused(route: Route, answer: Any, address: str) -> None:
    if route.name == "file":
        assert answer.status_code in {404, 405}
    elif route.is_api:
        assert answer.status_code == 401, address
        assert answer.json()["code"] == "not_authenticated"
    else:
        assert answer.status_code == 302, address
        assert answer["Location"] == f"/accounts/login/?next={address}"


@pytest.mark.parametrize("route", without_ids(), ids=str)
def test_nobody_gets_only_what_is_open_on_purpose(route: Route, db: None) -> None:
    for method in METHODS:
        address = route.with_places(NOBODYS)
        answer = ask(None, route, method, address)
        if str(route) in OPEN_TO_PROGRAMS | OPEN_TO_PEOPLE:
            assert answer.status_code != 500, method
        elif route.is_api:
            refused(route, answer, address)
        else:
            assert answer.status_code == 302, method
            assert answer["Location"].startswith("/accounts/login/"), method


def test_a_list_of_bobs_names_nothing_of_alices(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    named = {value for values in ids_of(alice).values() for value in values}
    hers = {value for value in named if not value.isdecimal()}  # a number says nothing of hers
    hers |= {str(alice.user.pk), alice.user.email}
    for route in without_ids():
        answer = ask(bob, route, "GET", route.with_places(NOBODYS))
        body = b"".join(answer) if answer.streaming else answer.content  # static files stream
        assert [value for value in hers if value in body.decode()] == [], route


LISTS = (
    "jobs",
    "assets",
    "photos",
    "projects",
    "clones",
    "consents",
    "conversations",
    "removals",
    "credits/entries",
    "api-keys",
)


def test_the_lists_show_alice_what_is_hers(households: tuple[Household, Household]) -> None:
    alice, bob = households
    for path in LISTS:
        hers = {item["id"] for item in alice.api.get(path).json()["data"]}
        his = {item["id"] for item in bob.api.get(path).json()["data"]}
        assert hers, path
        assert his, path
        assert hers & his == set(), path


def test_ids_of_alices_in_a_body_or_a_query_are_not_found_either(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    before = everything_of(alice)

    order: dict[str, Any] = {"kind": "thumbnail", "title": "Hers", "photo_id": str(alice.photo.pk)}
    assert bob.api.post("jobs", order).status_code == 404
    project, photos = str(alice.project.pk), [str(alice.photo.pk)]
    for order in (
        {"kind": "image", "prompt": "Hers", "project_id": project},
        {"kind": "product_ad", "product_name": "Hers", "photo_ids": photos},
        {"kind": "video", "product_name": "Hers", "photo_ids": photos},
    ):
        assert bob.api.post("jobs", order).status_code == 404
    assert bob.api.post("projects", {"name": "Hers", "photo_ids": photos}).status_code == 404
    for path in (f"jobs?project_id={project}", f"assets?project_id={project}"):
        assert bob.api.get(path).json()["data"] == []
    ids = [str(asset.pk) for asset in (alice.kept, alice.binned, alice.photo)]
    deleted = bob.api.post("assets/delete", {"ids": ids})
    assert (deleted.status_code, deleted.json()["data"]) == (200, {"deleted": 0})
    browser = Client(raise_request_exception=False)
    browser.force_login(bob.user)
    assert browser.get(f"/studio/?from={alice.delivered.pk}").status_code == 404
    form = {
        "title": "Hers", "style": "bold", "color_scheme": "sunset", "aspect_ratio": "16:9",
        "count": "1", "submission": "x", "photo_id": str(alice.photo.pk),
    }  # fmt: skip
    assert browser.post("/studio/", form).status_code == 404
    page = browser.get(f"/library/?before={alice.binned.pk}")
    assert str(alice.kept.pk) not in page.content.decode()

    assert everything_of(alice) == before


def test_alices_idempotency_key_is_bobs_to_use_for_himself(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    key = f"order-of-{alice.user.pk}"
    order = {"kind": "thumbnail", "title": "It waits"}
    answer = bob.api.post("jobs", order, Idempotency_Key=key)
    assert answer.status_code == 202
    assert answer.json()["data"]["id"] != str(alice.waiting.pk)
    assert "Idempotent-Replayed" not in answer


def test_a_stranger_is_told_so_in_the_same_words_whatever_exists(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    missing = "019f0000-0000-7000-8000-000000000001"
    answers = []
    for job_id in (str(alice.delivered.pk), missing):
        document = bob.api.get(f"jobs/{job_id}").json()
        document.pop("request_id")
        answers.append(json.dumps(document))
    assert answers[0] == answers[1]


def test_a_wrong_bearer_opens_nothing_that_a_cookie_would(households: Any) -> None:
    alice, _bob = households
    client = Client(raise_request_exception=False)
    client.force_login(alice.user)
    assert client.get("/api/v1/jobs").status_code == 200
    for header in ("Bearer vis_wrong", "Bearer ", "Basic YTpi", "vis_wrong"):
        answer = client.get("/api/v1/jobs", headers={"authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), header
        assert answer["WWW-Authenticate"] == "Bearer"


def test_the_strangers_client_is_nobody(db: None) -> None:
    assert ApiClient().get("me").status_code == 401
