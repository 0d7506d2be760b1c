"""What a person's plan allows, and whether we let ourselves be charged."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from billing.models import Choice, SpendingDecision
from billing.plans import FREE
from visiona.lib import clock

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlements:
    """What a person may do beside paying for it."""

    chat_per_day: int | None
    concurrent_jobs: int

    @property
    def chat_rate(self) -> str | None:
        """The limit on chat as `ratelimit.admit` takes it; none is the server's own."""
        return f"{self.chat_per_day}/day" if self.chat_per_day else None


def entitlements_of(*, user: "User") -> Entitlements:
    """Return what the person's plan allows; there is only the free one."""
    del user
    return Entitlements(
        chat_per_day=FREE.chat_per_day,
        concurrent_jobs=FREE.concurrent_jobs or settings.CONCURRENT_JOBS,
    )


def spending_choice() -> Choice:
    """Return what staff decided last about paid calls; going over the budget ends with its day."""
    last = SpendingDecision.objects.only("choice", "created_at").order_by("-created_at").first()
    if last is None:
        return Choice.ON
    has_passed = last.created_at.date() < clock.now().date()
    return Choice.ON if last.choice == Choice.OVER and has_passed else Choice(last.choice)


def spending_choices() -> list[tuple[str, str]]:
    """Return what staff may decide about paid calls, each with its words."""
    return list(Choice.choices)
