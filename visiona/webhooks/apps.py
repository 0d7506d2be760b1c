"""App config of the webhook inbox."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "visiona.webhooks"
    default_auto_field = "django.db.models.BigAutoField"
