"""Everybody's numbers for staff's programs."""

from collections.abc import Mapping

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import ApiRequest
from accounts.permissions import IsAdmin
from generation.services import provider_calls
from visiona.lib.db.actor import Actor, act_as
from visiona.lib.errors import FieldError, InvalidInput
from visiona.stats import selectors
from visiona.stats.periods import asked_period
from visiona.stats.serializers import GROUPS, CostOutput, StatsOutput

USUAL_LIMIT, MOST_ROWS = 100, 1000
PERIOD = [
    OpenApiParameter("from", OpenApiTypes.STR, description="A day or a moment (UTC)."),
    OpenApiParameter("to", OpenApiTypes.STR, description="A day, itself included, or a moment."),
]
BY = OpenApiParameter("group_by", OpenApiTypes.STR, enum=GROUPS, required=True)
LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS})


class StatsDetail(APIView):
    """What everybody did."""

    permission_classes = (IsAuthenticated, IsAdmin)

    @extend_schema(responses=StatsOutput, parameters=PERIOD)
    def get(self, request: ApiRequest) -> Response:
        """Sum up a time, the last 30 days unless it is said; for staff."""
        period = asked_period(request.query_params)
        with act_as(Actor(role="staff", user_id=request.user.pk)):
            return Response(StatsOutput(selectors.stats_of(period=period)).data)


class CostList(APIView):
    """What providers cost."""

    permission_classes = (IsAuthenticated, IsAdmin)

    @extend_schema(responses=CostOutput(many=True), parameters=[BY, *PERIOD, LIMIT])
    def get(self, request: ApiRequest) -> Response:
        """Sum up the calls of a time: the dearest first, or the newest day; for staff."""
        query = request.query_params
        period, group_by, limit = asked_period(query), _group(query), _limit(query)
        with act_as(Actor(role="staff", user_id=request.user.pk)):
            costs = provider_calls.costs(period=period, group_by=group_by, limit=limit)
            return Response(CostOutput(costs, many=True).data)


def _group(query: Mapping[str, str]) -> str:
    group = query.get("group_by", "")
    if group in GROUPS:
        return group
    remedy = f"Choose one of: {', '.join(GROUPS)}."
    raise InvalidInput([FieldError("group_by", "invalid_choice", remedy)])


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "") or str(USUAL_LIMIT)
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_ROWS))
    if is_number and 1 <= int(text) <= MOST_ROWS:
        return int(text)
    remedy = f"Send a whole number from 1 to {MOST_ROWS}."
    raise InvalidInput([FieldError("limit", "invalid", remedy)])
