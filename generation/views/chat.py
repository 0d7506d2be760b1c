"""The chat: conversations on one side, one of them on the other, a place to write below it."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import idempotency
from accounts.http import UserRequest
from billing import selectors as billing_selectors
from generation import catalog, chat_selectors, selectors
from generation.forms import new_submission
from generation.models import Conversation, Job, Message
from generation.services import chat as chat_services
from generation.services import conversations as conversation_services
from generation.services.chat import Question
from generation.views import proposals
from generation.views.proposals import Refused
from visiona.lib import clock, ratelimit
from visiona.lib.errors import AppError, Conflict, NotFound

LISTED = 40
RECENT_PHOTOS = 8
CLONES_SHOWN = 20
NO_SUCH_MESSAGE = "There is no such message, or it is not yours."
NOT_A_QUESTION = "Only a question can be asked in other words."
DELETED = "“{title}” is deleted. It can be had back for 30 days."
RESTORED = "“{title}” is back."
NAMED = "The conversation has another name."
AGO = ((0, "Today"), (1, "Yesterday"), (7, "Last 7 days"), (30, "Last 30 days"))
OLDER = "Older"
LOOK_AGAIN_SECONDS = 2
"""How often a page without scripts asks whether an answer is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is being written, or was and could not be taken."""

    text: str = ""
    fresh: bool = False
    problem: str = ""
    edits: UUID | None = None
    """The question that it is to stand in place of; none is a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message of the branch that is shown, and where it stands among those beside it."""

    message: Message
    position: int
    count: int
    before: UUID | None
    after: UUID | None

    @property
    def key(self) -> str:
        """The id of the message, to be part of another id."""
        return str(self.message.pk)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How the page of the chat is asked for, beside which conversation it shows."""

    draft: Draft = Draft()
    refused: Refused | None = None
    is_renamed: bool = False
    title: str = ""
    title_problem: str = ""
    deleted: Conversation | None = None
    status: int = HTTPStatus.OK


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def chat(request: UserRequest) -> HttpResponse:
    """Show an empty conversation, or begin one with a question."""
    if request.method == "POST":
        return _ask(request, None)
    deleted = _just_deleted(request)
    return _page(request, None, View(deleted=deleted))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    """Show a conversation, or go on with it."""
    found = chat_selectors.conversation_of(user=request.user, conversation_id=conversation_id)
    if request.method == "POST":
        return _ask(request, found)
    view = View(is_renamed="rename" in request.GET, title=found.title)
    edited = _as_id(request.GET.get("edit", ""))
    if edited:
        question = _message_of(request, edited)
        view = replace(view, draft=Draft(edits=question.pk, text=question.text))
    return _page(request, found, view)


def _ask(request: UserRequest, found: Conversation | None) -> HttpResponse:
    draft = Draft(
        text=request.POST.get("message", ""),
        fresh="fresh" in request.POST,
        edits=_as_id(request.POST.get("edits", "")),
    )
    try:
        conversation_id = _asked(request, found, draft)
    except NotFound:
        raise
    except AppError as error:
        refused = View(draft=replace(draft, problem=error.detail), status=error.status)
        return _page(request, found, refused)
    return _go_to(request, conversation_id)


def _asked(request: UserRequest, found: Conversation | None, draft: Draft) -> UUID:
    """Ask, once however often the same form is sent; return the conversation."""
    question = Question(
        text=_lines(draft.text), conversation_id=found.pk if found else None, fresh=draft.fresh
    )
    if draft.edits:
        question = replace(question, branches=True, parent_id=_before(request, found, draft.edits))

    def effect() -> idempotency.Answer:
        answer = chat_services.ask(
            user=request.user, question=question, request_id=request.request_id
        )
        body = {"conversation_id": str(answer.conversation_id)}
        return idempotency.Answer(status=HTTPStatus.ACCEPTED, body=body)

    asked = [str(one) for one in (*_place(question), question.fresh, question.text)]
    key = f"chat:{_digest([request.POST.get('submission', ''), *asked])}"
    with transaction.atomic():
        first, _ = idempotency.once(user=request.user, key=key, request=asked, effect=effect)
    return UUID(first.body["conversation_id"])


def _place(question: Question) -> tuple[Any, ...]:
    return (question.conversation_id, question.branches, question.parent_id)


