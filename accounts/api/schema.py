"""How the OpenAPI document names the ways to say who is asking."""

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from accounts.authentication import BearerAuthentication, CookieAuthentication


class BearerDescription(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # untyped
    """How the OpenAPI document names the bearer."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "vis_…",
            "description": (
                "A key or a sign-in of ours (`vis_…`), or where people come in by Clerk, a session "
                "token of Clerk's (a JWT)."
            ),
        }


class CookieDescription(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # untyped
    """How the OpenAPI document names the browser's session."""

    target_class = CookieAuthentication
    name = "cookie"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
