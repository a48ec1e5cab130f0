"""THE refusal → MSYNC tables: of a message (or any meta up), of a log-in, of joining a chatroom.

Source: specs/msync.md 3.4, 5.2, 7.2.
"""

from dataclasses import dataclass

from accounts.domain.errors import UserDisabled
from chat.domain.errors import (
    AccountRemoved,
    DeviceReplaced,
    ForcedOffline,
    ImError,
    PasswordChanged,
)
from chat.wire.msync.pb import msync_pb2 as pb

FAIL = pb.Status.FAIL
DENIED = pb.Status.PERMISSION_DENIED


@dataclass(frozen=True, slots=True)
class Reply:
    """`reason` empty: the refusal's own sentence; clients tell errors by this text."""

    code: "pb.Status.ErrorCode" = FAIL
    reason: str = ""


_AS_IT_IS = Reply()
_MUTED = Reply(pb.Status.USER_MUTED)
_NOT_MEMBER = Reply(FAIL, "not in group or chatroom")
_WRONG_LOGIN = Reply(FAIL, "Sorry, token or password does not match login info")
_NO_USER = Reply(FAIL, "Sorry, user not found")

MSYNC_ERRORS: dict[str, Reply] = {
    "error": _AS_IT_IS,
    "illegal_argument": _AS_IT_IS,
    "not_found": _AS_IT_IS,
    "not_permitted": _AS_IT_IS,
    "limit_exceeded": _AS_IT_IS,
    "concurrent_change": _AS_IT_IS,
    "app_not_found": _AS_IT_IS,
    "unauthenticated": _AS_IT_IS,
    "token_expired": _AS_IT_IS,
    "registration_closed": _AS_IT_IS,
    "wrong_password": _AS_IT_IS,
    "unknown_login": _AS_IT_IS,
    "user_disabled": _AS_IT_IS,
    "wrong_client_id": _AS_IT_IS,
    "wrong_client_secret": _AS_IT_IS,
    "unsupported_grant": _AS_IT_IS,
    "not_logged_in": _AS_IT_IS,
    "already_logged_in": _AS_IT_IS,
    "device_replaced": _AS_IT_IS,
    "too_many_devices": _AS_IT_IS,
    "online_limit": _AS_IT_IS,
    "daily_limit": _AS_IT_IS,
    "monthly_limit": _AS_IT_IS,
    "user_limit": _AS_IT_IS,
    "forced_offline": _AS_IT_IS,
    "account_removed": _AS_IT_IS,
    "password_changed": _AS_IT_IS,
    "bad_frame": _AS_IT_IS,
    "unknown_op": _AS_IT_IS,
    "too_many_requests": Reply(DENIED, "traffic limit"),
    "reserved_org": _AS_IT_IS,
    "app_exists": _AS_IT_IS,
    "illegal_username": _AS_IT_IS,
    "username_too_long": _AS_IT_IS,
    "nickname_too_long": _AS_IT_IS,
    "password_too_long": _AS_IT_IS,
    "password_missing": _AS_IT_IS,
    "user_exists": _AS_IT_IS,
    "user_not_found": _AS_IT_IS,
    "profile_too_large": _AS_IT_IS,
    "profiles_too_large": _AS_IT_IS,
    "too_many_profiles": _AS_IT_IS,
    "secret_unreadable": _AS_IT_IS,
    "account_not_found": _AS_IT_IS,
    "conflicting_passwords": _AS_IT_IS,
    "new_password_missing": _AS_IT_IS,
    "too_many_in_batch": _AS_IT_IS,
    "username_missing": _AS_IT_IS,
    "webhook_name_taken": _AS_IT_IS,
    "webhook_not_found": _AS_IT_IS,
    "webhook_delivery_not_found": _AS_IT_IS,
    "session_not_found": _AS_IT_IS,
    "push_setting_refused": _AS_IT_IS,
    "push_name_missing": _AS_IT_IS,
    "push_template_missing": _AS_IT_IS,
    "member_attributes_refused": _AS_IT_IS,
    "member_value_too_long": _AS_IT_IS,
    "not_in_group": _AS_IT_IS,
    "not_in_chatroom": _AS_IT_IS,
    "reaction_refused": _AS_IT_IS,
    "last_admin": _AS_IT_IS,
    "thread_not_found": Reply(FAIL, "group not found"),
    "thread_refused": _AS_IT_IS,
    "thread_body_unreadable": _AS_IT_IS,
    "threads_disabled": _AS_IT_IS,
    "thread_exists": _AS_IT_IS,
    "thread_limit": _AS_IT_IS,
    "thread_nested": _AS_IT_IS,
    "thread_value_too_large": _AS_IT_IS,
    "thread_group_not_found": _AS_IT_IS,
    "thread_message_not_found": _AS_IT_IS,
    "not_in_threads_group": _AS_IT_IS,
    "last_owner": _AS_IT_IS,
    "link_void": _AS_IT_IS,
    "operator_not_found": _AS_IT_IS,
    "operator_exists": _AS_IT_IS,
    "setup_closed": _AS_IT_IS,
    "setup_code_void": _AS_IT_IS,
    "too_many_failures": _AS_IT_IS,
    "weak_password": _AS_IT_IS,
    "wrong_login": _AS_IT_IS,
    "wrong_setup_code": _AS_IT_IS,
    "illegal_body": _AS_IT_IS,
    "illegal_custom": _AS_IT_IS,
    "message_too_large": Reply(DENIED, "Sorry, data is too large"),
    "store_unavailable": _AS_IT_IS,
    "rejected": Reply(pb.Status.PERMISSION_DENIED_EXTERNAL),
    "message_not_found": Reply(FAIL, "Sorry, message does not exist"),
    "too_many_directed": Reply(FAIL, "limit directed users"),
    "pin_missing": _AS_IT_IS,
    "pin_limit": _AS_IT_IS,
    "not_its_target": _AS_IT_IS,
    "recall_too_late": Reply(FAIL, "exceed recall time limit"),
    "recall_disabled": Reply(FAIL, "message recall disabled"),
    "not_recallable": _AS_IT_IS,
    "broadcast_disabled": _AS_IT_IS,
    "edit_target_missing": Reply(FAIL, "Sorry, message does not exist"),
    "edit_not_permitted": Reply(FAIL, "Sorry, You do not have permission"),
    "too_many_edits": Reply(FAIL, "Sorry, edit limit reached"),
    "not_editable": Reply(FAIL, "Sorry, format is incorrect"),
    "edit_disabled": Reply(FAIL, "Sorry, edit is not available"),
    "blocked": Reply(FAIL, "blocked"),
    "friends_only": Reply(FAIL, "nonroster"),
    "muted": _MUTED,
    "user_muted_in_app": Reply(DENIED, "user is mute"),
    "presence_disabled": _AS_IT_IS,
    "muted_all": Reply(FAIL, "not in group or chatroom white list"),
    "group_disabled": Reply(FAIL, "group is disabled"),
    "sender_not_member": _NOT_MEMBER,
    "peer_not_found": _AS_IT_IS,
    "group_not_found": Reply(FAIL, "group not found"),
    "chatroom_not_found": Reply(FAIL, "group not found"),
    "not_member": _NOT_MEMBER,
    "already_member": _AS_IT_IS,
    "blocked_from_room": _AS_IT_IS,
    "approval_needed": _AS_IT_IS,
    "owner_protected": _AS_IT_IS,
    "not_admin": _AS_IT_IS,
    "admin_not_member": _AS_IT_IS,
    "new_owner_not_member": _AS_IT_IS,
    "same_owner": _AS_IT_IS,
    "not_blocked": _AS_IT_IS,
    "room_full": _AS_IT_IS,
    "too_many_joined": _AS_IT_IS,
    "room_id_taken": _AS_IT_IS,
    "batch_too_large": _AS_IT_IS,
    "not_super_admin": _AS_IT_IS,
    "contact_limit": _AS_IT_IS,
    "inviter_contact_limit": _AS_IT_IS,
    "block_limit": _AS_IT_IS,
    "oneself_refused": _AS_IT_IS,
    "no_such_request": _AS_IT_IS,
    "announcement_too_long": _AS_IT_IS,
    "join_full": _AS_IT_IS,
    "not_friends": _AS_IT_IS,
    "remark_too_long": _AS_IT_IS,
    "file_missing": _AS_IT_IS,
    "file_too_large": _AS_IT_IS,
    "file_not_found": _AS_IT_IS,
    "file_expired": _AS_IT_IS,
    "file_secret_wrong": _AS_IT_IS,
    "attributes_group_not_found": _AS_IT_IS,
    "bad_message_id": _AS_IT_IS,
    "invalid_parameter": _AS_IT_IS,
    "invalid_request_body": _AS_IT_IS,
    "json_parse": _AS_IT_IS,
    "message_recall_error": _AS_IT_IS,
    "message_send_error": _AS_IT_IS,
    "no_such_path": _AS_IT_IS,
    "not_an_object": _AS_IT_IS,
    "request_entity_too_large": _AS_IT_IS,
    "room_list_not_found": _AS_IT_IS,
    "username_required": _AS_IT_IS,
}

