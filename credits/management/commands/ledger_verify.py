"""Prove the books: wallets, entries, reservations and the hash chain agree."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credits import selectors
from visiona.lib.db.actor import act_as_worker


class Command(BaseCommand):
    help = "Audit every wallet; exit 1 and list what is wrong if a promise is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        with act_as_worker():
            problems = selectors.broken_promises()
        for user_id, problem in problems:
            self.stdout.write(f"{user_id}  {problem}")
        if problems:
            raise CommandError(f"The ledger is broken in {len(problems)} places.")
        self.stdout.write(self.style.SUCCESS("The ledger is clean."))
