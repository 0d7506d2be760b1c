"""What has to be agreed to before a clone is made, and the record of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from generation.models import Consent
from generation.services import texts
from visiona.lib import clock
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

VERSION = "2026-11"
RETENTION_DAYS = 30
PURPOSE = "The photos are used to make this clone and its pictures, and for nothing else."
WITHDRAWAL = (
    f"The photos are deleted {RETENTION_DAYS} days after the training. I can withdraw this at any "
    "time: nothing more is made then, and the clone and its photos are deleted at once."
)
STATEMENTS = {
    Consent.Pictured.ME: "I am the person in these photos, and I am at least 18 years old.",
    Consent.Pictured.OTHER: (
        "The person in these photos is at least 18 years old and has agreed to this in writing."
    ),
    Consent.Pictured.NOBODY: (
        "These pictures are mine to use, and whoever can be recognized in them is at least 18 "
        "years old and has agreed to this."
    ),
}
AGREE = "Read this and agree to it first: without it nothing may be made."
SAY_WHO = "Say who is in the photos."


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The words of a consent, as they are shown and kept."""

    pictured: str
    statement: str
    purpose: str
    retention: str

    @property
    def text(self) -> str:
        """All of it, as one text."""
        return f"{self.statement} {self.purpose} {self.retention}"


def agreement(*, pictured: str) -> Agreement:
    """Return what has to be agreed to. Raises InvalidInput for nobody that we know of."""
    if pictured not in STATEMENTS:
        raise texts.refused(field="pictured", code="invalid_choice", detail=SAY_WHO)
    return Agreement(
        pictured=pictured,
        statement=STATEMENTS[Consent.Pictured(pictured)],
        purpose=PURPOSE,
        retention=WITHDRAWAL,
    )


def record(
    *, user: "User", clone_id: UUID, pictured: str, is_given: bool, request_id: str
) -> Consent:
    """Return the consent to a clone, not saved yet. Raises InvalidInput where it is not given."""
    agreed = agreement(pictured=pictured)
    if not is_given:
        raise texts.refused(field="consent", code="required", detail=AGREE)
    return Consent(
        id=uuid7(),
        user_id=user.pk,
        clone_id=clone_id,
        pictured=pictured,
        is_adult=True,
        purpose=agreed.purpose,
        retention_days=RETENTION_DAYS,
        version=VERSION,
        text=agreed.text,
        request_id=request_id,
        given_at=clock.now(),
    )


def withdraw(*, user_id: UUID, clone_id: UUID) -> None:
    """Note that nothing more may be made with a person's clone, once."""
    given = Consent.objects.filter(user_id=user_id, clone_id=clone_id, withdrawn_at=None)
    given.update(withdrawn_at=clock.now())
