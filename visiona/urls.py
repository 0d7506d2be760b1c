"""The root of every URL."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from generation import streams
from visiona import files, handlers, health


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
    path("", include("visiona.styleguide")),
    path("", include("visiona.mail_previews")),
    path("", include("visiona.staff")),
    path("", include("generation.urls")),
    path("", include("gallery.urls")),
    path("", include("credits.urls")),
    path("", include("accounts.urls")),
    path("api/v1/", include(api)),
    path("api/", include("visiona.legacy")),
    path("", include("visiona.webhooks.urls")),
    path("stream/events", streams.events, name="stream"),
    path("stream/jobs/<uuid:job_id>", streams.job_events, name="job_stream"),
    path("files/", files.receive, name="receive_file"),
    path("files/<path:name>", files.serve, name="file"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]


handler400 = handlers.bad_request
handler403 = handlers.permission_denied
handler404 = handlers.not_found
handler429 = handlers.too_many_requests  # django-allauth's
handler500 = handlers.server_error
