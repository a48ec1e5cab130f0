"""One-time links for operators: an invitation, a new password. And ending an operator's access."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actions.audit import note
from accounts.actions.operators import create_operator, set_password, set_role
from accounts.domain.actor import AppRef
from accounts.domain.errors import IllegalArgument, LastAdmin, LinkVoid
from accounts.models import Membership, Operator, OperatorLink
from accounts.queries.im_apps import ref_of

LINK_LIFE = timedelta(hours=24)
JOIN, RESET = OperatorLink.Kind.JOIN, OperatorLink.Kind.RESET


@transaction.atomic
def invite_operator(app: AppRef | None, role: str, *, by: str) -> str:
    """The secret part of a link with which one person becomes an operator, within a day.

    Raises IllegalArgument: an app without a role, or no such role.
    """
    if app is not None and role not in Membership.Role.values:
        raise IllegalArgument(detail=f"There is no role {role}.")
    diff = {"role": [None, role if app else None]}
    note("operator.invite", app, "invitation", "", diff)
    return _link(JOIN, by, app_id=app.id if app else None, role=role if app else "")


@transaction.atomic
def withdraw_invitation(link_id: int) -> None:
    """Raises LinkVoid: it was used, or is gone already."""
    found = OperatorLink.objects.filter(id=link_id, kind=JOIN, used_at=None)
    if not found.delete()[0]:
        raise LinkVoid
    note("operator.withdraw", None, "invitation", str(link_id))


@transaction.atomic
def accept_invitation(
    token: str, name: str, password: str, *, language: str = "", time_zone: str = "UTC"
) -> Operator:
    """Use the link up. Of two people one gets in.

    Raises:
        LinkVoid, IllegalArgument, OperatorExists, WeakPassword.
    """
    link = _locked(JOIN, token)
    operator = create_operator(name, password, language=language, time_zone=time_zone)
    if link.app is not None:
        set_role(operator, ref_of(link.app), link.role)
    link.used_at = timezone.now()
    link.operator = operator
    link.save(update_fields=["used_at", "operator"])
    return operator


@transaction.atomic
def make_reset_link(operator: Operator, *, by: str) -> str:
    """The secret part of a link that sets a new password; it replaces the last one."""
    OperatorLink.objects.filter(operator=operator, kind=RESET, used_at=None).delete()
    note("operator.reset_link", None, "operator", operator.name)
    return _link(RESET, by, operator=operator)


@transaction.atomic
def use_reset_link(token: str, password: str) -> Operator:
    """Set the password; every session of the operator ends, as they hang on its hash.

    Raises:
        LinkVoid, WeakPassword.
    """
    link = _locked(RESET, token)
    assert link.operator is not None
    set_password(link.operator, password)
    link.operator.save(update_fields=["password"])
    link.used_at = timezone.now()
    link.save(update_fields=["used_at"])
    note("operator.password", None, "operator", link.operator.name)
    return link.operator


@transaction.atomic
def set_operator_active(operator: Operator, is_active: bool) -> None:
    """A disabled operator cannot sign in, and is out of every session at its next request.

    Raises LastAdmin.
    """
    admins = Operator.objects.select_for_update().filter(is_admin=True, is_active=True)
    others = [row for row in admins if row.pk != operator.pk]
    if operator.is_admin and not is_active and not others:
        raise LastAdmin
    if operator.is_active == is_active:
        return
    operator.is_active = is_active
    operator.save(update_fields=["is_active"])
    if not is_active:
        OperatorLink.objects.filter(operator=operator, kind=RESET, used_at=None).delete()
    code = "operator.enable" if is_active else "operator.disable"
    note(code, None, "operator", operator.name, {"is_active": [not is_active, is_active]})


def link_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _link(
    kind: OperatorLink.Kind,
    by: str,
    *,
    app_id: int | None = None,
    role: str = "",
    operator: Operator | None = None,
) -> str:
    token = secrets.token_urlsafe(24)
    OperatorLink.objects.create(
        kind=kind,
        token_hash=link_hash(token),
        app_id=app_id,
        role=role,
        operator=operator,
        made_by=by,
        expires_at=timezone.now() + LINK_LIFE,
    )
    return token


def _locked(kind: OperatorLink.Kind, token: str) -> OperatorLink:
    """The link, if it still counts, locked until the transaction ends."""
    rows = OperatorLink.objects.select_for_update(of=("self",)).select_related("app", "operator")
    link = rows.filter(kind=kind, token_hash=link_hash(token), used_at=None).first()
    if link is None or link.expires_at <= timezone.now():
        raise LinkVoid
    if kind == RESET and (link.operator is None or not link.operator.is_active):
        raise LinkVoid
    return link


@transaction.atomic
def check_link(kind: str, token: str) -> OperatorLink:
    """Look at a link without using it: previews open addresses, too. Raises LinkVoid."""
    return _locked(OperatorLink.Kind(kind), token)
