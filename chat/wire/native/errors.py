"""THE refusal → native table: what the client reads, and whether the connection ends.

The code itself goes out unchanged; where the vendor's sentence (REST must print it word for word)
says little to a person, the table has a better one.
"""

from dataclasses import dataclass
from typing import Any

from chat.domain.errors import ImError

NOT_LOGGED_IN = 4401
FORCED_OFFLINE = 4403
REPLACED = 4409
ACCOUNT_REMOVED = 4410
PASSWORD_CHANGED = 4411
GOING_AWAY = 1001
TRY_AGAIN = 1013


@dataclass(frozen=True, slots=True)
class Reply:
    """`message` empty: the refusal's own sentence. `close` applies to log-ins and kicks."""

    message: str = ""
    close: int = 0


_AS_IT_IS = Reply()
_REFUSED = Reply(close=NOT_LOGGED_IN)

NATIVE_ERRORS: dict[str, Reply] = {
    "error": _AS_IT_IS,
    "illegal_argument": _AS_IT_IS,
    "not_found": _AS_IT_IS,
    "not_permitted": _AS_IT_IS,
    "limit_exceeded": _AS_IT_IS,
    "concurrent_change": _AS_IT_IS,
    # who is it?
    "app_not_found": Reply("There is no such app.", NOT_LOGGED_IN),
    "unauthenticated": Reply("The token proves nothing here.", NOT_LOGGED_IN),
    "token_expired": Reply("The token has expired.", NOT_LOGGED_IN),
    "registration_closed": _REFUSED,
    "wrong_password": Reply("The password is wrong.", NOT_LOGGED_IN),
    "unknown_login": Reply("There is no such user.", NOT_LOGGED_IN),
    "user_disabled": Reply("The user is banned.", FORCED_OFFLINE),
    "wrong_client_id": _REFUSED,
    "wrong_client_secret": _REFUSED,
    "unsupported_grant": _REFUSED,
    "not_logged_in": _AS_IT_IS,
    "already_logged_in": _AS_IT_IS,
    # ends of a log-in
    "device_replaced": Reply(close=REPLACED),
    "too_many_devices": _AS_IT_IS,
    "online_limit": _AS_IT_IS,
    "daily_limit": _AS_IT_IS,
    "monthly_limit": _AS_IT_IS,
    "user_limit": _AS_IT_IS,
    "forced_offline": Reply(close=FORCED_OFFLINE),
    "account_removed": Reply(close=ACCOUNT_REMOVED),
    "password_changed": Reply(close=PASSWORD_CHANGED),
    # threads
    "thread_not_found": Reply("There is no such thread."),
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
    # frames
    "bad_frame": _AS_IT_IS,
    "unknown_op": _AS_IT_IS,
    "too_many_requests": _AS_IT_IS,
    # accounts
    "reserved_org": _AS_IT_IS,
    "app_exists": _AS_IT_IS,
    "illegal_username": _AS_IT_IS,
    "username_too_long": Reply("The username is too long."),
    "nickname_too_long": Reply("The nickname is too long."),
    "password_too_long": Reply("The password is too long."),
    "password_missing": _AS_IT_IS,
    "user_exists": Reply("The username is taken."),
    "user_not_found": Reply("There is no such user."),
    "profile_too_large": _AS_IT_IS,
    "profiles_too_large": _AS_IT_IS,
    "too_many_profiles": _AS_IT_IS,
    "secret_unreadable": _AS_IT_IS,
    "account_not_found": Reply("There is no such user.", NOT_LOGGED_IN),
    "conflicting_passwords": _AS_IT_IS,
    "new_password_missing": _AS_IT_IS,
    "too_many_in_batch": _AS_IT_IS,
    "username_missing": _AS_IT_IS,
    # operators
    "webhook_name_taken": _AS_IT_IS,
    "webhook_not_found": _AS_IT_IS,
    "webhook_delivery_not_found": _AS_IT_IS,
    "session_not_found": _AS_IT_IS,
    "push_setting_refused": _AS_IT_IS,
    "push_name_missing": _AS_IT_IS,
    "push_template_missing": _AS_IT_IS,
    "last_admin": _AS_IT_IS,
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
    # messages
    "illegal_body": _AS_IT_IS,
    "illegal_custom": _AS_IT_IS,
    "message_too_large": Reply("The message is too large."),
    "store_unavailable": _AS_IT_IS,
    "rejected": _AS_IT_IS,
    "message_not_found": Reply("There is no such message."),
    "too_many_directed": _AS_IT_IS,
    "pin_missing": _AS_IT_IS,
    "pin_limit": _AS_IT_IS,
    "not_its_target": Reply("There is no such message."),
    "recall_too_late": Reply("The message is too old to be recalled."),
    "recall_disabled": Reply("This app does not allow recalls."),
    "not_recallable": _AS_IT_IS,
    "reaction_refused": _AS_IT_IS,
    "broadcast_disabled": _AS_IT_IS,
    "edit_disabled": Reply("This app does not allow edits."),
    "edit_target_missing": Reply("There is no such message."),
    "not_editable": Reply("Such a message cannot be edited."),
    "edit_not_permitted": Reply("Only its sender or an admin may edit a message."),
    "too_many_edits": Reply("The message was edited too often."),
    "blocked": Reply("The receiver has blocked you."),
    "friends_only": Reply("This app lets friends only write to each other."),
    "muted": Reply("You are muted here."),
    "muted_all": Reply("Everybody is muted here."),
    "user_muted_in_app": Reply("You are muted in this app."),
    "presence_disabled": _AS_IT_IS,
    "group_disabled": Reply("The group is disabled."),
    "sender_not_member": Reply("You are not a member."),
    # people and rooms
    "peer_not_found": _AS_IT_IS,
    "group_not_found": Reply("There is no such group."),
    "chatroom_not_found": Reply("There is no such chatroom."),
    "not_member": _AS_IT_IS,
    "already_member": Reply("They are a member already."),
    "blocked_from_room": Reply("They are blocked from it."),
    "approval_needed": _AS_IT_IS,
    "owner_protected": Reply("This cannot be done to the owner."),
    "not_admin": _AS_IT_IS,
    "admin_not_member": _AS_IT_IS,
    "new_owner_not_member": _AS_IT_IS,
    "same_owner": Reply("They own it already."),
    "not_blocked": _AS_IT_IS,
    "room_full": Reply("It is full."),
    "too_many_joined": _AS_IT_IS,
    "room_id_taken": _AS_IT_IS,
    "batch_too_large": _AS_IT_IS,
    "not_super_admin": _AS_IT_IS,
    "contact_limit": Reply("The roster is full."),
    "inviter_contact_limit": Reply("The roster is full."),
    "block_limit": Reply("The block list is full."),
    "oneself_refused": _AS_IT_IS,
    "no_such_request": _AS_IT_IS,
    "member_attributes_refused": _AS_IT_IS,
    "member_value_too_long": Reply("The value is too long."),
    "not_in_group": Reply("They are not a member."),
    "not_in_chatroom": Reply("They are not in the chatroom."),
    "announcement_too_long": Reply("The announcement is too long."),
    "join_full": Reply("It is full."),
    "not_friends": Reply("They are not friends."),
    "remark_too_long": Reply("The remark is too long."),
    # files
    "file_missing": _AS_IT_IS,
    "file_too_large": _AS_IT_IS,
    "file_not_found": Reply("There is no such file."),
    "file_expired": _AS_IT_IS,
    "file_secret_wrong": Reply("The file needs its secret."),
}


def reply_to(refusal: ImError) -> Reply:
    """The row of the refusal's own code, else of its nearest base."""
    codes = [cls.code for cls in type(refusal).__mro__ if issubclass(cls, ImError)]
    return next((NATIVE_ERRORS[code] for code in codes if code in NATIVE_ERRORS), _AS_IT_IS)


def error_json(refusal: ImError) -> dict[str, Any]:
    return {"code": refusal.code, "message": reply_to(refusal).message or str(refusal)}
