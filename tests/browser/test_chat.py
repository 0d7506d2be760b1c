"""The chat in a real browser: asked, read while it is written, stopped, branched, found, made."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import close_old_connections, connections
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from accounts.models import User
from credits import selectors as credits_selectors
from credits.models import Entry
from generation.models import Job, Message
from generation.services import answering
from generation.streams import answers
from tests import chats, factories
from tests.browser.conftest import Engine, SignIn
from tests.browser.shots import barriers, shoot, visiting, wrongs
from tests.contract.conftest import all_standins, standins
from tests.processes import wait_until
from tests.standins.server import StandIn
from visiona.lib.db.actor import act_as_worker

__all__ = ["all_standins", "standins"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DONE = 20_000
TITLES = "Give me five thumbnail titles for a video about learning to cook"
PICTURE = "Make an image of a red bicycle by the sea"
RECORDER = """
window.heard = '';
new MutationObserver(() => {
  const live = document.querySelector('[data-live]');
  if (live?.textContent) window.heard = live.textContent;
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
"""Keeps what could be read last, before the answer takes its final form."""


class Desk:
    """Who writes answers and ends those that are stopped, as workers do beside the product."""

    def __init__(self) -> None:
        self._end = threading.Event()
        doing = (answering.answer_due, self._end_stopped)
        self._threads = [threading.Thread(target=self._work, args=(one,)) for one in doing]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._end.set()
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(30)

    def _work(self, do: Callable[[], bool]) -> None:
        try:
            while not self._end.is_set():
                if not do():
                    self._end.wait(0.05)
        finally:
            close_old_connections()
            connections.close_all()

    @staticmethod
    def _end_stopped() -> bool:
        with act_as_worker():
            stopped = list(Message.objects.open().exclude(stop_requested_at=None))
        for message in stopped:
            answering.finish(message_id=message.pk)
        return bool(stopped)


@pytest.fixture
def desk(address: str) -> Iterator[Desk]:
    """Nobody writes until it is started."""
    writers = Desk()
    yield writers
    writers.stop()


@pytest.fixture
def model(standins: dict[str, StandIn], settings: Settings) -> Iterator[StandIn]:
    """A language model that takes its time; it alone is asked."""
    settings.GEMINI_API_KEY = ""
    openai = standins["openai"]
    text = openai.text  # type: ignore[attr-defined]
    yield openai
    openai.text = text  # type: ignore[attr-defined]


class Wire:
    """A way to the server that can be cut: every connection on it breaks at once."""

    def __init__(self, address: str) -> None:
        server = urlsplit(address)
        self._server = (str(server.hostname), int(server.port or 80))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        doomed, self._open = self._open, []
        for end in doomed:
            with contextlib.suppress(OSError):  # the other end was quicker
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._server)
            self._open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    @staticmethod
    def _carry(one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            return


def send(page: Page, text: str) -> None:
    box = page.get_by_label("Your message")
    box.fill(text)
    box.press("Enter")


def answers_of(page: Page) -> list[str]:
    return [str(one.get_attribute("data-status")) for one in page.locator("[data-answer]").all()]


def expect_done(page: Page) -> None:
    expect(page.locator("[data-answer]").last).to_have_attribute(
        "data-status", "done", timeout=DONE
    )


def test_a_question_is_answered_while_the_composer_keeps_the_focus(
    alices: Page, alice: User, desk: Desk
) -> None:
    alices.goto("/chat/")
    box = alices.get_by_label("Your message")
    expect(box).to_be_focused()
    box.fill("Two lines")
    box.press("Shift+Enter")
    expect(box).to_have_value("Two lines\n")

    send(alices, "How do credits work?")
    expect(alices).to_have_url(re.compile(r"/chat/[0-9a-f-]{36}/$"))
    expect(alices.get_by_role("button", name="Stop")).to_be_visible()
    expect(alices.locator("#balance")).to_contain_text("1 held")
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    desk.start()

    expect_done(alices)
    expect(alices.locator("#live")).to_have_text("Answer finished")
    expect(alices.get_by_role("button", name="Send")).to_be_visible()
    expect(alices.locator("#balance")).to_contain_text("19")
    expect(alices.locator("#asking-actions")).to_contain_text("19 of 20 left today")
    expect(alices.locator(".said-edge")).to_contain_text("Studio assistant (rules)")
    expect(box).to_be_focused()
    assert barriers(alices) == []


# Expectation 17 (docs/expectations.md): a chat that can be steered.
def test_an_answer_is_given_again_and_a_question_edited_as_branches(
    alices: Page, alice: User, desk: Desk
) -> None:
    desk.start()
    alices.goto("/chat/")
    send(alices, TITLES)
    expect_done(alices)

    alices.get_by_role("button", name="Regenerate").click()
    expect(alices.get_by_text("2/2")).to_be_visible(timeout=DONE)
    alices.get_by_role("button", name="Previous version").click()
    expect(alices.get_by_text("1/2")).to_be_visible()

    alices.get_by_label("Your message").press("ArrowUp")
    edited = alices.get_by_label("Your question in other words")
    expect(edited).to_be_focused()
    edited.fill("What does a clone cost?")
    alices.get_by_role("button", name="Save & ask again").click()
    expect(alices.locator(".bubble")).to_have_text("What does a clone cost?")
    expect_done(alices)
    expect(alices.locator("[data-answer]")).to_contain_text("60")
    alices.get_by_role("button", name="Previous version").click()
    expect(alices.locator(".bubble")).to_have_text(TITLES)


def test_escape_stops_an_answer_and_what_was_read_stays(
    alices: Page, alice: User, desk: Desk, model: StandIn
) -> None:
    model.text = " ".join(f"word-{number}" for number in range(400))  # type: ignore[attr-defined]
    model.pause = 0.03
    desk.start()
    alices.goto("/chat/")
    send(alices, "Write much.")
    expect(alices.locator("[data-live]")).to_contain_text("word-5", timeout=DONE)

    alices.keyboard.press("Escape")

    answer = alices.locator("[data-answer]")
    expect(answer).to_have_attribute("data-status", "stopped", timeout=DONE)
    expect(answer).to_contain_text("You stopped it here. What had come of it cost 1 credit.")
    expect(alices.locator("#live")).to_have_text("Answer stopped")
    message = Message.objects.get(role="assistant")
    assert answer.locator(".prose").inner_text().strip() == message.text.strip()
    assert credits_selectors.wallet_of(user=alice).available == 19


def test_a_long_answer_that_is_cut_five_times_is_read_whole_and_paid_once(  # noqa: PLR0913, PLR0917
    browser: Browser,
    address: str,
    alice: User,
    sign_in: SignIn,
    desk: Desk,
    model: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "RECONNECT_MILLISECONDS", 150)
    signs = ("<script>alert(1)</script>", "שלום", "🚲", "é\u0301", "&amp;", "\n\n", "\t")
    text = " ".join(f"{number} {signs[number % len(signs)]}" for number in range(120))
    model.text, model.pause = text, 0.03  # type: ignore[attr-defined]
    wire = Wire(address)
    context = browser.new_context(base_url=wire.address)
    context.add_init_script(RECORDER)
    sign_in(context, alice)
    page = context.new_page()
    page.goto("/chat/")
    desk.start()
    send(page, "Write much.")
    for number in range(5, 80, 15):
        page.wait_for_function("words => window.heard.includes(words)", arg=f" {number} ")
        wire.cut()
    other = context.new_page()  # another device that comes late
    other.goto(page.url)

    for one in (page, other):
        expect_done(one)
    message = Message.objects.get(role="assistant")
    assert message.text == text
    assert page.evaluate("window.heard") == text
    assert other.evaluate("window.heard") == text
    spent = Entry.objects.filter(wallet_id=alice.pk, kind="capture")
    assert [entry.balance_change for entry in spent] == [-1]
    assert credits_selectors.wallet_of(user=alice).held == 0
    page.goto("about:blank")
    other.goto("about:blank")
    context.close()
    wire.close()


def test_conversations_are_found_renamed_deleted_and_had_back(alices: Page, alice: User) -> None:
    chats.answered(chats.ask(alice))
    faces = chats.answered(chats.ask(alice, "Which photos make a good AI clone?"))
    alices.goto(f"/chat/{faces.conversation_id}/")
    rows = alices.locator(".chat-row")
    alices.get_by_role("searchbox", name="Search your conversations").fill("credits work")
    expect(rows).to_have_count(1)
    alices.get_by_role("searchbox", name="Search your conversations").fill("")
    expect(rows).to_have_count(2)

    alices.get_by_role("link", name="Rename “Which photos").click()
    name = alices.get_by_label("Name of the conversation")
    expect(name).to_be_focused()
    name.fill("Faces <b>")
    name.press("Enter")
    expect(alices.get_by_role("heading", name="Faces <b>")).to_be_visible()

    alices.get_by_role("button", name="Delete “Faces <b>”").click()
    expect(rows).to_have_count(1)
    expect(alices).to_have_url(re.compile("/chat/$"))
    alices.get_by_role("button", name="Undo").click()
    expect(alices.get_by_role("heading", name="Faces <b>")).to_be_visible()
    expect(rows).to_have_count(2)


def test_a_proposal_becomes_a_picture_below_its_answer(
    alices: Page, alice: User, desk: Desk, engine: Engine
) -> None:
    desk.start()
    alices.goto("/chat/")
    send(alices, PICTURE)
    expect_done(alices)

    alices.get_by_role("button", name="Make it · 5 credits").click()

    card = alices.locator("[data-job]")
    expect(card).to_contain_text("5 cr held")
    engine.start()
    expect(card).to_have_attribute("data-status", "succeeded", timeout=60_000)
    expect(card.locator("a.frame img")).to_be_visible()
    expect(alices.locator("#balance")).to_contain_text("14")
    assert Job.objects.count() == 1
    shoot(alices, "chat-made")
    alices.reload()
    expect(alices.locator("[data-job] a.frame img")).to_be_visible()


def furnish(alice: User) -> dict[str, str]:
    """Give Alice conversations in every state; return the places to look at by their names."""
    factories.make_photo(alice, "coffee.jpg")
    rich = chats.answered(chats.ask(alice, TITLES))
    cards = [
        {"kind": "image", "prompt": "A red bicycle", "aspect_ratio": "16:9", "with_clone": True},
        {"kind": "product_ad", "product_name": "Morning cup", "headline": "Wake up slowly"},
    ]
    chats.rewrite(
        rich,
        text=(Path(__file__).parent / "answer.md").read_text(),
        cards=cards,
        provider="openai",
        fallback_from="gemini",
        input_tokens=1200,
    )
    failed = chats.answered(chats.ask(alice, "שלום", conversation_id=rich.conversation_id))
    detail = "Nobody could answer just now, so nothing was charged. Try again soon."
    chats.rewrite(failed, status="failed", text="", cards=[], price=0, error_detail=detail)
    question = Message.objects.filter(conversation=rich.conversation, role="user").latest("id")
    return {
        "chat-empty": "/chat/",
        "chat-thread": f"/chat/{rich.conversation_id}/?rename=1&edit={question.pk}",
        "usage": "/usage/",
    }


@pytest.mark.timeout(180)
def test_the_chat_fits_and_can_be_read(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    with visiting(browser, address) as page:
        sign_in(page.context, alice)
        places = furnish(alice)
        assert wrongs(page, places) == []
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(places["chat-thread"])
        page.get_by_role("button", name="Your conversations").click()
        expect(page.get_by_role("searchbox", name="Search your conversations")).to_be_visible()
        assert barriers(page) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("searchbox", name="Search your conversations")).to_be_hidden()


def test_what_was_asked_is_answered_without_javascript(
    browser: Browser, address: str, alice: User, sign_in: SignIn, desk: Desk
) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto("/chat/")
    page.get_by_label("Your message").fill("How do credits work?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    desk.start()
    wait_until(lambda: not Message.objects.open().exists(), seconds=20)

    expect(page.locator("[data-answer]")).to_have_attribute("data-status", "done", timeout=DONE)
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    context.close()
