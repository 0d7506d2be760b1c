"""The API of the chat: ask, read, stop, ask again, and order what was proposed."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import services as accounts_services
from accounts.http import ApiRequest
from accounts.idempotency import Answer, answer_once
from generation import chat_selectors
from generation.api.jobs import ONCE, accept_once
from generation.api.serializers.chat import (
    AgainInput,
    AnswerComingOutput,
    CardInput,
    ConversationChange,
    ConversationDetailOutput,
    ConversationOutput,
    MessageInput,
    ReplyOutput,
)
from generation.api.serializers.jobs import JobOutput
from generation.api.serializers.orders import read_order
from generation.errors import failure_of
from generation.models import Conversation, Message
from generation.services import chat, conversations, jobs
from visiona.lib import live_text, request_id
from visiona.lib.errors import AppError, NotFound, Unavailable

LONGEST_WAIT_SECONDS = 240.0
LOOK_AGAIN_SECONDS = 1.0
TOO_MANY_WAIT = "Too many wait for whole answers. Send `stream: true`, or try again in a moment."


def represent(message: Message) -> dict[str, Any]:
    """Return an answer that has ended as the API shows it."""
    return dict(ReplyOutput(message).data)


def stream_of(message_id: UUID) -> str:
    """Return where an answer can be read while it is written."""
    return f"/stream/chat/{message_id}"


def location_of(message_id: UUID) -> str:
    """Return the name by which the stored first answer to an order is found again."""
    return f"/api/v1/messages/{message_id}"


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class Answering(APIView):
    """Whatever has an answer written: the order is one transaction, the answer comes after it."""

    awaited: UUID | None = None
    places: ExitStack
    known: Message | None = None
    """An answer that was there at once."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Take the order, then wait for the answer where the whole of it is wanted."""
        with ExitStack() as self.places:
            with transaction.atomic():
                response = super().dispatch(request, *args, **kwargs)
            return response if self.awaited is None else self._complete(response, self.awaited)

    def _complete(self, response: Any, message_id: UUID) -> Any:
        """Answer with the whole answer; one that takes too long goes on, to be read as a stream."""
        try:
            message = self._whole(message_id)
        except AppError as error:
            whole = self.handle_exception(error)
        else:
            shown = _coming(message) if message.is_open else represent(message)
            whole = Response(shown, 202 if message.is_open else 200)
        if "Idempotent-Replayed" in response:
            whole["Idempotent-Replayed"] = "true"
        return self.finalize_response(self.request, whole)

    def order(
        self, request: ApiRequest, *, ask: Callable[..., Message], asked: Any, streams: bool
    ) -> Response:
        """Order an answer once for each Idempotency-Key, and say where it comes."""

        def effect() -> Answer:
            message = ask(user=request.user, request_id=request_id.current())
            self.known = None if message.is_open else message
            body = {"message_id": str(message.pk), "conversation_id": str(message.conversation_id)}
            return Answer(status=202, body=body, location=location_of(message.pk))

        if not streams:
            self.places.enter_context(_place_to_wait())
        answer, replayed = answer_once(request, fingerprint=asked, effect=effect)
        if replayed and _has_failed(request, answer):
            # What failed may be asked again with the same key.
            accounts_services.forget_answers(user_id=request.user.pk, locations=[answer.location])
            answer, replayed = answer_once(request, fingerprint=asked, effect=effect)
        message_id = UUID(answer.body["message_id"])
        self.awaited = None if streams else message_id
        response = Response(status=202)
        if streams:
            shown = {**answer.body, "stream": stream_of(message_id)}
            response.data = AnswerComingOutput(shown).data
        if replayed:
            response["Idempotent-Replayed"] = "true"
        return response

    def _whole(self, message_id: UUID) -> Message:
        message = self.known or _ended(self.request.user, message_id)
        if message.status == Message.Status.FAILED:
            raise failure_of(code=message.error_code, detail=message.error_detail)
        return message


def _coming(message: Message) -> dict[str, Any]:
    """Return where an answer that is being written can be read."""
    shown = {
        "message_id": message.pk,
        "conversation_id": message.conversation_id,
        "stream": stream_of(message.pk),
    }
    return dict(AnswerComingOutput(shown).data)


class Chat(Answering):
    """A question and its answer."""

    @extend_schema(
        request=MessageInput,
        responses={200: ReplyOutput, 202: AnswerComingOutput},
        parameters=[ONCE],
    )
    def post(self, request: ApiRequest) -> Response:
        """Ask. One credit is held, and spent when the answer is there; with `stream: true` the
        answer is read at the address that comes back.
        """
        wanted = MessageInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        question = chat.Question(
            text=given["message"],
            conversation_id=given.get("conversation_id"),
            branches="parent_id" in given,
            parent_id=given.get("parent_id"),
            fresh=given["fresh"],
            streams=given["stream"],
        )
        asked = [str(part) for part in (given["message"], *_places(given), given["fresh"])]
        ask = partial(chat.ask, question=question)
        return self.order(request, ask=ask, asked=["chat", *asked], streams=given["stream"])


class MessageRegenerate(Answering):
    """Another answer to the same question."""

    @extend_schema(
        request=AgainInput, responses={200: ReplyOutput, 202: AnswerComingOutput}, parameters=[ONCE]
    )
    def post(self, request: ApiRequest, message_id: UUID) -> Response:
        """Have the question of this answer answered once more, as a branch of its own."""
        wanted = AgainInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        streams = wanted.validated_data["stream"]
        ask = partial(chat.ask_again, message_id=message_id, streams=streams)
        asked = ["again", str(message_id)]
        return self.order(request, ask=ask, asked=asked, streams=streams)


