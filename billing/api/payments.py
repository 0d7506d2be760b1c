"""Plans and packs, and how they are paid for."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import ApiRequest
from accounts.idempotency import HEADER, Answer, respond_once
from billing import selectors
from billing.api.serializers import (
    CheckoutInput,
    CheckoutOutput,
    PaymentOutput,
    PortalOutput,
    PriceListOutput,
    StandingOutput,
)
from billing.models import Payment
from billing.plans import CURRENCY, PACKS, PLANS, RULES, Pack, Plan
from billing.services import checkouts
from visiona.lib import spender
from visiona.lib.errors import AppError, NotAllowed

LIMITED = "A key with a monthly limit cannot buy, nor change what is paid. Sign in to do that."
ONCE = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER, description="1-255 visible ASCII characters."
)


class PlanList(APIView):
    """What is on sale."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(responses=PriceListOutput, auth=[])
    def get(self, request: Request) -> Response:
        """List the plans, the packs and the rules of credits."""
        return Response(PriceListOutput(price_list()).data)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class AtTheTill(APIView):
    """Decides in one transaction; whoever takes the money is asked after it: nothing is locked."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let no key that may spend little buy more."""
        super().initial(request, *args, **kwargs)
        by = spender.current()
        if by is not None and by.monthly_limit is not None:
            raise NotAllowed(LIMITED)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Decide, and then ask."""
        with transaction.atomic():
            response: Any = super().dispatch(request, *args, **kwargs)
        if request.method != "POST" or response.status_code >= HTTPStatus.BAD_REQUEST:
            return response
        try:
            response.data = self.asked(self.request.user, response.data)
        except AppError as error:
            with transaction.atomic():  # an answer to an error undoes one: this, and no other
                refused = self.handle_exception(error)
            return self.finalize_response(self.request, refused)
        return response

    def asked(self, user: Any, decided: Any) -> Any:
        """Return the answer of whoever takes the money."""
        raise NotImplementedError


class Checkout(AtTheTill):
    """The way to the till."""

    def asked(self, user: Any, decided: Any) -> Any:
        """Have the page opened where it is paid."""
        chosen = selectors.checkout_of(user=user, checkout_id=UUID(decided["id"]))
        return CheckoutOutput(checkouts.open_page(user=user, checkout=chosen)).data

    @extend_schema(request=CheckoutInput, responses={201: CheckoutOutput}, parameters=[ONCE])
    def post(self, request: ApiRequest) -> Response:
        """Set out to buy a plan or a pack; open `url` in a browser to pay."""
        wanted = CheckoutInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        (item,) = wanted.validated_data.values()

        def choose() -> Answer:
            chosen = checkouts.choose(user=request.user, item=item)
            return Answer(status=201, body={"id": str(chosen.pk)})

        return respond_once(request, fingerprint=["checkout", item], effect=choose, headers={})


class Portal(AtTheTill):
    """Where cards, plans and receipts are looked after."""

    def asked(self, user: Any, decided: Any) -> Any:
        """Have the portal opened."""
        return {"url": checkouts.portal(user=user)}

    @extend_schema(request=None, responses=PortalOutput)
    def post(self, request: ApiRequest) -> Response:
        """Return the address of my customer portal; it works for a few minutes."""
        return Response()


class Standing(APIView):
    """My plan."""

    @extend_schema(responses=StandingOutput)
    def get(self, request: ApiRequest) -> Response:
        """Return the plan that I have now, and how it is paid for."""
        subscription = selectors.subscription_of(user=request.user)
        plan = selectors.plan_of(user=request.user)
        return Response(StandingOutput({"plan": plan.name, "subscription": subscription}).data)


class PaymentList(ListAPIView[Payment]):
    """What I paid."""

    serializer_class = PaymentOutput

    def get_queryset(self) -> QuerySet[Payment]:
        return selectors.payments_of(user=self.request.user)  # type: ignore[arg-type]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List my payments, newest first."""
        return super().get(request, *args, **kwargs)


def price_list() -> dict[str, Any]:
    """Return everything on sale, with the limits of plans as this server is set up."""
    plans = [
        {**_offer(plan), "recurring": plan.recurring, "limits": _limits(plan)}
        for plan in PLANS.values()
    ]
    return {"plans": plans, "packs": [_offer(pack) for pack in PACKS.values()], "rules": RULES}


def _offer(item: Plan | Pack) -> dict[str, Any]:
    return {
        "name": item.name,
        "title": item.title,
        "price_cents": item.price_cents,
        "currency": CURRENCY,
        "credit_amount": item.credit_amount,
    }


def _limits(plan: Plan) -> dict[str, Any]:
    """Return what a plan allows; where it says nothing, what the server is set to."""
    allowed = selectors.entitlements_with(plan=plan)
    return {
        "concurrent_jobs": allowed.concurrent_jobs,
        "clones": allowed.clones,
        "chat": allowed.chat_rate or settings.RATE_LIMITS["chat"],
        "video_qualities": allowed.video_qualities,
    }
