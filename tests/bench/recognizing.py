"""A session token of Clerk's, checked, against a key of ours, looked up."""

from django.test.utils import override_settings

from accounts import selectors, services
from accounts.clerk import tokens
from tests.bench.figures import Figure, Promise, interleaved, timed
from tests.bench.people import make_person
from tests.standins import clerk as clerks
from visiona.lib.db.actor import NOBODY, act_as, act_as_user

ROUNDS, QUICK_ROUNDS = 2000, 400
WARM_UP = 20


def measure(*, quick: bool) -> list[Figure]:
    """Check a token by a public key that is at hand; each check is whole, nothing is remembered."""
    user = make_person().user
    with act_as_user(user.pk):
        _, key = services.create_api_key(user=user, name="bench")
    with _by_clerk(), act_as(NOBODY):
        token = clerks.token()
        checked, looked_up = interleaved(
            timed(lambda: tokens.verify(token=token)),
            timed(lambda: selectors.live_token(secret=key)),
            rounds=QUICK_ROUNDS if quick else ROUNDS,
            warm_up=WARM_UP,
        )
    figure = Figure(
        name="session token checked",
        ours=checked,
        baseline=looked_up,
        unit="ms",
        promise=Promise.OURS_AT_MOST,
        limit=0.5,
        note="a JWT of Clerk's: RS256, issuer, party and times; beside looking up an API key",
    )
    return [figure]


def _by_clerk() -> override_settings:
    """Return a block in which Clerk signs who comes in."""
    return override_settings(
        PUBLIC_URL=clerks.PARTY, CLERK_ISSUER=clerks.ISSUER, CLERK_JWT_KEY=clerks.pem()
    )
