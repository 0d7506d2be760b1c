"""People and their keys, as staff see them: no name, no password, no secret."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import ApiToken, User
from visiona.lib.admin import ReadOnlyAdmin, site


@admin.register(User, site=site)
class UserAdmin(ReadOnlyAdmin):
    """People; an address is shown because people who ask for help give it."""

    columns = ("id", "email", "role", "is_active", "created_at", "last_login")
    list_display = columns
    list_filter = ("role", "is_active", "created_at")
    search_fields = ("id", "email")
    search_help_text = "Id or e-mail address"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search as addresses are kept: in lower case."""
        return super().get_search_results(request, queryset, search_term.lower())


@admin.register(ApiToken, site=site)
class ApiTokenAdmin(ReadOnlyAdmin):
    """API keys and sign-ins of programs, by their first letters."""

    columns = (
        "id",
        "user_id",
        "purpose",
        "prefix",
        "monthly_limit",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    )
    list_display = ("id", "user_id", "purpose", "prefix", "created_at", "last_used_at")
    list_filter = ("purpose", "created_at")
    search_fields = ("id", "user_id", "prefix")
    search_help_text = "Id, person's id or first letters"
