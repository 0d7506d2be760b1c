"""The API of photos: what I uploaded."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import ApiRequest
from generation import selectors
from generation.api.serializers.photos import PhotoInput, PhotoOutput
from generation.models import Asset
from generation.services import photos
from visiona.lib.parsers import WholeMultiPartParser


class PhotoList(ListAPIView[Asset]):
    """My photos."""

    serializer_class = PhotoOutput
    parser_classes = (WholeMultiPartParser,)
    throttle_rule: ClassVar = {"POST": "uploads"}

    def get_queryset(self) -> QuerySet[Asset]:
        return selectors.photos_of(user=self.request.user)  # type: ignore[arg-type]

    @extend_schema(request={"multipart/form-data": PhotoInput}, responses={201: PhotoOutput})
    def post(self, request: ApiRequest) -> Response:
        """Upload a JPEG, PNG, WebP, HEIC or AVIF picture of at most 20 MB and 50 megapixels.

        The same file again answers with the photo that is there.
        """
        form = PhotoInput(data=request.data)
        form.is_valid(raise_exception=True)
        photo = photos.add_photo(user=request.user, upload=form.validated_data["file"])
        return Response(PhotoOutput(photo).data, 201)


class PhotoDetail(APIView):
    """One of my photos."""

    @extend_schema(responses=PhotoOutput)
    def get(self, request: ApiRequest, photo_id: UUID) -> Response:
        """Return the photo with a fresh signed address."""
        return Response(PhotoOutput(selectors.photo_of(user=request.user, photo_id=photo_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: ApiRequest, photo_id: UUID) -> Response:
        """Delete the photo; its file is erased after thirty days."""
        photos.remove_photo(user=request.user, photo_id=photo_id)
        return Response(status=204)