def _digest(asked: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


def _lines(text: str) -> str:
    """Return the text as it was typed: forms send every end of a line as two characters."""
    return text.replace("\r\n", "\n")


def _before(request: UserRequest, found: Conversation | None, message_id: UUID) -> UUID | None:
    """Return the answer that an edited question comes after; none at the beginning."""
    question = _message_of(request, message_id)
    if found is None or question.conversation_id != found.pk:
        raise NotFound(NO_SUCH_MESSAGE)
    if question.is_ours:
        raise Conflict(NOT_A_QUESTION)
    parent: UUID | None = question.parent_id
    return parent


@login_required
@require_safe
def answer(request: UserRequest, message_id: UUID) -> HttpResponse:
    """Show one answer as it stands now, and what its end changes around it."""
    found = _message_of(request, message_id)
    if not found.is_ours:
        raise NotFound(NO_SUCH_MESSAGE)
    if not request.htmx:
        return redirect("generation:conversation", found.conversation_id)
    return render(request, "chat/chat.html#changed", _answer_context(request, found))


def _answer_context(
    request: UserRequest, found: Message, refused: Refused | None = None
) -> dict[str, Any]:
    everything = list(chat_selectors.messages_of(conversation=found.conversation))
    said = next(one for one in _said(everything, [found]))
    return {
        "conversation": found.conversation,
        "one": said,
        "is_last": found.conversation.tip_id == found.pk,
        **_making(request, [found], refused),
        **_asking(request, _open_answer(everything)),
    }


@login_required
@require_POST
def stop(request: UserRequest, message_id: UUID) -> HttpResponse:
    """Let an answer end where it is; its page learns of the end by itself."""
    found = _message_of(request, message_id)
    try:
        chat_services.stop(user=request.user, message_id=found.pk)
    except Conflict as error:
        if not request.htmx:
            messages.info(request, error.detail)
    if request.htmx:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return redirect("generation:conversation", found.conversation_id)


@login_required
@require_POST
def ask_again(request: UserRequest, message_id: UUID) -> HttpResponse:
    """Have the same question answered once more, beside the answer that there is."""
    found = _message_of(request, message_id)
    try:
        with transaction.atomic():
            chat_services.ask_again(
                user=request.user, message_id=found.pk, request_id=request.request_id
            )
    except NotFound:
        raise
    except AppError as error:
        refused = View(draft=Draft(problem=error.detail), status=error.status)
        return _page(request, found.conversation, refused)
    return _go_to(request, found.conversation_id)


@login_required
@require_POST
def order_card(request: UserRequest, message_id: UUID, number: int) -> HttpResponse:
    """Have made what an answer proposes."""
    found = _message_of(request, message_id)
    made = proposals.order(
        user=request.user,
        message=found,
        number=number,
        data=request.POST,
        request_id=request.request_id,
    )
    if isinstance(made, Job):
        if not request.htmx:
            address = reverse("generation:conversation", args=[found.conversation_id])
            return redirect(f"{address}#answer-{found.pk}")
        context = _answer_context(request, found)
        return render(request, "chat/chat.html#changed", context, status=HTTPStatus.ACCEPTED)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if request.htmx:
        context = _answer_context(request, found, made)
        return render(request, "chat/chat.html#changed", context, status=status)
    return _page(request, found.conversation, View(refused=made, status=status))


@login_required
@require_POST
def show_branch(request: UserRequest, message_id: UUID) -> HttpResponse:
    """Go on from the branch that this message is in."""
    found = _message_of(request, message_id)
    conversation_services.show_branch(
        user=request.user, conversation_id=found.conversation_id, message_id=found.pk
    )
    return _go_to(request, found.conversation_id)


@login_required
@require_POST
def rename(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    """Call a conversation something else."""
    title = request.POST.get("title", "")
    try:
        conversation_services.rename(
            user=request.user, conversation_id=conversation_id, title=title
        )
    except NotFound:
        raise
    except AppError as error:
        found = chat_selectors.conversation_of(user=request.user, conversation_id=conversation_id)
        view = View(is_renamed=True, title=title, title_problem=error.detail, status=error.status)
        return _page(request, found, view)
    return _go_to(request, conversation_id, text=NAMED)


@login_required
@require_POST
def delete(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    """Put a conversation away, with a way back."""
    found = chat_selectors.conversation_of(user=request.user, conversation_id=conversation_id)
    conversation_services.delete(user=request.user, conversation_id=conversation_id)
    address = reverse("generation:chat")
    if not request.htmx:
        return redirect(f"{address}?deleted={found.pk}")
    response = _page(request, None, View(deleted=found))
    response["HX-Push-Url"] = address
    notice = {"text": DELETED.format(title=found.title), "undo": "#undo-delete button"}
    response["HX-Trigger"] = json.dumps({"visiona:toast": notice})
    return response


@login_required
@require_POST
def restore(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    """Bring a deleted conversation back and show it."""
    found = conversation_services.restore(user=request.user, conversation_id=conversation_id)
    return _go_to(request, found.pk, text=RESTORED.format(title=found.title))


@login_required
@require_safe
def deleted(request: UserRequest) -> HttpResponse:
    """Show the conversations that can still be had back."""
    context = {
        "section": "chat",
        "conversations": chat_selectors.deleted_conversations_of(user=request.user),
        "kept_days": conversation_services.DELETED_KEPT.days,
    }
    return render(request, "chat/deleted.html", context)


def _go_to(request: UserRequest, conversation_id: UUID, *, text: str = "") -> HttpResponse:
    """Show a conversation after something was done in it."""
    address = reverse("generation:conversation", args=[conversation_id])
    if not request.htmx:
        if text:
            messages.success(request, text)
        return redirect(address)
    found = chat_selectors.conversation_of(user=request.user, conversation_id=conversation_id)
    response = _page(request, found, View())
    response["HX-Push-Url"] = address
    if text:
        response["HX-Trigger"] = json.dumps({"visiona:toast": {"text": text}})
    return response


def _page(request: UserRequest, found: Conversation | None, view: View) -> HttpResponse:
    everything = list(chat_selectors.messages_of(conversation=found)) if found else []
    branch = chat_selectors.branch_to(messages=everything, tip_id=found.tip_id if found else None)
    context = {
        "section": "chat",
        "view": view,
        "conversation": found,
        "said": _said(everything, branch),
        "starters": catalog.CHAT_STARTERS,
        "submission": new_submission(),
        "longest": catalog.MAX_MESSAGE,
        "longest_title": conversation_services.LONGEST_TITLE,
        "look_again": LOOK_AGAIN_SECONDS,
        **_listed(request),
        **_making(request, branch, view.refused),
        **_asking(request, _open_answer(everything)),
    }
    if not request.htmx:
        return render(request, "chat/chat.html", context, status=view.status)
    # Of what is 500 and more htmx shows nothing: it may be no page of ours.
    status = view.status if view.status < 500 else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "chat/chat.html#view", context, status=status)


def _said(everything: Iterable[Message], branch: Iterable[Message]) -> list[Said]:
    beside: defaultdict[UUID | None, list[UUID]] = defaultdict(list)
    for message in everything:
        beside[message.parent_id].append(message.pk)
    said = []
    for message in branch:
        others = beside[message.parent_id]
        at = others.index(message.pk)
        said.append(
            Said(
                message=message,
                position=at + 1,
                count=len(others),
                before=others[at - 1] if at else None,
                after=others[at + 1] if at + 1 < len(others) else None,
            )
        )
    return said


def _open_answer(everything: Iterable[Message]) -> Message | None:
    return next((message for message in everything if message.is_open), None)


def _making(
    request: UserRequest, branch: Sequence[Message], refused: Refused | None
) -> dict[str, Any]:
    """Return what the cards of these answers are shown with."""
    if not any(message.cards for message in branch):
        return {"cards": {}}
    clones = list(selectors.ready_clones_of(user=request.user)[:CLONES_SHOWN])
    photos = selectors.photos_of(user=request.user)[:RECENT_PHOTOS]
    shown = proposals.proposals_of(
        user=request.user, messages=branch, clones=clones, refused=refused
    )
    return {"cards": shown, "clones": clones, "photos": list(photos)}


def _asking(request: UserRequest, open_answer: Message | None) -> dict[str, Any]:
    """Return what the next answer costs, how many may still be asked, and what is under way."""
    rate = billing_selectors.entitlements_of(user=request.user).chat_rate
    return {
        "price": chat_services.price_now(),
        "limit": ratelimit.peek(rule="chat", key=request.user.pk, limit=rate),
        "limit_span": ratelimit.SPANS[ratelimit.rule_of("chat", rate).unit],
        "is_local": chat_services.is_local(),
        "open_answer": open_answer,
    }


def _listed(request: UserRequest) -> dict[str, Any]:
    """Return the conversations to choose from, under the days on which they went on last."""
    words = request.GET.get("q", "").replace("\x00", "").strip()
    asked = request.GET.get("listed", "")
    most = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else LISTED
    mine = list(chat_selectors.conversations_of(user=request.user, words=words)[: most + 1])
    groups: defaultdict[str, list[Conversation]] = defaultdict(list)
    today = clock.now().date()
    for one in mine[:most]:
        groups[_ago(one.updated_at.date(), today)].append(one)
    return {
        "groups": list(groups.items()),
        "words": words,
        "listed_next": most + LISTED if len(mine) > most else 0,
    }


def _ago(day: date, today: date) -> str:
    return next((name for days, name in AGO if day >= today - timedelta(days=days)), OLDER)


def _just_deleted(request: UserRequest) -> Conversation | None:
    named = _as_id(request.GET.get("deleted", ""))
    if named is None:
        return None
    try:
        return chat_selectors.deleted_conversation_of(user=request.user, conversation_id=named)
    except NotFound:  # it was brought back meanwhile
        return None


def _message_of(request: UserRequest, message_id: UUID) -> Message:
    """Return a message of the chat or raise NotFound: what programs sent is not shown here."""
    found = chat_selectors.message_of(user=request.user, message_id=message_id)
    if found.conversation.source != Conversation.Source.CHAT:
        raise NotFound(NO_SUCH_MESSAGE)
    return found


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
