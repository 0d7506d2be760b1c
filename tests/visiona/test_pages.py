"""The pages that belong to no app: the theme, and what is shown when something is wrong."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import Client, RequestFactory

from credits import selectors as credits_selectors
from tests.clients import ApiClient
from visiona import handlers, pages

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