LOG_IN_ERRORS: dict[str, Reply] = {
    "app_not_found": Reply(pb.Status.WRONG_PARAMETER),
    "unauthenticated": _WRONG_LOGIN,
    "token_expired": Reply(FAIL, "Sorry, token expired"),
    "wrong_password": _WRONG_LOGIN,
    "unknown_login": _NO_USER,
    "user_not_found": _NO_USER,
    "account_removed": _NO_USER,
    "user_disabled": Reply(pb.Status.IM_FORBIDDEN),
    "forced_offline": _WRONG_LOGIN,
    "password_changed": _WRONG_LOGIN,
    "illegal_argument": Reply(pb.Status.WRONG_PARAMETER),
    "too_many_devices": Reply(pb.Status.TOO_MANY_DEVICES),
    "user_limit": Reply(FAIL, "Sorry, user register limit"),
    "online_limit": Reply(DENIED, "Sorry, the app online count limit"),
    "daily_limit": Reply(DENIED, "Sorry, the app day live count limit"),
    "monthly_limit": Reply(DENIED, "Sorry, the app month live count limit"),
}

JOIN_ERRORS: dict[str, Reply] = {
    "group_not_found": Reply(FAIL, "grpID {room_id} does not exist!"),
    "chatroom_not_found": Reply(FAIL, "grpID {room_id} does not exist!"),
    "room_full": Reply(FAIL, "group member list is full!"),
    "blocked_from_room": Reply(
        FAIL, "can not join this group, reason:user {username} is in the blacklist"
    ),
    "group_disabled": Reply(FAIL, "can not operate this group, reason: group is disabled"),
    "illegal_argument": Reply(FAIL, "group ID illegal, please check it"),
}

