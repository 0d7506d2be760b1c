"""Whoever can gives the answer, and only one of them: the next is asked until a word was said."""

from dataclasses import dataclass, field

import pytest

from generation.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnavailable,
)
from generation.providers.fallback import answer
from generation.providers.ports import OnText, TextRequest, Turn, Written

REQUEST = TextRequest(turns=(Turn(text="Hello?"),))


@dataclass
class Writer:
    """Says its words, and then fails, if it is to."""

    provider: str
    words: tuple[str, ...] = ()
    fails: ProviderError | None = None
    asked: list[TextRequest] = field(default_factory=list)

    def write(self, request: TextRequest) -> Written:
        return self.stream(request, lambda _: None)

    def stream(self, request: TextRequest, on_text: OnText) -> Written:
        self.asked.append(request)
        for word in self.words:
            on_text(word)
        if self.fails:
            raise self.fails
        return Written(
            text="".join(self.words), model="m", is_complete=True, input_tokens=1, output_tokens=2
        )


def failures(*errors: ProviderError) -> ProviderError:
    """Return what is said where all of them fail before a word."""
    writers = [Writer(str(number), fails=error) for number, error in enumerate(errors)]
    heard: list[str] = []
    with pytest.raises(ProviderError) as caught:
        answer(writers=writers, request=REQUEST, on_text=heard.append)
    assert heard == []
    assert [writer.asked for writer in writers] == [[REQUEST]] * len(writers)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def test_the_first_one_answers_and_nobody_else_is_asked() -> None:
    first, second = Writer("gemini", ("Hello", ".")), Writer("openai", ("No.",))
    heard: list[str] = []

    answered = answer(writers=[first, second], request=REQUEST, on_text=heard.append)

    assert heard == ["Hello", "."]
    assert (answered.provider, answered.written.text) == ("gemini", "Hello.")
    assert (answered.fallback_used, answered.failed) == (False, ())
    assert second.asked == []


@pytest.mark.parametrize(
    "error",
    [
        ProviderUnavailable(retry_after=7),
        ProviderTimedOut(),
        ProviderRefused(),
        ProviderInvalid(reason="answer"),
        ProviderInvalid(reason="key"),
    ],
    ids=["unavailable", "timed out", "refused", "no answer", "no key"],
)
def test_the_next_one_answers_where_one_fails_before_a_word(error: ProviderError) -> None:
    writers = [Writer("gemini", fails=error), Writer("openai", ("Hello.",))]
    heard: list[str] = []

    answered = answer(writers=writers, request=REQUEST, on_text=heard.append)

    assert heard == ["Hello."]
    assert (answered.provider, answered.fallback_used) == ("openai", True)
    assert answered.failed == (error,)


def test_nobody_goes_on_with_what_another_has_begun() -> None:
    error = ProviderTimedOut()
    first, second = Writer("gemini", ("Hel",), fails=error), Writer("openai", ("Hello.",))
    heard: list[str] = []

    with pytest.raises(ProviderTimedOut) as caught:
        answer(writers=[first, second], request=REQUEST, on_text=heard.append)

    assert caught.value is error
    assert heard == ["Hel"]
    assert second.asked == []


def test_whoever_is_second_may_break_off_as_well() -> None:
    error = ProviderInvalid(reason="answer")
    writers = [
        Writer("gemini", fails=ProviderUnavailable()),
        Writer("openai", ("Hel",), fails=error),
        Writer("other", ("Hello.",)),
    ]
    with pytest.raises(ProviderInvalid) as caught:
        answer(writers=writers, request=REQUEST, on_text=lambda _: None)
    assert caught.value is error
    assert writers[2].asked == []


def test_a_reader_who_stops_is_not_offered_another_answer() -> None:
    first, second = Writer("gemini", ("Hello.",)), Writer("openai", ("Hello.",))

    def stop(text: str) -> None:
        raise InterruptedError(text)

    with pytest.raises(InterruptedError):
        answer(writers=[first, second], request=REQUEST, on_text=stop)
    assert second.asked == []


def test_a_readers_own_error_is_no_providers() -> None:
    second = Writer("openai", ("Hello.",))

    def fail(text: str) -> None:
        raise ProviderUnavailable

    with pytest.raises(ProviderUnavailable):
        answer(writers=[Writer("gemini", ("Hello.",)), second], request=REQUEST, on_text=fail)
    assert second.asked == []


@pytest.mark.parametrize(
    ("errors", "kind", "retry_after"),
    [
        ([ProviderUnavailable()], ProviderUnavailable, None),
        (
            [ProviderUnavailable(retry_after=9), ProviderUnavailable(retry_after=7)],
            ProviderUnavailable,
            7,
        ),
        ([ProviderUnavailable(retry_after=9), ProviderRefused()], ProviderUnavailable, 9),
        ([ProviderTimedOut()], ProviderUnavailable, None),
        ([ProviderTimedOut(), ProviderInvalid(reason="key")], ProviderUnavailable, None),
        ([ProviderRefused(), ProviderUnavailable()], ProviderUnavailable, None),
        ([ProviderRefused(), ProviderRefused()], ProviderRefused, None),
        ([ProviderRefused(), ProviderInvalid(reason="answer")], ProviderInvalid, None),
        ([ProviderInvalid(reason="answer"), ProviderRefused()], ProviderRefused, None),
        ([], ProviderUnavailable, None),
    ],
)
def test_where_all_fail_it_is_said_whether_to_ask_again(
    errors: list[ProviderError], kind: type[ProviderError], retry_after: float | None
) -> None:
    error = failures(*errors)
    assert type(error) is kind
    assert getattr(error, "retry_after", None) == retry_after
