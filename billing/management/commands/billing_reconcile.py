"""Compare what Stripe was paid with what we know of, both ways."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date

from billing.services import reconciling
from visiona.lib import clock
from visiona.lib.errors import AppError


class Command(BaseCommand):
    help = "Post the payments that Stripe knows and we do not, once; name those that only we know."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", default="", help="a day such as 2026-11-01; else three days")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            findings = reconciling.reconcile(since=_moment(options["since"]))
        except AppError as error:
            raise CommandError(error.detail) from error
        for label, names in (
            ("Posted now", findings.posted),
            ("Could not be posted", findings.failed),
            ("Not ours", findings.foreign),
            ("Known to us and not to Stripe", findings.unknown),
        ):
            self.stdout.write(f"{label}: {', '.join(names) or 'none'}")
        if findings.failed or findings.unknown:
            raise CommandError("The books differ. Look at what is named above.")


def _moment(since: str) -> datetime:
    if not since:
        return clock.now() - reconciling.LOOK_BACK
    try:
        day = parse_date(since)
    except ValueError:
        day = None
    if day is None:
        raise CommandError("--since: write a day such as 2026-11-01.")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
