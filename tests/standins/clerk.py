"""Clerk on this machine: its people, its sessions and keys, what it signs and what it tells."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.standins.server import Reply, Route, Seen, StandIn
from visiona.lib import clock

ISSUER = "https://clerk.visiona.example"
PARTY = "https://app.visiona.example"
SECRET_KEY = "sk_test_stand_in"
WEBHOOK_SECRET = f"whsec_{base64.b64encode(bytes([7]) * 24).decode()}"
KEY_NAME = "ins_1"
PLANS = {"pro": 1500, "premium": 3500}
BEGINNING = 1_700_000_000_000
NOTHING = (
    "username",
    "primary_phone_number_id",
    "primary_web3_wallet_id",
    "external_id",
    "last_sign_in_at",
    "lockout_expires_in_seconds",
    "verification_attempts_remaining",
    "last_active_at",
    "mfa_enabled_at",
    "mfa_disabled_at",
    "legal_accepted_at",
)
SCRIPT = r"""
(() => {
  const clerk = {};
  const told = document.cookie.match(/(?:^|; )__stand_in=([^;]+)/);
  clerk.session = told ? { status: "active", getToken: async () => told[1] } : null;
  clerk.load = async () => {};
  clerk.addListener = (listener) => listener({ session: clerk.session });
  clerk.signOut = async () => { clerk.session = null; };
  clerk.mountSignIn = clerk.mountSignUp = (place) => { place.textContent = "Clerk form"; };
  window.Clerk = clerk;
})();
"""
"""What stands in for Clerk's script: a cookie says whose token its session gives."""


@cache
def key(number: int) -> rsa.RSAPrivateKey:
    """Return a key: Clerk's own, or another one."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(number: int = 1) -> str:
    """Return a public key as the dashboard shows it."""
    public = key(number).public_key()
    written = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return written.decode()


def published(number: int = 1, name: str = KEY_NAME) -> dict[str, Any]:
    """Return a public key as it is published."""
    written: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(
        key(number).public_key(), as_dict=True
    )
    return {**written, "kid": name, "use": "sig", "alg": "RS256"}


def claims(clerk_id: str = "user_1", session_id: str = "sess_1", **others: Any) -> dict[str, Any]:
    """Return what a session token says; what is None is not in it."""
    now = int(clock.now().timestamp())
    said = {
        "azp": PARTY,
        "exp": now + 60,
        "fva": [0, -1],
        "iat": now,
        "iss": ISSUER,
        "jti": "j1",
        "nbf": now - 10,
        "sid": session_id,
        "sub": clerk_id,
        "v": 2,
        **others,
    }
    return {name: value for name, value in said.items() if value is not None}


def token(
    clerk_id: str = "user_1", session_id: str = "sess_1", *, number: int = 1, **others: Any
) -> str:
    """Return a session token, as Clerk signs it."""
    said = claims(clerk_id, session_id, **others)
    return jwt.encode(said, key(number), algorithm="RS256", headers={"kid": KEY_NAME})


def bearer(clerk_id: str = "user_1", session_id: str = "sess_1", **others: Any) -> dict[str, str]:
    """Return the headers of a program that sends a session token."""
    return {"Authorization": f"Bearer {token(clerk_id, session_id, **others)}"}


def publishable_key(host: str = "clerk.visiona.example") -> str:
    """Return the key that names a Frontend API."""
    return f"pk_test_{base64.b64encode(f'{host}$'.encode()).decode()}"


def user(
    clerk_id: str = "user_1",
    address: str = "ada@example.com",
    *,
    verification: str = "verified",
    updated_at: int = BEGINNING,
    **others: Any,
) -> dict[str, Any]:
    """Return a user object; without an address, one that has none."""
    addresses = [_address(address, verification)] if address else []
    nothing = dict.fromkeys(NOTHING)
    none = ("phone_numbers", "web3_wallets", "passkeys", "external_accounts", "saml_accounts")
    no = ("totp_enabled", "backup_code_enabled", "two_factor_enabled", "banned", "locked")
    return {
        **nothing,
        **{name: [] for name in (*none, "enterprise_accounts")},
        **dict.fromkeys(no, False),
        "id": clerk_id,
        "object": "user",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "has_image": True,
        "image_url": "https://img.clerk.com/ada",
        "primary_email_address_id": "idn_1" if address else None,
        "email_addresses": addresses,
        "password_enabled": True,
        "public_metadata": {},
        "delete_self_enabled": True,
        "create_organization_enabled": False,
        "created_at": BEGINNING,
        "updated_at": updated_at,
        **others,
    }


def _address(address: str, verification: str) -> dict[str, Any]:
    return {
        "id": "idn_1",
        "object": "email_address",
        "email_address": address,
        "reserved": False,
        "verification": {
            "object": "verification_otp",
            "status": verification,
            "strategy": "email_code",
            "attempts": 1,
            "expire_at": BEGINNING,
        },
        "linked_to": [],
        "created_at": BEGINNING,
        "updated_at": BEGINNING,
    }


def session(
    session_id: str = "sess_1", clerk_id: str = "user_1", status: str = "ended"
) -> dict[str, Any]:
    """Return a session object."""
    times = ("last_active_at", "expire_at", "abandon_at", "updated_at", "created_at")
    return {
        "object": "session",
        "id": session_id,
        "user_id": clerk_id,
        "client_id": "client_1",
        "status": status,
        **dict.fromkeys(times, BEGINNING),
    }


def payer(clerk_id: str) -> dict[str, Any]:
    """Return who pays."""
    names = ("first_name", "last_name", "email", "organization_id", "organization_name")
    return {
        **dict.fromkeys(names, ""),
        "id": "cpayer_1",
        "image_url": "https://img.clerk.com/ada",
        "user_id": clerk_id,
    }


def plan(slug: str, amount: int) -> dict[str, Any]:
    """Return a plan of Clerk's billing."""
    return {
        "id": f"cplan_{slug}",
        "slug": slug,
        "name": slug.title(),
        "is_recurring": True,
        "amount": amount,
        "currency": "USD",
    }


