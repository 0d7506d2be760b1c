"""Give credits to a person by hand."""

from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import selectors as accounts_selectors
from credits import services
from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import AppError

MAX_AMOUNT = 1_000_000
MAX_REASON = 200
MAX_KEY = 200


class Command(BaseCommand):
    help = "Give credits to a person: grant ada@example.com 100 --reason 'Thank you'."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("amount", type=int, help="whole credits, 1 or more")
        parser.add_argument("--reason", required=True, help="shown on the person's statement")
        parser.add_argument("--key", default="", help="makes a repeated call harmless")

    def handle(self, *args: Any, **options: Any) -> None:
        amount, reason, key = options["amount"], options["reason"].strip(), options["key"]
        if not 1 <= amount <= MAX_AMOUNT:
            raise CommandError(f"amount: use a whole number from 1 to {MAX_AMOUNT}.")
        if not 1 <= len(reason) <= MAX_REASON:
            raise CommandError(f"--reason: use 1 to {MAX_REASON} characters.")
        if len(key) > MAX_KEY:
            raise CommandError(f"--key: use at most {MAX_KEY} characters.")
        try:
            with act_as_worker():
                user = accounts_selectors.user_by_email(email=options["email"])
                result = services.grant(
                    user_id=user.pk,
                    amount=amount,
                    key=f"hand:{key or uuid4()}",
                    reason=reason,
                )
        except AppError as error:
            raise CommandError(error.detail) from error
        done = "Had been granted before." if result.is_replay else f"Granted {amount} credits."
        self.stdout.write(f"{done} Available now: {result.balance - result.held}.")
