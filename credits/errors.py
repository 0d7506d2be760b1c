"""What can go wrong with credits."""

from datetime import datetime

from visiona.lib.errors import Conflict, FieldError, InvalidInput, NotAllowed, PaymentRequired


class InsufficientCredits(PaymentRequired):
    """There is less available than the price; facts: required, available."""

    code = "insufficient_credits"
    title = "Not enough credits"

    def __init__(self, *, required: int, available: int) -> None:
        super().__init__(
            f"You need {required} credits and have {available}.",
            required=required,
            available=available,
        )


class KeyLimitReached(PaymentRequired):
    """An API key may not spend so much more; facts: required, available, limit, resets_at."""

    code = InsufficientCredits.code
    title = "The monthly limit of this key is reached"

    def __init__(self, *, required: int, spent: int, limit: int, resets_at: datetime) -> None:
        left = max(limit - spent, 0)
        super().__init__(
            f"This key may spend {limit} credits a month, and {left} of them are left; you need "
            f"{required}. It starts anew on {resets_at:%-d %B}, and its owner can raise it.",
            required=required,
            available=left,
            limit=limit,
            resets_at=resets_at.isoformat(),
        )


class ReservationClosed(Conflict):
    """The hold has ended before, in another way; fact: state."""

    def __init__(self, state: str) -> None:
        super().__init__(f"These credits are {state} already.", state=state)


class KeyConflict(Conflict):
    default_detail = "This key was used before for another change of the wallet."


class TooMuch(Conflict):
    default_detail = "This is more than there is."


class LessAvailable(InvalidInput):
    """An adjustment would take more than can be spent."""

    def __init__(self, *, available: int) -> None:
        detail = f"Only {available} credits are available in this wallet. Take at most so many."
        super().__init__([FieldError("amount", "insufficient_credits", detail)])


class OwnWallet(NotAllowed):
    default_detail = "This is your own wallet. Ask somebody else of staff to adjust it."


class SecondPersonNeeded(NotAllowed):
    default_detail = (
        "You proposed this. Somebody else of staff has to approve it; you can refuse it."
    )


class AdjustmentDecided(Conflict):
    """Somebody has decided before, in another way; fact: state."""

    def __init__(self, state: str) -> None:
        super().__init__(f"This adjustment was {state} already. Load the page again.", state=state)
