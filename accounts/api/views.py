"""The end of a program's session."""

from allauth.account.adapter import get_adapter
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import services
from accounts.clerk import sessions
from accounts.http import ApiRequest
from accounts.models import ApiToken


class LogOut(APIView):
    """End the session that this request came with."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: ApiRequest) -> Response:
        """Kill the token, or the browser's session."""
        token = request.auth
        if not isinstance(token, ApiToken):
            get_adapter().logout(request._request)  # noqa: SLF001 (a session is of Django's request)
        elif token.clerk_session_id:
            sessions.sign_out(user=request.user, session_id=token.clerk_session_id)
        else:
            services.revoke_token(token=token)
        return Response(status=204)
