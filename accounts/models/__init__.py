"""Tables of accounts. Only queries and actions use them."""

from accounts.models.audit import AuditEntry
from accounts.models.im_apps import AppSecret, ImApp
from accounts.models.im_users import AppUse, ImProfile, ImUser
from accounts.models.operators import (
    LoginFailure,
    Membership,
    Operator,
    OperatorLink,
    SetupCode,
)
from accounts.models.push import PushTemplate, SilentSetting

__all__ = [
    "AppSecret",
    "AppUse",
    "AuditEntry",
    "ImApp",
    "ImProfile",
    "ImUser",
    "LoginFailure",
    "Membership",
    "Operator",
    "OperatorLink",
    "PushTemplate",
    "SetupCode",
    "SilentSetting",
]
