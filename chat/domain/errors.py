"""The chat refusals. Each exit's errors.py maps every code; a test names the missing ones."""

from accounts.domain.errors import (
    ConcurrentChange,
    IllegalArgument,
    ImError,
    LimitExceeded,
    NotFound,
    NotPermitted,
)
from chat.domain.login_errors import (
    AccountRemoved,
    DailyLimit,
    DeviceReplaced,
    ForcedOffline,
    MonthlyLimit,
    OnlineLimit,
    PasswordChanged,
    TooManyDevices,
)
from chat.domain.message_errors import (
    BroadcastDisabled,
    EditDisabled,
    EditNotPermitted,
    EditTargetMissing,
    MessageNotFound,
    NotEditable,
    NotItsTarget,
    NotRecallable,
    PinLimit,
    PinMissing,
    ReactionRefused,
    RecallDisabled,
    RecallTooLate,
    TooManyDirected,
    TooManyEdits,
)

__all__ = [
    "AccountRemoved",
    "BroadcastDisabled",
    "ConcurrentChange",
    "DailyLimit",
    "DeviceReplaced",
    "EditDisabled",
    "EditNotPermitted",
    "EditTargetMissing",
    "ForcedOffline",
    "IllegalArgument",
    "ImError",
    "LimitExceeded",
    "MessageNotFound",
    "MonthlyLimit",
    "NotEditable",
    "NotFound",
    "NotItsTarget",
    "NotPermitted",
    "NotRecallable",
    "OnlineLimit",
    "PasswordChanged",
    "PinLimit",
    "PinMissing",
    "ReactionRefused",
    "RecallDisabled",
    "RecallTooLate",
    "TooManyDevices",
    "TooManyDirected",
    "TooManyEdits",
]


class IllegalBody(IllegalArgument):
    code = "illegal_body"
    template = "{detail}"


class IllegalCustom(IllegalBody):
    """Of a custom message, its event's name or its pairs."""

    code = "illegal_custom"


class MessageTooLarge(ImError):
    code = "message_too_large"
    template = "message is too large"


class BadFrame(ImError):
    """A frame that cannot be read as this wire's."""

    code = "bad_frame"
    template = "{detail}"


class UnknownOperation(ImError):
    code = "unknown_op"
    template = "There is no operation {op}."


class NotLoggedIn(ImError):
    code = "not_logged_in"
    template = "Log in first."


class AlreadyLoggedIn(ImError):
    code = "already_logged_in"
    template = "This connection is logged in already."


class TooManyRequests(ImError):
    code = "too_many_requests"
    template = "Too many requests are waiting on this connection."


class StoreUnavailable(ImError):
    """The commit failed or its outcome stayed unknown; the same client id may be sent again."""

    code = "store_unavailable"
    template = "The message could not be stored. Try again."


class Rejected(ImError):
    """The customer's own server refused a message before it was stored."""

    code = "rejected"
    template = "{reason}"


class WebhookNotFound(NotFound):
    code = "webhook_not_found"
    template = "There is no webhook {name}."


class SessionNotFound(NotFound):
    code = "session_not_found"
    template = "There is no such connection."


class WebhookDeliveryNotFound(NotFound):
    code = "webhook_delivery_not_found"
    template = "There is no such webhook delivery."


class WebhookNameTaken(IllegalArgument):
    code = "webhook_name_taken"
    template = "A webhook named {name} exists already."


class PeerNotFound(NotFound):
    """The user that a message, request or change names does not exist."""

    code = "peer_not_found"
    template = "username {username} doesn't exist!"


class GroupNotFound(NotFound):
    code = "group_not_found"
    template = "grpID {room_id} does not exist!"


class ChatroomNotFound(NotFound):
    code = "chatroom_not_found"
    template = "grpID {room_id} does not exist!"


class GroupDisabled(ImError):
    code = "group_disabled"
    template = "can not operate this group, reason: group is disabled"


class Blocked(NotPermitted):
    code = "blocked"
    template = "blocked"


class FriendsOnly(NotPermitted):
    code = "friends_only"
    template = "nonroster"


class NotMember(NotPermitted):
    """`usernames` is the list of those who are not in the room; `kind` group or chatroom."""

    code = "not_member"
    template = "users [{names}] are not members of this group!"


