"""The root of every URL."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from generation.streams import answers, news
from visiona import files, handlers, health, metrics
from visiona.stats import urls as stats


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
    path("", include(stats.programs)),
]

urlpatterns = [
    path("", include("visiona.pages")),
    path("", include("visiona.styleguide")),
    path("", include("visiona.mail_previews")),
    path("", include("visiona.staff")),
    path("", include(stats.pages)),
    path("admin/", include("visiona.admin")),
    path("", include("generation.urls")),
    path("", include("gallery.urls")),
    path("", include("credits.urls")),
    path("", include("billing.urls")),
    path("", include("visiona.pricing")),
    path("", include("accounts.urls")),
    path("api/v1/", include(api)),
    path("api/", include("visiona.legacy")),
    path("", include("visiona.webhooks.urls")),
    path("stream/events", news.events, name="stream"),
    path("stream/jobs/<uuid:job_id>", news.job_events, name="job_stream"),
    path("stream/chat/<uuid:message_id>", answers.answer_events, name="answer_stream"),
    path("v1/", include("generation.streams.gateway.urls")),
    path("files/", files.receive, name="receive_file"),
    path("files/<path:name>", files.serve, name="file"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.show),
]


handler400 = handlers.bad_request
handler403 = handlers.permission_denied
handler404 = handlers.not_found
handler429 = handlers.too_many_requests  # django-allauth's
handler500 = handlers.server_error
