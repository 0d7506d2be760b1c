"""The API of what can be ordered: prices, quotes, and better prompts."""

from typing import Any

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
    """A better prompt: what is asked is read in a transaction, and none waits for who writes."""

    throttle_rule = "enhance"
    asked: dict[str, Any] | None = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Read what is asked, then have it written."""
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
        if self.asked is None:
            return response
        better = prompts.enhance(**self.asked)
        return self.finalize_response(self.request, Response(PromptOutput(better).data))

    @extend_schema(request=PromptInput, responses=PromptOutput)
    def post(self, request: ApiRequest) -> Response:
        """Make a prompt better; nothing is ordered, and it is free."""
        wanted = PromptInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        clone_id = wanted.validated_data.pop("clone_id")
        clone = clone_id and selectors.clone_of(user=request.user, clone_id=clone_id)
        self.asked = {"user_id": request.user.pk, "clone": clone, **wanted.validated_data}
        return Response()
