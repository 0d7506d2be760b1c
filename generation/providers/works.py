"""Works at providers that have no list of them, or one that is not worth its page."""

from collections.abc import Callable, Collection

from generation.errors import ProviderGone
from generation.providers.ports import Work


def one_by_one(poll: Callable[[str], Work], ids: Collection[str]) -> dict[str, Work]:
    """Ask about each of these works; leave out what is gone. Raises ProviderError."""
    found = {}
    for one in ids:
        try:
            found[one] = poll(one)
        except ProviderGone:
            continue
    return found
