"""Every mail in two parts that say the same, with links to our public address only."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from accounts.models import User
from tests import factories
from tests.factories import PASSWORD
from visiona.lib import mails
from visiona.mail_previews import SAMPLES

pytestmark = pytest.mark.django_db

ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
SUBJECTS = {
    "welcome": "Welcome to Visiona: confirm your address",
    "confirm-address": "Confirm your e-mail address",
    "new-password": "Choose a new password",
    "account-exists": "Your account at Visiona",
    "account-unknown": "There is no account with this address",
    "job-failed": "Your thumbnail could not be finished",
    "training-failed": "Your clone could not be trained",
    "clone-ready": "“Ada” is ready",
    "payment-failed": "The payment of your Pro plan failed",
    "film-ready": "Your video “Aurora desk lamp” is ready",
}


class Page(HTMLParser):
    """What of a mail's HTML matters here."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def parts_of(message: EmailMultiAlternatives) -> tuple[str, str]:
    """Its plain words and its HTML; there is nothing else in it."""
    ((page, kind),) = message.alternatives
    assert kind == "text/html"
    return str(message.body), str(page)


def sent() -> EmailMultiAlternatives:
    (message,) = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    return message


def is_at_home(message: EmailMultiAlternatives) -> None:
    """Assert that it leads to our public address only, and to the same places in both parts."""
    text, page = parts_of(message)
    found = Page(page)
    assert found.tags & {"img", "script", "link", "iframe", "form"} == set()
    assert found.links
    for link in (*found.links, *ADDRESS.findall(text)):
        assert link.startswith(f"{settings.PUBLIC_URL}/"), link
    assert set(ADDRESS.findall(text)) <= set(found.links)
    assert str(message.subject) in "".join(found.words)


def test_what_is_previewed_is_all_there_is() -> None:
    folders = [settings.BASE_DIR / "templates" / name for name in ("account/email", "emails")]
    stems = {
        f"{folder.relative_to(settings.BASE_DIR / 'templates')}/{file.name[:-12]}"
        for folder in folders
        for file in folder.glob("*_subject.txt")
    }
    assert {template for template, _context in SAMPLES.values()} == stems


@pytest.mark.parametrize("name", SAMPLES)
def test_staff_look_at_every_mail_in_both_parts(name: str, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(role="admin")
    staff = Client()
    staff.force_login(alice)

    listed, shown = staff.get("/styleguide/mails/"), staff.get(f"/styleguide/mail/?name={name}")

    (message,) = [one for key, one in listed.context["mails"].items() if key == name]
    assert message.subject == SUBJECTS[name]
    is_at_home(message)
    assert shown.content.decode() == parts_of(message)[1]
    assert shown["X-Frame-Options"] == "SAMEORIGIN"
    policy = shown["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy


@pytest.mark.parametrize("address", ["/styleguide/mails/", "/styleguide/mail/?name=welcome"])
def test_nobody_but_staff_looks_at_mails(alices_browser: Client, address: str) -> None:
    assert alices_browser.get(address).status_code == 404
    assert Client().get(address).status_code == 404


def test_a_mail_that_does_not_exist_is_not_found(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(role="admin")
    staff = Client()
    staff.force_login(alice)
    assert staff.get("/styleguide/mail/?name=nothing").status_code == 404


def test_signing_up_welcomes_with_a_link_to_confirm(client: Client) -> None:
    client.post("/accounts/signup/", {"email": "carol@example.com", "password1": PASSWORD})

    message = sent()
    assert (message.to, message.subject) == (["carol@example.com"], SUBJECTS["welcome"])
    is_at_home(message)
    assert "/accounts/confirm-email/" in message.body


def test_links_lead_to_our_address_whatever_host_was_asked() -> None:
    stranger = Client(headers={"host": "localhost"})
    stranger.post("/accounts/signup/", {"email": "carol@example.com", "password1": PASSWORD})
    is_at_home(sent())


def ask_again(client: Client, address: str) -> Any:
    return client.post("/accounts/email/", {"action_send": "1", "email": address})


def test_a_confirmation_is_sent_again_on_demand_and_not_twice_at_once(client: Client) -> None:
    client.post("/accounts/signup/", {"email": "carol@example.com", "password1": PASSWORD})
    factories.redis_client().flushdb()  # three minutes later
    mail.outbox.clear()

    ask_again(client, "carol@example.com")
    ask_again(client, "carol@example.com")

    message = sent()
    assert message.subject == SUBJECTS["confirm-address"]
    is_at_home(message)


@pytest.mark.parametrize(
    ("address", "name"),
    [("alice@example.com", "new-password"), ("nobody@example.com", "account-unknown")],
)
def test_asking_for_a_new_password_is_answered_by_mail_only(
    client: Client, alice: User, address: str, name: str
) -> None:
    client.post("/accounts/password/reset/", {"email": address})

    message = sent()
    assert (message.to, message.subject) == ([address], SUBJECTS[name])
    is_at_home(message)


@pytest.mark.parametrize("name", SAMPLES)
def test_where_no_mail_arrives_none_is_sent(name: str, caplog: pytest.LogCaptureFixture) -> None:
    template, context = SAMPLES[name]
    addresses = ("ada@clerk.invalid", "ada@example.com")
    written = [mails.compose(template, to=to, context={"email": to, **context}) for to in addresses]

    with caplog.at_level("INFO"):
        assert [message.send() for message in written] == [0, 1]

    assert sent().to == ["ada@example.com"]
    (noted,) = (record for record in caplog.records if record.msg == "mails.mail.not_sent")
    assert vars(noted)["template"] == template
    assert "clerk.invalid" not in str(vars(noted))


def test_what_people_write_cannot_become_part_of_a_mails_page(client: Client) -> None:
    address = '"<b>x</b>"@example.com'
    client.post("/accounts/password/reset/", {"email": address})

    for message in mail.outbox:
        assert isinstance(message, EmailMultiAlternatives)
        assert "b" not in Page(parts_of(message)[1]).tags
