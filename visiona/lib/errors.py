"""AppError and its family: the outcomes that we planned for, in our own words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the input: its path, a stable code and the remedy."""

    field: str
    code: str
    detail: str


class AppError(Exception):
    """A planned outcome: it has a code for programs and a sentence for people."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong"
    default_detail: ClassVar[str] = "Something went wrong on our side. Try again in a moment."

    def __init__(self, detail: str = "", **facts: Any) -> None:
        self.detail = detail or self.default_detail
        self.facts = facts
        super().__init__(self.detail)


class Malformed(AppError):
    status = 400
    code = "malformed"
    title = "The request could not be read"
    default_detail = "The request could not be read. Send well-formed data."


class NotAuthenticated(AppError):
    status = 401
    code = "not_authenticated"
    title = "Sign in first"
    default_detail = "Sign in, or send a valid API key as a bearer token."


class PaymentRequired(AppError):
    status = 402
    code = "payment_required"
    title = "Payment required"
    default_detail = "This has to be paid for first."


class NotAllowed(AppError):
    status = 403
    code = "not_allowed"
    title = "Not allowed"
    default_detail = "Your account may not do this."


class NotFound(AppError):
    """Also the answer for what belongs to somebody else."""

    status = 404
    code = "not_found"
    title = "Not found"
    default_detail = "There is nothing here, or it is not yours."


class Conflict(AppError):
    status = 409
    code = "conflict"
    title = "Conflict"
    default_detail = "This does not fit the present state. Read it again, then retry."


class IdempotencyMismatch(Conflict):
    code = "idempotency_mismatch"
    title = "This Idempotency-Key was used before"
    default_detail = "This Idempotency-Key was used with another request. Use a new key."


class TooLarge(AppError):
    status = 413
    code = "too_large"
    title = "Too large"
    default_detail = "What you sent is too large."


class InvalidInput(AppError):
    """Some fields are wrong; nothing was changed."""

    status = 422
    code = "invalid_input"
    title = "Some fields need another look"
    default_detail = "Some fields need another look."

    def __init__(self, errors: Iterable[FieldError], detail: str = "") -> None:
        self.errors = tuple(errors)
        super().__init__(detail or " ".join(error.detail for error in self.errors))


class RateLimited(AppError):
    status = 429
    code = "rate_limited"
    title = "Too many requests"
    default_detail = "Too many requests. Wait a little, then try again."


class UpstreamError(AppError):
    status = 502
    code = "upstream_error"
    title = "A service that we use failed"
    default_detail = "A service that we use failed."


class Unavailable(AppError):
    status = 503
    code = "unavailable"
    title = "Not available at the moment"
    default_detail = "This is not available at the moment. Try again in a minute."
