"""The API of what can be ordered: prices, quotes, and better prompts."""

from django.db import transaction
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import ApiRequest
from generation import selectors
from generation.api.jobs import ORDER
from generation.api.serializers.orders import (
    PriceOutput,
    PromptInput,
    PromptOutput,
    QuoteOutput,
    read_order,
)
from generation.catalog import KINDS
from generation.services import jobs, prompts


class PriceList(APIView):
    """What everything costs."""

    @extend_schema(responses=PriceOutput(many=True))
    def get(self, request: ApiRequest) -> Response:
        """Return the catalogue: kinds, prices and options."""
        return Response(PriceOutput(list(KINDS.values()), many=True).data)


class QuoteMaker(APIView):
    """What one order would cost."""

    @extend_schema(request=ORDER, responses=QuoteOutput)
    def post(self, request: ApiRequest) -> Response:
        """Price an order by the function that charges; nothing is held."""
        kind, params = read_order(request.data)
        return Response(QuoteOutput(jobs.quote(kind=kind, params=params, user=request.user)).data)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class PromptEnhance(APIView):
    """A better prompt; no transaction waits for who writes it."""

    throttle_rule = "enhance"

    @extend_schema(request=PromptInput, responses=PromptOutput)
    def post(self, request: ApiRequest) -> Response:
        """Make a prompt better; nothing is ordered, and it is free."""
        asked = PromptInput(data=request.data)
        asked.is_valid(raise_exception=True)
        clone_id = asked.validated_data.pop("clone_id")
        clone = clone_id and selectors.clone_of(user=request.user, clone_id=clone_id)
        better = prompts.enhance(user_id=request.user.pk, clone=clone, **asked.validated_data)
        return Response(PromptOutput(better).data)
