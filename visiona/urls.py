"""The root of every URL."""

from django.urls import URLPattern, URLResolver, include, path
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.csp import csp_override
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from generation import streams
from visiona import files, handlers, health

# The reader draws itself with inline styles; nothing of ours is on its page.
READER_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "frame-ancestors": [CSP.NONE],
}


@method_decorator(csp_override(READER_CSP), name="dispatch")
class ApiReader(SpectacularSwaggerSplitView):
    """The OpenAPI document, readable."""

    authentication_classes = ()
    permission_classes = ()
    url_name = "schema"


class ApiSchema(SpectacularAPIView):
    """The OpenAPI document."""

    authentication_classes = ()
    permission_classes = ()


api: list[URLPattern | URLResolver] = [
    path("schema", ApiSchema.as_view(), name="schema"),
    path("", include("accounts.api.urls")),
    path("", include("billing.api.urls")),
    path("", include("credits.api.urls")),
    path("", include("generation.api.urls")),
]

urlpatterns = [
    path("", include("visiona.pages")),
    path("", include("generation.urls")),
    path("", include("gallery.urls")),
    path("", include("credits.urls")),
    path("accounts/", include("accounts.urls")),
    path("api/v1/", include(api)),
    path("api/docs", ApiReader.as_view(), name="api_reader"),
    path("stream/events", streams.events, name="stream"),
    path("stream/jobs/<uuid:job_id>", streams.job_events, name="job_stream"),
    path("files/<path:name>", files.serve, name="file"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]


handler400 = handlers.bad_request
handler403 = handlers.permission_denied
handler404 = handlers.not_found
handler500 = handlers.server_error
