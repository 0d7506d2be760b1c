"""The API of clones: likenesses of people and things, how they are made and how they go away."""

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
from generation.api.jobs import ACCEPTED, ONCE, accept_once
from generation.api.serializers.clones import (
    AgreementOutput,
    CloneChange,
    CloneOutput,
    ConsentOutput,
    PackOutput,
    ReadinessInput,
    ReadinessOutput,
    RemovalOutput,
    TriggerWordOutput,
)
from generation.api.serializers.jobs import JobOutput
from generation.catalog import IMAGE, TRAINING, packs_on_offer
from generation.models import Clone, Consent, Removal
from generation.services import clones, consents, jobs, trainings, triggers

PICTURES = OpenApiParameter(
    "pictures", bool, description="Delete every picture that was made with it too."
)


class CloneList(ListAPIView[Clone]):
    """My clones."""

    serializer_class = CloneOutput

    def get_queryset(self) -> QuerySet[Clone]:
        return selectors.clones_of(user=self.request.user)  # type: ignore[arg-type]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List my clones, newest first; order a job of the kind `training` to make one."""
        page = self.paginate_queryset(self.get_queryset()) or []
        covers = selectors.covers_of(user=request.user, clones=page)  # type: ignore[arg-type]
        return self.get_paginated_response(
            CloneOutput(page, many=True, context={"covers": covers}).data
        )


class CloneDetail(APIView):
    """One of my clones."""

    @extend_schema(responses=CloneOutput)
    def get(self, request: ApiRequest, clone_id: UUID) -> Response:
        """Return the clone as it stands; ask every three seconds while it is `processing`."""
        return _shown(request, selectors.clone_of(user=request.user, clone_id=clone_id))

    @extend_schema(request=CloneChange, responses=CloneOutput)
    def patch(self, request: ApiRequest, clone_id: UUID) -> Response:
        """Give the clone another name."""
        wanted = CloneChange(data=request.data)
        wanted.is_valid(raise_exception=True)
        if wanted.validated_data:
            clones.rename(user=request.user, clone_id=clone_id, **wanted.validated_data)
        return self.get(request, clone_id)

    @extend_schema(parameters=[PICTURES], responses={202: RemovalOutput})
    def delete(self, request: ApiRequest, clone_id: UUID) -> Response:
        """Delete the clone: nothing is made with it from now on, and all of it goes.

        Its photos, its weights wherever they are and its proof shots are erased, with
        `?pictures=true` every picture of it too. The answer is the receipt, which fills up.
        """
        wanted = filters.truth("pictures", request.query_params.get("pictures", "false"))
        return _receipt(clones.remove(user=request.user, clone_id=clone_id, with_pictures=wanted))


class CloneRetrain(APIView):
    """Another training of one of my clones."""

    @extend_schema(request=None, responses={202: JobOutput}, parameters=[ONCE])
    def post(self, request: ApiRequest, clone_id: UUID) -> Response:
        """Train the clone again on its photos: once for nothing if it is no good likeness.

        One whose training failed is trained for its price.
        """
        return accept_once(
            request,
            fingerprint=["retrain", str(clone_id)],
            submit=partial(jobs.retrain, clone_id=clone_id),
        )


class CloneWithdraw(APIView):
    """The end of the consent to one of my clones."""

    @extend_schema(request=None, responses={202: RemovalOutput})
    def post(self, request: ApiRequest, clone_id: UUID) -> Response:
        """Withdraw the consent: the clone is deleted, with every picture that shows it."""
        return _receipt(clones.withdraw(user=request.user, clone_id=clone_id))


class CloneStatus(APIView):
    """How far one of my clones is, for programs of the predecessors."""

    def get(self, request: ApiRequest) -> Response:
        """Return the clone of this id, or the one that the job of this id trains."""
        asked = filters.identifier("id", request.query_params.get("id", ""))
        mine = selectors.jobs_of(user=request.user).filter(kind=TRAINING.name)
        training = mine.filter(pk=asked).first()
        clone_id = (training and training.clone_id) or asked
        return _shown(request, selectors.clone_of(user=request.user, clone_id=clone_id))


class Readiness(APIView):
    """What my photos are worth to a clone."""

    @extend_schema(request=ReadinessInput, responses=ReadinessOutput)
    def post(self, request: ApiRequest) -> Response:
        """Judge up to thirty photos as a set, and each of them; nothing is ordered."""
        asked = ReadinessInput(data=request.data)
        asked.is_valid(raise_exception=True)
        found = trainings.readiness(user=request.user, **asked.validated_data)
        return Response(ReadinessOutput(found, context=asked.validated_data).data)


class TriggerWord(APIView):
    """A word that could stand for a clone."""

    @extend_schema(responses=TriggerWordOutput)
    def get(self, request: ApiRequest) -> Response:
        """Suggest a word that none of my clones has and that means nothing."""
        return Response({"trigger_word": triggers.suggest(user=request.user)})


class PackList(APIView):
    """The sets of pictures that can be ordered of a clone."""

    @extend_schema(parameters=[OpenApiParameter("clone_id", UUID)], responses=PackOutput(many=True))
    def get(self, request: ApiRequest) -> Response:
        """Return the packs with their pictures, and what all pictures of each cost with a clone."""
        asked = request.query_params.get("clone_id")
        clone_id = filters.identifier("clone_id", asked) if asked else None
        offers = [
            {
                "name": pack.name,
                "label": pack.label,
                "description": pack.description,
                "price": jobs.quote(
                    kind=IMAGE.name,
                    params={"pack": pack.name, "clone_id": clone_id},
                    user=request.user,
                ).price,
                "shots": pack.shots,
            }
            for pack in packs_on_offer()
        ]
        return Response(PackOutput(offers, many=True).data)


class RemovalList(ListAPIView[Removal]):
    """The receipts of my clones that were removed."""

    serializer_class = RemovalOutput

    def get_queryset(self) -> QuerySet[Removal]:
        return selectors.removals_of(user=self.request.user)  # type: ignore[arg-type]


class RemovalDetail(APIView):
    """One of my receipts."""

    @extend_schema(responses=RemovalOutput)
    def get(self, request: ApiRequest, removal_id: UUID) -> Response:
        """Return the receipt; ask every three seconds until it is finished."""
        removal = selectors.removal_of(user=request.user, removal_id=removal_id)
        return Response(RemovalOutput(removal).data)


class ConsentList(ListAPIView[Consent]):
    """What I have agreed to for my clones."""

    serializer_class = ConsentOutput

    def get_queryset(self) -> QuerySet[Consent]:
        return selectors.consents_of(user=self.request.user)  # type: ignore[arg-type]


class AgreementList(APIView):
    """What has to be agreed to before a clone is made."""

    @extend_schema(responses=AgreementOutput(many=True))
    def get(self, request: ApiRequest) -> Response:
        """Return the words to show before `consent` is sent, for each whom photos may picture."""
        wanted = [consents.agreement(pictured=pictured) for pictured in Consent.Pictured.values]
        return Response(AgreementOutput(wanted, many=True).data)


def _shown(request: ApiRequest, clone: Clone) -> Response:
    covers = selectors.covers_of(user=request.user, clones=[clone])
    return Response(CloneOutput(clone, context={"covers": covers}).data)


def _receipt(removal: Removal) -> Response:
    headers = {"Location": f"/api/v1/removals/{removal.pk}", **ACCEPTED}
    return Response(RemovalOutput(removal).data, 202, headers=headers)
