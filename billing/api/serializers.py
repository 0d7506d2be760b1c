"""What goes in and out of the API of who I am and what I have."""

from typing import Any, ClassVar

from django.contrib.auth import get_user_model, password_validation
from django.core.exceptions import ValidationError as InvalidPassword
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.plans import FREE
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
        return FREE.name

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
