"""Request ⇄ command and outcome ⇄ answer: groups, chatrooms and presence."""

from chat.domain.affiliations import Affiliation
from chat.domain.answers import (
    Joined,
    MemberInfo,
    MemberOutcome,
    MemberPage,
    MuteInfo,
    PresenceInfo,
    RoomPage,
)
from chat.domain.commands import (
    AnswerInvitation,
    AnswerJoinRequest,
    Command,
    CreateRoom,
    DestroyRoom,
    GetRoom,
    InviteMembers,
    JoinRoom,
    LeaveRoom,
    ListMembers,
    ListRooms,
    MuteAll,
    MuteMembers,
    RemoveMembers,
    SetAdmin,
    SetAnnouncement,
    SetPresence,
    SubscribePresence,
    TransferRoom,
    UnmuteMembers,
    UnsubscribePresence,
    UpdateRoom,
)
from tests.wire.native.vectors import (
    TIME,
    G,
    Json,
    R,
    room,
)

ROOM_EXCHANGES: list[tuple[Json, Command, object, Json]] = [
    (
        {
            "op": "group.create",
            "groupname": "qa",
            "desc": "x",
            "public": False,
            "members": ["Demo1", "demo3", "demo3"],
            "maxusers": 300,
            "membersonly": True,
            "allowinvites": True,
            "invite_need_confirm": False,
            "custom": "{}",
            "avatar": "http://x/y.png",
        },
        CreateRoom(
            "group",
            "qa",
            "x",
            members=("demo1", "demo3"),
            public=False,
            members_only=True,
            allow_invites=True,
            invite_need_confirm=False,
            max_members=300,
            custom="{}",
            avatar="http://x/y.png",
        ),
        room(),
        {"data": {"groupid": G.group_id}},
    ),
    (
        {"op": "group.update", "id": G.group_id, "name": "new", "maxusers": 9, "public": True},
        UpdateRoom(G, {"name": "new", "public": True, "max_members": 9}),
        room(),
        {"data": {"groupname": True, "public": True, "maxusers": True}},
    ),
    (
        {"op": "group.update", "id": G.group_id, "announcement": "at 5"},
        SetAnnouncement(G, "at 5"),
        None,
        {"data": {"id": G.group_id, "result": True}},
    ),
    (
        {"op": "group.get", "id": G.group_id},
        GetRoom(G),
        room(),
        {
            "data": [
                {
                    "id": G.group_id,
                    "groupid": G.group_id,
                    "name": "qa",
                    "description": "x",
                    "custom": "",
                    "avatar": "",
                    "owner": "demo1",
                    "public": True,
                    "membersonly": False,
                    "allowinvites": False,
                    "invite_need_confirm": True,
                    "mute": False,
                    "disabled": False,
                    "maxusers": 200,
                    "affiliations_count": 2,
                    "announcement": "",
                    "created": TIME,
                    "permission": "owner",
                }
            ]
        },
    ),
    (
        {"op": "group.list"},
        ListRooms("group", "joined"),
        RoomPage((room(my_rank=Affiliation.MEMBER),), "c"),
        {
            "data": [
                {
                    "groupid": G.group_id,
                    "groupname": "qa",
                    "owner": "demo1",
                    "affiliations": 2,
                    "permission": "member",
                }
            ],
            "cursor": "c",
        },
    ),
    (
        {"op": "group.list", "scope": "public", "cursor": "c", "limit": 5},
        ListRooms("group", "public", "c", 5),
        RoomPage((), ""),
        {"data": [], "cursor": ""},
    ),
    (
        {"op": "group.join", "id": G.group_id, "message": "me too"},
        JoinRoom(G, "me too"),
        Joined(True),
        {
            "data": {
                "result": True,
                "action": "apply",
                "user": "demo2",
                "id": G.group_id,
                "groupid": G.group_id,
            },
            "pending": True,
        },
    ),
    (
        {"op": "group.leave", "id": G.group_id},
        LeaveRoom(G),
        None,
        {
            "data": {
                "result": True,
                "action": "remove_member",
                "user": "demo2",
                "id": G.group_id,
                "groupid": G.group_id,
            }
        },
    ),
    (
        {"op": "group.invite", "id": G.group_id, "usernames": ["demo3"], "message": "come"},
        InviteMembers(G, ("demo3",), "come"),
        [MemberOutcome("demo3", True)],
        {
            "data": [
                {
                    "result": True,
                    "action": "invite",
                    "user": "demo3",
                    "id": G.group_id,
                    "groupid": G.group_id,
                }
            ]
        },
    ),
    ({"op": "group.accept", "id": G.group_id}, AnswerInvitation(G, True), Joined(False), {}),
    ({"op": "group.decline", "id": G.group_id}, AnswerInvitation(G, False), Joined(False), {}),
    (
        {"op": "group.accept", "id": G.group_id, "user": "demo3"},
        AnswerJoinRequest(G, "demo3", True),
        None,
        {},
    ),
    (
        {"op": "group.decline", "id": G.group_id, "user": "demo3"},
        AnswerJoinRequest(G, "demo3", False),
        None,
        {},
    ),
    (
        {"op": "group.remove", "id": G.group_id, "users": ["demo3", "eve"]},
        RemoveMembers(G, ("demo3", "eve")),
        [MemberOutcome("demo3", True), MemberOutcome("eve", False, "no")],
        {
            "data": [
                {
                    "result": True,
                    "action": "remove_member",
                    "user": "demo3",
                    "id": G.group_id,
                    "groupid": G.group_id,
                },
                {
                    "result": False,
                    "action": "remove_member",
                    "user": "eve",
                    "reason": "no",
                    "id": G.group_id,
                    "groupid": G.group_id,
                },
            ]
        },
    ),
    (
        {"op": "group.role", "id": G.group_id, "user": "demo3", "role": "admin"},
        SetAdmin(G, "demo3", True),
        None,
        {"data": {"result": "success", "newadmin": "demo3"}},
    ),
    (
        {"op": "group.role", "id": G.group_id, "user": "demo3", "role": "member"},
        SetAdmin(G, "demo3", False),
        None,
        {"data": {"result": "success", "oldadmin": "demo3"}},
    ),
    (
        {"op": "group.mute", "id": G.group_id, "usernames": ["demo3"], "mute_duration": 60000},
        MuteMembers(G, ("demo3",), 60000),
        [MuteInfo("demo3", TIME)],
        {"data": [{"result": True, "expire": TIME, "user": "demo3"}]},
    ),
    (
        {"op": "group.mute", "id": G.group_id, "user": "demo3", "mute_duration": 0},
        UnmuteMembers(G, ("demo3",)),
        [MemberOutcome("demo3", True)],
        {"data": [{"result": True, "user": "demo3"}]},
    ),
    (
        {"op": "group.mute", "id": G.group_id, "all": True},
        MuteAll(G, True),
        True,
        {"data": {"mute": True}},
    ),
    (
        {"op": "group.transfer", "id": G.group_id, "newowner": "demo3"},
        TransferRoom(G, "demo3"),
        room(),
        {"data": {"newowner": True}},
    ),
    (
        {"op": "group.destroy", "id": G.group_id},
        DestroyRoom(G),
        None,
        {"data": {"success": True, "id": G.group_id, "groupid": G.group_id}},
    ),
    (
        {"op": "group.members", "id": G.group_id},
        ListMembers(G),
        MemberPage(
            (
                MemberInfo("demo1", Affiliation.OWNER, TIME),
                MemberInfo("demo2", Affiliation.ADMIN, TIME),
                MemberInfo("demo3", Affiliation.MEMBER, TIME, TIME),
            ),
            "",
        ),
        {
            "data": [
                {"owner": "demo1"},
                {"member": "demo2", "admin": True},
                {"member": "demo3", "muted_until": TIME},
            ],
            "cursor": "",
        },
    ),
    (
        {"op": "room.list"},
        ListRooms("chatroom", "public"),
        RoomPage((room(kind="chatroom", room_id=R.room_id),), ""),
        {
            "data": [{"id": R.room_id, "name": "qa", "owner": "demo1", "affiliations_count": 2}],
            "cursor": "",
        },
    ),
    (
        {"op": "room.join", "id": R.room_id},
        JoinRoom(R),
        Joined(False),
        {
            "data": {"result": True, "action": "add_member", "user": "demo2", "id": R.room_id},
            "pending": False,
        },
    ),
    (
        {"op": "room.leave", "id": R.room_id},
        LeaveRoom(R),
        None,
        {
            "data": {
                "result": True,
                "action": "remove_member",
                "user": "demo2",
                "id": R.room_id,
            }
        },
    ),
    (
        {"op": "room.get", "id": R.room_id},
        GetRoom(R),
        room(kind="chatroom", room_id=R.room_id, my_rank=Affiliation.NONE),
        {
            "data": [
                {
                    "id": R.room_id,
                    "name": "qa",
                    "description": "x",
                    "custom": "",
                    "avatar": "",
                    "owner": "demo1",
                    "public": True,
                    "membersonly": False,
                    "allowinvites": False,
                    "invite_need_confirm": True,
                    "mute": False,
                    "disabled": False,
                    "maxusers": 200,
                    "affiliations_count": 2,
                    "announcement": "",
                    "created": TIME,
                    "permission": "none",
                }
            ]
        },
    ),
    (
        {"op": "room.members", "id": R.room_id, "limit": 2, "cursor": "c"},
        ListMembers(R, "c", 2),
        MemberPage((), "d"),
        {"data": [], "cursor": "d"},
    ),
    (
        {"op": "presence.set", "status": "100", "ext": "busy"},
        SetPresence("100", "busy"),
        None,
        {},
    ),
    (
        {"op": "presence.subscribe", "users": ["demo1"], "ttl_s": 60},
        SubscribePresence(("demo1",), 60),
        [PresenceInfo("demo1", True, "1", "", {"d1": "1"}, TIME, TIME)],
        {
            "items": [
                {
                    "user": "demo1",
                    "online": True,
                    "status": "1",
                    "ext": "",
                    "devices": {"d1": "1"},
                    "last_seen": TIME,
                }
            ]
        },
    ),
    (
        {"op": "presence.unsubscribe", "users": ["demo1"]},
        UnsubscribePresence(("demo1",)),
        None,
        {},
    ),
]