def attempt(
    clerk_id: str = "user_1",
    slug: str = "pro",
    *,
    name: str = "pa_1",
    status: str = "paid",
    **others: Any,
) -> dict[str, Any]:
    """Return a payment attempt."""
    amount = PLANS.get(slug, 900)
    money = {
        "amount": amount,
        "amount_formatted": f"{amount / 100:.2f}",
        "currency": "USD",
        "currency_symbol": "$",
    }
    item = {
        "id": "csub_item_1",
        "object": "commerce_subscription_item",
        "status": "active",
        "interval": "month",
        "plan_id": f"cplan_{slug}",
        "plan": plan(slug, amount),
        "created_at": BEGINNING,
        "updated_at": BEGINNING,
        "period_start": BEGINNING,
        "period_end": BEGINNING + 2_592_000_000,
    }
    return {
        "id": name,
        "instance_id": "ins_1",
        "payment_id": f"cpa_{name}",
        "invoice_id": "",
        "statement_id": "stmt_1",
        "gateway_external_id": f"pi_{name}",
        "status": status,
        "created_at": BEGINNING,
        "updated_at": BEGINNING,
        "paid_at": BEGINNING if status == "paid" else None,
        "failed_at": None,
        "failed_reason": None,
        "billing_date": BEGINNING,
        "charge_type": "checkout",
        "payee": {
            "id": "cpayee_1",
            "gateway_type": "stripe",
            "gateway_external_id": "acct_1",
            "gateway_status": "active",
        },
        "payer": payer(clerk_id),
        "totals": {"subtotal": money, "tax_total": {**money, "amount": 0}, "grand_total": money},
        "payment_source": {
            "id": "cps_1",
            "gateway": "stripe",
            "gateway_external_id": "pm_1",
            "gateway_external_account_id": None,
            "payment_method": "card",
            "status": "active",
            "card_type": "visa",
            "last4": "4242",
        },
        "subscription_items": [item],
        **others,
    }


