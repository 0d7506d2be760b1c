"""What can go wrong with credits."""

from visiona.lib.errors import Conflict, PaymentRequired


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


class ReservationClosed(Conflict):
    """The hold has ended before, in another way; fact: state."""

    def __init__(self, state: str) -> None:
        super().__init__(f"These credits are {state} already.", state=state)


class KeyConflict(Conflict):
    default_detail = "This key was used before for another change of the wallet."


class TooMuch(Conflict):
    default_detail = "This is more than there is."
