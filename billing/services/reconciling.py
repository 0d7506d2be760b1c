"""Compare Stripe's books with ours, both ways, and note what differs: payments, refunds, plans."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import Count, Q

from billing.gateways import reading
from billing.gateways.ports import Shape
from billing.gateways.registry import gateway
from billing.models import Payment, Source, Subscription
from billing.services import payments, stripe_state
from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import AppError, NotFound

AT_A_TIME = 500
LOOK_BACK = timedelta(days=3)
"""How far one looks back by the clock: a failure may last a weekend."""

STRIPE = Source.STRIPE.value

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Findings:
    """What came of comparing, by ids of Stripe's: invoices, sessions and what else is named."""

    posted: list[str] = field(default_factory=list)
    """Payments that we did not know of, and know now."""
    corrected: list[str] = field(default_factory=list)
    """Charges, disputes and subscriptions that had changed without our knowing, until now."""
    failed: list[str] = field(default_factory=list)
    """What could not be noted; the log says why."""
    foreign: list[str] = field(default_factory=list)
    """What is not ours: of somebody else's customers."""
    unknown: list[str] = field(default_factory=list)
    """What we know of and Stripe does not."""
    doubled: list[str] = field(default_factory=list)
    """The people, by our ids, who pay for two plans at once."""


def reconcile(*, since: datetime) -> Findings:
    """Compare what was paid and went back since then, and every plan that goes on.

    What differs is noted as its event would have been, once. Raises Unavailable.
    """
    findings = Findings()
    with act_as_worker():
        _compare_payments(since, findings)
        _compare_refunds(since, findings)
        _compare_disputes(since, findings)
        _compare_subscriptions(findings)
        findings.doubled = _who_pays_for_two_plans()
    _report(findings)
    return findings


def _compare_payments(since: datetime, findings: Findings) -> None:
    told = set[str]()
    for name in _missing(gateway().paid_invoices(since), told):
        _post(name, findings, partial(stripe_state.note_invoice, invoice_id=name))
    for name in _missing(gateway().paid_sessions(since), told):
        _post(name, findings, partial(stripe_state.note_session, session_id=name))
    ours = Payment.objects.filter(source=STRIPE, paid_at__gte=since)
    known = ours.order_by("id").values_list("reference", flat=True)
    findings.unknown += [name for name in known if name not in told]


def _missing(paid: Iterable[Shape], told: set[str]) -> Iterator[str]:
    """Return the ids of what was paid that we do not know of; `told` gets all of them."""
    names = [one["id"] for one in paid]
    told.update(names)
    for start in range(0, len(names), AT_A_TIME):
        some = names[start : start + AT_A_TIME]
        there = Payment.objects.filter(source=STRIPE, paid_at__isnull=False)
        known = set(there.filter(reference__in=some).values_list("reference", flat=True))
        yield from (name for name in some if name not in known)


def _compare_refunds(since: datetime, findings: Findings) -> None:
    charges = {charge["id"]: charge for charge in gateway().refunded_charges(since)}
    for payment in _paid_by(charges):
        name = payment.charge_id
        refunded = min(charges[name]["amount_refunded"], payment.amount_cents)
        if refunded != payment.refunded_cents:
            _correct(name, findings, partial(stripe_state.note_charge, charge_id=name))


def _compare_disputes(since: datetime, findings: Findings) -> None:
    disputes = list(gateway().disputes(since))
    charges = {reading.id_of(one["charge"]) for one in disputes}
    paid = {payment.charge_id: payment for payment in _paid_by(charges)}
    for one in disputes:
        name, payment = one["id"], paid.get(reading.id_of(one["charge"]))
        state = payments.states_of(statuses={name: one["status"]}).get(name)
        if payment and payment.disputes.get(name) != state:
            _correct(name, findings, partial(stripe_state.note_dispute, dispute_id=name))


def _compare_subscriptions(findings: Findings) -> None:
    """Compare every plan that goes on, by Stripe's word or by ours."""
    listed = {one["id"]: reading.standing(one) for one in gateway().going_subscriptions()}
    ours = Subscription.objects.filter(source=STRIPE)
    some = ours.filter(Q(external_id__in=listed) | ~Q(status__in=Subscription.ENDED))
    known = {one.external_id: one for one in some}
    for name in sorted(listed.keys() | known.keys()):
        if not _agrees(known.get(name), listed.get(name)):
            _correct(name, findings, partial(stripe_state.note_subscription, subscription_id=name))


def _agrees(known: Subscription | None, told: reading.Standing | None) -> bool:
    """Whether a plan stands as Stripe tells; nothing and nothing of ours agree as well."""
    if known is None or told is None:
        return known is None and told is None
    return (
        known.plan == told.plan
        and known.status == told.status
        and known.period_start == told.period_start
        and known.period_end == told.period_end
        and known.cancel_at_period_end == told.cancel_at_period_end
    )


def _who_pays_for_two_plans() -> list[str]:
    live = Subscription.objects.filter(status__in=Subscription.PAID + Subscription.FAILING)
    several = live.values("user_id").annotate(count=Count("id")).filter(count__gt=1)
    ids = several.order_by("user_id").values_list("user_id", flat=True)
    return [
        str(user_id)
        for user_id in ids
        if sum(one.is_live for one in live.filter(user_id=user_id)) > 1
    ]


def _paid_by(charges: Iterable[str]) -> Iterable[Payment]:
    paid = Payment.objects.filter(source=STRIPE, paid_at__isnull=False)
    return paid.filter(charge_id__in=list(charges)).exclude(charge_id="").order_by("id")


def _post(name: str, findings: Findings, note: Callable[[], bool]) -> None:
    """Have a payment noted; what is ours and paid for nothing, as a trial is, is no payment."""
    theirs = Payment.objects.filter(source=STRIPE, reference=name)
    if _is_noted(name, findings, note) and theirs.exists():
        findings.posted.append(name)


def _correct(name: str, findings: Findings, note: Callable[[], bool]) -> None:
    if _is_noted(name, findings, note):
        findings.corrected.append(name)


def _is_noted(name: str, findings: Findings, note: Callable[[], bool]) -> bool:
    """Have something noted by itself: what fails is named, and keeps no other from it."""
    try:
        with transaction.atomic():
            is_ours = note()
    except NotFound:
        findings.unknown.append(name)
        return False
    except (AppError, ValueError, LookupError, TypeError, IntegrityError):
        logger.exception("billing.reconcile.failed", extra={"reference": name})
        findings.failed.append(name)
        return False
    if not is_ours:
        findings.foreign.append(name)
    return is_ours


def _report(findings: Findings) -> None:
    facts = {
        "posted": len(findings.posted),
        "corrected": len(findings.corrected),
        "failed": len(findings.failed),
        "unknown": len(findings.unknown),
        "doubled": len(findings.doubled),
    }
    if any(facts.values()):
        logger.warning("billing.reconcile.differences", extra=facts)
