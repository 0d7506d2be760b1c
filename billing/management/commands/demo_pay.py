"""Buy something at the till, which takes no money."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import selectors as accounts_selectors
from billing import plans
from billing.gateways import registry, till
from billing.services import checkouts, stripe_state
from credits import selectors as credits_selectors
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.errors import AppError, NotFound


class Command(BaseCommand):
    help = "Buy a plan or a pack at the test till: demo_pay pro --email ada@example.com."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("item", choices=sorted(plans.ITEMS))
        parser.add_argument("--email", default="", help="who buys; else who signed up last")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION or not registry.is_till():
            raise CommandError(
                "There is no test till where Stripe's key is set, nor in production."
            )
        try:
            balance = _buy(options["email"], options["item"])
        except AppError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"Bought {options['item']}. Balance now: {balance}.")


def _buy(email: str, item: str) -> int:
    with act_as_worker():
        user = accounts_selectors.user_by_email(email=email) if email else _newest()
    with act_as_user(user.pk):
        checkout = checkouts.begin(user=user, item=item)
        till.pay(checkout_id=checkout.pk)
    # A worker would be told within seconds, where one runs; nothing is done twice.
    with act_as_worker():
        stripe_state.note_session(session_id=str(checkout.session_id))
        return credits_selectors.wallet_of(user=user).balance


def _newest() -> Any:
    newest = get_user_model().objects.filter(is_active=True).order_by("-pk").first()
    if newest is None:
        raise NotFound("Nobody has signed up yet.")
    return newest