class MessageStop(APIView):
    """The end of an answer that is being written."""

    @extend_schema(request=None, responses={202: AnswerComingOutput})
    def post(self, request: ApiRequest, message_id: UUID) -> Response:
        """Stop the answer: what was delivered of it stays, and is paid for."""
        return Response(_coming(chat.stop(user=request.user, message_id=message_id)), 202)


class CardOrder(APIView):
    """What an answer proposed."""

    @extend_schema(request=CardInput, responses={202: JobOutput}, parameters=[ONCE])
    def post(self, request: ApiRequest, message_id: UUID, number: int) -> Response:
        """Order a proposal, once however often this is sent: its price is held now.

        The body adds to the proposal, or changes, fields of such an order: the photos of an ad,
        the clone of a picture.
        """
        message = chat_selectors.message_of(user=request.user, message_id=message_id)
        kind, params = order_of(message=message, number=number, more=request.data)
        submission = chat_selectors.submission_of(message_id=message.pk, number=number)
        return accept_once(
            request,
            fingerprint=["card", submission, params],
            submit=partial(jobs.submit, kind=kind, params=params, idempotency_key=submission),
        )


def order_of(*, message: Message, number: int, more: Any) -> tuple[str, dict[str, Any]]:
    """Return the kind and the checked params of a proposal with what the person adds.

    Raises NotFound and ValidationError.
    """
    if number >= len(message.cards):
        raise NotFound("There is no such proposal in this answer.")
    card = {name: value for name, value in message.cards[number].items() if name != "with_clone"}
    added = dict(more) if isinstance(more, dict) else {}
    return read_order({**card, **added}, kind=card.pop("kind"))


class ConversationList(ListAPIView[Conversation]):
    """My conversations."""

    serializer_class = ConversationOutput

    def get_queryset(self) -> QuerySet[Conversation]:
        words = self.request.query_params.get("q", "")
        found = chat_selectors.conversations_of(
            user=self.request.user,  # type: ignore[arg-type]
            words=words.replace("\x00", ""),
        )
        return found.order_by("-id")

    @extend_schema(parameters=[OpenApiParameter("q", str, description="Words that were said.")])
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """List my conversations, the newest first."""
        return super().get(request, *args, **kwargs)


class ConversationDetail(APIView):
    """One of my conversations."""

    @extend_schema(responses=ConversationDetailOutput)
    def get(self, request: ApiRequest, conversation_id: UUID) -> Response:
        """Return the conversation with every message of every branch."""
        conversation = chat_selectors.conversation_of(
            user=request.user, conversation_id=conversation_id
        )
        return Response(_whole_conversation(conversation))

    @extend_schema(request=ConversationChange, responses=ConversationDetailOutput)
    def patch(self, request: ApiRequest, conversation_id: UUID) -> Response:
        """Give it another title, or go on from another branch."""
        change = ConversationChange(data=request.data)
        change.is_valid(raise_exception=True)
        user = request.user
        conversation = chat_selectors.conversation_of(user=user, conversation_id=conversation_id)
        if "tip_id" in change.validated_data:
            tip_id = change.validated_data["tip_id"]
            conversation = conversations.show_branch(
                user=user, message_id=tip_id, conversation_id=conversation_id
            )
        if "title" in change.validated_data:
            title = change.validated_data["title"]
            conversation = conversations.rename(
                user=user, conversation_id=conversation_id, title=title
            )
        return Response(_whole_conversation(conversation))

    @extend_schema(responses={204: None})
    def delete(self, request: ApiRequest, conversation_id: UUID) -> Response:
        """Delete the conversation; it can be restored for thirty days."""
        conversations.delete(user=request.user, conversation_id=conversation_id)
        return Response(status=204)


class ConversationRestore(APIView):
    """One of my conversations that I deleted."""

    @extend_schema(request=None, responses=ConversationDetailOutput)
    def post(self, request: ApiRequest, conversation_id: UUID) -> Response:
        """Bring it back."""
        conversation = conversations.restore(user=request.user, conversation_id=conversation_id)
        return Response(_whole_conversation(conversation))


def _whole_conversation(conversation: Conversation) -> Any:
    messages = chat_selectors.messages_of(conversation=conversation)
    return ConversationDetailOutput(conversation, context={"messages": messages}).data


def _places(given: dict[str, Any]) -> list[Any]:
    return [given.get("conversation_id", ""), given.get("parent_id", "end")]


def _has_failed(request: ApiRequest, answer: Answer) -> bool:
    message_id = UUID(answer.body["message_id"])
    message = chat_selectors.message_of(user=request.user, message_id=message_id)
    return bool(message.status == Message.Status.FAILED)


def _ended(user: Any, message_id: UUID) -> Message:
    """Wait until the answer has ended, but not for ever, and return it."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    message = chat_selectors.message_of(user=user, message_id=message_id)
    while message.is_open and time.monotonic() < deadline:
        live_text.wait_for_end(message_id, seconds=LOOK_AGAIN_SECONDS)
        message = chat_selectors.message_of(user=user, message_id=message_id)
    return message


@contextmanager
def _place_to_wait() -> Iterator[None]:
    """Take one of the few places: each holds a thread that pages need too."""
    places = _places_to_wait()
    if not places.acquire(blocking=False):
        raise Unavailable(TOO_MANY_WAIT)
    try:
        yield
    finally:
        places.release()


@cache
def _places_to_wait() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(settings.WHOLE_ANSWERS_AT_ONCE)
