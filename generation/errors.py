"""What can go wrong while making things."""

from typing import Any, Literal

from visiona.lib.errors import AppError, Conflict, NotAllowed, UpstreamError


class JobNotCancelable(Conflict):
    code = "job_not_cancelable"
    title = "This job has ended"
    default_detail = "This job has ended, so it cannot be canceled."


class JobNotRetryable(Conflict):
    default_detail = "Only a job that failed or was canceled can be tried again."


class JobNotPreviewable(Conflict):
    default_detail = "Only what a provider could not make has a free preview."


class UnreadableImage(AppError):
    """The uploaded file is not a picture that we accept; fact: reason."""

    status = 422
    code = "unreadable_image"
    title = "This picture cannot be used"


class ImageTooLarge(AppError):
    status = 413
    code = "too_large"
    title = "This picture is too large"


class InfectedFile(AppError):
    status = 422
    code = "infected"
    title = "This file is not safe"
    default_detail = "This file contains a virus, so it was not kept. Do not open it yourself."


class QuotaReached(NotAllowed):
    """As many are kept as one person may keep; fact: limit."""

    code = "quota_reached"
    title = "There is no more room"


class NotReceived(Conflict):
    code = "not_received"
    title = "The file has not arrived"
    default_detail = "The file has not arrived. Send it to the address that you were given first."


class ProviderError(UpstreamError):
    """The provider refused or failed for good."""

    code = "provider_error"
    title = "The picture could not be made"
    default_detail = "The picture could not be made."


class PhotosGone(ProviderError):
    """What was to be worked on was deleted since it was ordered."""

    code = "photos_gone"
    default_detail = "The photos for this were deleted, so it was not made."


class ProviderUnavailable(ProviderError):
    """The provider may answer if it is asked again."""

    status = 503
    code = "provider_unavailable"

    def __init__(self, detail: str = "", *, retry_after: float | None = None, **facts: Any) -> None:
        self.retry_after = retry_after
        super().__init__(detail, **facts)


class ProviderTimedOut(ProviderError):
    """No whole answer came in time: the work may have been done, and paid for.

    So what costs money is not asked for again; what only reads may be.
    """

    status = 504
    code = "provider_timed_out"
    default_detail = "The provider took too long to answer."


class ProviderRefused(ProviderError):
    """The provider's safety rules do not allow it; what is made of it is asked of nobody else."""

    code = "provider_refused"
    title = "The provider declined this"
    default_detail = (
        "The provider's safety rules do not allow this. Change the words or the pictures."
    )


class ProviderInvalid(ProviderError):
    """The order, our account or the answer is not as it must be; `reason` tells staff which."""

    code = "provider_invalid"

    def __init__(
        self,
        detail: str = "",
        *,
        reason: Literal["request", "key", "billing", "model", "answer", "work"],
        **facts: Any,
    ) -> None:
        self.reason = reason
        super().__init__(detail, **facts)


class ProviderGone(ProviderError):
    """The provider no longer has the work or its files."""

    code = "provider_gone"
    default_detail = "The provider no longer has what it made."


class NotAnswered(ProviderError):
    """An answer of the chat came to nothing; nothing was charged for it."""

    title = "There is no answer"


class NotAnsweredNow(ProviderUnavailable):
    """Nobody could answer; they may if they are asked again."""

    title = "There is no answer"


def failure_of(*, code: str, detail: str) -> ProviderError:
    """Return the error that an answer of the chat ended with."""
    is_passing = code == ProviderUnavailable.code
    return NotAnsweredNow(detail) if is_passing else NotAnswered(detail)
