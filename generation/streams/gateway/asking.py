"""Who asks the gateway, what they say, and how every answer of it leaves."""

import json
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts import authentication
from accounts import services as accounts_services
from accounts.http import ApiRequest
from accounts.idempotency import HEADER, Answer, answer_once
from generation.streams.gateway import errors
from generation.streams.readers import look
from visiona.lib import problem, ratelimit, spender, throttling
from visiona.lib.db.actor import Actor, act_as
from visiona.lib.errors import AppError, Malformed, NotAuthenticated, TooLarge, Unavailable
from visiona.lib.spender import Spender

if TYPE_CHECKING:
    from accounts.models import ApiToken, User

SEND_A_KEY = "Send your API key as: Authorization: Bearer vis_…"
LOOKED_AFTER = "Visiona is being looked after. Try again in a few minutes."
LOOKED_AFTER_SECONDS = 300
NO_OBJECT = "Send a JSON object, in UTF-8."
LIMIT_HEADERS = (
    "x-ratelimit-limit-requests",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests",
)
"""As OpenAI names them."""
LONGEST_WAIT_SECONDS = 300.0
"""How long an answer that comes as a whole is waited for; nobody keeps a connection for longer."""

logger = logging.getLogger(__name__)

Response = HttpResponse | StreamingHttpResponse
View = Callable[..., Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Asker:
    """The person whose key or sign-in token a request came with."""

    token: "ApiToken"

    @property
    def user(self) -> "User":
        """Return the person."""
        return self.token.user

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Run a block with the rights of this person, at the expense of this key."""
        token = self.token
        with spender.kept_apart(), act_as(Actor(user_id=token.user_id)):
            if token.purpose == token.Purpose.KEY:
                spender.bind(Spender(token.pk, token.monthly_limit))
            yield


def known(request: HttpRequest) -> Asker:
    """Return who asks, by bearer only: a cookie opens nothing here. Raises NotAuthenticated."""
    token = authentication.bearer_of(request.headers.get("Authorization", ""))
    if token is None:
        raise NotAuthenticated(SEND_A_KEY)
    return Asker(token)


def gateway(method: str = "") -> Callable[[View], View]:
    """Make a coroutine with a request and its asker the view of an address: for one method or all.

    What it raises is answered in OpenAI's shape.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @transaction.non_atomic_requests
        @wraps(view)
        async def answer(request: HttpRequest, **places: Any) -> Response:
            with ratelimit.noting() as verdicts:
                response = await _answered(view, method, request, places)
            response.setdefault("Cache-Control", "no-store")
            throttling.tell(response, verdicts, names=LIMIT_HEADERS, unit="s")
            return response

        return answer

    return decorate


async def _answered(
    view: View, method: str, request: HttpRequest, places: dict[str, Any]
) -> Response:
    try:
        asker = await look(_admitted, request, method)
        request.user = asker.user
        return await view(request, asker, **places)
    except Exception as exception:
        error = problem.planned(exception)
        if error is None:
            logger.exception("gateway.failed")
        return errors.answer(error or AppError())


def _admitted(request: HttpRequest, method: str) -> Asker:
    """Return who asks if they may. Raises NotAuthenticated, RateLimited and Unavailable."""
    try:
        asker = known(request)
    except NotAuthenticated:
        ratelimit.admit(rule="anonymous", key=throttling.address_of(request))
        raise
    with asker.acting():
        if settings.MAINTENANCE and not asker.user.is_admin:
            raise Unavailable(LOOKED_AFTER, retry_after=LOOKED_AFTER_SECONDS)
        ratelimit.admit(rule="api", key=str(asker.user.pk))
        accounts_services.note_use(token=asker.token)
    if method and request.method != method:
        raise problem.MethodNotAllowed
    return asker


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return what was sent. Raises Malformed and TooLarge."""
    body = request.body
    if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise TooLarge
    try:
        document = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Malformed(NO_OBJECT) from None
    if not isinstance(document, dict):
        raise Malformed(NO_OBJECT)
    return document


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON.")


def order_once(
    request: HttpRequest, asker: Asker, *, fingerprint: Any, effect: Callable[[], Answer]
) -> tuple[UUID, bool]:
    """Order it, once for each Idempotency-Key; return its id and whether it was ordered before.

    Raises what the effect does, and IdempotencyMismatch.
    """
    with asker.acting(), transaction.atomic():
        answer, replayed = answer_once(
            cast("ApiRequest", request), fingerprint=fingerprint, effect=effect
        )
    return UUID(answer.body["id"]), replayed


def may_come_back(request: HttpRequest) -> bool:
    """Whether the same answer can be had once more, by the Idempotency-Key of the request."""
    return bool(request.headers.get(HEADER))


def forget(asker: Asker, location: str) -> None:
    """Let what came to nothing be ordered again with the same Idempotency-Key."""
    with asker.acting(), transaction.atomic():
        accounts_services.forget_answers(user_id=asker.user.pk, locations=[location])


@gateway()
async def unknown(request: HttpRequest, asker: Asker, rest: str) -> HttpResponse:
    """Answer for every other address."""
    del request, asker, rest
    raise errors.UnknownAddress
