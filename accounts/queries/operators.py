"""Reads of operators: who exists, and what each may open."""

from dataclasses import dataclass

from accounts.domain.actor import AppRef
from accounts.domain.ids import Appkey
from accounts.models import ImApp, Membership, Operator
from accounts.queries.im_apps import AppInfo, info_of

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class OperatorApp:
    """An app that an operator may open; `role` is viewer, operator, owner or admin."""

    info: AppInfo
    role: str

    @property
    def appkey(self) -> Appkey:
        return self.info.ref.appkey

    @property
    def ref(self) -> AppRef:
        return self.info.ref


def any_operator() -> bool:
    """False while set-up is open."""
    return Operator.objects.exists()


def find_operator(name: str) -> Operator | None:
    """By name in any case of its letters."""
    return Operator.objects.filter(name__iexact=name).first()


def role_of(operator: Operator, app_id: int) -> str | None:
    """viewer, operator or owner; admin for an instance admin; None for a stranger to the app."""
    if operator.is_admin:
        return ADMIN
    row = Membership.objects.filter(operator=operator, app_id=app_id).first()
    return str(row.role) if row else None


def apps_of(operator: Operator) -> list[OperatorApp]:
    """All apps for an instance admin, else those with a membership, by appkey."""
    if operator.is_admin:
        return [OperatorApp(info_of(row), ADMIN) for row in ImApp.objects.order_by("key")]
    rows = Membership.objects.filter(operator=operator).select_related("app").order_by("app__key")
    return [OperatorApp(info_of(row.app), str(row.role)) for row in rows]
