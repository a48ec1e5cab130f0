"""People who sign in to the console, and what they may do."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from accounts.models.im_apps import ImApp


class OperatorManager(BaseUserManager["Operator"]):
    def get_by_natural_key(self, username: str | None) -> "Operator":
        return self.get(name__iexact=username)


class Operator(AbstractBaseUser):
    """A console account. `is_admin` is the instance-wide flag; other rights are memberships."""

    name = models.CharField(max_length=150, unique=True)
    is_admin = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True)  # empty: cookie, then Accept-Language
    time_zone = models.CharField(max_length=64, default="UTC")
    theme = models.CharField(max_length=8, default="system")  # system | light | dark
    density = models.CharField(max_length=8, default="compact")  # compact | comfortable
    shortcuts = models.BooleanField(default=True)
    hidden_steps = models.JSONField(
        default=list, blank=True
    )  # ids of apps without "Getting started"
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OperatorManager()

    USERNAME_FIELD = "name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """An operator's role in one app."""

    class Role(models.TextChoices):
        VIEWER = "viewer"
        OPERATOR = "operator"
        OWNER = "owner"

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="memberships")
    app = models.ForeignKey(ImApp, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["operator", "app"], name="one_role_per_app")
        ]

    def __str__(self) -> str:
        return f"{self.operator} is {self.role} of {self.app}"


class SetupCode(models.Model):
    """The one-time code that opens set-up; only its hash is kept. At most one row."""

    code_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"set-up code until {self.expires_at}"


class OperatorLink(models.Model):
    """A one-time address: to join as a new operator, or to set a new password.

    Only a hash of what stands in it is kept. A used one stays, so that it can say what it was.
    """

    class Kind(models.TextChoices):
        JOIN = "join"
        RESET = "reset"

    kind = models.CharField(max_length=8, choices=Kind)
    token_hash = models.CharField(max_length=64, unique=True)
    app = models.ForeignKey(ImApp, models.CASCADE, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=8, blank=True)  # in the app
    operator = models.ForeignKey(  # whose password it sets
        Operator, models.CASCADE, null=True, blank=True, related_name="+"
    )
    made_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} link until {self.expires_at}"


class LoginFailure(models.Model):
    """Failed sign-ins of one name from one address; rows older than the window do not count."""

    key_hash = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"failure at {self.at}"
