"""Writes of operators: set-up, accounts, roles, sign-in with its brake."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions.audit import note
from accounts.domain.actor import AppRef
from accounts.domain.errors import (
    IllegalArgument,
    ImError,
    LastOwner,
    OperatorExists,
    SetupClosed,
    SetupCodeVoid,
    TooManyFailures,
    WeakPassword,
    WrongLogin,
    WrongPassword,
    WrongSetupCode,
)
from accounts.models import LoginFailure, Membership, Operator, SetupCode
from accounts.queries.operators import any_operator, find_operator

CODE_LIFE = timedelta(minutes=60)
CODE_TRIES = 5
SIGN_IN_TRIES = 5
SIGN_IN_WINDOW = timedelta(minutes=15)
PREFERENCES = frozenset({"language", "time_zone", "theme", "density", "shortcuts"})
# Without 0, O, 1, I, L: a code is read from a terminal and typed.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@transaction.atomic
def make_setup_code() -> str:
    """A new one-time code that opens set-up; it replaces the last one. Only its hash is kept.

    Raises:
        SetupClosed: an operator exists.
    """
    if any_operator():
        raise SetupClosed
    code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    SetupCode.objects.all().delete()
    SetupCode.objects.create(code_hash=_hash(_typed(code)), expires_at=timezone.now() + CODE_LIFE)
    return code


def check_setup_code(code: str) -> None:
    """Count a wrong try; it stays counted whatever the caller does next.

    Raises:
        WrongSetupCode: try again.
        SetupCodeVoid: expired, used, or tried too often: only a new code helps.
    """
    with transaction.atomic():
        row = SetupCode.objects.select_for_update().order_by("-id").first()
        is_void = row is None or row.failures >= CODE_TRIES or row.expires_at <= timezone.now()
        if row is None or is_void:
            refusal: ImError | None = SetupCodeVoid()
        elif not secrets.compare_digest(row.code_hash, _hash(_typed(code))):
            row.failures += 1
            row.save(update_fields=["failures"])
            left = CODE_TRIES - row.failures
            refusal = WrongSetupCode(tries_left=left) if left > 0 else SetupCodeVoid()
        else:
            refusal = None
    if refusal is not None:
        raise refusal


@transaction.atomic
def use_setup_code(
    code: str, name: str, password: str, *, language: str = "", time_zone: str = "UTC"
) -> Operator:
    """Make the first operator, an instance admin, and close set-up. Of two calls one wins.

    `code` was checked by check_setup_code. Raises SetupClosed, WeakPassword.
    """
    row = SetupCode.objects.select_for_update().filter(code_hash=_hash(_typed(code))).first()
    if row is None or any_operator():
        raise SetupClosed
    return create_operator(name, password, language=language, time_zone=time_zone)


@transaction.atomic
def create_operator(
    name: str,
    password: str,
    *,
    is_admin: bool = False,
    language: str = "",
    time_zone: str = "UTC",
) -> Operator:
    """Make an operator. The first one is always an instance admin, and closes set-up.

    Raises:
        IllegalArgument: no name. OperatorExists: in any case of its letters.
        WeakPassword: `detail` says why, in the active language.
    """
    name = name.strip()
    if not name or len(name) > 150:
        raise IllegalArgument(detail="An operator's name has 1 to 150 characters.")
    if find_operator(name) is not None:
        raise OperatorExists(name=name)
    operator = Operator(name=name, language=language, time_zone=time_zone)
    operator.is_admin = is_admin or not any_operator()
    set_password(operator, password)
    try:
        with transaction.atomic():
            operator.save()
    except IntegrityError:
        raise OperatorExists(name=name) from None
    SetupCode.objects.all().delete()
    note("operator.create", None, "operator", name, {"is_admin": [None, operator.is_admin]})
    return operator


@transaction.atomic
def set_role(operator: Operator, app: AppRef, role: str) -> None:
    """Give an operator a role in an app; an empty role takes the membership away.

    Raises LastOwner.
    """
    if role and role not in Membership.Role.values:
        raise IllegalArgument(detail=f"There is no role {role}.")
    # Two owners who take each other's role at once must not leave none.
    list(Membership.objects.select_for_update().filter(app_id=app.id))
    row = Membership.objects.filter(operator=operator, app_id=app.id).first()
    before = row.role if row else None
    owner = Membership.Role.OWNER
    owners = Membership.objects.filter(app_id=app.id, role=owner)
    if before == owner and role != owner and not owners.exclude(operator=operator).exists():
        raise LastOwner
    if not role:
        Membership.objects.filter(operator=operator, app_id=app.id).delete()
    else:
        Membership.objects.update_or_create(
            operator=operator, app_id=app.id, defaults={"role": role}
        )
    code = "member.remove" if not role else "member.role" if before else "member.add"
    if before != (role or None):
        note(code, app, "operator", operator.name, {"role": [before, role or None]})


def drop_old_failures() -> int:
    """Forget failed sign-ins that count no longer; how many."""
    return LoginFailure.objects.filter(at__lt=timezone.now() - SIGN_IN_WINDOW).delete()[0]


def check_sign_in(name: str, password: str, *, address: str) -> Operator:
    """The operator whose name and password these are.

    Raises:
        WrongLogin: unknown, disabled or wrong; all three take the same time.
        TooManyFailures: five failures of this name from this address in 15 minutes; `wait_s`.
    """
    key = _hash(f"{name.strip().lower()}|{address}")
    now = timezone.now()
    failures = LoginFailure.objects.filter(key_hash=key, at__gt=now - SIGN_IN_WINDOW)
    recent = list(failures.order_by("-at").values_list("at", flat=True)[:SIGN_IN_TRIES])
    if len(recent) >= SIGN_IN_TRIES:
        until = recent[-1] + SIGN_IN_WINDOW
        raise TooManyFailures(wait_s=max(1, int((until - now).total_seconds())))
    operator = find_operator(name.strip())
    if operator is None:
        Operator().set_password(password)  # as slow as checking one
        is_right = False
    else:
        is_right = operator.check_password(password) and operator.is_active
    if operator is None or not is_right:
        drop_old_failures()
        LoginFailure.objects.create(key_hash=key)
        raise WrongLogin
    LoginFailure.objects.filter(key_hash=key).delete()
    operator.last_login = now
    operator.save(update_fields=["last_login"])
    return operator


@transaction.atomic
def change_own_password(operator: Operator, current: str, new: str) -> None:
    """Sessions hang on the password's hash, so all of the operator's end but the caller's own,
    which renews its mark. Raises WrongPassword, WeakPassword."""
    if not operator.check_password(current):
        raise WrongPassword
    set_password(operator, new)
    operator.save(update_fields=["password"])
    note("operator.password", None, "operator", operator.name)


def change_preferences(operator: Operator, **values: Any) -> None:
    """Language, time zone, theme, density, shortcuts: the operator's own, so not audited."""
    unknown = set(values) - PREFERENCES
    if unknown:
        raise ValueError(f"no preference: {', '.join(sorted(unknown))}")
    for field, value in values.items():
        setattr(operator, field, value)
    operator.save(update_fields=list(values))


def show_first_steps(operator: Operator, app: AppRef, *, shown: bool) -> None:
    """Whether an app's dashboard shows what to do first; the operator's own, so not audited."""
    hidden = {one for one in operator.hidden_steps if one != app.id}
    operator.hidden_steps = sorted(hidden if shown else {*hidden, app.id})
    operator.save(update_fields=["hidden_steps"])


def set_password(operator: Operator, password: str) -> None:
    """Hash it, if the validators let it; the caller saves. Raises WeakPassword."""
    try:
        validate_password(password, operator)
    except ValidationError as exc:
        raise WeakPassword(detail=" ".join(exc.messages), reasons=exc.messages) from exc
    operator.set_password(password)


def _typed(code: str) -> str:
    """A code as people type it: any case, with or without hyphens and spaces."""
    return code.upper().replace("-", "").replace(" ", "")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
