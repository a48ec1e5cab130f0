"""ImError, the base of every refusal, and those of accounts.

A refusal knows no HTTP, XMPP or MSYNC code: each exit has one table from `code` to its own answer.
"""

from typing import Any, ClassVar


class ImError(Exception):
    """A declined request.

    `code` is stable and public (native wire, audit). `template` is the English sentence, filled
    from the keyword arguments, which stay readable as `params` for the exits' tables.
    """

    code: ClassVar[str] = "error"
    template: ClassVar[str] = "The request was refused."

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.template.format_map(_Lenient(params)))


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


class IllegalArgument(ImError):
    """A value that the named field cannot take. `detail` is the whole sentence."""

    code = "illegal_argument"
    template = "{detail}"


class NotFound(ImError):
    code = "not_found"
    template = "Not found."


class NotPermitted(ImError):
    code = "not_permitted"
    template = "{detail}"


class LimitExceeded(ImError):
    """A quota is used up. `detail` names it."""

    code = "limit_exceeded"
    template = "{detail}"


class AppNotFound(NotFound):
    code = "app_not_found"
    template = "Could not find application for {org}/{app} from URI: {uri}"


class ReservedOrg(IllegalArgument):
    code = "reserved_org"
    template = "The organisation name {org} is reserved."


class AppExists(ImError):
    code = "app_exists"
    template = "The app {appkey} exists already."


class IllegalUsername(IllegalArgument):
    code = "illegal_username"
    template = "username {username} is not legal"


class UsernameTooLong(IllegalArgument):
    code = "username_too_long"
    template = "USERNAME_TOO_LONG"


class NicknameTooLong(IllegalArgument):
    code = "nickname_too_long"
    template = "NICKNAME_TOO_LONG"


class PasswordTooLong(IllegalArgument):
    code = "password_too_long"
    template = "PASSWORD_TOO_LONG"


class PasswordMissing(IllegalArgument):
    code = "password_missing"
    template = "password or pin must provided"


class UserExists(ImError):
    code = "user_exists"
    template = (
        "Application {application} Entity user requires that property named username be unique,"
        " value of {username} exists"
    )


class UserNotFound(NotFound):
    """The user that the call is about does not exist."""

    code = "user_not_found"
    template = "Service resource not found"


class UserLimit(LimitExceeded):
    """The app has as many users as it may. Source: rest.md 1.6."""

    code = "user_limit"
    template = (
        "You have exceeded the limit of the community edition,"
        "Please upgrade to the enterprise edition"
    )


class ProfileTooLarge(LimitExceeded):
    code = "profile_too_large"
    template = "size of metadata for this single user exceeds the user defined limit, {limit}Bytes"


class ProfilesTooLarge(LimitExceeded):
    """All users' attributes together; the vendor's words are not known."""

    code = "profiles_too_large"
    template = "total size of metadata for this app exceeds the user defined limit, {limit}Bytes"


class Unauthenticated(ImError):
    """No token, or one that proves nothing here."""

    code = "unauthenticated"
    template = "Unable to authenticate (OAuth)"


class TokenExpired(Unauthenticated):
    code = "token_expired"
    template = "Unable to authenticate due to expired access token"


class RegistrationClosed(Unauthenticated):
    code = "registration_closed"
    template = "Open registration doesn't allow, so register user need token"


class WrongPassword(ImError):
    code = "wrong_password"
    template = "invalid password"


class UnknownLogin(ImError):
    """A log-in that names no user (the answer differs from that of a lookup)."""

    code = "unknown_login"
    template = "user not found"


class UserDisabled(ImError):
    code = "user_disabled"
    template = "user not activated"


class WrongClientId(ImError):
    code = "wrong_client_id"
    template = "client_id does not match"


class WrongClientSecret(ImError):
    code = "wrong_client_secret"
    template = "client_secret does not match"


class UnsupportedGrant(ImError):
    code = "unsupported_grant"
    template = "grant_type {grant_type} is not supported"


class ConcurrentChange(ImError):
    code = "concurrent_change"
    template = "{detail}"


class SecretUnreadable(ImError):
    """The app's secret was encrypted with another key: it can only be rotated."""

    code = "secret_unreadable"
    template = "The client secret cannot be read with this IM_SECRETS_KEY: rotate it."


class AccountNotFound(UserNotFound):
    """The user of a token request or password change does not exist (another answer, same fact)."""

    code = "account_not_found"
    template = "User null not found"


class UsernameMissing(IllegalArgument):
    code = "username_missing"
    template = "Entity user requires a property named username"


class ConflictingPasswords(UserExists):
    """One batch names a user twice, with different passwords."""

    code = "conflicting_passwords"
    template = "the same user {username} has a different password, the passwords are [***]"


class TooManyInBatch(IllegalArgument):
    """More elements in one call than the app allows."""

    code = "too_many_in_batch"
    template = (
        "Request body array size[{size}] had almost reached or been greater than"
        " the upper range value[{limit}]"
    )


class NewPasswordMissing(PasswordMissing):
    code = "new_password_missing"
    template = "newpassword is required"


class OperatorExists(ImError):
    code = "operator_exists"
    template = "There is already an operator named {name}."


class WeakPassword(IllegalArgument):
    """`reasons` is the list of the validators' sentences; `detail` joins them."""

    code = "weak_password"
    template = "{detail}"


class SetupClosed(NotFound):
    """There is an operator already: set-up is over for ever."""

    code = "setup_closed"
    template = "This instance is set up already."


class WrongSetupCode(ImError):
    """`tries_left` tells how many are left before the code is void."""

    code = "wrong_setup_code"
    template = "The set-up code is wrong."


class SetupCodeVoid(ImError):
    code = "setup_code_void"
    template = "The set-up code is void or expired: make a new one with `manage.py setup_code`."


class WrongLogin(ImError):
    code = "wrong_login"
    template = "The name or the password is wrong."


class TooManyFailures(ImError):
    """`wait_s` tells when the next try is allowed."""

    code = "too_many_failures"
    template = "Too many failed sign-ins: try again in {wait_s} seconds."


class LastOwner(NotPermitted):
    code = "last_owner"
    template = "An app keeps at least one owner."


class LastAdmin(NotPermitted):
    code = "last_admin"
    template = "The instance keeps at least one active admin."


class LinkVoid(NotFound):
    """A one-time link that was used, withdrawn or is too old."""

    code = "link_void"
    template = "This link has been used or has expired."


class OperatorNotFound(NotFound):
    code = "operator_not_found"
    template = "There is no operator {name}."


class TooManyProfiles(IllegalArgument):
    """More names in one call for user attributes than are allowed."""

    code = "too_many_profiles"
    template = "exceed allowed batch size {limit}"


class PushSettingRefused(IllegalArgument):
    code = "push_setting_refused"
    template = "parameters is invalid : {detail}"


class PushNameMissing(IllegalArgument):
    code = "push_name_missing"
    template = "Entity user requires a property named username"


class PushTemplateMissing(NotFound):
    code = "push_template_missing"
    template = "{name} template is not exist"
