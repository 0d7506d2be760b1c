"""Compare our people with Clerk's and repair what differs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.clerk import backend
from billing.services import clerk_drift
from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import AppError


class Command(BaseCommand):
    help = "Compare our people with Clerk's, both ways, and repair what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say what differs")

    def handle(self, *args: Any, **options: Any) -> None:
        if not backend.is_on():
            raise CommandError("Set CLERK_SECRET_KEY: without it Clerk cannot be asked.")
        try:
            with act_as_worker():
                found = clerk_drift.find(repairs=not options["check"])
        except AppError as error:
            raise CommandError(error.detail) from error
        counted = ", ".join(f"{count} {what}" for what, count in sorted(found.items()))
        self.stdout.write(counted or "Clerk knows nobody yet.")
