"""What goes in and out of the API of who I am and what I have."""

from typing import Any, ClassVar

from django.contrib.auth import get_user_model, password_validation
from django.core.exceptions import ValidationError as InvalidPassword
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing import selectors
from billing.models import Payment, Subscription
from billing.plans import PACKS, PLANS
from credits import selectors as credits_selectors
from visiona.lib.serializers import StrictSerializer


class WalletSummary(serializers.Serializer[Any]):
    available = serializers.IntegerField()
    held = serializers.IntegerField()


class MeOutput(serializers.ModelSerializer[Any]):
    """A person, with their plan and wallet."""

    image_url = serializers.CharField()
    plan = serializers.SerializerMethodField()
    wallet = serializers.SerializerMethodField()

    class Meta:
        model = get_user_model()
        fields: ClassVar = [
            "id",
            "email",
            "name",
            "image_url",
            "role",
            "plan",
            "wallet",
            "created_at",
        ]

    def get_plan(self, user: Any) -> str:
        return selectors.plan_of(user=user).name

    @extend_schema_field(WalletSummary)
    def get_wallet(self, user: Any) -> Any:
        wallet = credits_selectors.wallet_of(user=user)
        return WalletSummary(wallet).data


class MeChange(StrictSerializer):
    name = serializers.CharField(max_length=120, allow_blank=True, required=False)


class SessionOutput(serializers.Serializer[Any]):
    """A person and the token of their new session."""

    user = MeOutput()
    token = serializers.CharField()


class LogInInput(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=256, trim_whitespace=False)


class SignUpInput(LogInInput):
    def validate_password(self, password: str) -> str:
        user = get_user_model()(email=str(self.initial_data.get("email", "")))
        try:
            password_validation.validate_password(password, user)
        except InvalidPassword as error:
            raise serializers.ValidationError(error.messages, code="weak_password") from error
        return password


class ExpiringOutput(serializers.Serializer[dict[str, object]]):
    amount = serializers.IntegerField()
    at = serializers.DateTimeField()


class WalletOutput(serializers.Serializer[dict[str, object]]):
    available = serializers.IntegerField()
    held = serializers.IntegerField()
    granted_total = serializers.IntegerField()
    spent_total = serializers.IntegerField()
    next_refill_at = serializers.DateTimeField(allow_null=True)
    expiring = ExpiringOutput(many=True)


class LimitsOutput(serializers.Serializer[Any]):
    """What a plan allows, as this server is set up."""

    concurrent_jobs = serializers.IntegerField()
    clones = serializers.IntegerField()
    chat = serializers.CharField(help_text="How many questions in what time: 20/day.")
    video_qualities = serializers.ListField(child=serializers.CharField())


class PlanOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    price_cents = serializers.IntegerField()
    currency = serializers.CharField()
    credit_amount = serializers.IntegerField()
    recurring = serializers.BooleanField(help_text="Every month, or once.")
    limits = LimitsOutput()


class CreditPackOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    price_cents = serializers.IntegerField()
    currency = serializers.CharField()
    credit_amount = serializers.IntegerField()


class PriceListOutput(serializers.Serializer[Any]):
    """Everything on sale, and the rules of credits in words."""

    plans = PlanOutput(many=True)
    packs = CreditPackOutput(many=True)
    rules = serializers.ListField(child=serializers.CharField())


class CheckoutInput(StrictSerializer):
    """Either a plan or a pack."""

    plan = serializers.ChoiceField(
        choices=[plan.name for plan in PLANS.values() if plan.recurring], required=False
    )
    pack = serializers.ChoiceField(choices=list(PACKS), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"plan": "Name either a plan or a pack."})
        return attrs


class CheckoutOutput(serializers.Serializer[Any]):
    """Where it is paid."""

    id = serializers.UUIDField()
    url = serializers.CharField()


class PortalOutput(serializers.Serializer[Any]):
    url = serializers.CharField()


class SubscriptionOutput(serializers.ModelSerializer[Subscription]):
    grace_ends_at = serializers.SerializerMethodField()

    class Meta:
        model = Subscription
        fields: ClassVar = [
            "id",
            "plan",
            "source",
            "status",
            "period_start",
            "period_end",
            "cancel_at_period_end",
            "past_due_since",
            "grace_ends_at",
        ]

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_grace_ends_at(self, subscription: Subscription) -> Any:
        return subscription.holds_until if subscription.is_failing else None


class StandingOutput(serializers.Serializer[Any]):
    """The plan that holds now, and the subscription that pays for it, if one does."""

    plan = serializers.CharField()
    subscription = SubscriptionOutput(allow_null=True)


class PaymentOutput(serializers.ModelSerializer[Payment]):
    class Meta:
        model = Payment
        fields: ClassVar = [
            "id",
            "item",
            "status",
            "amount_cents",
            "refunded_cents",
            "currency",
            "credit_amount",
            "paid_at",
            "created_at",
        ]
