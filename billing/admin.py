"""Money as staff see it: who pays for what, what came, and what went back."""

from django.contrib import admin

from billing.models import Checkout, Payment, Subscription
from visiona.lib.admin import ReadOnlyAdmin, choice_of, site


@admin.register(Subscription, site=site)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Every plan that somebody pays or paid for, as it was read last."""

    columns = (
        "id",
        "user_id",
        "source",
        "external_id",
        "plan",
        "status",
        "period_start",
        "period_end",
        "cancel_at_period_end",
        "past_due_since",
        "seen_at",
        "created_at",
    )
    list_display = ("id", "user_id", "source", "plan", "status", "period_end", "past_due_since")
    list_filter = ("source", "status", choice_of("plan", ("pro", "premium")))
    search_fields = ("id", "user_id", "external_id")
    search_help_text = "Id, person's id, or the id at Stripe or Clerk"


@admin.register(Payment, site=site)
class PaymentAdmin(ReadOnlyAdmin):
    """Every payment, with what went back of it; its lot is named by its reference."""

    columns = (
        "id",
        "user_id",
        "source",
        "charge_id",
        "reference",
        "item",
        "credit_amount",
        "amount_cents",
        "refunded_cents",
        "currency",
        "status",
        "lot_key",
        "refunds_seen_at",
        "disputes_seen_at",
        "paid_at",
        "created_at",
    )
    list_display = ("id", "user_id", "item", "amount_cents", "refunded_cents", "status", "paid_at")
    list_filter = ("source", "status", "created_at")
    search_fields = ("id", "user_id", "charge_id", "reference")
    search_help_text = "Id, person's id, charge, invoice, session or attempt"


@admin.register(Checkout, site=site)
class CheckoutAdmin(ReadOnlyAdmin):
    """What people set out to buy, and whether they did."""

    columns = (
        "id",
        "user_id",
        "item",
        "session_id",
        "state",
        "created_at",
        "returned_at",
        "done_at",
    )
    list_display = ("id", "user_id", "item", "state", "created_at", "done_at")
    list_filter = ("state", "created_at")
    search_fields = ("id", "user_id", "session_id")
    search_help_text = "Id, person's id, or the session at Stripe"
