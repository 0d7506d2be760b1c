"""The API of uploads: files on their way in, by two steps."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import ApiRequest
from generation import selectors
from generation.api.serializers.uploads import UploadInput, UploadOutput, UploadTicketOutput
from generation.models import Upload
from generation.services import uploads

POLL_SECONDS = "1"


class UploadList(ListAPIView[Upload]):
    """My files on their way in, and what became of them; for a week after they ended."""

    serializer_class = UploadOutput
    throttle_rule: ClassVar = {"POST": "uploads"}

    def get_queryset(self) -> QuerySet[Upload]:
        return selectors.uploads_of(user=self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=UploadInput, responses={201: UploadTicketOutput})
    def post(self, request: ApiRequest) -> Response:
        """Announce a picture of at most 20 MB and learn where to send it.

        POST it to `url` within five minutes as a form: all `fields` first, then the file as
        `file`. Then complete the upload.
        """
        announced = UploadInput(data=request.data)
        announced.is_valid(raise_exception=True)
        upload, ticket = uploads.begin(
            user=request.user,
            filename=announced.validated_data["filename"],
            size=announced.validated_data["bytes"],
            content_type=announced.validated_data["content_type"],
        )
        answer = {"id": upload.pk, "url": ticket.url, "fields": ticket.fields}
        return Response(
            UploadTicketOutput(answer).data,
            201,
            headers={"Location": f"/api/v1/uploads/{upload.pk}"},
        )


class UploadDetail(APIView):
    """One file on its way in."""

    @extend_schema(responses=UploadOutput)
    def get(self, request: ApiRequest, upload_id: UUID) -> Response:
        """Return how far it is: with its photo once it is clean, with the reason if refused."""
        upload = selectors.upload_of(user=request.user, upload_id=upload_id)
        return Response(UploadOutput(upload).data)

    @extend_schema(responses={204: None})
    def delete(self, request: ApiRequest, upload_id: UUID) -> Response:
        """Cancel it, or forget how it ended; a photo that it became stays."""
        uploads.cancel(user=request.user, upload_id=upload_id)
        return Response(status=204)


class UploadComplete(APIView):
    """The end of sending."""

    @extend_schema(request=None, responses={202: UploadOutput})
    def post(self, request: ApiRequest, upload_id: UUID) -> Response:
        """Say that the file has been sent; its photo appears when it is known to be clean."""
        upload = uploads.complete(user=request.user, upload_id=upload_id)
        headers = {"Location": f"/api/v1/uploads/{upload.pk}", "Retry-After": POLL_SECONDS}
        return Response(UploadOutput(upload).data, 202, headers=headers)
