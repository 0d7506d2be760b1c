"""The chat's pages, as a browser without JavaScript and as htmx ask for them."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from credits import selectors as credits_selectors
from generation.catalog import CHAT_STARTERS, MAX_MESSAGE
from generation.models import Conversation, Job, Message
from generation.providers.ports import Turn
from generation.services import answering, conversations
from generation.services import chat as chat_services
from tests import chats, factories
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def form(text: str, **more: object) -> dict[str, object]:
    """A filled-in composer."""
    return {"message": text, "submission": uuid4().hex, **more}


def begin(user: User, text: str = "How do credits work?") -> Message:
    """A conversation with an answer."""
    return chats.answered(chats.ask(user, text))


def rewrite(message: Message, **fields: Any) -> None:
    """Let an answer say something else."""
    chats.rewrite(message, **fields)


def place(message: Message) -> str:
    return f"/chat/{message.conversation_id}/"


def body_of(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def available(user: User) -> int:
    return credits_selectors.wallet_of(user=user).available


def proposing(user: User, *cards: dict[str, Any]) -> Message:
    """An answer that proposes these."""
    message = begin(user)
    rewrite(message, cards=list(cards))
    return chats.again(message)


def test_the_empty_chat_says_what_it_can_do_and_what_it_costs(alices_browser: Client) -> None:
    body = body_of(alices_browser, "/chat/")
    for starter in CHAT_STARTERS:
        assert f'value="{starter}"' in body
    assert "1 credit</span> an answer" in body
    assert "20 of 20 left today" in body
    assert "answers by rules" in body


def test_a_question_without_javascript_leads_to_a_page_that_looks_again(
    alices_browser: Client, alice: User
) -> None:
    answer = alices_browser.post("/chat/", form("How do credits work?"))
    waiting = Message.objects.open().get()
    assert (answer.status_code, answer["Location"]) == (302, place(waiting))
    body = body_of(alices_browser, place(waiting))
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in body
    assert f'data-stream="/stream/chat/{waiting.pk}"' in body
    assert f'formaction="/chat/messages/{waiting.pk}/stop/"' in body

    done = chats.answered(waiting)
    body = body_of(alices_browser, place(waiting))
    assert "http-equiv" not in body
    assert "data-stream" not in body
    assert "Studio assistant (rules)" in body
    assert f"{done.total_ms:,} ms" in body
    assert available(alice) == 19


def test_a_question_by_htmx_answers_with_the_conversation(alices_browser: Client) -> None:
    answer = alices_browser.post("/chat/", form("How do credits work?"), headers=HTMX)
    waiting = Message.objects.open().get()
    assert (answer.status_code, answer["HX-Push-Url"]) == (200, place(waiting))
    body = answer.content.decode()
    assert "<!doctype html>" not in body
    assert f'id="answer-{waiting.pk}"' in body
    assert 'hx-target="#balance"' in body


def test_the_same_form_sent_twice_asks_once(alices_browser: Client, alice: User) -> None:
    asked = form("How do credits work?")
    first, second = (alices_browser.post("/chat/", asked) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Message.objects.filter(role="user").count() == 1
    assert credits_selectors.wallet_of(user=alice).held == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (" \n ", "Write a message first."),
        ("a" * (MAX_MESSAGE + 1), "Shorten this to 8000 characters."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_what_cannot_be_asked_stays_at_its_field(
    alices_browser: Client, text: str, problem: str, headers: dict[str, str]
) -> None:
    answer = alices_browser.post("/chat/", form(text), headers=headers)
    assert answer.status_code == 422
    body = answer.content.decode()
    assert problem in body
    assert 'aria-invalid="true" aria-describedby="message-error"' in body
    assert f">{text}</textarea>" in body
    assert Conversation.objects.count() == 0


def test_the_longest_message_is_taken(alices_browser: Client) -> None:
    # A form sends the end of a line as two characters, which nobody typed.
    text = ("a" * 79 + "\r\n") * 99 + "b" * 80
    assert alices_browser.post("/chat/", form(text)).status_code == 302
    assert len(Message.objects.get(role="user").text) == MAX_MESSAGE


def test_html_in_questions_answers_and_titles_is_shown_as_text(
    alices_browser: Client, alice: User
) -> None:
    message = begin(alice, f"{EVIL} {{{{ user }}}} </textarea>{EVIL}")
    evil = f"{EVIL}\n\n[x](javascript:alert(3)) [y](data:text/html,z)\n\n```html\n{EVIL}\n```\n"
    rewrite(message, text=f"</textarea>{evil}![tracker](https://evil.example/p.png)")
    Conversation.objects.update(title=EVIL)
    body = body_of(alices_browser, place(message))
    assert "<script>alert" not in body
    assert not re.search(r"<img[^>]*(onerror|evil\.example)", body)
    assert 'href="javascript:' not in body
    assert 'href="data:' not in body
    link = 'href="https://evil.example/p.png" target="_blank" rel="noopener nofollow ugc"'
    assert f"<a {link}>tracker</a>" in body
    assert body.count("&lt;script&gt;alert(1)") >= 5


def test_words_that_steer_their_direction_reach_no_further_than_themselves(
    alices_browser: Client, alice: User
) -> None:
    message = begin(alice, "שלום \u202eabc\x00\x07 world")
    asked = Message.objects.get(role="user")
    assert asked.text == "שלום \u202eabc world"
    rewrite(message, text="مرحبا \u202e**txt.exe**\n\n- \u2066one")
    body = body_of(alices_browser, place(message))
    assert f'id="text-{asked.pk}" dir="auto">שלום \u202eabc world</p>' in body
    assert '<p dir="auto">مرحبا \u202e<strong>txt.exe</strong></p>' in body
    assert '<li dir="auto">\u2066one</li>' in body


def test_code_can_be_copied_and_used_as_a_prompt(alices_browser: Client, alice: User) -> None:
    message = begin(alice)
    rewrite(message, text="First\n\n```\na red bicycle\n```\n\n```text\nby the <sea>\n```\n")
    body = body_of(alices_browser, place(message))
    assert f'<code id="code-{message.pk}-1" dir="auto">by the &lt;sea&gt;</code>' in body
    assert f'data-copy="code-{message.pk}-1"' in body
    address = f"/studio/image/?answer={message.pk}&amp;block=1"
    assert address in body
    studio = body_of(alices_browser, address.replace("&amp;", "&"))
    assert ">by the &lt;sea&gt;</textarea>" in studio
    whole = body_of(alices_browser, f"/studio/image/?answer={message.pk}&block=99")
    assert "by the" not in whole


def test_two_tabs_are_told_what_to_do(alices_browser: Client, alice: User) -> None:
    message = begin(alice)
    alices_browser.post(place(message), form("And what does a video cost?"))
    answer = alices_browser.post(place(message), form("Something else"), headers=HTMX)
    assert answer.status_code == 409
    body = answer.content.decode()
    assert "Wait until it is finished, or stop it." in body
    assert ">Something else</textarea>" in body
    assert "data-stop" in body
    assert Message.objects.filter(role="user").count() == 2


def test_who_cannot_pay_is_told_so_and_keeps_the_question(
    alices_browser: Client, alice: User
) -> None:
    with act_as_user(alice.pk):
        for _ in range(2):
            factories.make_job(alice)
    answer = alices_browser.post("/chat/", form("How do credits work?"))
    assert answer.status_code == 402
    assert ">How do credits work?</textarea>" in answer.content.decode()
    assert Conversation.objects.count() == 0


def test_who_has_asked_enough_is_told_when_the_next_one_comes(
    alices_browser: Client, alice: User, settings: Any
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "chat": "1/day"}
    begin(alice)
    assert "0 of 1 left today, next in 24 h" in body_of(alices_browser, "/chat/")
    answer = alices_browser.post("/chat/", form("Another one"))
    assert answer.status_code == 429
    assert "The next one comes in" in answer.content.decode()


def test_an_answer_is_stopped_and_says_what_that_cost(alices_browser: Client, alice: User) -> None:
    waiting = chats.ask(alice)
    address = f"/chat/messages/{waiting.pk}/stop/"
    assert alices_browser.post(address, headers=HTMX).status_code == 204
    assert alices_browser.post(address)["Location"] == place(waiting)
    answering.finish(message_id=waiting.pk)
    body = body_of(alices_browser, place(waiting))
    assert "Stopped before its first word, so nothing was charged." in body
    assert "Ask again" in body
    assert available(alice) == 20


def test_a_failed_answer_says_why_and_that_nothing_was_charged(
    alices_browser: Client, alice: User
) -> None:
    message = begin(alice)
    detail = "Nobody could answer just now, so nothing was charged. Try again soon."
    rewrite(message, status="failed", text="", price=0, error_detail=detail)
    body = body_of(alices_browser, place(message))
    assert detail in body
    assert f'action="/chat/messages/{message.pk}/again/"' in body


def test_what_is_below_an_answer_says_who_and_how_much(alices_browser: Client, alice: User) -> None:
    message = begin(alice)
    rewrite(
        message,
        provider="openai",
        fallback_from="gemini",
        input_tokens=1200,
        output_tokens=34,
        timings={"total_ms": 1832.4},
    )
    body = body_of(alices_browser, place(message))
    said = ["OpenAI", "Gemini did not answer, OpenAI did", "1,234 tokens", "1 credit", "1,832 ms"]
    assert "".join(f"<span>{words}</span>" for words in said) in body
    rewrite(message, cached=True, price=0)
    assert "<span>cached, free</span>" in body_of(alices_browser, place(message))


def test_an_answer_is_given_again_beside_the_first(alices_browser: Client, alice: User) -> None:
    first = begin(alice)
    alices_browser.post(f"/chat/messages/{first.pk}/again/")
    second = chats.answered(Message.objects.open().get())
    body = body_of(alices_browser, place(first))
    assert f'id="answer-{second.pk}"' in body
    assert f'id="answer-{first.pk}"' not in body
    assert "</span>2/2</span>" in body

    alices_browser.post(f"/chat/messages/{first.pk}/show/")
    body = body_of(alices_browser, place(first))
    assert f'id="answer-{first.pk}"' in body
    assert "</span>1/2</span>" in body


def test_an_edited_question_is_a_branch_of_its_own(alices_browser: Client, alice: User) -> None:
    first = begin(alice)
    question = Message.objects.get(role="user")
    body = body_of(alices_browser, f"{place(first)}?edit={question.pk}")
    assert f'name="edits" value="{question.pk}"' in body
    assert ">How do credits work?</textarea>" in body

    refused = alices_browser.post(place(first), form("  ", edits=question.pk))
    assert refused.status_code == 422
    assert 'aria-describedby="edited-error"' in refused.content.decode()
    alices_browser.post(place(first), form("What does a clone cost?", edits=question.pk))

    chats.answered(Message.objects.open().get())
    body = body_of(alices_browser, place(first))
    assert "What does a clone cost?</p>" in body
    assert "How do credits work?</p>" not in body
    assert "</span>2/2</span>" in body


def test_a_conversation_is_renamed_in_its_place(alices_browser: Client, alice: User) -> None:
    message = begin(alice)
    assert 'id="id_title"' in body_of(alices_browser, f"{place(message)}?rename=1")
    refused = alices_browser.post(f"{place(message)}name/", {"title": "  "}, headers=HTMX)
    assert refused.status_code == 422
    assert "Give the conversation a name." in refused.content.decode()
    answer = alices_browser.post(f"{place(message)}name/", {"title": "Money <b>"})
    assert answer["Location"] == place(message)
    assert "Money &lt;b&gt;</a>" in body_of(alices_browser, place(message))


def test_a_deleted_conversation_can_be_had_back(alices_browser: Client, alice: User) -> None:
    message = begin(alice)
    answer = alices_browser.post(f"{place(message)}delete/")
    assert answer["Location"] == f"/chat/?deleted={message.conversation_id}"
    body = body_of(alices_browser, answer["Location"])
    assert f'action="{place(message)}restore/"' in body
    assert alices_browser.get(place(message)).status_code == 404
    assert f'action="{place(message)}restore/"' in body_of(alices_browser, "/chat/deleted/")

    assert alices_browser.post(f"{place(message)}restore/")["Location"] == place(message)
    assert alices_browser.get(place(message)).status_code == 200
    again = alices_browser.post(f"{place(message)}delete/", headers=HTMX)
    toast = json.loads(again["HX-Trigger"])["visiona:toast"]
    assert toast["undo"] == "#undo-delete button"


def test_one_that_is_being_answered_is_stopped_and_deleted(
    alices_browser: Client, alice: User
) -> None:
    waiting = chats.ask(alice)
    answer = alices_browser.post(f"{place(waiting)}delete/", headers=HTMX)
    assert answer.status_code == 200
    answering.finish(message_id=waiting.pk)
    assert chats.again(waiting).status == "stopped"
    assert available(alice) == 20


def test_conversations_are_found_by_what_was_said(alices_browser: Client, alice: User) -> None:
    money, faces = begin(alice), begin(alice, "Which photos make a good AI clone?")
    body = body_of(alices_browser, "/chat/?q=photos+clone")
    assert f'href="{place(faces)}"' in body
    assert f'href="{place(money)}"' not in body
    assert "No conversation has these words." in body_of(alices_browser, "/chat/?q=zorgle%00")


def test_the_list_goes_on_where_it_ends(alices_browser: Client, alice: User) -> None:
    now = clock.now()
    Conversation.objects.bulk_create(
        Conversation(user=alice, title=f"Number {number}", updated_at=now) for number in range(41)
    )
    assert body_of(alices_browser, "/chat/").count('class="chat-row"') == 40
    assert "?listed=80" in body_of(alices_browser, "/chat/")
    assert body_of(alices_browser, "/chat/?listed=80").count('class="chat-row"') == 41


def test_a_proposal_is_made_once_however_often_it_is_pressed(
    alices_browser: Client, alice: User
) -> None:
    card = {"kind": "image", "prompt": "A red <bicycle>", "aspect_ratio": "16:9", "count": 2}
    message = proposing(alice, card)
    assert "Make it · 10 credits" in body_of(alices_browser, place(message))
    address = f"/chat/messages/{message.pk}/cards/0/"

    first = alices_browser.post(address, headers=HTMX)
    second = alices_browser.post(address)

    job = Job.objects.get()
    assert (first.status_code, second["Location"]) == (
        202, f"{place(message)}#answer-{message.pk}",
    )  # fmt: skip
    assert f'id="job-{job.pk}"' in first.content.decode()
    assert "10 cr held" in body_of(alices_browser, place(message))
    assert (job.params["prompt"], job.params["count"]) == ("A red <bicycle>", 2)
    assert job.params["aspect_ratio"] == "16:9"


def test_what_a_model_makes_up_becomes_the_usual(alices_browser: Client, alice: User) -> None:
    card = {"kind": "thumbnail", "title": "x" * 200, "style": "bold", "count": 99}
    message = proposing(alice, card, {"kind": "image", "prompt": 7, "count": True})
    assert "Make it · 10 credits" in body_of(alices_browser, place(message))
    for number in range(2):
        alices_browser.post(f"/chat/messages/{message.pk}/cards/{number}/")
    image, thumbnail = Job.objects.order_by("kind")
    assert (thumbnail.params["title"], thumbnail.params["count"]) == ("x" * 120, 1)
    assert (image.params["prompt"], image.params["count"]) == ("7", 1)


def test_a_proposal_of_an_ad_asks_for_photos(alices_browser: Client, alice: User) -> None:
    message = proposing(alice, {"kind": "product_ad", "product_name": "Morning cup"})
    studio = f"/studio/product_ad/?answer={message.pk}&amp;card=0"
    assert f'href="{studio}">Add photos in the studio' in body_of(alices_browser, place(message))
    assert 'value="Morning cup"' in body_of(alices_browser, studio.replace("&amp;", "&"))

    photo = factories.make_photo(alice)
    address = f"/chat/messages/{message.pk}/cards/0/"
    refused = alices_browser.post(address, headers=HTMX)
    assert refused.status_code == 422
    assert "Add a photo of the product" in refused.content.decode()
    assert alices_browser.post(address, {"photo_ids": [str(photo.pk)]}).status_code == 302
    assert Job.objects.get().params["photo_ids"] == [str(photo.pk)]


def test_a_proposal_with_a_clone_offers_those_that_are_ready(
    alices_browser: Client, alice: User
) -> None:
    message = proposing(alice, {"kind": "image", "prompt": "Me on the moon", "with_clone": True})
    assert "Make a clone" in body_of(alices_browser, place(message))
    factories.grant(alice, 100)
    clone = factories.make_clone(alice)
    body = body_of(alices_browser, place(message))
    assert f'<option value="{clone.pk}" selected>' in body
    alices_browser.post(f"/chat/messages/{message.pk}/cards/0/", {"clone_id": str(clone.pk)})
    job = Job.objects.get(submission=f"card:{message.pk}:0")
    assert job.clone_id == clone.pk


def test_a_proposal_that_cannot_be_paid_says_so_at_its_card(
    alices_browser: Client, alice: User
) -> None:
    photo = factories.make_photo(alice)
    message = proposing(alice, {"kind": "video", "product_name": "Mug", "seconds": 8})
    data = {"photo_ids": [str(photo.pk)]}
    answer = alices_browser.post(f"/chat/messages/{message.pk}/cards/0/", data)
    assert answer.status_code == 422
    body = answer.content.decode()
    assert f'value="{photo.pk}" checked' in body
    assert "credits" in body
    assert Job.objects.count() == 0


def test_a_conversation_is_exported_with_nothing_in_it_that_acts(
    alices_browser: Client, alice: User
) -> None:
    message = begin(alice, f"=cmd() {EVIL}")
    rewrite(message, text=f"# Yes\n\n{EVIL}\n\n```\n{EVIL}\n```")
    text = alices_browser.get(f"{place(message)}export/")
    assert text["Content-Type"] == "text/markdown; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="visiona-[a-z0-9-]+\.md"', text["Content-Disposition"]
    )
    body = text.content.decode()
    assert body.count("<script>") == 1  # in the block of code, where it is text
    assert f"```\n{EVIL}\n```" in body
    assert "&lt;script>" in body

    data = alices_browser.get(f"{place(message)}export/?as=json")
    assert data["Content-Type"] == "application/json"
    assert [one["role"] for one in data.json()["messages"]] == ["user", "assistant"]
    assert alices_browser.get(f"{place(message)}export/?as=exe").status_code == 404


def test_bob_finds_nothing_of_alices(alice: User, bob: User, client: Client) -> None:
    message = proposing(alice, {"kind": "image", "prompt": "Hers"})
    question = Message.objects.get(role="user")
    mine = begin(bob)
    client.force_login(bob)
    for address in (place(message), f"{place(message)}export/", f"/chat/messages/{message.pk}/"):
        assert client.get(address).status_code == 404
    for address, data in (
        (place(message), form("Mine now")),
        (f"{place(message)}name/", {"title": "Mine"}),
        (f"{place(message)}delete/", {}),
        (f"/chat/messages/{message.pk}/show/", {}),
        (place(mine), form("Mine now", edits=question.pk)),
        (f"/chat/messages/{message.pk}/stop/", {}),
        (f"/chat/messages/{message.pk}/again/", {}),
        (f"/chat/messages/{message.pk}/cards/0/", {}),
    ):
        assert client.post(address, data).status_code == 404, address
    with act_as_user(alice.pk):
        conversations.delete(user=alice, conversation_id=message.conversation_id)
    assert client.post(f"{place(message)}restore/").status_code == 404
    assert "Hers" not in client.get(f"/chat/?deleted={message.conversation_id}").content.decode()
    assert client.get(f"/studio/image/?answer={message.pk}").status_code == 404
    assert Job.objects.count() == 0


def test_what_a_program_asked_is_not_in_the_chat(alices_browser: Client, alice: User) -> None:
    with act_as_user(alice.pk):
        script = chat_services.Script(turns=[Turn(text="Hello", is_ours=False)])
        asked = chat_services.ask_by_script(user=alice, script=script, request_id="tests")
    assert alices_browser.get(place(asked)).status_code == 404
    assert alices_browser.get(f"/chat/messages/{asked.pk}/").status_code == 404
    assert alices_browser.post(f"/chat/messages/{asked.pk}/stop/").status_code == 404


def test_one_answer_is_shown_alone_for_the_page_that_waits_for_it(
    alices_browser: Client, alice: User
) -> None:
    message = begin(alice)
    answer = alices_browser.get(f"/chat/messages/{message.pk}/", headers=HTMX)
    body = answer.content.decode()
    assert body.count("<article") == 1
    assert "data-send" in body
    assert 'hx-target="#balance"' in body
    assert alices_browser.get(f"/chat/messages/{message.pk}/")["Location"] == place(message)
    question = Message.objects.get(role="user")
    assert alices_browser.get(f"/chat/messages/{question.pk}/", headers=HTMX).status_code == 404
