"""What can go wrong while making things."""

from visiona.lib.errors import AppError, Conflict, UpstreamError


class JobNotCancelable(Conflict):
    code = "job_not_cancelable"
    title = "This job has ended"
    default_detail = "This job has ended, so it cannot be canceled."


class JobNotRetryable(Conflict):
    default_detail = "Only a job that failed or was canceled can be tried again."


class UnreadableImage(AppError):
    """The uploaded file is not a picture that we accept; fact: reason."""

    status = 422
    code = "unreadable_image"
    title = "This picture cannot be used"


class ImageTooLarge(AppError):
    status = 413
    code = "too_large"
    title = "This picture is too large"


class ProviderError(UpstreamError):
    """The provider refused or failed for good."""

    code = "provider_error"
    title = "The picture could not be made"
    default_detail = "The picture could not be made."


class ProviderUnavailable(ProviderError):
    """The provider may answer if it is asked again."""

    status = 503
    code = "provider_unavailable"
