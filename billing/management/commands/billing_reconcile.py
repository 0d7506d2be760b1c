"""Compare Stripe's books with ours, both ways."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date

from billing.services import reconciling, subscriptions
from visiona.lib import clock
from visiona.lib.errors import AppError


class Command(BaseCommand):
    help = "Note what Stripe knows and we do not, once: payments, refunds, plans; name the rest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", default="", help="a day such as 2026-11-01; else three days")
        parser.add_argument(
            "--end-unknown-plans",
            action="store_true",
            help="end the plans that Stripe does not know, after a change of keys",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            findings = reconciling.reconcile(since=_moment(options["since"]))
        except AppError as error:
            raise CommandError(error.detail) from error
        ended = _end(findings) if options["end_unknown_plans"] else []
        for label, names in (
            ("Posted now", findings.posted),
            ("Corrected now", findings.corrected),
            ("Could not be noted", findings.failed),
            ("Not ours", findings.foreign),
            ("Known to us and not to Stripe", findings.unknown),
            ("Plans ended", ended),
            ("People with two plans", findings.doubled),
        ):
            self.stdout.write(f"{label}: {', '.join(names) or 'none'}")
        if findings.failed or findings.unknown or findings.doubled:
            raise CommandError("The books differ. Look at what is named above.")


def _end(findings: reconciling.Findings) -> list[str]:
    ended = subscriptions.end_unknown(external_ids=findings.unknown)
    findings.unknown = [name for name in findings.unknown if name not in ended]
    return ended


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
