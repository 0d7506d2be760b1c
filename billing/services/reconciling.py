"""Compare what Stripe was paid with what we know of, both ways, and post what is missing."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from billing.gateways.ports import Shape
from billing.gateways.registry import gateway
from billing.models import Payment, Source
from billing.services import stripe_state
from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import AppError

AT_A_TIME = 500
LOOK_BACK = timedelta(days=3)
"""How far one looks back by the clock: a failure may last a weekend."""

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Findings:
    """What came of comparing, by the references of payments: invoices and checkout sessions."""

    posted: list[str] = field(default_factory=list)
    """What we did not know of, and know now."""
    failed: list[str] = field(default_factory=list)
    """What could not be posted; the log says why."""
    foreign: list[str] = field(default_factory=list)
    """What is not ours: of somebody else's customers, or for what is no whole period."""
    unknown: list[str] = field(default_factory=list)
    """What we know of and Stripe does not."""


def reconcile(*, since: datetime) -> Findings:
    """Compare all that was paid since then; what is missing is posted, once. Raises Unavailable."""
    findings, told = Findings(), set[str]()
    with act_as_worker():
        for name in _missing(gateway().paid_invoices(since), told):
            _post(name, findings, is_invoice=True)
        for name in _missing(gateway().paid_sessions(since), told):
            _post(name, findings, is_invoice=False)
        ours = Payment.objects.filter(source=Source.STRIPE, paid_at__gte=since)
        known = ours.order_by("id").values_list("reference", flat=True)
        findings.unknown = [name for name in known if name not in told]
    _report(findings)
    return findings


def _missing(paid: Iterable[Shape], told: set[str]) -> Iterator[str]:
    """Return the ids of what was paid that we do not know of; `told` gets all of them."""
    names = [one["id"] for one in paid]
    told.update(names)
    for start in range(0, len(names), AT_A_TIME):
        some = names[start : start + AT_A_TIME]
        there = Payment.objects.filter(source=Source.STRIPE, paid_at__isnull=False)
        known = set(there.filter(reference__in=some).values_list("reference", flat=True))
        yield from (name for name in some if name not in known)


def _post(name: str, findings: Findings, *, is_invoice: bool) -> None:
    try:
        with transaction.atomic():
            if is_invoice:
                stripe_state.note_invoice(invoice_id=name)
            else:
                stripe_state.note_session(session_id=name)
    except (AppError, ValueError, LookupError, TypeError, IntegrityError):
        logger.exception("billing.reconcile.failed", extra={"reference": name})
        findings.failed.append(name)
        return
    is_there = Payment.objects.filter(source=Source.STRIPE, reference=name).exists()
    (findings.posted if is_there else findings.foreign).append(name)


def _report(findings: Findings) -> None:
    if findings.posted or findings.unknown or findings.failed:
        facts = {
            "posted": len(findings.posted),
            "failed": len(findings.failed),
            "unknown": len(findings.unknown),
        }
        logger.warning("billing.reconcile.differences", extra=facts)
