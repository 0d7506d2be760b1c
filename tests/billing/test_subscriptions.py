"""Who has which plan, and until when: told in any order, failing, ending, coming back."""

from collections import Counter
from datetime import timedelta
from itertools import permutations

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from accounts.models import Role, User
from billing import selectors, tasks
from billing.models import Subscription
from billing.plans import FREE, PREMIUM, PRO
from billing.services import notices, subscriptions
from credits import selectors as credits_selectors
from tests import databases, factories
from tests.factories import pay, subscribe
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=30)
DAY = timedelta(days=1)


def role_of(user: User) -> str:
    return User.objects.get(pk=user.pk).role


def age(**by: timedelta) -> None:
    """Let moments of every subscription lie further back."""
    for one in Subscription.objects.all():
        for name, gap in by.items():
            setattr(one, name, getattr(one, name) - gap)
        one.save()


def test_a_plan_and_the_role_come_with_the_subscription(alice: User) -> None:
    subscribe(alice, "pro")

    assert selectors.plan_of(user=alice) is PRO
    assert role_of(alice) == Role.SUBSCRIBER


def test_an_upgrade_and_a_downgrade_hold_from_when_they_are_told(alice: User) -> None:
    subscribe(alice, "pro")
    subscribe(alice, "premium")
    assert selectors.plan_of(user=alice) is PREMIUM

    subscribe(alice, "pro")

    assert selectors.plan_of(user=alice) is PRO
    assert Subscription.objects.count() == 1


def test_what_was_read_earlier_changes_nothing(alice: User) -> None:
    now = clock.now()
    readings = [("pro", "active", 3), ("premium", "active", 2), ("premium", "canceled", 1)]

    for order in permutations(readings):
        Subscription.objects.all().delete()
        for plan, status, seconds_ago in order:
            subscribe(alice, plan, status=status, seen_at=now - timedelta(seconds=seconds_ago))

        assert Subscription.objects.get().status == "canceled"
        assert selectors.plan_of(user=alice) is FREE
        assert role_of(alice) == Role.USER


def test_a_plan_that_was_canceled_goes_on_until_its_period_ends(alice: User) -> None:
    subscribe(alice, "pro", cancel_at_period_end=True)
    assert selectors.plan_of(user=alice) is PRO
    assert subscriptions.end_grace() == 0

    age(period_end=MONTH)

    assert selectors.plan_of(user=alice) is FREE
    assert role_of(alice) == Role.SUBSCRIBER
    assert subscriptions.end_grace() == 1
    assert role_of(alice) == Role.USER
    assert subscriptions.end_grace() == 0


def test_a_payment_that_fails_is_borne_for_seven_days(alice: User) -> None:
    subscribe(alice, "pro", status="past_due")
    assert (selectors.plan_of(user=alice), role_of(alice)) == (PRO, Role.SUBSCRIBER)

    age(past_due_since=7 * DAY - timedelta(minutes=1))
    tasks.end_grace()
    assert (selectors.plan_of(user=alice), role_of(alice)) == (PRO, Role.SUBSCRIBER)

    age(past_due_since=timedelta(minutes=1))
    tasks.end_grace()
    assert (selectors.plan_of(user=alice), role_of(alice)) == (FREE, Role.USER)


def test_a_grace_does_not_begin_anew_with_each_failure(alice: User) -> None:
    first = subscribe(alice, status="past_due")

    again = subscribe(alice, status="unpaid")

    assert again.past_due_since == first.past_due_since


def test_who_pays_at_last_has_the_plan_back(alice: User) -> None:
    subscribe(alice, "pro", status="past_due")
    age(past_due_since=8 * DAY)
    subscriptions.end_grace()

    subscribe(alice, "pro")

    assert (selectors.plan_of(user=alice), role_of(alice)) == (PRO, Role.SUBSCRIBER)
    assert Subscription.objects.get().past_due_since is None


def test_credits_stay_whatever_becomes_of_the_plan(alice: User) -> None:
    pay(alice, "premium", number=1)
    pay(alice, "pack_40", number=2)
    for status in ("active", "past_due", "unpaid", "canceled"):
        subscribe(alice, "premium", status=status)

    assert credits_selectors.wallet_of(user=alice).available == 20 + 240 + 40


