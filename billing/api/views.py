"""Who I am with what I have: needs people, plans and wallets, so it is the lowest place for it."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import doors
from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.http import ApiRequest
from billing.api.serializers import LogInInput, MeChange, MeOutput, SessionOutput, SignUpInput
from visiona.lib.db.actor import act_as_user


class SignUp(APIView):
    """The door for new people."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_rule = "sign_up"

    @extend_schema(request=SignUpInput, responses={201: SessionOutput}, auth=[])
    def post(self, request: Request) -> Response:
        """Make an account with 20 credits, and open a session."""
        form = SignUpInput(data=request.data)
        form.is_valid(raise_exception=True)
        user = doors.sign_up(request=request, **form.validated_data)
        return Response(_session(request, user.pk), 201)


class LogIn(APIView):
    """The door for people who have been here."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_rule = "sign_in"

    @extend_schema(request=LogInInput, responses=SessionOutput, auth=[])
    def post(self, request: Request) -> Response:
        """Open a session; send its token as a bearer."""
        form = LogInInput(data=request.data)
        form.is_valid(raise_exception=True)
        user = doors.log_in(request=request, **form.validated_data)
        return Response(_session(request, user.pk))


class Me(APIView):
    """Myself."""

    @extend_schema(responses=MeOutput)
    def get(self, request: ApiRequest) -> Response:
        """Return who I am, my plan and my wallet."""
        return Response(MeOutput(request.user).data)

    @extend_schema(request=MeChange, responses=MeOutput)
    def patch(self, request: ApiRequest) -> Response:
        """Change my name."""
        change = MeChange(data=request.data)
        change.is_valid(raise_exception=True)
        user = accounts_services.describe(user=request.user, **change.validated_data)
        return Response(MeOutput(user).data)


def _session(request: Request, user_id: UUID) -> dict[str, object]:
    with act_as_user(user_id):
        user = accounts_selectors.user_by_id(user_id=user_id)
        client = request.headers.get("User-Agent", "")
        token = accounts_services.issue_sign_in(user=user, client=client)
        return {"user": MeOutput(user).data, "token": token}
