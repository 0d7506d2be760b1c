"""People and the keys that their programs use."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import UUID7, Lower, Now

from visiona.lib import clock
from visiona.lib.db.actor import act_as_user


class UserManager(BaseUserManager["User"]):
    """Make people; e-mail addresses are kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class Role(models.TextChoices):
    """What a person may do."""

    USER = "user"
    SUBSCRIBER = "subscriber"
    ADMIN = "admin"


class User(AbstractBaseUser):
    """A person; one row whichever door they came in by."""

    pii = ("email", "name", "image_url", "clerk_id")

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120, blank=True, default="")
    image_url = models.URLField(max_length=500, blank=True, default="")
    clerk_id = models.CharField(max_length=64, unique=True, null=True, blank=True)
    # When what we last heard of them from Clerk became true there.
    clerk_updated_at = models.DateTimeField(null=True, editable=False)
    role = models.CharField(max_length=16, choices=Role, default=Role.USER)
    is_active = models.BooleanField(default=True)
    checklist_dismissed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints: ClassVar = [
            # With this the plain unique index holds without case.
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_in_lower_case"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="user_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def check_password(self, raw_password: str | None) -> bool:
        """Check as this person: a hash that has aged is written anew, and only they may do that."""
        with act_as_user(self.pk):
            return super().check_password(raw_password)

    @property
    def has_no_plan(self) -> bool:
        """Whether nothing is paid for: the role follows a plan at once (billing)."""
        return self.role == Role.USER

    @property
    def is_admin(self) -> bool:
        """Whether this person is staff of ours."""
        return self.role == Role.ADMIN


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Filters over tokens."""

    def live(self) -> "ApiTokenQuerySet":
        return self.filter(revoked_at=None).filter(
            models.Q(expires_at=None) | models.Q(expires_at__gt=clock.now())
        )


class ApiToken(models.Model):
    """A bearer secret of one person, stored hashed: an API key, or a client's sign-in."""

    pii = ("name",)

    class Purpose(models.TextChoices):
        KEY = "key"
        SIGN_IN = "sign_in"

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=8, choices=Purpose, default=Purpose.KEY)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32, unique=True)
    monthly_limit = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    # Whose token this is when Clerk signed it: such a one is checked, and kept nowhere.
    clerk_session_id: str = ""

    objects: ClassVar = ApiTokenQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-id"], name="apitoken_of_user")]

    def __str__(self) -> str:
        return self.prefix

    @property
    def is_live(self) -> bool:
        """Whether it still opens anything."""
        in_time = self.expires_at is None or self.expires_at > clock.now()
        return in_time and self.revoked_at is None


class ClerkSession(models.Model):
    """A session of somebody at Clerk, and the browser session of ours that lives by it.

    Once it has ended it opens nothing any more, whatever a token of it still says.
    """

    pii = ("id",)

    id = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["session_key"], name="clerksession_by_key")]

    def __str__(self) -> str:
        return str(self.user_id)


class IdempotencyKey(models.Model):
    """The first answer that a person got under one Idempotency-Key; kept for a day."""

    pii = ("answer",)

    pk = models.CompositePrimaryKey("user_id", "key")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(default="")
    location = models.CharField(max_length=200, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["created_at"], name="idempotencykey_age")]

    def __str__(self) -> str:
        return self.key


class Event(models.Model):
    """Something that happened to a person in the product, named like `generation.job.succeeded`.

    Its facts are codes and numbers; they never repeat what somebody wrote.
    """

    pii = ()

    id = models.UUIDField(primary_key=True, db_default=UUID7())
    name = models.CharField(max_length=60)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="event_by_time"),
            models.Index(fields=["name", "created_at"], name="event_by_name_and_time"),
        ]

    def __str__(self) -> str:
        return self.name
