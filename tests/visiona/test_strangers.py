"""Every address, by every method, as another person and as nobody: nothing is given away.

The routes are read from the URL resolver. A route with a place that `ids_of` cannot fill fails the
probe until somebody says whose ids belong there.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.db import transaction
from django.test import Client

from tests import databases, factories
from tests.clients import ApiClient
from tests.factories import Household
from tests.routes import METHODS, Route, routes

pytestmark = pytest.mark.django_db

# The key in the address is the permission: it was mailed to the one who may use it.
OPENED_BY_A_SECRET = {"account_confirm_email", "account_reset_password_from_key"}

OPEN_TO_PROGRAMS = {
    "/api/v1/schema": "the document that says how to sign in",
    "/api/v1/auth/signup": "the door for new people",
    "/api/v1/auth/login": "the door for known ones",
    "/webhooks/replicate": "what a provider sends is signed",
    "/api/auth/signup": "the same door by its old address",
    "/api/auth/login": "the same door by its old address",
}
# What can stand in a place of an address and is nobody's.
NOBODYS = {"kind": "image"}
OPEN_TO_PEOPLE = {
    "/": "the landing page",
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
    "/staff/providers/": "for staff; nobody else learns that it is there",
    "/staff/providers/flip/": "for staff; nobody else learns that it is there",
    "/webhooks/replicate": "takes what Replicate has signed",
    "/healthz": "this process answers",
    "/readyz": "what it needs answers",
}

# What has to be said for an address to do anything at all.
BODIES = {
    "api/v1/assets/<uuid:asset_id>/retitle": {"title": "Another title"},
    "api/v1/assets/<uuid:asset_id>/reword": {"headline": "Other words"},
    "api/v1/assets/<uuid:asset_id>/recut": {"captions": False},
    "api/v1/clones/<uuid:clone_id>": {"name": "Another name"},
    "clones/<uuid:clone_id>/name/": {"name": "Another name"},
    "clones/<uuid:clone_id>/packs/": {"pack": "travel", "aspect_ratio": "4:5"},
    "clones/<uuid:clone_id>/delete/": {"name": "Ada"},
    "library/<uuid:asset_id>/retitle/": {"title": "Another title"},
    "library/<uuid:asset_id>/reword/": {"headline": "Other words"},
    "library/<uuid:asset_id>/recut/": {
        "trim_start": 0,
        "trim_end": 5,
        "music": "calm",
        "volume": 50,
    },
}


@pytest.fixture(autouse=True)
def plain_pictures() -> Iterator[None]:
    """What an ad looks like with other words is not what this is about."""
    with factories.plain_pictures():
        yield


@pytest.fixture
def households() -> tuple[Household, Household]:
    return factories.furnish("alice@example.com"), factories.furnish("bob@example.com")


def ids_of(person: Household) -> dict[str, list[str]]:
    """What of a person's can stand in each place of an address, in every state it can be in."""
    return {
        "job_id": [
            str(job.pk)
            for job in (person.waiting, person.failed, person.declined, person.delivered)
        ],
        "asset_id": [
            str(asset.pk)
            for asset in (person.kept, person.binned, person.ad, person.film, person.photo)
        ],
        "project_id": [str(person.project.pk)],
        "upload_id": [str(person.arriving.pk)],
        "clone_id": [
            str(person.clone.pk),
            str(person.untrained.pk),
            str(person.removal.clone_id),
        ],
        "removal_id": [str(person.removal.pk)],
        "photo_id": [str(one.pk) for one in (person.photo, person.binned_photo, person.kept)],
        "key_id": [person.key_id],
        "session_id": [str(person.session_id)],
        "token_id": [str(person.sign_in_id)],
        "name": [person.kept.file, person.kept.preview, person.photo.file, person.photo.preview],
    }


def is_stream(route: Route) -> bool:
    """Whether it looks with threads of its own, and so sees only what was committed."""
    return route.pattern.startswith("stream/")


def with_ids(*, streams: bool = False) -> list[Route]:
    return [
        route
        for route in routes()
        if set(route.places) - set(NOBODYS)
        and route.name not in OPENED_BY_A_SECRET
        and is_stream(route) == streams
    ]


def without_ids() -> list[Route]:
    return [
        route for route in routes() if set(route.places) <= set(NOBODYS) and not is_stream(route)
    ]


def addresses(route: Route, person: Household) -> list[str]:
    known = ids_of(person)
    unknown = set(route.places) - set(known)
    assert not unknown, f"{route}: say in ids_of whose ids belong in {unknown}"
    (place,) = route.places
    return [route.with_places({place: value}) for value in known[place]]


def ask(person: Household | None, route: Route, method: str, address: str) -> Any:
    """Send what a browser or a program of this person would."""
    client = Client(raise_request_exception=False)
    if person is None:
        return getattr(client, method.lower())(address)
    if not route.is_api:
        client.force_login(person.user)
        if method == "POST":
            return client.post(address, BODIES.get(route.pattern, {}))
        return getattr(client, method.lower())(address)
    body = BODIES.get(route.pattern) if method in {"POST", "PATCH"} else None
    return person.api.send(method, address, body)


def everything_of(person: Household) -> list[str]:
    """Every row of a person's, but for when their keys were last used."""
    tables = (
        "accounts_user", "accounts_apitoken", "accounts_idempotencykey", "account_emailaddress",
        "usersessions_usersession",
        "credits_wallet", "credits_entry", "credits_reservation",
        "generation_job", "generation_asset", "generation_notice", "generation_project",
        "generation_step", "generation_clone", "generation_consent", "generation_removal",
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
        "account", "jobs", "library", "photos", "projects", "clones", "api", "files",
    }  # fmt: skip
    assert len(with_ids()) >= 16
    assert len(with_ids(streams=True)) >= 1


def test_what_is_alices_does_not_exist_for_bob(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    before = everything_of(alice)
    for route in with_ids():
        probed = set()
        for address in addresses(route, alice):
            for method in METHODS:
                answer = ask(bob, route, method, address)
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
        with transaction.atomic():
            statuses = [
                status_of(ask(alice, route, method, address))
                for address in addresses(route, alice)
                for method in METHODS
            ]
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
