"""The chat routes below /{org}/{app}/; accounts.rest.urls has the others.

Literal segments come before names where they would be read as one (rest.md 3.2.11, 3.8.8, 3.9.9).
"""

from django.urls import URLPattern

import chat.rest.errors  # noqa: F401  (its rows must be known before the first request)
from accounts.rest.routes import route
from chat.domain.targets import RoomKind
from chat.rest import client_urls
from chat.rest.views.blocks import BlockListView, BlockView
from chat.rest.views.callbacks import RetryFailuresView, StoredFailuresView
from chat.rest.views.chatrooms import (
    ChatroomDetailView,
    ChatroomsView,
    JoinedChatroomsView,
    SuperAdminsView,
    SuperAdminView,
)
from chat.rest.views.contacts import (
    ContactImportView,
    ContactListView,
    ContactPagesView,
    ContactView,
)
from chat.rest.views.exports import HistoryFileView, HistoryLinkView, LegacyHistoryView
from chat.rest.views.files import FilesView, FileView
from chat.rest.views.group_attributes import (
    MemberAttributesView,
    MembersAttributesBatchView,
    MembersAttributesView,
)
from chat.rest.views.group_receipts import GroupReceiptsView
from chat.rest.views.groups import (
    GroupMembershipView,
    GroupsView,
    GroupSwitchView,
    GroupView,
    JoinedGroupsView,
    RichJoinedGroupsView,
)
from chat.rest.views.message_changes import (
    BroadcastView,
    DirectedSendView,
    EditView,
    ImportView,
)
from chat.rest.views.messages import (
    LegacyRecallView,
    LegacySendView,
    RecallView,
    SendView,
)
from chat.rest.views.moderation import ModerationExportView, ModerationFilesView
from chat.rest.views.offline_messages import OfflineCountView
from chat.rest.views.online_status import BatchStatusView, UserDevicesView, UserStatusView
from chat.rest.views.own_history import (
    AllOwnHistoryView,
    OfflineStatusView,
    OwnHistoryByTimeView,
    OwnHistoryView,
)
from chat.rest.views.presence import (
    OnlineMembersView,
    PresenceStatusView,
    PresenceSubscriptionView,
    PresencesView,
    WatchedView,
)
from chat.rest.views.reactions import ReactionDetailView, ReactionsView
from chat.rest.views.room_attributes import OwnRoomAttributesView, RoomAttributesView
from chat.rest.views.room_members import (
    RoomAdminsView,
    RoomAdminView,
    RoomMembersView,
    RoomMemberView,
)
from chat.rest.views.room_moderation import (
    RoomAllowedView,
    RoomAllowListView,
    RoomAnnouncementView,
    RoomBanView,
    RoomBlocksView,
    RoomBlockView,
    RoomMutesView,
    RoomMuteView,
)
from chat.rest.views.shared_files import SharedFilesView, SharedFileView
from chat.rest.views.threads import (
    GroupThreadsView,
    JoinedThreadsView,
    LastThreadMessagesView,
    OneThreadView,
    ThreadJoinView,
    ThreadMembersView,
    ThreadMemberView,
    ThreadQuitView,
    ThreadsView,
)
from chat.rest.views.user_mutes import UserMutesView, UserMuteView

users = [
    route(
        "users/<str:username>/offline_msg_status/<str:message_id>",
        OfflineStatusView,
    ),
    route("mutes", UserMutesView),
    route("mutes/<str:username>", UserMuteView),
    route("users/<str:username>/presence", PresencesView),
    route("users/<str:username>/presence/sublist", WatchedView),
    route("users/<str:username>/presence/<str:expiry>", PresenceSubscriptionView),
    route("users/<str:username>/presence/<str:resource>/<str:status>", PresenceStatusView),
    route("presence/online/<str:room_id>/type/<str:kind>", OnlineMembersView),
    route("users/batch/status", BatchStatusView),
    route("users/<str:username>/status", UserStatusView),
    route("users/<str:username>/resources", UserDevicesView),
    route("users/<str:username>/offline_msg_count", OfflineCountView),
    route("callbacks/storage/info", StoredFailuresView),
    route("callbacks/storage/retry", RetryFailuresView),
    route("moderation/record/message/export", ModerationExportView),
    route("moderation/export/files", ModerationFilesView),
    route("moderationfiles/<str:uuid>", ModerationFilesView),
    route("users/<str:username>/contacts/users", ContactListView),
    route("users/<str:username>/contacts/import", ContactImportView),
    route("users/<str:username>/contacts", ContactPagesView),
    route("user/<str:username>/contacts", ContactPagesView),
    route("users/<str:username>/contacts/users/<str:contact>", ContactView),
    route("user/<str:username>/contacts/users/<str:contact>", ContactView),
    route("users/<str:username>/blocks/users", BlockListView),
    route("users/<str:username>/blocks/users/<str:blocked>", BlockView),
    route("users/<str:username>/joined_chatgroups", JoinedGroupsView),
    route("users/<str:username>/joined_chatrooms", JoinedChatroomsView),
]


