"""Have events handled again."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import Conflict
from visiona.webhooks import services
from visiona.webhooks.models import WebhookEvent


class Command(BaseCommand):
    help = "Have events handled again that are dead or were ignored; what they did stays done once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="*", type=UUID, help="ids of events, as the admin shows")
        parser.add_argument("--dead", action="store_true", help="all that are dead")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["ids"]) == options["dead"]:
            raise CommandError("Name the ids of events, or say --dead.")
        with act_as_worker():
            wanted = options["ids"] or _dead()
            refused = [str(event_id) for event_id in wanted if not _replay(event_id)]
        self.stdout.write(f"Handled again: {len(wanted) - len(refused)}.")
        if refused:
            raise CommandError(f"{services.NOT_AGAIN} Not these: {', '.join(refused)}")


def _dead() -> list[UUID]:
    dead = services.replayable().filter(state=WebhookEvent.State.DEAD)
    return list(dead.order_by("id").values_list("pk", flat=True))


def _replay(event_id: UUID) -> bool:
    try:
        services.replay(event_id=event_id)
    except Conflict:
        return False
    return True
