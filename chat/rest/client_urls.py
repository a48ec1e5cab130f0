"""What only client SDKs call below /{org}/{app}/ (msync.md section 8)."""

from accounts.rest.routes import route
from chat.domain.targets import RoomKind
from chat.rest.views.client_contacts import (
    ContactAnswerView,
    ContactRequestView,
    SdkBlocksView,
)
from chat.rest.views.client_rooms import (
    GroupApplyVerifyView,
    GroupInviteVerifyView,
    GroupInviteView,
    IsMutedView,
    JoinedCountView,
    PublicGroupsView,
    RoomApplyView,
    RoomQuitView,
)
from chat.rest.views.conversation_marks import ConversationMarksView, MarkedConversationsView
from chat.rest.views.pinned_messages import PinnedMessagesView
from chat.rest.views.roaming import RoamingView
from chat.rest.views.user_channels import (
    ConversationListView,
    ConversationPinView,
    ConversationRemovalView,
    UserChannelPageView,
    UserChannelsView,
)

_KINDS: tuple[tuple[str, RoomKind], ...] = (("chatgroups", "group"), ("chatrooms", "chatroom"))
_USER = "users/<str:username>"
_CONTACTS = f"{_USER}/contacts"
_SDK_USER = "sdk/user/<str:username>"

urlpatterns = [
    route(f"{_CONTACTS}/apply", ContactRequestView),
    route(f"{_CONTACTS}/accept/users/<str:contact>", ContactAnswerView, accept=True),
    route(f"{_CONTACTS}/decline/users/<str:contact>", ContactAnswerView, accept=False),
    route(f"{_SDK_USER}/blocks", SdkBlocksView),
    route("publicchatgroups", PublicGroupsView),
    route("chatgroups/user/<str:username>/joined_count", JoinedCountView),
    route("chatgroups/<str:room_id>/invite", GroupInviteView),
    route("chatgroups/<str:room_id>/apply_verify", GroupApplyVerifyView),
    route("chatgroups/<str:room_id>/invite_verify", GroupInviteVerifyView),
    *(
        pattern
        for rooms, kind in _KINDS
        for pattern in (
            route(f"{rooms}/<str:room_id>/apply", RoomApplyView, kind=kind),
            route(f"{rooms}/<str:room_id>/quit", RoomQuitView, kind=kind),
            route(f"sdk/{rooms}/<str:room_id>/mute/<str:username>", IsMutedView, kind=kind),
        )
    ),
    route(f"{_USER}/messageroaming", RoamingView),
    route(f"{_USER}/user_channels", UserChannelsView),
    route(f"{_USER}/user_channels/page", UserChannelPageView),
    route(f"{_SDK_USER}/user_channels/list", ConversationListView),
    route(f"{_SDK_USER}/user_channels/mark", ConversationMarksView),
    route(f"{_SDK_USER}/user_channels/mark/search", MarkedConversationsView),
    route(f"{_SDK_USER}/user_channel/pin", PinnedMessagesView),
    route(f"{_SDK_USER}/user_channel/top", ConversationPinView),
    route(f"{_USER}/user_channel", ConversationRemovalView),
    route("user/<str:username>/user_channel", ConversationRemovalView),
]
