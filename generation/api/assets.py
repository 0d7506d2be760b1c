"""The API of the library: what was made for me."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import ApiRequest
from generation import selectors
from generation.api import filters
from generation.api.jobs import ONCE, accept_once
from generation.api.serializers.assets import (
    AssetChange,
    AssetIds,
    AssetOutput,
    CopyInput,
    DeletedOutput,
    RecutInput,
    TitleInput,
)
from generation.api.serializers.jobs import JobOutput
from generation.models import Asset
from generation.services import assets, recuts, texts, titles, wording

CHOICES: dict[str, list[str]] = {"kind": Asset.Kind.values, "source": Asset.Source.values}
FILTERS = [
    *(OpenApiParameter(name, str, enum=allowed) for name, allowed in CHOICES.items()),
    OpenApiParameter("q", str, description="Words that are all in the title or a prompt."),
    OpenApiParameter("project_id", UUID),
    OpenApiParameter("clone_id", UUID),
    OpenApiParameter("starred", bool),
    OpenApiParameter("deleted", bool, description="What is in the bin instead."),
]


class AssetList(ListAPIView[Asset]):
    """My library."""

    serializer_class = AssetOutput

    def get_queryset(self) -> QuerySet[Asset]:
        asked = self.request.query_params
        rows = selectors.matching(
            assets=selectors.assets_of(
                user=self.request.user,  # type: ignore[arg-type]
                deleted=filters.truth("deleted", asked.get("deleted", "false")),
            ),
            words=texts.checked(text=asked.get("q", ""), field="q", longest=selectors.MAX_WORDS),
        )
        if "starred" in asked:
            rows = rows.filter(starred=filters.truth("starred", asked["starred"]))
        for name, allowed in CHOICES.items():
            if name in asked:
                rows = rows.filter(**{name: filters.one_of(name, asked[name], allowed)})
        if "project_id" in asked:
            rows = rows.filter(project_id=filters.identifier("project_id", asked["project_id"]))
        if "clone_id" in asked:
            rows = rows.filter(
                selectors.about(clone_id=filters.identifier("clone_id", asked["clone_id"]))
            )
        return rows

    @extend_schema(parameters=FILTERS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what was made for me, newest first."""
        return super().get(request, *args, **kwargs)


class AssetDetail(APIView):
    """One picture or film of mine."""

    @extend_schema(responses=AssetOutput)
    def get(self, request: ApiRequest, asset_id: UUID) -> Response:
        """Return the asset with fresh signed addresses."""
        return Response(AssetOutput(selectors.asset_of(user=request.user, asset_id=asset_id)).data)

    @extend_schema(request=AssetChange, responses=AssetOutput)
    def patch(self, request: ApiRequest, asset_id: UUID) -> Response:
        """Change the title or the star."""
        change = AssetChange(data=request.data)
        change.is_valid(raise_exception=True)
        assets.describe_asset(user=request.user, asset_id=asset_id, **change.validated_data)
        return self.get(request, asset_id)

    @extend_schema(responses={204: None})
    def delete(self, request: ApiRequest, asset_id: UUID) -> Response:
        """Put the asset in the bin for thirty days."""
        assets.delete_asset(user=request.user, asset_id=asset_id)
        return Response(status=204)


class AssetRestore(APIView):
    """One thing in my bin."""

    @extend_schema(request=None, responses=AssetOutput)
    def post(self, request: ApiRequest, asset_id: UUID) -> Response:
        """Take the asset out of the bin."""
        assets.restore_asset(user=request.user, asset_id=asset_id)
        return Response(AssetOutput(selectors.asset_of(user=request.user, asset_id=asset_id)).data)


class AssetRetitle(APIView):
    """The title on one thumbnail of mine."""

    @extend_schema(request=TitleInput, responses=AssetOutput)
    def post(self, request: ApiRequest, asset_id: UUID) -> Response:
        """Set another title on the same picture, at once and for free."""
        wanted = TitleInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        asset = titles.retitle(
            user=request.user, asset_id=asset_id, title=wanted.validated_data["title"]
        )
        return Response(AssetOutput(asset).data)


class AssetReword(APIView):
    """The words on one product ad of mine."""

    @extend_schema(request=CopyInput, responses=AssetOutput)
    def post(self, request: ApiRequest, asset_id: UUID) -> Response:
        """Set other words on the same picture, at once and for free."""
        wanted = CopyInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        asset = wording.reword(user=request.user, asset_id=asset_id, copy=wanted.validated_data)
        return Response(AssetOutput(asset).data)


class AssetRecut(APIView):
    """Another cut of one film of mine."""

    @extend_schema(request=RecutInput, responses={202: JobOutput}, parameters=[ONCE])
    def post(self, request: ApiRequest, asset_id: UUID) -> Response:
        """Film the same again with other ends, words or sounds: a new job that is free.

        The film that it begins from stays. One at a time is made for each person.
        """
        wanted = RecutInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        changes = wanted.validated_data
        return accept_once(
            request,
            fingerprint=["recut", str(asset_id), changes],
            submit=partial(recuts.recut, asset_id=asset_id, changes=changes),
        )


class AssetsDelete(APIView):
    """Many things at once."""

    @extend_schema(request=AssetIds, responses=DeletedOutput)
    def post(self, request: ApiRequest) -> Response:
        """Put up to a hundred assets in the bin; answers how many were mine."""
        wanted = AssetIds(data=request.data)
        wanted.is_valid(raise_exception=True)
        deleted = assets.delete_assets(user=request.user, asset_ids=wanted.validated_data["ids"])
        return Response({"deleted": deleted})
