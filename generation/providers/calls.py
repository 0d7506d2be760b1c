"""One call to a provider: bounded, watched by a breaker, told in our words, and recorded."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus

import httpx
import httpx2

from generation.errors import (
    ProviderError,
    ProviderGone,
    ProviderInvalid,
    ProviderTimedOut,
    ProviderUnavailable,
)
from generation.providers import wire
from generation.providers.breaker import Breaker
from generation.providers.offers import Offer, Usage
from generation.providers.ports import (
    Capability,
    OnText,
    ProviderCall,
    Record,
    Work,
    Written,
)
from generation.providers.streams import Draft, Piece
from generation.providers.wire import Exchange

MOST_ANSWER_BYTES = 96 * 1024 * 1024
"""Four large pictures as base64, and some."""
MOST_STREAM_BYTES = 32 * 1024 * 1024
"""A model's longest answer, of which every word comes in a document of its own."""
STOPPED = "stopped"

UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
)
SLOW = (httpx.TimeoutException, httpx2.TimeoutException)
BROKEN = (httpx.TransportError, httpx2.TransportError)
UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    httpx.DecodingError,
    httpx2.DecodingError,
)
"""What reading an answer raises that is not what it should be; pydantic's are ValueErrors."""
LATE = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT, 520, 524}
"""The last two are Cloudflare's: the server behind it had the request, but gave no answer."""
NOT_OURS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}

logger = logging.getLogger(__name__)

Explain = Callable[[Exception, Exchange], ProviderError | None]
"""Reads what is peculiar to one provider; what it leaves is read by what all have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How a provider knows us, where it is, and how patient we are with it."""

    key: str = field(repr=False)
    base_url: str = ""
    owner: str = ""
    is_compatible: bool = False
    """Whether it is another server that only speaks the provider's language."""
    order_seconds: float
    """For a whole answer, or for each next word of one that comes word by word."""
    stream_seconds: float
    """For all words of such an answer."""
    read_seconds: float
    download_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer[T]:
    """What a paid call brought, or why it was declined, with what it used."""

    value: T | ProviderError
    usage: Usage
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a work stands, as it was read, with the record of its end."""

    work: Work
    end: ProviderCall | None = None


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Calls one provider for one capability."""

    provider: str
    capability: Capability
    record: Record
    failures: tuple[type[Exception], ...]
    explain: Explain
    breaker: Breaker

    def order[T](
        self, operation: str, offer: Offer, call: Callable[[], Answer[T]], *, seconds: float
    ) -> T:
        """Make a call that may cost money, once, and record it. Raises ProviderError."""
        self._let_through()
        begun = time.monotonic()
        with wire.exchange(seconds=seconds, max_bytes=MOST_ANSWER_BYTES) as exchange:
            outcome = self._attempt(call, exchange, pays=True)
        self._tell_breaker(outcome)
        answer = outcome if isinstance(outcome, Answer) else None
        value = outcome.value if isinstance(outcome, Answer) else outcome
        self.record(
            self.call_of(
                operation,
                offer,
                answer.usage if answer else None,
                failure=value if isinstance(value, ProviderError) else None,
                request_id=(answer and answer.request_id) or exchange.request_id,
                latency_ms=_ms_since(begun),
            )
        )
        if isinstance(value, ProviderError):
            raise value
        return value

    def stream(
        self, pieces: Iterator[Piece], draft: Draft, on_text: OnText, *, account: Account
    ) -> Written:
        """Follow an answer as it comes, once, and record it. Raises ProviderError.

        What `on_text` raises goes on as it is, after the connection was closed and the call
        recorded as stopped. The pieces are fetched in this thread, from the first on.
        """
        self._let_through()
        begun = time.monotonic()
        outcome: Written | ProviderError | None = None
        try:
            first = min(account.order_seconds, account.stream_seconds)
            with wire.exchange(seconds=first, max_bytes=MOST_STREAM_BYTES) as exchange:
                outcome = self._follow(pieces, draft, on_text, exchange, account)
        finally:
            self._tell_breaker(outcome)
            call = self.call_of(
                "stream",
                draft.offer,
                draft.usage(),
                failure=outcome if isinstance(outcome, ProviderError) else None,
                request_id=draft.request_id or exchange.request_id,
                latency_ms=_ms_since(begun),
            )
            self.record(replace(call, outcome=STOPPED) if outcome is None else call)
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome

    def read[T](self, call: Callable[[], T], *, seconds: float) -> T:
        """Make a call that costs nothing: nobody needs a record of it. Raises ProviderError.

        The breaker has no say: work that goes on is asked about and fetched, even from a provider
        who takes no new orders.
        """
        with wire.exchange(seconds=seconds, max_bytes=MOST_ANSWER_BYTES) as exchange:
            outcome = self._attempt(call, exchange, pays=False)
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome

    def call_of(
        self,
        operation: str,
        offer: Offer,
        usage: Usage | None,
        *,
        failure: ProviderError | None,
        request_id: str,
        latency_ms: int,
    ) -> ProviderCall:
        """Return the record of a call, or of the end of a work."""
        used = usage or Usage()
        # An answer that is lost, or that we cannot read, may have to be paid for all the same.
        is_lost = isinstance(failure, ProviderTimedOut) or _reason(failure) == "answer"
        return ProviderCall(
            provider=self.provider,
            operation=f"{self.capability}.{operation}",
            model=offer.name,
            outcome=failure.code if failure else "ok",
            latency_ms=latency_ms,
            request_id=request_id,
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            images=used.images,
            seconds=used.seconds or used.machine_seconds,
            cost_micro_usd=offer.cost(used) if usage or not is_lost else None,
        )

    def recorded(self, reading: Reading) -> Work:
        """Return a work; record its end, if it has ended.

        Outside of the call: an error in keeping the record is ours, and not the provider's.
        """
        if reading.end:
            self.record(reading.end)
        return reading.work

    def _let_through(self) -> None:
        """Raise ProviderUnavailable where the provider is to be let alone."""
        if wait := self.breaker.wait():
            raise ProviderUnavailable(retry_after=wait)

    def _tell_breaker(self, outcome: object) -> None:
        if isinstance(outcome, ProviderUnavailable | ProviderTimedOut):
            self.breaker.failed()
        else:
            self.breaker.succeeded()  # whatever it said, it answered

    def _follow(
        self,
        pieces: Iterator[Piece],
        draft: Draft,
        on_text: OnText,
        exchange: Exchange,
        account: Account,
    ) -> Written | ProviderError:
        """Give the words away as they come; only what fetches them raises a provider's errors."""
        until = time.monotonic() + account.stream_seconds
        fetch = partial(next, pieces, None)
        while isinstance(piece := self._attempt(fetch, exchange, pays=True), Piece):
            if words := draft.add(piece):
                on_text(words)
                exchange.go_on(account.order_seconds, until=until)
        # Once a provider has said that it has finished, how the connection ends changes nothing.
        has_ended = piece is None or draft.end is not None
        return draft.value() if has_ended else piece

    def _attempt[T](
        self, call: Callable[[], T], exchange: Exchange, *, pays: bool
    ) -> T | ProviderError:
        """Return the answer or our error, which knows nothing of the SDK's: that quotes prompts."""
        expected: tuple[type[Exception], ...] = (*self.failures, *BROKEN, *UNREADABLE)
        try:
            answer = call()
        except expected as error:
            failure = self.explain(error, exchange) or explain(error, exchange, pays=pays)
            self._note(failure, exchange, error)
            return failure
        return answer

    def _note(self, failure: ProviderError, exchange: Exchange, error: Exception) -> None:
        facts = {
            "provider": self.provider,
            "capability": str(self.capability),
            "outcome": failure.code,
            "reason": _reason(failure),
            "status": exchange.status,
            "error": type(error).__name__,
        }
        logger.log(_level(failure), "generation.provider.failed", extra=facts)


