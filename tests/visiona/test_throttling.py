"""Who asks too often is told so, and when to come back; who does not, how much is left."""

import threading
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.models import User
from generation.models import Job
from tests import factories
from tests.clients import ApiClient
from tests.databases import in_threads
from visiona.lib.throttling import address_of

pytestmark = pytest.mark.django_db

THUMBNAIL = {"kind": "thumbnail", "title": "Mine"}


def limit(settings: Settings, **rates: str) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | rates


def headers_of(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("RateLimit")}


def test_every_answer_says_how_much_is_left(api: ApiClient, settings: Settings) -> None:
    limit(settings, api="5/minute")
    answers = [api.get("me") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == list("432100")
    assert {answer["RateLimit-Limit"] for answer in answers} == {"5"}
    resets = [int(answer["RateLimit-Reset"]) for answer in answers]
    assert resets == sorted(resets)
    assert 55 <= resets[-1] <= 60


def test_a_refusal_is_a_problem_document_with_its_facts(api: ApiClient, settings: Settings) -> None:
    limit(settings, api="1/hour")
    api.get("me")
    answer = api.get("me")
    body = answer.json()

    assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
    assert (body["code"], body["limit"], body["remaining"]) == ("rate_limited", 1, 0)
    assert body["detail"] == (
        "You have used your 1 requests for this hour. The next one comes in 1 h."
    )
    assert 3590 < int(answer["Retry-After"]) <= 3600
    assert body["retry_after"] == int(answer["Retry-After"])
    assert body["reset_at"].endswith("+00:00")


def test_an_error_says_how_much_is_left_too(api: ApiClient) -> None:
    assert headers_of(api.get(f"jobs/{factories.UNKNOWN_ID}")) == {
        "RateLimit-Limit": "1200",
        "RateLimit-Remaining": "1199",
        "RateLimit-Reset": "1",
    }


def test_a_page_is_not_counted_and_says_nothing(alices_browser: Client) -> None:
    assert headers_of(alices_browser.get("/studio/")) == {}


def test_the_tightest_of_several_limits_is_told(api: ApiClient, settings: Settings) -> None:
    limit(settings, jobs="3/hour")
    assert headers_of(api.post("jobs", THUMBNAIL))["RateLimit-Limit"] == "3"


def test_orders_beyond_the_limit_are_refused_and_hold_nothing(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    limit(settings, jobs="1/hour")

    answers = [api.post("jobs", THUMBNAIL).status_code for _ in range(2)]

    assert answers == [202, 429]
    assert Job.objects.count() == 1
    assert api.get("credits").json()["data"]["held"] == 10


def test_the_same_order_again_takes_nothing(api: ApiClient, settings: Settings) -> None:
    limit(settings, jobs="1/hour")
    answers = [api.post("jobs", THUMBNAIL, idempotency_key="once") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1
    assert api.post("jobs", THUMBNAIL, idempotency_key="twice").status_code == 429


def test_a_page_shows_the_sentence_where_the_order_was_made(
    alices_browser: Client, settings: Settings
) -> None:
    limit(settings, jobs="1/hour")
    form = {"prompt": "Red sneakers", "aspect_ratio": "1:1", "count": 1}
    first, second = (
        alices_browser.post("/studio/image/", form | {"submission": uuid4().hex}) for _ in range(2)
    )

    assert first.status_code == 302
    assert (second.status_code, Job.objects.count()) == (429, 1)
    assert "You have used your 1 orders for this hour. The next one comes in 1 h." in (
        second.content.decode()
    )


def test_prompts_are_made_better_so_often_by_the_api_and_the_page_together(
    api: ApiClient, alices_browser: Client, settings: Settings
) -> None:
    limit(settings, enhance="2/hour")
    assert api.post("prompts/enhance", {"prompt": "A cat", "kind": "image"}).status_code == 200
    page = "/studio/enhance/"
    assert alices_browser.post(page, {"prompt": "A cat"}).status_code == 200
    refused = alices_browser.post(page, {"prompt": "A cat"})
    assert refused.status_code == 429
    assert "You can try again in 30 minutes, at" in refused.content.decode()
    assert api.post("prompts/enhance", {"prompt": "A cat", "kind": "image"}).status_code == 429


@pytest.mark.parametrize("path", ["photos", "uploads"])
def test_sending_pictures_is_limited_and_looking_at_them_is_not(
    path: str, api: ApiClient, settings: Settings
) -> None:
    limit(settings, uploads="1/hour")
    assert [api.post(path).status_code for _ in range(2)] == [
        422 if path == "uploads" else 415,
        429,
    ]
    assert api.get(path).status_code == 200


def test_the_doors_count_by_address_whoever_knocks(settings: Settings) -> None:
    limit(settings, sign_in="2/minute", sign_up="1/minute")
    stranger = ApiClient()
    login = {"email": "nobody@example.com", "password": factories.PASSWORD}

    knocks = [stranger.post("auth/login", login).status_code for _ in range(3)]
    arrivals = [
        stranger.post("auth/signup", login | {"email": f"{name}@example.com"}).status_code
        for name in ("ada", "bob")
    ]

    assert knocks == [401, 401, 429]
    assert arrivals == [201, 429]


def test_guessed_keys_are_counted(settings: Settings) -> None:
    limit(settings, anonymous="3/minute")
    guesses = [ApiClient().get("me", Authorization="Bearer vis_no").status_code for _ in range(4)]
    assert guesses == [401, 401, 401, 429]


def test_senders_of_events_are_counted_each_for_itself(settings: Settings) -> None:
    limit(settings, webhooks="1/minute")
    settings.REPLICATE_WEBHOOK_SECRET = ["whsec_" + "A" * 32]
    answers = [Client().post("/webhooks/replicate") for _ in range(2)]
    assert [answer.status_code for answer in answers][1] == 429
    assert answers[0].status_code != 429


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        (0, "9.9.9.9", "127.0.0.1"),
        (1, "9.9.9.9", "9.9.9.9"),
        (1, "6.6.6.6, 9.9.9.9", "9.9.9.9"),
        (2, "6.6.6.6, 9.9.9.9, 10.0.0.1", "9.9.9.9"),
        (2, "9.9.9.9", "127.0.0.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "::ffff:9.9.9.9", "9.9.9.9"),
        (1, "not an address", "unknown"),
        (1, "", "127.0.0.1"),
    ],
)
def test_only_our_own_proxies_say_where_a_request_came_from(
    trusted: int, forwarded: str, address: str, settings: Settings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = trusted
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    assert address_of(request) == address


# --- Jobs at a time -----------------------------------------------------------------------------


def test_so_many_jobs_at_a_time_and_no_more(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    settings.CONCURRENT_JOBS = 2
    factories.grant(alice, 100)
    (first, _), refused = (
        [api.post("jobs", THUMBNAIL, idempotency_key=key).json()["data"] for key in "ab"],
        api.post("jobs", THUMBNAIL, idempotency_key="c"),
    )
    replay = api.post("jobs", THUMBNAIL, idempotency_key="a")
    held = api.get("credits").json()["data"]["held"]
    api.post(f"jobs/{first['id']}/cancel")
    again = api.post("jobs", THUMBNAIL, idempotency_key="c")

    body = refused.json()
    assert (refused.status_code, body["code"]) == (429, "rate_limited")
    assert (body["limit"], body["remaining"], refused["Retry-After"]) == (2, 0, "5")
    assert body["detail"] == (
        "You have 2 jobs under way, as many as your plan allows at a time. Wait until one is "
        "finished, or cancel one."
    )
    assert (replay.status_code, replay.json()["data"]["id"]) == (202, first["id"])
    assert (held, again.status_code) == (20, 202)


def test_free_jobs_count_too(api: ApiClient, settings: Settings) -> None:
    settings.CONCURRENT_JOBS, settings.LOCAL_WORK_IS_FREE = 2, True
    assert [api.post("jobs", THUMBNAIL).status_code for _ in range(3)] == [202, 202, 429]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("price", ["free", "paid"])
def test_of_many_orders_at_once_exactly_so_many_are_taken(price: str, settings: Settings) -> None:
    settings.CONCURRENT_JOBS, settings.LOCAL_WORK_IS_FREE = 3, price == "free"
    program = ApiClient(factories.make_user(extra_credits=1000))
    gate = threading.Barrier(8)

    def order(_: int) -> int:
        gate.wait(timeout=20)
        status: int = program.post("jobs", THUMBNAIL).status_code
        return status

    assert Counter(in_threads(order, range(16), threads=8)) == {202: 3, 429: 13}
    assert Job.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_thirty_requests_at_once_twenty_pass(settings: Settings) -> None:
    limit(settings, api="20/day")
    program = ApiClient(factories.make_user())
    answers = in_threads(lambda _: program.get("credits/prices").status_code, range(30), threads=10)
    assert Counter(answers) == {200: 20, 429: 10}
