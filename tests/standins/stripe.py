"""Stripe on this machine: what somebody bought there is kept, as far as a shop asks for it."""

import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar
from uuid import UUID, uuid4

from billing import plans
from billing.gateways import shapes
from billing.gateways.ports import Shape
from tests.standins import forms
from tests.standins.server import Fault, Instead, Reply, Route, Seen, StandIn

KEY = "sk_test_stand_in"
HOST = "https://checkout.stripe.test"


class Stripe(StandIn):
    """The API; `objects` are what it keeps, by their ids."""

    contract: ClassVar[str] = "stripe"

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, Shape] = {}
        self._answered: dict[str, tuple[bytes, Reply]] = {}

    def reset(self) -> None:
        """Forget what was bought, too."""
        super().reset()
        self.objects.clear()
        self._answered.clear()

    def keep(self, *made: Shape) -> Shape:
        """Have objects in the account; return the first."""
        self.objects |= {one["id"]: one for one in made}
        return made[0]

    def sell(self, items: Iterable[Any] = plans.ITEMS.values()) -> None:
        """Have a price for everything."""
        self.keep(*(shapes.price(item=item) for item in items))

    def pay(self, session_id: str) -> Shape:
        """Pay a checkout as somebody does on Stripe's page; return its session."""
        session = self.objects[session_id]
        item = plans.item(session["metadata"]["item"])
        _, intent = self._charge(session["customer"], item.price_cents)
        session |= {"status": "complete", "payment_status": "paid", "url": None}
        if item.recurring:
            made = shapes.subscription(customer=session["customer"], item=item)
            invoice = shapes.invoice(subscription=made, intent=intent, reason="subscription_create")
            self.keep(made, invoice)
            session |= {"subscription": made["id"], "invoice": invoice["id"]}
        else:
            session["payment_intent"] = intent["id"]
        return session

    def refund(self, charge_id: str, cents: int) -> Shape:
        """Give a part of a charge back as staff do on the dashboard."""
        charge = self.objects[charge_id]
        self.keep(shapes.refund(charge=charge, amount=cents))
        shapes.give_back(charge, charge["amount_refunded"] + cents)
        return charge

    def fail_refund(self, charge_id: str) -> Shape:
        """Have the bank send back what was refunded last of a charge; return the refund."""
        charge = self.objects[charge_id]
        refunds = [one for one in self.objects.values() if one["object"] == "refund"]
        made = [one for one in refunds if one["charge"] == charge_id][-1]
        made["status"] = "failed"
        shapes.give_back(charge, charge["amount_refunded"] - made["amount"])
        return made

    def dispute(self, charge_id: str, status: str = "needs_response") -> Shape:
        """Have the owner of a card dispute a charge."""
        made = shapes.dispute(charge=self.objects[charge_id]) | {"status": status}
        return self.keep(made)

    def charge_of(self, session: Shape) -> str:
        """Return the charge that paid a session."""
        if session["payment_intent"]:
            return str(self.objects[session["payment_intent"]]["latest_charge"])
        (payment,) = self.objects[session["invoice"]]["payments"]["data"]
        return str(self.objects[payment["payment"]["payment_intent"]]["latest_charge"])

    @staticmethod
    def error(status: int, kind: str, code: str | None = None) -> Fault:
        return Instead(Stripe._error(status, kind, code))

    def is_authorized(self, seen: Seen) -> bool:
        return seen.headers.get("authorization", "") == f"Bearer {KEY}"

    def unauthorized(self) -> Reply:
        return self._error(401, "invalid_request_error", None)

    def answer(self, seen: Seen) -> Reply:
        """Answer a write that bears the name of an earlier one as that was answered."""
        name = seen.headers.get("idempotency-key", "")
        if name not in self._answered:
            reply = super().answer(seen)
            if name:
                self._answered[name] = (seen.body, reply)
            return reply
        body, reply = self._answered[name]
        return reply if body == seen.body else self._error(400, "idempotency_error", None)

    def routes(self) -> list[tuple[str, str, Route]]:
        one = r"/v1/(?:checkout/sessions|subscriptions|invoices|charges|disputes|refunds)/(\w+)"
        portal = r"/v1/billing_portal/configurations"
        return [
            ("POST", r"/v1/customers", self._make(self._customer)),
            ("POST", r"/v1/checkout/sessions", self._make_for_customer(self._session)),
            ("POST", r"/v1/checkout/sessions/(\w+)/expire", self._expire),
            ("POST", r"/v1/billing_portal/sessions", self._make_for_customer(self._portal)),
            ("POST", portal, self._make(self._configuration)),
            ("POST", portal + r"/(\w+)", self._update_configuration),
            ("POST", r"/v1/products", self._make(self._product)),
            ("POST", r"/v1/products/(\w+)", self._update_product),
            ("POST", r"/v1/prices", self._make(self._price)),
            ("POST", r"/v1/refunds", self._refund),
            ("GET", r"/v1/invoices/(\w+)/lines", self._lines),
            ("GET", one, self._one),
            ("DELETE", r"/v1/subscriptions/(\w+)", self._cancel),
            ("GET", r"/v1/prices", self._list("price")),
            ("GET", r"/v1/products", self._list("product")),
            ("GET", r"/v1/invoices", self._list("invoice")),
            ("GET", r"/v1/checkout/sessions", self._list("checkout.session")),
            ("GET", r"/v1/refunds", self._list("refund")),
            ("GET", r"/v1/disputes", self._list("dispute")),
            ("GET", r"/v1/subscriptions", self._list("subscription")),
            ("GET", portal, self._list("billing_portal.configuration")),
        ]

    @staticmethod
    def _error(status: int, kind: str, code: str | None, param: str = "id") -> Reply:
        error = {"type": kind, "message": "That did not work.", "code": code, "param": param}
        return Reply(status, {"error": error}, {"request-id": "req_1"})

    def _charge(self, customer: str, cents: int) -> tuple[Shape, Shape]:
        charge = shapes.charge(customer=customer, amount=cents)
        intent = shapes.intent(charge=charge)
        self.keep(charge, intent)
        return charge, intent

    def _make(self, of: Callable[[dict[str, Any]], Shape]) -> Route:
        def route(_: re.Match[str], seen: Seen) -> Reply:
            return Reply(200, self.keep(of(forms.parse(seen.body.decode()))))

        return route

    def _make_for_customer(self, of: Callable[[dict[str, Any]], Shape]) -> Route:
        make = self._make(of)

        def route(found: re.Match[str], seen: Seen) -> Reply:
            if forms.parse(seen.body.decode())["customer"] not in self.objects:
                return self._error(400, "invalid_request_error", "resource_missing", "customer")
            return make(found, seen)

        return route

    def _customer(self, asked: dict[str, Any]) -> Shape:
        user_id = UUID(asked["metadata"]["user_id"])
        made = shapes.customer(user_id=user_id, email=asked["email"])
        return made | {"id": f"cus_{uuid4().hex}"}

    def _expire(self, found: re.Match[str], _: Seen) -> Reply:
        session = self.objects[found[1]]
        if session["status"] != "open":
            return self._error(400, "invalid_request_error", None)
        session |= {"status": "expired", "url": None}
        return Reply(200, session)

    def _session(self, asked: dict[str, Any]) -> Shape:
        checkout_id = UUID(asked["client_reference_id"])
        return shapes.session(
            customer=asked["customer"],
            item=plans.item(asked["metadata"]["item"]),
            checkout_id=checkout_id,
            success_url=asked["success_url"],
            cancel_url=asked["cancel_url"],
            url=f"{HOST}/c/pay/{checkout_id}",
        )

    def _portal(self, asked: dict[str, Any]) -> Shape:
        return shapes.new(
            "bps",
            "billing_portal.session",
            configuration=asked.get("configuration", "bpc_default"),
            customer=asked["customer"],
            return_url=asked["return_url"],
            url=f"{HOST}/p/session",
        )

    def _configuration(self, asked: dict[str, Any]) -> Shape:
        return shapes.new(
            "bpc",
            "billing_portal.configuration",
            active=True,
            business_profile={},
            features=_features(asked),
            is_default=False,
            login_page={"enabled": False},
            metadata=asked["metadata"],
            updated=shapes.now(),
        )

    def _update_configuration(self, found: re.Match[str], seen: Seen) -> Reply:
        asked = forms.parse(seen.body.decode())
        configuration = self.objects[found[1]]
        configuration |= {"features": _features(asked), "metadata": asked["metadata"]}
        return Reply(200, configuration)

    def _product(self, asked: dict[str, Any]) -> Shape:
        made = shapes.new("prod", "product", active=True, images=[], marketing_features=[])
        return made | {"id": asked["id"], "name": asked["name"], "metadata": {}, "updated": 1}

    def _update_product(self, found: re.Match[str], seen: Seen) -> Reply:
        asked = forms.parse(seen.body.decode())
        product = self.objects[found[1]]
        product |= {"name": asked["name"], "active": asked["active"] == "true"}
        return Reply(200, product)

    def _price(self, asked: dict[str, Any]) -> Shape:
        for one in self.objects.values():
            if one["object"] == "price" and one["lookup_key"] == asked["lookup_key"]:
                assert asked["transfer_lookup_key"] == "true"
                one["lookup_key"] = None
        item = plans.item_by_lookup_key(asked["lookup_key"])
        made = shapes.new("price", "price")
        cents = int(asked["unit_amount"])
        return shapes.price(item=item) | {"id": made["id"], "unit_amount": cents}

    def _refund(self, _: re.Match[str], seen: Seen) -> Reply:
        asked = forms.parse(seen.body.decode())
        charge = self.objects[asked["charge"]]
        if charge["refunded"]:
            return self._error(400, "invalid_request_error", "charge_already_refunded")
        self.refund(charge["id"], int(asked["amount"]))
        return Reply(200, list(self.objects.values())[-1])

    def _one(self, found: re.Match[str], seen: Seen) -> Reply:
        if found[1] not in self.objects:
            return self._error(404, "invalid_request_error", "resource_missing")
        return Reply(200, self._expanded(self.objects[found[1]], forms.parse(seen.query)))

    def _expanded(self, one: Shape, asked: dict[str, Any]) -> Shape:
        match asked.get("expand"):
            case ["data.charge"]:
                return one | {"charge": self.objects[one["charge"]]}
            case ["payment_intent"]:
                return one | {"payment_intent": self.objects.get(one["payment_intent"])}
            case ["payments.data.payment.payment_intent"]:
                payments = [self._with_intent(payment) for payment in one["payments"]["data"]]
                return one | {"payments": one["payments"] | {"data": payments}}
            case _:  # an invoice has its payments only if one asks for them
                return {name: value for name, value in one.items() if name != "payments"}

    def _with_intent(self, payment: Shape) -> Shape:
        paid = payment["payment"]
        intent = self.objects[paid["payment_intent"]]
        return payment | {"payment": paid | {"payment_intent": intent}}

    def _lines(self, found: re.Match[str], _: Seen) -> Reply:
        return Reply(200, self.objects[found[1]]["lines"] | {"has_more": False})

    def _cancel(self, found: re.Match[str], _: Seen) -> Reply:
        subscription = self.objects[found[1]]
        subscription |= {"status": "canceled", "ended_at": shapes.now()}
        return Reply(200, subscription)

    def _list(self, kind: str) -> Route:
        def route(found: re.Match[str], seen: Seen) -> Reply:
            asked = forms.parse(seen.query)
            fits = [
                self._expanded(one, asked)
                for one in reversed(self.objects.values())
                if one["object"] == kind and self._is_asked_for(one, asked)
            ]
            start = (
                [one["id"] for one in fits].index(asked["starting_after"]) + 1
                if ("starting_after" in asked)
                else 0
            )
            page = fits[start : start + int(asked["limit"])]
            has_more = start + len(page) < len(fits)
            return Reply(200, shapes.listed(page, found[0]) | {"has_more": has_more})

        return route

    @staticmethod
    def _is_asked_for(one: Shape, asked: dict[str, Any]) -> bool:
        return (
            one["created"] >= int(asked.get("created", {}).get("gte", 0))
            and one.get("status") == asked.get("status", one.get("status"))
            and (one["object"], one.get("status")) != ("subscription", "canceled")
            and one.get("charge") == asked.get("charge", one.get("charge"))
            and one.get("lookup_key") in asked.get("lookup_keys", [one.get("lookup_key")])
            and one["id"] in asked.get("ids", [one["id"]])
        )


def _features(asked: dict[str, Any]) -> Shape:
    """Return what a portal offers as Stripe answers it, which is not how it is asked for."""
    cancel, update = (asked["features"][f"subscription_{what}"] for what in ("cancel", "update"))
    return {
        "customer_update": asked["features"]["customer_update"] | {"enabled": True},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {
            "cancellation_reason": {"enabled": False, "options": []},
            "enabled": True,
            "mode": cancel["mode"],
            "proration_behavior": cancel["proration_behavior"],
        },
        "subscription_update": {
            "default_allowed_updates": update["default_allowed_updates"],
            "enabled": True,
            "proration_behavior": update["proration_behavior"],
            "schedule_at_period_end": update["schedule_at_period_end"],
            "trial_update_behavior": "end_trial",
        },
    }