def _of_rooms(prefix: str, kind: RoomKind) -> list[URLPattern]:
    """What groups and chatrooms have in common."""
    room = f"{prefix}/<str:room_id>"
    return [
        route(f"{room}/users", RoomMembersView, kind=kind),
        route(f"{room}/users/<str:username>", RoomMemberView, kind=kind),
        route(f"{room}/admin", RoomAdminsView, kind=kind),
        route(f"{room}/admin/<str:username>", RoomAdminView, kind=kind),
        route(f"{room}/blocks/users", RoomBlocksView, kind=kind),
        route(f"{room}/blocks/users/<str:username>", RoomBlockView, kind=kind),
        route(f"{room}/white/users", RoomAllowListView, kind=kind),
        route(f"{room}/white/users/<str:username>", RoomAllowedView, kind=kind),
        route(f"{room}/mute", RoomMutesView, kind=kind),
        route(f"{room}/mute/<str:username>", RoomMuteView, kind=kind),
        route(f"{room}/ban", RoomBanView, kind=kind),
        route(f"{room}/announcement", RoomAnnouncementView, kind=kind),
        route(f"{room}/share_files", SharedFilesView, kind=kind),
        route(f"{room}/share_files/<str:file_id>", SharedFileView, kind=kind),
    ]


groups = [
    route("chatgroups", GroupsView),
    route("chatgroups/user/<str:username>", RichJoinedGroupsView),
    route("chatgroups/<str:room_id>", GroupView),
    route("chatgroups/<str:room_id>/acks/<str:message_id>", GroupReceiptsView),
    route("chatgroups/<str:room_id>/disable", GroupSwitchView, disabled=True),
    route("chatgroups/<str:room_id>/enable", GroupSwitchView, disabled=False),
    route("chatgroups/<str:room_id>/user/<str:username>/is_joined", GroupMembershipView),
    *_of_rooms("chatgroups", "group"),
]

chatrooms = [
    route("chatrooms", ChatroomsView),
    route("chatrooms/super_admin", SuperAdminsView),
    route("chatrooms/super_admin/<str:username>", SuperAdminView),
    route("chatrooms/<str:room_id>", ChatroomDetailView),
    *_of_rooms("chatrooms", "chatroom"),
]


def _attributes(prefix: str) -> list[URLPattern]:
    group = f"{prefix}/chatgroup/<str:room_id>"
    return [
        route(f"{group}/user/<str:username>", MemberAttributesView),
        route(f"{group}/get", MembersAttributesView),
        route(f"{group}/users/batch", MembersAttributesBatchView),
    ]


_room = "metadata/chatroom/<str:room_id>"
attributes = [
    *_attributes("metadata"),
    *_attributes("sdk/metadata"),  # COMPAT web SDK 4.x (msync.md 8.3)
    route(_room, RoomAttributesView),
    route(f"{_room}/user/<str:username>", OwnRoomAttributesView),
    route(f"{_room}/user/<str:username>/forced", OwnRoomAttributesView, forced=True),
]

_roaming = [
    # COMPAT client SDKs call it below /sdk, backends below /rest.
    pattern
    for root in ("rest/message/roaming", "sdk/message/roaming")
    for pattern in (
        route(f"{root}/user/<str:username>/delete/all", AllOwnHistoryView),
        route(f"{root}/chat/user/<str:username>", OwnHistoryView, kind="chat"),
        route(f"{root}/group/user/<str:username>", OwnHistoryView, kind="group"),
        route(f"{root}/chat/user/<str:username>/time", OwnHistoryByTimeView, kind="chat"),
        route(f"{root}/group/user/<str:username>/time", OwnHistoryByTimeView, kind="group"),
    )
]

messages = [
    route("chatmessages", LegacyHistoryView),
    route("chatmessages/<str:hour>", HistoryLinkView),
    route("chatmessages/<str:hour>/file", HistoryFileView),
    *_roaming,
    route("reaction/user/<str:username>", ReactionsView),
    route("reaction/user/<str:username>/detail", ReactionDetailView),
    route("messages", LegacySendView),
    route("messages/users", SendView, target_type="users"),
    route("messages/chatgroups", SendView, target_type="chatgroups"),
    route("messages/chatrooms", SendView, target_type="chatrooms"),
    route("messages/chatgroups/users", DirectedSendView, target_type="chatgroups"),
    route("messages/chatrooms/users", DirectedSendView, target_type="chatrooms"),
    route("messages/chatrooms/broadcast", BroadcastView),
    route("messages/rewrite/<str:message_id>", EditView),
    route("messages/users/import", ImportView, target_type="users"),
    route("messages/chatgroups/import", ImportView, target_type="chatgroups"),
    route("messages/msg_recall", RecallView),
    route("messages/recall", LegacyRecallView),
]

_thread = "thread/<str:thread_id>"
threads = [
    route("thread", ThreadsView),
    route("thread/message", LastThreadMessagesView),
    route(_thread, OneThreadView),
    route(f"{_thread}/users", ThreadMembersView),
    route(f"{_thread}/users/<str:username>", ThreadMemberView),
    route(f"{_thread}/user/<str:username>/join", ThreadJoinView),
    route(f"{_thread}/user/<str:username>/quit", ThreadQuitView),
    route("threads/user/<str:username>", JoinedThreadsView),
    route("threads/chatgroups/<str:group_id>", GroupThreadsView),
    route("threads/chatgroups/<str:group_id>/user/<str:username>", JoinedThreadsView),
]

files = [
    route("chatfiles", FilesView),
    route("chatfiles/<str:uuid>", FileView),
]

urlpatterns = [
    *client_urls.urlpatterns,
    *users,
    *groups,
    *chatrooms,
    *attributes,
    *messages,
    *threads,
    *files,
]
