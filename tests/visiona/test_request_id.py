"""The id of a request is bound for its length, under WSGI and under ASGI."""

from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse

from visiona.lib import request_id
from visiona.lib.request_id import RequestIdMiddleware


def test_outside_of_a_request_there_is_none() -> None:
    assert request_id.current() == ""
    with request_id.bound("a-task"):
        assert request_id.current() == "a-task"
        with request_id.bound("another"):
            assert request_id.current() == "another"
        assert request_id.current() == "a-task"
    assert request_id.current() == ""


def asked(offered: str = "") -> HttpRequest:
    request = HttpRequest()
    request.META["HTTP_X_REQUEST_ID"] = offered
    return request


def test_a_page_is_answered_under_its_id() -> None:
    seen = []

    def view(_: HttpRequest) -> HttpResponse:
        seen.append(request_id.current())
        return HttpResponse()

    answer = RequestIdMiddleware(view)(asked("a-good-one"))
    assert isinstance(answer, HttpResponse)
    assert (seen, answer["X-Request-ID"]) == (["a-good-one"], "a-good-one")
    assert request_id.current() == ""


def test_a_stream_is_answered_under_its_id() -> None:
    seen = []

    async def view(_: HttpRequest) -> HttpResponse:
        seen.append(request_id.current())
        return HttpResponse()

    middleware = RequestIdMiddleware(view)

    async def answer() -> HttpResponse:
        response: HttpResponse = await middleware(asked("bad one"))  # type: ignore[misc] # either
        return response

    made = async_to_sync(answer)()["X-Request-ID"]
    assert seen == [made]
    assert UUID(made).version == 7
