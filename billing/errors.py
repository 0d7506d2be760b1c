"""What can go wrong with money and plans."""

from visiona.lib.errors import Conflict, NotAllowed


class PlanRequired(NotAllowed):
    """A bigger plan does this; fact: plan, the name of the smallest one that does."""

    code = "plan_required"
    title = "Your plan does not include this"


class AlreadySubscribed(Conflict):
    """A plan goes on that would be paid for twice; fact: portal, where it is changed."""

    code = "already_subscribed"
    title = "You have a plan"


class Later(Exception):
    """What this is about has not been told yet; the inbox brings it again."""