_KICKS: dict[type[ImError], "pb.StatisticsBody.Operation"] = {
    AccountRemoved: pb.StatisticsBody.USER_REMOVED,
    DeviceReplaced: pb.StatisticsBody.USER_LOGIN_ANOTHER_DEVICE,
    PasswordChanged: pb.StatisticsBody.USER_KICKED_BY_CHANGE_PASSWORD,
    ForcedOffline: pb.StatisticsBody.USER_KICKED_BY_OTHER_DEVICE,
    UserDisabled: pb.StatisticsBody.USER_KICKED_BY_OTHER_DEVICE,
}


def _row(table: dict[str, Reply], refusal: ImError) -> Reply:
    """The row of the refusal's own code, else of its nearest base."""
    codes = [cls.code for cls in type(refusal).__mro__ if issubclass(cls, ImError)]
    return next((table[code] for code in codes if code in table), _AS_IT_IS)


def _status(reply: Reply, reason: str) -> pb.Status:
    if reply.code in (FAIL, DENIED) and not reason:
        reason = "refused"  # a client without a reason has no error to show
    return (
        pb.Status(error_code=reply.code, reason=reason)
        if reason
        else pb.Status(error_code=reply.code)
    )


def status_of(refusal: ImError) -> pb.Status:
    """How a meta up was refused."""
    reply = _row(MSYNC_ERRORS, refusal)
    silent = reply.code == pb.Status.USER_MUTED
    return _status(reply, "" if silent else reply.reason or str(refusal))


def join_status(refusal: ImError) -> pb.Status:
    reply = _row(JOIN_ERRORS, refusal)
    reason = reply.reason or str(refusal)
    return _status(reply, reason.format_map(_Lenient(refusal.params)))


class _Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


def log_in_reply(refusal: ImError) -> Reply:
    """Why a provision is refused; a server in trouble says so as a failure with its sentence."""
    reply = _row(LOG_IN_ERRORS, refusal)
    if reply.code == FAIL and not reply.reason:
        return Reply(FAIL, str(refusal))
    return reply


def kick_of(refusal: ImError) -> "pb.StatisticsBody.Operation":
    return _KICKS.get(type(refusal), pb.StatisticsBody.USER_KICKED_BY_OTHER_DEVICE)
