"""App config of the project package: registers the checks, starts Sentry."""

from django.apps import AppConfig
from django.core import checks


class VisionaConfig(AppConfig):
    name = "visiona"

    def ready(self) -> None:
        from django.conf import settings

        from visiona.checks import check_production
        from visiona.lib.db.checks import check_row_security

        checks.register(check_row_security, checks.Tags.database)
        checks.register(check_production)
        if settings.SENTRY_DSN:
            from visiona import observability

            observability.start()