def subscription_item(
    clerk_id: str = "user_1",
    slug: str = "pro",
    *,
    status: str = "active",
    updated_at: int = BEGINNING,
    **others: Any,
) -> dict[str, Any]:
    """Return a subscription item, as its own events tell of it."""
    return {
        "object": "commerce_subscription_item",
        "id": "csub_item_1",
        "status": status,
        "is_free_trial": False,
        "created_at": BEGINNING,
        "updated_at": updated_at,
        "period_start": BEGINNING,
        "period_end": BEGINNING + 2_592_000_000,
        "interval": "month",
        "plan_id": f"cplan_{slug}",
        "plan": plan(slug, PLANS.get(slug, 0)),
        "payer": payer(clerk_id),
        "subscription_id": "csub_1",
        **others,
    }


def event(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event, with from where somebody did it, by which browser."""
    browser = {"client_ip": "192.0.2.7", "user_agent": "Mozilla/5.0"}
    return {
        "data": dict(data),
        "object": "event",
        "type": kind,
        "timestamp": BEGINNING,
        "instance_id": "ins_1",
        "event_attributes": {"http_request": browser},
    }


def deleted(clerk_id: str = "user_1") -> dict[str, Any]:
    """Return what Clerk says of somebody who was deleted."""
    return {"object": "user", "id": clerk_id, "deleted": True}


def signed(
    body: bytes, *, name: str = "msg_1", secret: str = WEBHOOK_SECRET, age: float = 0
) -> dict[str, str]:
    """Return the headers by which Svix sends a body, signed some seconds ago."""
    moment = str(int(clock.now().timestamp() - age))
    secret_bytes = base64.b64decode(secret.removeprefix("whsec_"))
    proof = hmac.digest(secret_bytes, f"{name}.{moment}.".encode() + body, hashlib.sha256)
    return {
        "svix-id": name,
        "svix-timestamp": moment,
        "svix-signature": f"v1,{base64.b64encode(proof).decode()}",
    }


class Clerk(StandIn):
    """The Backend API and the published keys of one instance; at first nobody is there."""

    contract = "clerk"

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.keys = [published()]
        self.open_sessions = {"sess_1"}
        super().__init__()

    def reset(self) -> None:
        super().reset()
        self.people.clear()
        self.keys = [published()]
        self.open_sessions = {"sess_1"}

    @property
    def keys_url(self) -> str:
        """Where its keys are published."""
        return f"{self.address}/.well-known/jwks.json"

    def add(self, *users: dict[str, Any]) -> None:
        """Let it know these people."""
        self.people |= {one["id"]: one for one in users}

    def routes(self) -> list[tuple[str, str, Route]]:
        return [
            ("GET", r"/\.well-known/jwks\.json", lambda _, __: Reply(body={"keys": self.keys})),
            ("GET", r"/npm/.+\.js", _script),
            ("GET", r"/v1/users", self._users),
            ("GET", r"/v1/users/([^/]+)", self._user),
            ("POST", r"/v1/sessions/([^/]+)/revoke", self._revoke),
        ]

    def is_authorized(self, seen: Seen) -> bool:
        is_open = not seen.path.startswith("/v1/")
        return is_open or seen.headers.get("authorization") == f"Bearer {SECRET_KEY}"

    def unauthorized(self) -> Reply:
        return _error(401, "authentication_invalid")

    def _users(self, _: re.Match[str], seen: Seen) -> Reply:
        asked = parse_qs(seen.query)
        offset, limit = int(asked["offset"][0]), int(asked["limit"][0])
        return Reply(body=list(self.people.values())[offset : offset + limit])

    def _user(self, found: re.Match[str], _: Seen) -> Reply:
        one = self.people.get(found[1])
        return Reply(body=one) if one else _error(404, "resource_not_found")

    def _revoke(self, found: re.Match[str], _: Seen) -> Reply:
        if found[1] not in self.open_sessions:
            return _error(404, "resource_not_found")
        self.open_sessions.remove(found[1])
        return Reply(body=session(found[1], status="revoked"))


def _script(found: re.Match[str], _: Seen) -> Reply:
    body = SCRIPT if "clerk-js" in found[0] else ""
    cors = {"Access-Control-Allow-Origin": "*"}
    return Reply(body=body.encode(), content_type="text/javascript", headers=cors)


def _error(status: int, code: str) -> Reply:
    told = {"message": code, "long_message": code, "code": code}
    return Reply(status, {"errors": [told], "clerk_trace_id": json.dumps(code)})
