"""THE refusal → XMPP table: the error of a stanza, and how log-ins and connections end.

Source: specs/webim1-xmpp.md §4.2, §5.6, §8.2, §9.
"""

from dataclasses import dataclass

from chat.domain.errors import (
    ChatroomNotFound,
    GroupNotFound,
    IllegalBody,
    ImError,
    MessageTooLarge,
    Muted,
    SenderNotMember,
)
from chat.wire.xmpp.framing import NS_STANZA_ERRORS, NS_STREAM, NS_STREAM_ERRORS, escape, tag
from chat.wire.xmpp.stanzas import error_of

NOT_A_MEMBER = "Only occupants are allowed to send messages to the conference"


@dataclass(frozen=True, slots=True)
class Row:
    """`code` is what the SDK shows; `sasl` the condition when a log-in is refused so."""

    code: str
    type: str
    condition: str
    sasl: str = "temporary-auth-failure"

    def xml(self, text: str = "") -> str:
        return error_of(self.code, self.type, self.condition, text)


_BAD = Row("400", "modify", "bad-request")
_UNKNOWN = Row("404", "cancel", "item-not-found")
_FORBIDDEN = Row("403", "auth", "forbidden")
_FULL = Row("406", "modify", "not-acceptable")
_TAKEN = Row("409", "cancel", "conflict")
_UNPROVEN = Row("401", "auth", "not-authorized", sasl="not-authorized")
_BUSY = Row("500", "wait", "resource-constraint")
_BROKEN = Row("500", "wait", "internal-server-error")
_ABSENT = Row("501", "cancel", "feature-not-implemented")
_REGISTRATION = Row("407", "auth", "registration-required")

_ROWS: dict[Row, tuple[str, ...]] = {
    _BROKEN: ("error", "store_unavailable", "secret_unreadable", "concurrent_change"),
    _BUSY: ("too_many_requests", "too_many_failures"),
    _ABSENT: ("unknown_op",),
    _UNPROVEN: (
        "unauthenticated", "token_expired", "wrong_password", "unknown_login", "user_disabled",
        "app_not_found", "account_not_found", "registration_closed", "wrong_client_id",
        "wrong_client_secret", "unsupported_grant", "not_logged_in", "wrong_login",
        "wrong_setup_code", "file_secret_wrong",
    ),
    _UNKNOWN: (
        "not_found", "user_not_found", "peer_not_found", "group_not_found", "chatroom_not_found",
        "message_not_found", "not_its_target", "webhook_not_found", "admin_not_member",
        "webhook_delivery_not_found", "session_not_found", "pin_missing",
        "no_such_request", "file_not_found", "file_expired", "edit_target_missing",
        "thread_not_found", "thread_group_not_found", "thread_message_not_found",
    ),
    _FORBIDDEN: (
        "not_permitted", "blocked", "friends_only", "not_member", "sender_not_member", "muted",
        "muted_all", "blocked_from_room", "owner_protected", "not_admin", "new_owner_not_member",
        "same_owner", "not_blocked", "not_super_admin", "not_friends", "recall_too_late",
        "recall_disabled", "not_recallable", "group_disabled", "rejected", "already_member",
        "last_owner", "last_admin", "link_void",
        "operator_not_found", "setup_closed", "setup_code_void", "broadcast_disabled",
        "edit_disabled",
        "edit_not_permitted", "member_attributes_refused", "not_editable", "not_in_chatroom",
        "not_in_group", "presence_disabled", "reaction_refused", "user_muted_in_app",
        "push_setting_refused", "push_template_missing", "push_name_missing", "threads_disabled",
        "not_in_threads_group", "thread_refused", "thread_nested",
    ),
    _REGISTRATION: ("approval_needed",),
    _FULL: (
        "limit_exceeded", "room_full", "join_full", "too_many_joined", "contact_limit",
        "online_limit", "daily_limit", "monthly_limit", "user_limit", "too_many_devices",
        "inviter_contact_limit", "pin_limit",
        "block_limit", "message_too_large", "announcement_too_long", "file_too_large",
        "profile_too_large", "profiles_too_large", "too_many_profiles", "too_many_in_batch",
        "too_many_edits", "member_value_too_long", "thread_limit", "thread_value_too_large",
    ),
    _TAKEN: (
        "room_id_taken", "app_exists", "user_exists", "operator_exists", "webhook_name_taken",
        "already_logged_in", "device_replaced", "forced_offline", "account_removed",
        "password_changed", "thread_exists",
    ),
    _BAD: (
        "too_many_directed",
        "illegal_argument", "illegal_body", "illegal_custom", "bad_frame", "batch_too_large",
        "remark_too_long",
        "oneself_refused", "file_missing", "reserved_org", "illegal_username", "username_too_long",
        "nickname_too_long", "password_too_long", "password_missing", "weak_password",
        "conflicting_passwords", "new_password_missing", "username_missing",
        "thread_body_unreadable",
    ),
}  # fmt: skip

XMPP_ERRORS: dict[str, Row] = {code: row for row, codes in _ROWS.items() for code in codes}


def row_of(refusal: ImError) -> Row:
    """The row of the refusal's own code, else of its nearest base."""
    codes = [cls.code for cls in type(refusal).__mro__ if issubclass(cls, ImError)]
    return next((XMPP_ERRORS[code] for code in codes if code in XMPP_ERRORS), _BROKEN)


def stanza_error(refusal: ImError) -> str:
    """The <error/> of an iq or a presence."""
    return row_of(refusal).xml()


def message_error(refusal: ImError) -> str:
    """The <error/> of a message; it has a <text/>, without which clients go deaf (§11)."""
    match refusal:
        case SenderNotMember() | GroupNotFound() | ChatroomNotFound():
            return _FULL.xml(NOT_A_MEMBER)
        case Muted():
            muted = tag("user-muted", NS_STANZA_ERRORS)
            text = tag("text", NS_STANZA_ERRORS, escape(str(refusal)))
            inner = tag("not-allowed", NS_STANZA_ERRORS) + muted + text
            return tag("error", "", inner, code="405", type="cancel")
        case MessageTooLarge():
            return _FULL.xml("message too large")
        case IllegalBody():
            return _BAD.xml(str(refusal))
        case _:
            return row_of(refusal).xml(str(refusal) or refusal.code)


def stream_error(condition: str, text: str = "") -> str:
    """Ends a stream; clients report it as a log-in elsewhere (type 8) once they are logged in."""
    said = f"<text xmlns='{NS_STREAM_ERRORS}' xml:lang='en'>{escape(text)}</text>" if text else ""
    return (
        f"<stream:error xmlns:stream='{NS_STREAM}'>"
        f"{tag(condition, NS_STREAM_ERRORS)}{said}</stream:error>"
    )


def kicked(reason: ImError) -> str:
    replaced = reason.code == "device_replaced"
    return stream_error("conflict", "Replaced by new connection" if replaced else "User removed")
