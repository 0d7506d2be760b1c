"""One answer by whoever can give it: the next one is asked until somebody has said a word."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from generation.errors import ProviderError, ProviderTimedOut, ProviderUnavailable
from generation.providers.ports import OnText, Text, TextRequest, Written

NOBODY_ANSWERED = "Nobody could answer just now. Try again in a minute."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer, who gave it, and how those failed who were asked before."""

    written: Written
    provider: str
    failed: tuple[ProviderError, ...] = ()

    @property
    def fallback_used(self) -> bool:
        """Whether it is not the preferred one who answered."""
        return bool(self.failed)


def answer(
    *,
    writers: Sequence[Text],
    request: TextRequest,
    on_text: OnText,
    on_next: Callable[[], None] = lambda: None,
) -> Answered:
    """Ask one after the other, and give the words away as they come. Raises ProviderError.

    Once a word was given away nobody else is asked: an answer is never put together from two.
    `on_next` is called before each one but the first.
    """
    failed: list[ProviderError] = []
    for writer in writers:
        if failed:
            on_next()
        listener = _Listener(on_text)
        try:
            written = writer.stream(request, listener)
        except ProviderError as error:
            if listener.has_heard:
                raise
            failed.append(error)
        else:
            return Answered(written=written, provider=writer.provider, failed=tuple(failed))
    raise _summary(failed)


class _Listener:
    """Passes the words on, and knows whether there were any."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self.has_heard = False

    def __call__(self, text: str) -> None:
        self.has_heard = True
        self._on_text(text)


def _summary(failed: list[ProviderError]) -> ProviderError:
    """Say in one error how all of them failed: where one may do it later, asking again helps."""
    may_later = [one for one in failed if isinstance(one, ProviderUnavailable | ProviderTimedOut)]
    if failed and not may_later:
        return failed[-1]
    waits = [
        one.retry_after
        for one in failed
        if isinstance(one, ProviderUnavailable) and one.retry_after is not None
    ]
    return ProviderUnavailable(NOBODY_ANSWERED, retry_after=min(waits, default=None))
