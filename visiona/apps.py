"""App configs of the project package: the checks, Sentry, the admin, which files are served."""

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.core import checks


class VisionaConfig(AppConfig):
    name = "visiona"
    default = True

    def ready(self) -> None:
        from django.conf import settings

        from visiona.checks import EVERY_CHECK
        from visiona.lib.db.checks import check_row_security

        checks.register(check_row_security, checks.Tags.database)
        for check in EVERY_CHECK:
            checks.register(check)
        if settings.SENTRY_DSN:
            from visiona import observability

            observability.start()


class ServedFilesConfig(StaticFilesConfig):
    """Static files without their sources, and without the scripts of forms of Django's admin."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "src", "*.md", "admin"]  # noqa: RUF012 (as Django has it)


class ReadOnlyAdminConfig(SimpleAdminConfig):
    """Django's admin without the log of changes: nobody changes anything there."""

    def import_models(self) -> None:
        self.models = {}
