"""What can go wrong with money and plans."""

from visiona.lib.errors import Conflict, NotAllowed, NotFound


class PlanRequired(NotAllowed):
    """A bigger plan does this; fact: plan, the name of the smallest one that does."""

    code = "plan_required"
    title = "Your plan does not include this"


class AlreadySubscribed(Conflict):
    """A plan goes on that would be paid for twice; fact: portal, where it is changed."""

    code = "already_subscribed"
    title = "You have a plan"


class PaymentOnItsWay(AlreadySubscribed):
    """A plan was paid for, and will be there when that is confirmed; fact: portal."""

    title = "Your payment is on its way"


class UnknownCustomer(NotFound):
    """Whoever takes the money does not know this customer: one of the till, or of another key."""


class Later(Exception):
    """What this is about has not been told yet; the inbox brings it again."""
