"""Make Stripe sell what the catalogue offers, at its prices, and its portal change just that."""

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from billing.gateways.reading import product_of
from billing.gateways.stripe_gateway import PORTAL, StripeGateway, asking
from billing.plans import CURRENCY, ITEMS

if TYPE_CHECKING:
    from billing.plans import Pack, Plan


def sync(*, gateway: StripeGateway) -> list[str]:
    """Make products, prices and the portal where they are missing; return what was done, in words.

    A price that has changed is made anew and takes over the lookup key: who pays the old one goes
    on to. Raises Unavailable.
    """
    done = []
    for item in ITEMS.values():
        done += [*_sync_product(gateway, item), *_sync_price(gateway, item)]
    return [*done, *_sync_portal(gateway)]


def _sync_product(gateway: StripeGateway, item: "Plan | Pack") -> list[str]:
    products, name = gateway.client.v1.products, product_of(item.name)
    with asking():
        found = products.list({"ids": [name], "limit": 1}).data
        if not found:
            key = f"product-{name}"
            products.create({"id": name, "name": item.title}, {"idempotency_key": key})
            return [f"Made the product {name}."]
        if found[0].name != item.title or not found[0].active:
            products.update(name, {"name": item.title, "active": True})
            return [f"Renamed the product {name}."]
    return []


def _sync_price(gateway: StripeGateway, item: "Plan | Pack") -> list[str]:
    prices = gateway.client.v1.prices
    with asking():
        found = prices.list({"lookup_keys": [item.lookup_key], "active": True, "limit": 1}).data
        if found and _is_right(found[0], item):
            return []
        asked: Any = {
            "product": product_of(item.name),
            "currency": CURRENCY,
            "unit_amount": item.price_cents,
            "lookup_key": item.lookup_key,
            "transfer_lookup_key": True,
        }
        if item.recurring:
            asked["recurring"] = {"interval": "month"}
        before = found[0].id if found else "none"
        key = f"price-{item.lookup_key}-{item.price_cents}-after-{before}"
        prices.create(asked, {"idempotency_key": key})
    return [f"Made the price {item.lookup_key}: {item.price_cents} {CURRENCY} cents."]


def _sync_portal(gateway: StripeGateway) -> list[str]:
    features = _features(gateway)
    digest = sha256(json.dumps(features, sort_keys=True).encode()).hexdigest()[:12]
    asked: Any = {"features": features, "metadata": {PORTAL: digest}}
    configurations = gateway.client.v1.billing_portal.configurations
    found = gateway.portal_configuration()
    with asking():
        if found is None:
            configurations.create(asked, {"idempotency_key": f"portal-{digest}"})
            return ["Made the customer portal."]
        if found.metadata[PORTAL] != digest:
            configurations.update(found.id, asked)
            return ["Renewed the customer portal."]
    return []


def _features(gateway: StripeGateway) -> dict[str, Any]:
    """Return what people may do in the portal: nobody gets a bigger plan for less by it.

    A bigger plan holds at once and is invoiced at once, a smaller one from the next period on.
    """
    plans = [item for item in ITEMS.values() if item.recurring]
    sold = [{"product": product_of(one.name), "prices": [gateway.price_of(one)]} for one in plans]
    return {
        "customer_update": {"enabled": True, "allowed_updates": ["name", "address", "tax_id"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {
            "enabled": True,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "products": sold,
            "proration_behavior": "always_invoice",
            "schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]},
        },
    }


def _is_right(price: Any, item: "Plan | Pack") -> bool:
    """Whether a price is what the catalogue says it is."""
    is_monthly = price.recurring is not None and price.recurring.interval == "month"
    return (
        price.unit_amount == item.price_cents
        and price.currency == CURRENCY
        and is_monthly == item.recurring
        and price.product == product_of(item.name)
    )
