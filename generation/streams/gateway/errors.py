"""What went wrong, in OpenAI's shape and words: one table for everything that we planned for."""

from dataclasses import dataclass
from typing import Any

from django.http import JsonResponse

from generation.errors import ProviderRefused, ProviderUnavailable
from visiona.lib import errors, problem

INVALID = "invalid_request_error"
SERVER = "server_error"
CODES = {
    "required": "missing_required_parameter",
    "blank": "invalid_value",
    "max_length": "string_above_max_length",
}
"""OpenAI's names for what our own fields complain about."""
PARAMS = {"message": "messages", "count": "n", "aspect_ratio": "size", "Idempotency-Key": None}
"""What our own fields are called there."""


class UnknownModel(errors.NotFound):
    """There is no model of this name here."""

    code = "model_not_found"


class UnknownAddress(errors.NotFound):
    """The gateway has no such address."""

    code = "unknown_url"
    default_detail = "There is nothing at this address. See /v1/models for what is here."


class StillBeingMade(errors.AppError):
    """It takes longer than we wait for; what was ordered goes on, and is charged when it is there.

    To order it again would be a second order.
    """

    status = 504
    code = "timeout"


@dataclass(frozen=True, slots=True)
class Kind:
    """How one family of errors is told: by which status, type and code."""

    status: int
    type: str = INVALID
    code: str = ""
    """Empty: our own code says it."""
    may_be_retried: bool = False
    """By the client's own patience, without anybody asking for it."""


# The first that fits. OpenAI has no 402: who has run out of money gets a 429 of its own there.
KINDS: tuple[tuple[type[errors.AppError], Kind], ...] = (
    (errors.NotAuthenticated, Kind(401, code="invalid_api_key")),
    (errors.PaymentRequired, Kind(429, "insufficient_quota", "insufficient_quota")),
    (errors.RateLimited, Kind(429, "requests", "rate_limit_exceeded", may_be_retried=True)),
    (errors.InvalidInput, Kind(400)),
    (ProviderRefused, Kind(400, code="content_policy_violation")),
    (ProviderUnavailable, Kind(503, SERVER, may_be_retried=True)),
    (errors.Unavailable, Kind(503, SERVER, may_be_retried=True)),
)


def body_of(error: errors.AppError) -> dict[str, Any]:
    """Return the document of an error, which is an event of its own in a stream."""
    kind = _kind_of(error)
    param, code = None, kind.code or error.code
    if isinstance(error, errors.InvalidInput) and error.errors:
        first = error.errors[0]
        param = PARAMS.get(first.field, first.field)
        code = CODES.get(first.code, first.code)
    elif isinstance(error, UnknownModel):
        param = "model"
    message = error.detail
    return {"error": {"message": message, "type": kind.type, "param": param, "code": code}}


def answer(error: errors.AppError) -> JsonResponse:
    """Answer with an error; the official client raises the exception that belongs to it."""
    kind = _kind_of(error)
    response = JsonResponse(body_of(error), status=kind.status)
    for name, value in problem.headers_of(error).items():
        response[name] = value
    if not kind.may_be_retried:
        response["X-Should-Retry"] = "false"
    return response


def _kind_of(error: errors.AppError) -> Kind:
    for family, kind in KINDS:
        if isinstance(error, family):
            return kind
    return Kind(error.status, INVALID if error.status < 500 else SERVER)
