"""The ledger as staff see it: what people own, what is held, and every change."""

from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from credits.models import Adjustment, Entry, Reservation, Wallet
from visiona.lib.admin import ReadOnlyAdmin, site


@admin.register(Wallet, site=site)
class WalletAdmin(ReadOnlyAdmin):
    """What each person owns now."""

    columns = ("user_id", "balance", "held", "seq")
    list_display = columns
    search_fields = ("user_id",)
    search_help_text = "Person's id"

    def row_view(self, request: HttpRequest, row_id: UUID) -> TemplateResponse:
        """Show one wallet, with the way to adjust it. Raises NotFound."""
        page = super().row_view(request, row_id)
        page.template_name = "admin/wallet.html"
        return page


@admin.register(Entry, site=site)
class EntryAdmin(ReadOnlyAdmin):
    """Every change of a wallet, in order; `ledger_verify` checks their chain."""

    columns = (
        "id",
        "wallet_id",
        "seq",
        "kind",
        "balance_change",
        "held_change",
        "balance_after",
        "held_after",
        "reservation_id",
        "reason",
        "reference",
        "request_id",
        "login",
        "created_at",
    )
    list_display = (
        "id",
        "wallet_id",
        "kind",
        "balance_change",
        "held_change",
        "balance_after",
        "reference",
        "created_at",
    )
    list_filter = ("kind", "created_at")
    search_fields = ("id", "wallet_id", "reservation_id", "reference", "request_id")
    search_help_text = "Id, person's, hold's or request's id, or reference"


@admin.register(Reservation, site=site)
class ReservationAdmin(ReadOnlyAdmin):
    """Credits held for one piece of work each."""

    columns = (
        "id",
        "wallet_id",
        "amount",
        "captured",
        "refunded",
        "state",
        "purpose",
        "reference",
        "created_at",
        "expires_at",
        "settled_at",
    )
    list_display = ("id", "wallet_id", "amount", "captured", "state", "reference", "created_at")
    list_filter = ("state", "created_at")
    search_fields = ("id", "wallet_id", "reference")
    search_help_text = "Id, person's id or reference"


@admin.register(Adjustment, site=site)
class AdjustmentAdmin(ReadOnlyAdmin):
    """What staff adjusted, why, and by whom."""

    columns = (
        "id",
        "wallet_id",
        "amount",
        "reason",
        "state",
        "proposed_by_id",
        "created_at",
        "decided_by_id",
        "decided_at",
    )
    list_display = ("id", "wallet_id", "amount", "state", "proposed_by_id", "created_at")
    list_filter = ("state", "created_at")
    search_fields = ("id", "wallet_id", "proposed_by_id", "decided_by_id")
    search_help_text = "Id, or id of the person or of staff"