class SenderNotMember(NotPermitted):
    code = "sender_not_member"
    template = "not in group or chatroom"


class AlreadyMember(NotPermitted):
    code = "already_member"
    template = "can not join this group, reason:user: {username} already in group: {room_id}\n"


class Muted(NotPermitted):
    code = "muted"
    template = "muted"


class MutedAll(Muted):
    code = "muted_all"
    template = "not in group or chatroom white list"


class UserMutedInApp(Muted):
    """The app muted this user for all conversations of the kind (rest.md 3.2.14)."""

    code = "user_muted_in_app"


class PresenceDisabled(NotPermitted):
    code = "presence_disabled"
    template = "the app not open presence"


class BlockedFromRoom(NotPermitted):
    code = "blocked_from_room"
    template = "can not join this group, reason:user: {username} is in the block list"


class ApprovalNeeded(NotPermitted):
    code = "approval_needed"
    template = "This group is joined by invitation or approval."


class OwnerProtected(NotPermitted):
    code = "owner_protected"
    template = "forbidden operation on group owner!"


class NotAdmin(NotPermitted):
    code = "not_admin"
    template = "user:{username} is not admin of group:{room_id}"


class AdminNotMember(NotFound):
    code = "admin_not_member"
    template = "user: {username} doesn't exist in group: {room_id}"


class NewOwnerNotMember(NotPermitted):
    code = "new_owner_not_member"
    template = "user: {username} doesn't exist in group: {room_id}"


class SameOwner(NotPermitted):
    code = "same_owner"
    template = "new owner and old owner are the same"


class NotBlocked(NotPermitted):
    code = "not_blocked"
    template = "users [{names}] are not in the block list of this group!"


class RoomFull(LimitExceeded):
    code = "room_full"
    template = "members size is greater than max user size !"


class JoinFull(RoomFull):
    """Somebody's own joining found no place left."""

    code = "join_full"
    template = "group member list is full!"


class AnnouncementTooLong(LimitExceeded):
    code = "announcement_too_long"
    template = "announce info length exceeds limit!"


class MemberAttributesRefused(IllegalArgument):
    code = "member_attributes_refused"
    template = "{detail}"


class MemberValueTooLong(MemberAttributesRefused):
    code = "member_value_too_long"
    template = "exceeds chatgroup user metadata single value limit"


class NotInGroup(NotFound):
    code = "not_in_group"
    template = "user not in group"


class NotInChatroom(NotPermitted):
    code = "not_in_chatroom"
    template = "user is not in chatroom"


class TooManyJoined(LimitExceeded):
    code = "too_many_joined"
    template = "user {username} has joined too many {kind}s!"


class RoomIdTaken(IllegalArgument):
    code = "room_id_taken"
    template = "group ID {room_id} already exists!"


class BatchTooLarge(IllegalArgument):
    """`detail` is the vendor's sentence of the call."""

    code = "batch_too_large"
    template = "{detail}"


class NotSuperAdmin(NotPermitted):
    code = "not_super_admin"
    template = "Only a super admin may create chatrooms."


class ContactLimit(LimitExceeded):
    code = "contact_limit"
    template = "user contact number exceed limit"


class InviterContactLimit(ContactLimit):
    code = "inviter_contact_limit"
    template = "Inviter's contact max count."


class NotFriends(NotPermitted):
    code = "not_friends"
    template = "updateRemark | they are not friends, please add as a friend first."


class RemarkTooLong(IllegalArgument):
    code = "remark_too_long"
    template = "remark length must less than {limit}"


class BlockLimit(LimitExceeded):
    code = "block_limit"
    template = "user block number exceed limit"


class OneselfRefused(IllegalArgument):
    code = "oneself_refused"
    template = "This cannot be done to oneself."


class NoSuchRequest(NotFound):
    code = "no_such_request"
    template = "There is no open request of {username}."


class FileMissing(IllegalArgument):
    code = "file_missing"
    template = "file must be provided."


class FileTooLarge(ImError):
    code = "file_too_large"
    template = "the file size exceeds the maximum limit."


class FileNotFound(NotFound):
    code = "file_not_found"
    template = "file may not exists"


class FileExpired(NotFound):
    code = "file_expired"
    template = "file {uuid} is expired"


class FileSecretWrong(ImError):
    code = "file_secret_wrong"
    template = "Unable to authenticate (OAuth)"
