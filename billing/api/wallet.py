"""My wallet: needs the ledger and the plan that refills it, so this is the lowest place for it."""

from datetime import datetime
from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import ApiRequest
from billing import selectors
from billing.api.serializers import WalletOutput
from credits import selectors as credits_selectors

if TYPE_CHECKING:
    from accounts.models import User


class WalletDetail(APIView):
    """What I have."""

    @extend_schema(responses=WalletOutput)
    def get(self, request: ApiRequest) -> Response:
        """Return my wallet, in credits."""
        wallet = credits_selectors.wallet_of(user=request.user)
        totals = credits_selectors.totals_of(user=request.user)
        expiring = credits_selectors.expiring_of(user=request.user)
        body: dict[str, object] = {
            "available": wallet.available,
            "held": wallet.held,
            "granted_total": totals.granted,
            "spent_total": totals.spent,
            "next_refill_at": _next_refill_at(request.user),
            "expiring": [{"amount": amount, "at": at} for amount, at in expiring],
        }
        return Response(WalletOutput(body).data)


def _next_refill_at(user: "User") -> datetime | None:
    """Return when the plan is paid for again, and brings its credits."""
    subscription = selectors.subscription_of(user=user)
    renews = subscription is not None and not subscription.cancel_at_period_end
    return subscription.period_end if subscription and renews else None