def explain(error: Exception, exchange: Exchange, *, pays: bool) -> ProviderError:
    """Say in our words what went wrong, from what all providers have in common."""
    causes = list(_causes(error))
    if any(isinstance(cause, UNSENT) for cause in causes):
        return ProviderUnavailable()
    if any(isinstance(cause, SLOW) for cause in causes):
        return ProviderTimedOut()
    if any(isinstance(cause, BROKEN) for cause in causes):
        return _broken(exchange, causes, pays=pays)
    if exchange.status >= HTTPStatus.BAD_REQUEST:
        return of_status(exchange.status, exchange.retry_after, pays=pays)
    return ProviderInvalid(reason="answer")


def of_status(status: int, retry_after: float | None, *, pays: bool) -> ProviderError:
    """Say in our words what a status means; what is missing is gone, or was never on offer."""
    if status in LATE:
        return ProviderTimedOut()
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.CONFLICT,
    }:
        return ProviderUnavailable(retry_after=retry_after)
    if status in NOT_OURS:
        return ProviderInvalid(reason="key")
    if status == HTTPStatus.PAYMENT_REQUIRED:
        return ProviderInvalid(reason="billing")
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return ProviderInvalid(reason="model") if pays else ProviderGone()
    return ProviderInvalid(reason="request")


def _broken(exchange: Exchange, causes: list[BaseException], *, pays: bool) -> ProviderError:
    """A connection that broke: too much came, or an answer that may have been paid for is lost."""
    if exchange.bytes_left < 0:
        return ProviderInvalid(reason="answer")
    if any(
        isinstance(cause, httpx.UnsupportedProtocol | httpx2.UnsupportedProtocol)
        for cause in causes
    ):
        return ProviderInvalid(reason="request")
    return ProviderTimedOut() if pays else ProviderUnavailable()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _ms_since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


def _reason(failure: ProviderError | None) -> str:
    return failure.reason if isinstance(failure, ProviderInvalid) else ""


def _level(failure: ProviderError) -> int:
    """What only staff can put right is an error; what is gone was perhaps only asked for."""
    if _reason(failure) in {"key", "billing", "model"}:
        return logging.ERROR
    return logging.INFO if isinstance(failure, ProviderGone) else logging.WARNING
