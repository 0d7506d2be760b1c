"""The pages that belong to no app: the theme, and what is shown when something is wrong."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import Client, RequestFactory

from accounts.models import Role, User
from credits import selectors as credits_selectors
from generation import selectors as generation_selectors
from generation.catalog import KINDS
from tests.clients import ApiClient
from tests.factories import PASSWORD
from visiona import handlers, pages
from visiona.lib import clock, errors
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("theme", ["paper", "darkroom"])
def test_a_theme_is_kept_and_rendered_by_the_server(client: Client, theme: str) -> None:
    answer = client.post("/theme/", {"theme": theme, "next": "/accounts/login/"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert client.cookies["theme"].value == theme
    assert f'data-theme="{theme}"' in client.get("/").content.decode()


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "", "javascript:x"])
def test_choosing_a_theme_leads_to_no_other_host(client: Client, where: str) -> None:
    answer = client.post("/theme/", {"theme": "paper", "next": where})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_theme_that_does_not_exist_is_not_kept(client: Client) -> None:
    client.post("/theme/", {"theme": '"><script>'})
    assert "theme" not in client.cookies
    assert client.get("/theme/").status_code == 405


def test_a_form_without_its_token_is_refused_with_a_page() -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    answer = strict.post("/theme/", {"theme": "paper"})
    assert answer.status_code == 403
    assert "This is not open to you" in answer.content.decode()


def test_an_address_that_does_not_exist_is_a_page_for_people(client: Client) -> None:
    answer = client.get("/nothing/here/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    assert answer["X-Request-ID"] in answer.content.decode()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect where the wallet is read."""

    def fail(**_: Any) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(credits_selectors, "totals_of", fail)


def test_a_defect_shows_nothing_of_itself_to_programs(broken: None, api: ApiClient) -> None:
    answer = api.get("credits")
    document = json.loads(answer.content)
    assert (answer.status_code, document["code"]) == (500, "internal_error")
    assert set(document) == {"type", "title", "status", "detail", "code", "request_id"}
    assert "secret" not in answer.content.decode()


def test_a_defect_shows_nothing_of_itself_to_people(broken: None, alices_browser: Client) -> None:
    alices_browser.raise_request_exception = False
    answer = alices_browser.get("/credits/")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize(
    ("handler", "error", "status", "code"),
    [
        (handlers.bad_request, SuspiciousOperation(), 400, "malformed"),
        (handlers.permission_denied, PermissionDenied(), 403, "not_allowed"),
    ],
)
def test_each_asker_gets_their_own_form(
    rf: RequestFactory, handler: Any, error: Exception, status: int, code: str
) -> None:
    page = handler(rf.get("/studio/"), error)
    assert (page.status_code, page["Content-Type"]) == (status, "text/html; charset=utf-8")
    document = handler(rf.get("/api/v1/jobs"), error)
    assert (document.status_code, json.loads(document.content)["code"]) == (status, code)


def test_a_status_without_a_sentence_of_ours_has_its_own_name(rf: RequestFactory) -> None:
    page = pages.error_page(rf.get("/"), 410)
    assert page.status_code == 410
    assert "Gone" in page.content.decode()


NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (89, "89 seconds"),
        (90, "2 minutes"),
        (300, "5 minutes"),
        (301, "6 minutes"),
        (5400, "2 hours"),
    ],
)
def test_a_pause_is_said_in_words_and_never_shorter_than_it_is(seconds: int, words: str) -> None:
    assert pages.in_words(seconds) == words


def test_who_was_too_fast_is_told_when_to_come_back(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)

    page = handlers.answer(rf.get("/studio/?from=x"), errors.RateLimited(retry_after=30))

    assert (page.status_code, page["Retry-After"]) == (429, "30")
    words = page.content.decode()
    assert "You can try again in 30 seconds" in words
    assert "12:00:30 UTC" in words
    assert '<a href="/studio/?from=x">Load this page again</a>' in words


def test_nobody_is_led_to_send_a_form_again(rf: RequestFactory) -> None:
    page = handlers.answer(rf.post("/studio/"), errors.RateLimited(retry_after=30))
    assert "Load this page again" not in page.content.decode()


