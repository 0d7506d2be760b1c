"""My wallet and its statement."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import ApiRequest
from credits import selectors
from credits.api.serializers import EntryOutput, WalletOutput
from credits.models import Entry


class WalletDetail(APIView):
    """What I have."""

    @extend_schema(responses=WalletOutput)
    def get(self, request: ApiRequest) -> Response:
        """Return my wallet, in credits."""
        wallet = selectors.wallet_of(user=request.user)
        totals = selectors.totals_of(user=request.user)
        body: dict[str, object] = {
            "available": wallet.available,
            "held": wallet.held,
            "granted_total": totals.granted,
            "spent_total": totals.spent,
            "next_refill_at": None,
            "expiring": [],
        }
        return Response(WalletOutput(body).data)


class EntryList(ListAPIView[Entry]):
    """What changed my balance, newest first."""

    serializer_class = EntryOutput

    def get_queryset(self) -> QuerySet[Entry]:
        return selectors.statement_of(user=self.request.user)  # type: ignore[arg-type]
