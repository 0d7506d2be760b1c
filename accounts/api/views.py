"""API keys, and the end of a program's session."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors, services
from accounts.api.serializers import ApiKeyInput, ApiKeyOutput, NewApiKeyOutput
from accounts.http import ApiRequest
from accounts.models import ApiToken


class ApiKeyList(ListAPIView[ApiToken]):
    """My API keys."""

    serializer_class = ApiKeyOutput

    def get_queryset(self) -> QuerySet[ApiToken]:
        return selectors.api_keys_of(user=self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=ApiKeyInput, responses={201: NewApiKeyOutput})
    def post(self, request: ApiRequest) -> Response:
        """Make a key. Its secret is in this answer and never again."""
        wanted = ApiKeyInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        key, secret = services.create_api_key(user=request.user, **wanted.validated_data)
        body: dict[str, Any] = {**ApiKeyOutput(key).data, "secret": secret}
        return Response(body, 201)


class ApiKeyDetail(APIView):
    """One of my API keys."""

    @extend_schema(responses={204: None})
    def delete(self, request: ApiRequest, key_id: UUID) -> Response:
        """Revoke the key at once."""
        services.revoke_api_key(user=request.user, key_id=key_id)
        return Response(status=204)


class LogOut(APIView):
    """End the session that this request came with."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: ApiRequest) -> Response:
        """Kill the token, or the browser's session."""
        if isinstance(request.auth, ApiToken):
            services.revoke_token(token=request.auth)
        else:
            get_adapter().logout(request._request)  # noqa: SLF001 (a session is of Django's request)
        return Response(status=204)