def test_a_renewal_that_nobody_told_us_of_is_borne_for_seven_days(alice: User) -> None:
    subscribe(alice, "pro")

    age(period_end=MONTH + 6 * DAY)
    assert selectors.plan_of(user=alice) is PRO
    age(period_end=DAY)

    assert selectors.plan_of(user=alice) is FREE
    assert subscriptions.end_grace() == 1


@pytest.mark.parametrize("status", ["incomplete", "incomplete_expired", "paused", "canceled"])
def test_what_is_not_paid_is_no_plan(alice: User, status: str) -> None:
    subscribe(alice, "pro", status=status)

    assert (selectors.plan_of(user=alice), role_of(alice)) == (FREE, Role.USER)


def test_of_two_subscriptions_the_bigger_plan_holds_and_staff_can_see_it(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    subscribe(alice, "premium", external_id="sub_1")
    assert caplog.messages == []
    subscribe(alice, "pro", source="clerk", external_id="csub_1")
    assert selectors.plan_of(user=alice) is PREMIUM
    assert caplog.messages == ["billing.subscription.doubled"]

    subscribe(alice, "premium", external_id="sub_1", status="canceled")

    assert (selectors.plan_of(user=alice), role_of(alice)) == (PRO, Role.SUBSCRIBER)


def test_staff_stay_staff(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(role=Role.ADMIN)

    subscribe(alice, "pro")
    assert (selectors.plan_of(user=alice), role_of(alice)) == (PRO, Role.ADMIN)
    subscribe(alice, "pro", status="canceled")

    assert role_of(alice) == Role.ADMIN


def test_what_we_do_not_know_is_refused(alice: User, bob: User) -> None:
    for plan in ("free", "platinum", "pack_40"):
        with pytest.raises(ValueError, match="no plan"):
            subscribe(alice, plan)
    with pytest.raises(ValueError, match="asleep"):
        subscribe(alice, status="asleep")
    subscribe(alice, external_id="sub_1")
    with pytest.raises(ValueError, match="somebody else's"):
        subscribe(bob, external_id="sub_1")

    assert Subscription.objects.get().user_id == alice.pk


def test_another_persons_plan_is_not_there(alice: User, bob: User) -> None:
    subscribe(alice, "pro")

    with act_as_user(bob.pk):
        assert selectors.subscription_of(user=alice) is None
    with act_as_user(alice.pk):
        assert selectors.plan_of(user=alice) is PRO


def test_a_failure_is_told_by_mail_once_with_the_day_on_which_the_plan_ends(alice: User) -> None:
    one = subscribe(alice, "pro", status="past_due")
    subscribe(alice, "pro", status="past_due")

    assert (notices.warn_due(), notices.warn_due()) == (1, 0)

    (message,) = mail.outbox
    assert message.to == ["alice@example.com"]
    assert message.subject == "The payment of your Pro plan failed"
    assert f"until {one.holds_until:%-d %B}" in message.body
    assert message.extra_headers["Message-ID"].startswith(f"<{one.pk}.")


def test_a_failure_is_told_again_when_it_happens_again(alice: User) -> None:
    for status in ("past_due", "active", "past_due"):
        subscribe(alice, "pro", status=status)
        tasks.warn_of_failures()

    assert len(mail.outbox) == 2


def test_who_has_paid_meanwhile_or_has_left_gets_no_mail(alice: User, bob: User) -> None:
    for user in (alice, bob):
        subscribe(user, "pro", status="past_due")
    subscribe(alice, "pro")
    User.objects.filter(pk=bob.pk).update(is_active=False)

    notices.warn_due()

    assert mail.outbox == []


def test_a_mail_that_does_not_go_out_is_tried_again_later(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(alice, "pro", status="past_due")
    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", _is_away)
        assert notices.warn_due() == 1
    assert notices.warn_due() == 0

    age(warn_at=notices.PAUSE)

    assert notices.warn_due() == 1
    assert len(mail.outbox) == 1


def _is_away(*_: object) -> int:
    raise ConnectionRefusedError


@pytest.mark.django_db(transaction=True)
def test_ten_readings_at_once_leave_one_subscription_as_it_was_read_last() -> None:
    alice = factories.make_user()
    now = clock.now()

    def tell(number: int) -> str:
        plan = "premium" if number == 19 else "pro"
        return subscribe(alice, plan, seen_at=now + timedelta(seconds=number)).status

    outcomes = Counter(databases.in_threads(tell, range(20), threads=10))

    assert outcomes == {"active": 20}
    assert Subscription.objects.get().plan == "premium"
    assert role_of(alice) == Role.SUBSCRIBER
