"""API keys with what they spend: needs keys and the ledger, so it is the lowest place for it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.http import ApiRequest
from credits import selectors
from credits.api.serializers import ApiKeyChange, ApiKeyInput, ApiKeyOutput, NewApiKeyOutput
from visiona.lib import spender
from visiona.lib.errors import NotAllowed

LIMITED = "A key with a monthly limit cannot make or change keys. Sign in to do that."


def represent(keys: list[Any]) -> Any:
    """Return keys as the API shows them."""
    spent = selectors.spent_this_month(spenders=[key.pk for key in keys])
    return ApiKeyOutput(keys, many=True, context={"spent": spent}).data


class ApiKeyList(ListAPIView[Any]):
    """My API keys."""

    serializer_class = ApiKeyOutput

    def get_queryset(self) -> QuerySet[Any]:
        return accounts_selectors.api_keys_of(user=self.request.user)  # type: ignore[arg-type]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List my API keys with what each has spent since the month began, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(represent(list(page or [])))

    @extend_schema(request=ApiKeyInput, responses={201: NewApiKeyOutput})
    def post(self, request: ApiRequest) -> Response:
        """Make a key. Its secret is in this answer and never again."""
        _refuse_limited_key()
        wanted = ApiKeyInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        key, secret = accounts_services.create_api_key(user=request.user, **wanted.validated_data)
        return Response({**represent([key])[0], "secret": secret}, 201)


class ApiKeyDetail(APIView):
    """One of my API keys."""

    @extend_schema(request=ApiKeyChange, responses=ApiKeyOutput)
    def patch(self, request: ApiRequest, key_id: UUID) -> Response:
        """Change the key's name, or what it may spend in a month; null is without a limit."""
        _refuse_limited_key()
        change = ApiKeyChange(data=request.data)
        change.is_valid(raise_exception=True)
        key = accounts_services.change_api_key(
            user=request.user, key_id=key_id, **change.validated_data
        )
        return Response(represent([key])[0])

    @extend_schema(responses={204: None})
    def delete(self, request: ApiRequest, key_id: UUID) -> Response:
        """Revoke the key at once; one with a limit can end no other."""
        by = spender.current()
        if by is None or by.key_id != key_id:
            _refuse_limited_key()
        accounts_services.revoke_api_key(user=request.user, key_id=key_id)
        return Response(status=204)


def _refuse_limited_key() -> None:
    """Let no key lift its own limit, nor make a key that has none."""
    by = spender.current()
    if by is not None and by.monthly_limit is not None:
        raise NotAllowed(LIMITED)
