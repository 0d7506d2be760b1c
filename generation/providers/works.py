"""Works at providers that have no list of them, or one that is not worth its page."""

from collections.abc import Callable, Collection

from generation.errors import ProviderGone, ProviderInvalid
from generation.providers.ports import Running, Work


def one_by_one(poll: Callable[[str], Work], ids: Collection[str]) -> dict[str, Work]:
    """Ask about each of these works; leave out what is gone.

    One whose answer cannot be read counts as going on, and keeps nobody else from being asked
    about. Raises ProviderError where the provider does not answer.
    """
    found: dict[str, Work] = {}
    for one in ids:
        try:
            found[one] = poll(one)
        except ProviderGone:
            continue
        except ProviderInvalid:
            found[one] = Running(id=one)
    return found
