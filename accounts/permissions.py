"""What a role may do, for API views."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import Role


class IsSubscriber(BasePermission):
    """People with a plan, and staff."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return getattr(request.user, "role", None) in {Role.SUBSCRIBER, Role.ADMIN}


class IsAdmin(BasePermission):
    """Staff only."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return getattr(request.user, "role", None) == Role.ADMIN
