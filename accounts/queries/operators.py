"""Reads of operators: who exists, and what each may open."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.domain.actor import AppRef
from accounts.domain.errors import OperatorNotFound
from accounts.domain.ids import Appkey
from accounts.models import ImApp, Membership, Operator, OperatorLink
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


@dataclass(frozen=True, slots=True)
class OperatorInfo:
    """An operator as lists show it; `roles` are (appkey, role)."""

    id: int
    name: str
    is_admin: bool
    is_active: bool
    last_login: datetime | None
    created_at: datetime
    roles: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MemberOfApp:
    """Who may open an app, as what and since when."""

    id: int  # of the operator
    name: str
    role: str
    is_active: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class InvitationInfo:
    """An invitation that waits."""

    id: int
    appkey: str
    role: str
    made_by: str
    created_at: datetime
    expires_at: datetime


def get_operator(operator_id: int) -> Operator:
    """Raises OperatorNotFound."""
    found = Operator.objects.filter(id=operator_id).first()
    if found is None:
        raise OperatorNotFound(name=operator_id)
    return found


def page_operators(
    *, after: str = "", limit: int = 50, only: int = 0
) -> tuple[list[OperatorInfo], str]:
    """Who may sign in to the console, by name, from behind a name on; and the next one to begin
    behind, empty at the end. `only` is the id of a single one."""
    rows = Operator.objects.order_by("name").prefetch_related("memberships__app")
    if only:
        rows = rows.filter(id=only)
    if after:
        rows = rows.filter(name__gt=after)
    found = list(rows[: limit + 1])
    page = [
        OperatorInfo(
            row.pk,
            row.name,
            row.is_admin,
            row.is_active,
            row.last_login,
            row.created_at,
            tuple(sorted((str(one.app), str(one.role)) for one in row.memberships.all())),
        )
        for row in found[:limit]
    ]
    return page, page[-1].name if len(found) > limit else ""


def members_of(app: AppRef) -> list[MemberOfApp]:
    """Operators with a role in the app, owners first."""
    ranks = {"owner": 0, "operator": 1, "viewer": 2}
    rows = Membership.objects.filter(app_id=app.id).select_related("operator")
    found = [
        MemberOfApp(
            row.operator_id,
            row.operator.name,
            str(row.role),
            row.operator.is_active,
            row.created_at,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (ranks[one.role], one.name.lower()))


def page_invitations(*, before: int = 0, limit: int = 50) -> tuple[list[InvitationInfo], int]:
    """Those that nobody used yet and that are not too old, the newest first, below a row; and the
    next `before`, 0 at the end."""
    rows = OperatorLink.objects.filter(
        kind=OperatorLink.Kind.JOIN, used_at=None, expires_at__gt=timezone.now()
    )
    if before:
        rows = rows.filter(id__lt=before)
    found = list(rows.select_related("app").order_by("-id")[: limit + 1])
    page = [
        InvitationInfo(
            row.pk, str(row.app) if row.app else "", row.role, row.made_by, row.created_at,
            row.expires_at,
        )
        for row in found[:limit]
    ]  # fmt: skip
    return page, page[-1].id if len(found) > limit else 0
