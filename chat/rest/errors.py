"""The chat refusals' rows in the table from refusal to HTTP answer (rest.md 1.6, 3.3–3.9).

A row is (status, `error`), or a function of the refusal where groups and chatrooms differ. The
nearest base's row answers for a refusal without one of its own.
"""

from collections.abc import Callable

from accounts.domain.errors import ImError
from accounts.rest.errors import register_rest_errors

Row = tuple[int, str]


def _by_kind(group: Row, chatroom: Row) -> Callable[[ImError], Row]:
    return lambda refusal: chatroom if refusal.params.get("kind") == "chatroom" else group


_ILLEGAL: Row = (400, "illegal_argument")
_INVALID: Row = (400, "invalid_parameter")
_FORBIDDEN: Row = (403, "forbidden_op")
_EXCEEDED: Row = (403, "exceed_limit")
_UNKNOWN: Row = (404, "resource_not_found")
_NO_MEMBER = _by_kind(_FORBIDDEN, (400, "forbidden_op"))
_OFFLINE: Row = (401, "unauthorized")

CHAT_ERRORS: dict[str, Row | Callable[[ImError], Row]] = {
    # What a request may be made of.
    "invalid_parameter": _INVALID,
    "not_an_object": (400, "json_parse"),
    "invalid_request_body": (400, "invalid_request_body"),
    "batch_too_large": _INVALID,
    "illegal_body": (400, "message_send_error"),
    "illegal_custom": _ILLEGAL,  # 1.8
    "message_too_large": (400, "message_send_error"),
    # Contacts and personal blocks.
    "oneself_refused": _ILLEGAL,
    "remark_too_long": _ILLEGAL,
    "not_friends": _ILLEGAL,
    "contact_limit": _EXCEEDED,
    "inviter_contact_limit": _EXCEEDED,
    "block_limit": _EXCEEDED,
    "no_such_request": _UNKNOWN,
    "peer_not_found": _UNKNOWN,
    # Groups and chatrooms.
    "group_not_found": _UNKNOWN,
    "chatroom_not_found": _UNKNOWN,
    "room_list_not_found": (404, "service_resource_not_found"),
    "room_id_taken": _ILLEGAL,
    "group_disabled": _FORBIDDEN,
    "not_super_admin": _FORBIDDEN,
    "not_member": _NO_MEMBER,
    "already_member": _NO_MEMBER,
    "blocked_from_room": _FORBIDDEN,
    "approval_needed": _FORBIDDEN,
    "owner_protected": _FORBIDDEN,
    "not_admin": _FORBIDDEN,
    "admin_not_member": _UNKNOWN,
    "new_owner_not_member": _FORBIDDEN,
    "same_owner": _FORBIDDEN,
    "not_blocked": _FORBIDDEN,
    "room_full": _EXCEEDED,
    "join_full": _FORBIDDEN,
    "too_many_joined": _EXCEEDED,
    "member_attributes_refused": (400, "metadata_error"),
    "member_value_too_long": (400, "metadata_error"),
    "not_in_group": (404, "MetadataException"),
    "attributes_group_not_found": (404, "metadata_error"),
    "not_in_chatroom": (401, "MetadataException"),
    "announcement_too_long": _by_kind((403, "FORBIDDEN"), _FORBIDDEN),
    # Messages.
    "message_send_error": (400, "message_send_error"),
    "message_rate_reached": (403, "message_send_error"),
    "message_recall_error": (400, "message_recall_error"),
    "blocked": _FORBIDDEN,
    "friends_only": _FORBIDDEN,
    "sender_not_member": _FORBIDDEN,
    "muted": _FORBIDDEN,
    "muted_all": _FORBIDDEN,
    "user_muted_in_app": _FORBIDDEN,
    "username_required": (400, "required_property_not_found"),
    "presence_disabled": (400, "service open exception"),
    "message_not_found": (403, "message_recall_error"),
    "too_many_directed": _ILLEGAL,
    "pin_missing": (404, "resource_not_found"),
    "pin_limit": _EXCEEDED,
    "not_its_target": (400, "message_recall_error"),
    "recall_too_late": (403, "message_recall_error"),
    "recall_disabled": _FORBIDDEN,
    "rejected": _FORBIDDEN,
    "not_recallable": (403, "message_recall_error"),
    "store_unavailable": (503, "service_unavailable"),
    "reaction_refused": (400, "Bad Request"),
    "broadcast_disabled": _FORBIDDEN,
    "bad_message_id": (400, "InvalidMessageIdException"),
    "hidden_list_too_long": (400, "param exception"),
    "missing_parameter": (400, "Bad Request"),
    "no_history_file": (404, "storage_object_not_found"),
    "edit_disabled": (403, "message_rewrite_error"),
    "edit_target_missing": (404, "message_rewrite_error"),
    "not_editable": (400, "message_rewrite_error"),
    "edit_not_permitted": (401, "message_rewrite_error"),
    "too_many_edits": (403, "message_rewrite_error"),
    # Threads (rest.md 3.10).
    "thread_refused": (400, "group_error"),
    "thread_body_unreadable": (400, "param_illegal"),
    "threads_disabled": (403, "group_error"),
    "thread_exists": (403, "group_error"),
    "thread_limit": (403, "group_error"),
    "thread_nested": (400, "group_error"),
    "thread_value_too_large": (400, "group_error"),
    "thread_not_found": (404, "group_error"),
    "thread_group_not_found": (404, "group_error"),
    "thread_message_not_found": (404, "group_error"),
    "not_in_threads_group": (404, "group_error"),
    # Webhook rules; the console makes them, no REST call does.
    "webhook_not_found": _UNKNOWN,
    "webhook_delivery_not_found": _UNKNOWN,
    "session_not_found": _UNKNOWN,
    "webhook_name_taken": _ILLEGAL,
    # Files.
    "file_missing": _ILLEGAL,
    "file_too_large": (413, "file exceeding maximum limit"),
    "file_not_found": (404, "entity_not_found"),
    "file_expired": (404, "file_expired"),
    "file_secret_wrong": _OFFLINE,
    # Said to live connections; no REST call ends so, but every refusal has its answer.
    "bad_frame": _ILLEGAL,
    "unknown_op": _ILLEGAL,
    "too_many_requests": (429, "reach_limit"),
    "not_logged_in": _OFFLINE,
    "already_logged_in": _FORBIDDEN,
    "device_replaced": _OFFLINE,
    "too_many_devices": _OFFLINE,
    "online_limit": _EXCEEDED,
    "daily_limit": _EXCEEDED,
    "monthly_limit": _EXCEEDED,
    "forced_offline": _OFFLINE,
    "account_removed": _OFFLINE,
    "password_changed": _OFFLINE,
}

# What SDK 4.x makes of them (msync.md 9.3): 60003 "not in the group", 60009 "over a limit",
# 60010 with the sentence of a value "too long". Of threads: 40000 "switched off", 40003 "there is
# one", 40005 "over a limit", 40009 "not possible", 40011 "no such thread", 40012 "not permitted".
# 91101 "over a limit" of conversations.
ERROR_CODES = {
    "threads_disabled": 40000,
    "thread_exists": 40003,
    "thread_limit": 40005,
    "thread_nested": 40009,
    "thread_not_found": 40011,
    "not_in_threads_group": 40012,
    "not_in_group": 60003,
    "member_attributes_refused": 60009,
    "member_value_too_long": 60010,
    "pin_limit": 91101,
}

register_rest_errors(CHAT_ERRORS, ERROR_CODES)