def test_who_asks_for_too_many_mails_is_answered_with_our_page(client: Client) -> None:
    answers = [
        client.post("/accounts/password/reset/", {"email": "alice@example.com"}) for _ in range(25)
    ]
    assert answers[-1].status_code == 429
    assert answers[-1]["Retry-After"] == "300"
    assert "You can try again in 5 minutes" in answers[-1].content.decode()


def test_search_engines_are_kept_out_of_what_is_private(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain")
    lines = answer.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /studio/", "Disallow: /api/v1/", "Disallow: /files/"} <= set(lines)
    assert "Disallow: /" not in lines


def test_the_landing_page_names_the_prices_that_are_charged(client: Client) -> None:
    body = client.get("/").content.decode()
    for kind, words in {
        "product_ad": "credits a set",
        "video": "credits",
        "image": "credits each",
        "thumbnail": "credits each",
    }.items():
        assert f'<p class="credits">{KINDS[kind].price} {words}</p>' in body


def test_the_landing_page_says_where_it_really_lives(client: Client, settings: Any) -> None:
    settings.PUBLIC_URL = "https://visiona.example"
    page = client.get("/", headers={"Host": "localhost"}).content.decode()
    assert '<link rel="canonical" href="https://visiona.example/">' in page


NOBODY_ELSE = "no other service is sent your photo"


@pytest.mark.parametrize(
    ("keys", "sentence", "is_kept"),
    [
        ({}, "own machines make the pictures", True),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, "A model server of our choice writes", True),
        ({"GEMINI_API_KEY": "key"}, "Google Gemini writes texts, makes pictures and makes", False),
        (
            {"REPLICATE_API_TOKEN": "key"},
            "Replicate makes pictures, makes clips and trains clones. Each",
            False,
        ),
    ],
    ids=["nobody", "words only", "gemini", "replicate"],
)
def test_the_landing_page_promises_of_photos_what_the_settings_keep(
    client: Client, settings: Any, keys: dict[str, str], sentence: str, *, is_kept: bool
) -> None:
    for name, value in keys.items():
        setattr(settings, name, value)
    page = client.get("/").content.decode()
    assert sentence in page
    assert (NOBODY_ELSE in page) is is_kept


def test_the_styleguide_is_for_staff(client: Client, alice: User, settings: Any) -> None:
    assert client.get("/styleguide/").status_code == 404
    client.force_login(alice)
    assert client.get("/styleguide/").status_code == 404

    User.objects.filter(pk=alice.pk).update(role=Role.ADMIN)
    assert client.get("/styleguide/").status_code == 200

    client.logout()
    settings.DEBUG = True
    assert client.get("/styleguide/").status_code == 200


@pytest.fixture
def closed(settings: Any) -> Client:
    """A browser while the house is being looked after."""
    settings.MAINTENANCE = True
    return Client()


@pytest.mark.parametrize("path", ["/", "/studio/", "/accounts/signup/", "/no/such/page/"])
def test_people_are_asked_to_come_back_after_maintenance(closed: Client, path: str) -> None:
    answer = closed.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "300")
    assert "We are looking after Visiona" in answer.content.decode()


def test_programs_are_told_of_maintenance_in_their_own_form(closed: Client) -> None:
    answer = closed.get("/api/v1/me")
    assert (answer.status_code, answer["Retry-After"]) == (503, "300")
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["code"] == "unavailable"


def test_nothing_is_ordered_during_maintenance(closed: Client, alice: User) -> None:
    closed.force_login(alice)
    answer = closed.post("/studio/", {"title": "Not now"})
    assert answer.status_code == 503
    with act_as_user(alice.pk):
        assert not generation_selectors.jobs_of(user=alice).exists()
        assert credits_selectors.wallet_of(user=alice).held == 0


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/accounts/login/"])
def test_what_maintenance_needs_stays_open(closed: Client, path: str) -> None:
    assert closed.get(path).status_code == 200


def test_staff_come_in_during_maintenance(closed: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(role=Role.ADMIN)

    closed.post("/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})

    assert closed.get("/studio/").status_code == 200


def test_without_maintenance_nobody_is_turned_away(client: Client) -> None:
    assert client.get("/").status_code == 200


def test_pages_are_sent_compressed_and_pictures_are_left_alone(client: Client) -> None:
    page = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"
    assert "Words and a photo in." in gzip.decompress(page.content).decode()

    document = client.get("/api/v1/schema", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in document
