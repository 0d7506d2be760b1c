"""Make Stripe sell what the catalogue offers."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from visiona.lib.errors import AppError


class Command(BaseCommand):
    help = "Make the products and prices of the catalogue at Stripe; what is there stays."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.STRIPE_SECRET_KEY:
            raise CommandError("STRIPE_SECRET_KEY is not set: there is nothing to make them by.")
        # Stripe's SDK takes half a second to be read; no other command waits for it.
        connect = import_string("billing.gateways.stripe_gateway.StripeGateway")
        sync = import_string("billing.gateways.stripe_catalog.sync")
        gateway = connect(settings.STRIPE_SECRET_KEY, base=settings.STRIPE_API_BASE)
        try:
            done = sync(gateway=gateway)
        except AppError as error:
            raise CommandError(error.detail) from error
        self.stdout.write("\n".join(done or ["Everything was there."]))
