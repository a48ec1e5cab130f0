"""The Java server SDK's methods as data (rest.md 4.1): what each sends, and what it reads.

A read is `place:kind` or `place=value`. In a place `[]` is every element (there is one at least)
and `*` every value of an object. Kinds: str, int, bool, list, map, absent; `true` is a value.
"""

from typing import Any

Row = tuple[str, str, Any, str]

_USER = (
    "entities[].username=demo1 entities[].uuid:str entities[].activated:bool"
    " entities[].nickname:str entities[].pushInfo[].device_Id:str"
    " entities[].pushInfo[].device_token:str entities[].pushInfo[].notifier_name:str"
)
_LISTED = "data[].groupid:str data[].groupname:str data[].owner:str data[].affiliations:int"
_GROUP = (
    "data[].id={group} data[].name:str data[].description:str data[].membersonly:bool"
    " data[].allowinvites:bool data[].owner=demo1 data[].maxusers:int data[].public:bool"
    " data[].affiliations_count:int data[].affiliations[].*:str data[].mute:bool"
    " data[].custom:str data[].disabled:bool"
)
_ROOM = (
    "data[].id={room} data[].name:str data[].description:str data[].membersonly:bool"
    " data[].owner=demo1 data[].maxusers:int data[].mute:bool data[].affiliations[].*:str"
    " data[].affiliations_count:int data[].custom:str data[].created:int"
)
_PAGED = "data[].*:str count:int params.pagenum[]=1 params.pagesize[]=10"
_TEXT = {"from": "demo1", "type": "txt", "body": {"msg": "hi"}, "ext": {"k": 1}}
_MORE = {"routetype": "ROUTE_ONLINE", "sync_device": True}
_LEGACY = {"from": "demo1", "target_type": "users", "target": ["demo2"],
           "msg": {"type": "txt", "msg": "hi"}, "ext": {}, "sync_device": False}  # fmt: skip
_IMPORT = {"from": "demo1", "msg": {"type": "text", "msg": "old"}, "ext": {}, "is_ack_read": True,
           "msg_timestamp": 1735689600123, "need_download": False}  # fmt: skip
_NEW = {"groupname": "qa", "description": "x", "owner": "demo1", "members": ["demo2"],
        "maxusers": 300, "allowinvites": True, "members_only": False,
        "invite_need_confirm": True, "need_verify": False, "custom": "", "avatar": ""}  # fmt: skip
_CHANGED = {"name": "n", "description": "d", "maxusers": 500, "custom": "c", "need_verify": False}
_GROUP_CHANGED = {**_CHANGED, "membersonly": True, "allowinvites": True, "public": True,
                  "invite_need_confirm": False, "avatar": ""}  # fmt: skip
_RECALL = {"msg_id": "{message}", "chat_type": "chat", "from": "demo1", "to": "demo2",
           "force": True}  # fmt: skip


def _mutes(name: str, at: str) -> tuple[Row, ...]:
    return (
        (f"block().list muted in {name}", f"GET {at}/mute", ...,
         "data[].user:str data[].expire:int"),
        (f"block().mute in {name}", f"POST {at}/mute",
         {"usernames": ["demo2"], "mute_duration": -1}, "data[].result=true"),
        (f"block().unmute in {name}", f"DELETE {at}/mute/demo3", ..., "data[].result=true"),
        (f"block().mute all of {name}", f"POST {at}/ban", ..., "data.mute=true"),
        (f"block().unmute all of {name}", f"DELETE {at}/ban", ..., "data.mute=false"),
        (f"block().list blocked from {name}", f"GET {at}/blocks/users", ..., "data[]:str"),
        (f"block().block from {name}", f"POST {at}/blocks/users/demo3", ..., "data.result=true"),
        (f"block().unblock from {name}", f"DELETE {at}/blocks/users/demo5", ...,
         "data.result=true"),
        (f"{name}().members", f"GET {at}/users?version=v3&limit=10", ...,
         "data[]:str cursor:absent"),
        (f"{name}().first members", f"GET {at}/users?version=v3&limit=1", ...,
         "data[]:str cursor:str"),
        (f"{name}().members with owner", f"GET {at}/users?pagenum=1&pagesize=10", ..., _PAGED),
        (f"{name}().add member", f"POST {at}/users/stranger", ..., "data.result=true"),
        (f"{name}().add members", f"POST {at}/users", {"usernames": ["stranger"]}, ""),
        (f"{name}().remove member", f"DELETE {at}/users/demo3", ..., "data.result=true"),
        (f"{name}().remove members", f"DELETE {at}/users/demo3,nobody", ...,
         "data[].result:bool data[].user:str"),
        (f"{name}().admins", f"GET {at}/admin", ..., "data[]:str"),
        (f"{name}().promote", f"POST {at}/admin", {"newadmin": "demo3"},
         "data.result=success data.newadmin=demo3"),
        (f"{name}().demote", f"DELETE {at}/admin/demo2", ...,
         "data.result=success data.oldadmin=demo2"),
        (f"{name}().assign", f"PUT {at}", {"newowner": "demo2"}, "data.newowner=true"),
        (f"{name}().announcement", f"GET {at}/announcement", ..., "data.announcement:str"),
        (f"{name}().update announcement", f"POST {at}/announcement", {"announcement": "x"}, ""),
    )  # fmt: skip


def _metadata_of_rooms() -> tuple[Row, ...]:
    at = "/metadata/chatroom/{room}"
    outcome = "data.successKeys[]:str data.errorKeys:map"
    values = {"metaData": {"k": "v"}, "autoDelete": "DELETE"}
    return (
        ("metadata().list room", f"POST {at}", {"keys": ["score"]}, "data.score=9"),
        ("metadata().list all of room", f"POST {at}", ..., "data.score=9"),
        ("metadata().set room", f"PUT {at}/user/demo1", values, outcome),
        ("metadata().set room forced", f"PUT {at}/user/demo2/forced", values, outcome),
        ("metadata().delete room", f"DELETE {at}/user/demo1", {"keys": ["score"]}, outcome),
        ("metadata().delete room forced", f"DELETE {at}/user/admin/forced", {"keys": ["score"]},
         outcome),
    )  # fmt: skip


JAVA: tuple[Row, ...] = (
    ("user().create", "POST /users", {"username": "Zoe", "password": "1", "nickname": "Z"},
     "entities[].username=zoe entities[].uuid:str entities[].activated=true entities[].nickname=Z"),
    ("user().create without nickname", "POST /users", {"username": "Zoe", "password": "1"},
     "entities[].username=zoe entities[].nickname:absent"),
    ("user().create list", "POST /users", [{"username": "Zoe", "password": "1"}],
     "entities[].username=zoe"),
    ("user().get", "GET /users/demo1", ..., _USER),
    ("user().get without nickname", "GET /users/demo2", ..., "entities[].nickname:absent"),
    ("user().listUsers", "GET /users?limit=2", ..., "entities[].username:str cursor:str"),
    ("user().listAllUsers", "GET /users?limit=100", ..., "entities[].username:str cursor:absent"),
    ("user().delete", "DELETE /users/demo4", ..., ""),
    ("user().deleteAll", "DELETE /users?limit=100", ..., "entities[].username:str cursor:absent"),
    ("user().updateUserPassword", "PUT /users/demo1/password", {"newpassword": "x"}, ""),
    ("user().forceLogoutAllDevices", "GET /users/demo1/disconnect", ..., "data.result=true"),
    ("user().forceLogoutOneDevice", "GET /users/demo1/disconnect/web", ..., "data.result=true"),
    ("user().isUserOnline", "GET /users/demo1/status", ..., "data.demo1=offline"),
    ("user().isUsersOnline", "POST /users/batch/status", {"usernames": ["demo1", "demo2"]},
     "data[].*=offline"),
    ("user().getToken", "POST /token",
     {"grant_type": "password", "username": "demo1", "password": "123456"},
     "access_token:str expires_in:int"),
    ("token().getUserTokenWithInherit", "POST /token",
     {"grant_type": "inherit", "username": "new1", "autoCreateUser": True, "ttl": 600},
     "access_token:str expires_in=600"),
    ("token().getAppToken", "POST /token",
     {"grant_type": "client_credentials", "client_id": "{client_id}",
      "client_secret": "{client_secret}"}, "access_token:str expires_in:int"),
    ("contact().add", "POST /users/demo1/contacts/users/stranger", ..., ""),
    ("contact().remove", "DELETE /users/demo1/contacts/users/demo2", ..., ""),
    ("contact().list", "GET /users/demo1/contacts/users", ..., "data[]:str"),
    ("contact().list paged", "GET /user/demo1/contacts?limit=1", ...,
     "data.contacts[].username:str cursor:str"),
    ("contact().setRemark", "PUT /user/demo1/contacts/users/demo2", {"remark": "x"}, ""),
    ("block().getUsersBlockedFromSendMsgToUser", "GET /users/demo1/blocks/users", ...,
     "data[]=stranger"),
    ("block().blockUserSendMsgToUser", "POST /users/demo1/blocks/users",
     {"usernames": ["demo3"]}, ""),
    ("block().unblockUserSendMsgToUser", "DELETE /users/demo1/blocks/users/stranger", ..., ""),
    ("block().blockUserLogin", "POST /users/demo1/deactivate", ..., ""),
    ("block().unblockUserLogin", "POST /users/demo1/activate", ..., ""),
    *_mutes("group", "/chatgroups/{group}"),
    *_mutes("room", "/chatrooms/{room}"),
    ("group().createPublicGroup", "POST /chatgroups", {**_NEW, "public": True}, "data.groupid:str"),
    ("group().createPrivateGroup", "POST /chatgroups",
     {**_NEW, "public": False, "groupid": "g-1", "scale": "large"}, "data.groupid=g-1"),
    ("group().destroyGroup", "DELETE /chatgroups/{group}", ..., ""),
    ("group().listGroups", "GET /chatgroups?limit=1", ..., f"{_LISTED} cursor:str"),
    ("group().listAllGroups", "GET /chatgroups?limit=1000", ..., f"{_LISTED} cursor:absent"),
    ("group().listGroupsUserJoined", "GET /users/demo1/joined_chatgroups", ...,
     "data[].groupid:str data[].groupname:str"),
    ("group().getGroup", "GET /chatgroups/{group}", ..., _GROUP),
    ("group().updateGroup", "PUT /chatgroups/{group}", _GROUP_CHANGED,
     "data.maxusers=true data.membersonly=true data.allowinvites=true"),
    ("group().userIsJoined", "GET /chatgroups/{group}/user/demo2/is_joined", ..., "data=true"),
    ("group().disableGroup", "POST /chatgroups/{group}/disable", ..., "data.disabled=true"),
    ("group().enableGroup", "POST /chatgroups/{group}/enable", ..., "data.disabled=false"),
    ("room().createRoom", "POST /chatrooms",
     {**_CHANGED, "owner": "demo1", "members": ["demo2"], "scale": "normal"}, "data.id:str"),
    ("room().getRoom", "GET /chatrooms/{room}", ..., _ROOM),
    ("room().updateRoom", "PUT /chatrooms/{room}", _CHANGED,
     "data.groupname=true data.description=true data.maxusers=true"),
    ("room().listRooms", "GET /chatrooms?limit=10", ..., "data[].id:str cursor:absent"),
    ("room().listRoomsUserJoined", "GET /users/demo1/joined_chatrooms", ..., "data[].id:str"),
    ("room().listRoomSuperAdmins", "GET /chatrooms/super_admin?pagenum=1&pagesize=10", ...,
     "data[]:str count=1 params.pagenum[]=1 params.pagesize[]=10"),
    ("room().promoteRoomSuperAdmin", "POST /chatrooms/super_admin", {"superadmin": "demo1"},
     "data.result=success"),
    ("room().demoteRoomSuperAdmin", "DELETE /chatrooms/super_admin/demo3", ...,
     "data.newSuperAdmin=demo3"),
    ("room().destroyRoom", "DELETE /chatrooms/{room}", ..., "data.success=true data.id={room}"),
    ("message().send", "POST /messages?useMsgId=true", _LEGACY, "data.demo2:id"),
    ("message().sendWithoutMsgId", "POST /messages", _LEGACY, "data.demo2=success"),
    ("message().sendMsg users", "POST /messages/users", {**_TEXT, **_MORE, "to": ["Demo2"]},
     "data.demo2:id"),
    ("message().sendMsg groups", "POST /messages/chatgroups", {**_TEXT, "to": ["{group}"]},
     "data.{group}:id"),
    ("message().sendMsg rooms", "POST /messages/chatrooms",
     {**_TEXT, "to": ["{room}"], "chatroom_msg_level": "HIGH"}, "data.{room}:id"),
    ("message().sendMsg to some of a group", "POST /messages/chatgroups/users",
     {**_TEXT, "to": ["{group}"], "users": ["demo2"]}, "data.{group}:id"),
    ("message().sendMsg to some of a room", "POST /messages/chatrooms/users",
     {**_TEXT, "to": ["{room}"], "users": ["demo2"]}, "data.{room}:id"),
    ("message().sendRoomBroadcastMsg", "POST /messages/chatrooms/broadcast",
     {"from": "demo1", "msg": {"type": "txt", "msg": "hi"}, "ext": {}, "sync_device": True,
      "chatroom_msg_level": "LOW"}, "data.id:int"),
    ("message().recallMsg", "POST /messages/msg_recall", _RECALL, ""),
    ("message().recallMsg unknown", "POST /messages/msg_recall", {**_RECALL, "msg_id": "77"}, ""),
    ("message().recallMessage", "POST /messages/recall", {"msgs": [_RECALL]}, ""),
    ("message().modifyTextOrCustomMessage", "PUT /messages/rewrite/{message}",
     {"user": "demo1", "new_msg": {"type": "txt", "msg": "new"}, "new_ext": {},
      "is_combine_ext": True}, ""),
    ("message().importChatMessage", "POST /messages/users/import",
     {**_IMPORT, "target": "demo2"}, "data.msg_id:id"),
    ("message().importChatGroupMessage", "POST /messages/chatgroups/import",
     {**_IMPORT, "target": "{group}"}, "data.msg_id:id"),
    ("message().getHistoryAsUri", "GET /chatmessages/{hour}", ..., "data[].url:str"),
    ("message().countMissedMessages", "GET /users/demo2/offline_msg_count", ..., "data.demo2:int"),
    ("message().isMessageDeliveredToUser", "GET /users/demo2/offline_msg_status/{message}", ...,
     "data.{message}=undelivered"),
    ("message().deleteChannel", "DELETE /users/demo2/user_channel",
     {"channel": "demo1", "type": "chat", "delete_roam": True}, ""),
    ("message().oneWayClear chat", "DELETE /rest/message/roaming/chat/user/demo2/time"
     "?userId=demo1&delTime={now_ms}&isNotify=true", ..., ""),
    ("message().oneWayClear group", "DELETE /rest/message/roaming/group/user/demo2/time"
     "?groupId={group}&delTime={now_ms}&isNotify=true", ..., ""),
    ("message().oneWayClear all", "POST /rest/message/roaming/user/demo2/delete/all", ..., ""),
    ("metadata().get user", "GET /metadata/user/demo1", ..., "data.nickname=Tom"),
    ("metadata().get users", "POST /metadata/user/get",
     {"targets": ["demo1"], "properties": ["nickname"]}, "data.demo1.nickname=Tom"),
    ("metadata().delete user", "DELETE /metadata/user/demo1", ..., "data=true"),
    ("metadata().usage", "GET /metadata/user/capacity", ..., "data:int"),
    *_metadata_of_rooms(),
    ("metadata().set member", "PUT /metadata/chatgroup/{group}/user/demo2",
     {"metaData": {"k": "v"}}, "data.k=v"),
    ("metadata().get member", "GET /metadata/chatgroup/{group}/user/demo2", ..., "data.title:str"),
    ("metadata().get members", "POST /metadata/chatgroup/{group}/get",
     {"targets": ["demo2"], "properties": ["title"]}, "data.demo2.title:str"),
    ("presence().set", "POST /users/demo1/presence/web/1", {"ext": ""}, "result=ok"),
    ("presence().subscribe", "POST /users/demo1/presence/100", {"usernames": ["demo3"]},
     "result[].uid=demo3 result[].expiry:str result[].status:map"),
    ("presence().get", "POST /users/made-up/presence", {"usernames": ["demo3"]},
     "result[].uid=demo3 result[].last_time:str result[].ext:str result[].status:map"),
    ("presence().unsubscribe", "DELETE /users/demo1/presence", ["demo2"], "result=ok"),
    ("presence().list", "GET /users/demo1/presence/sublist?pageNum=1&pageSize=100", ...,
     "result.totalnum:str result.sublist[].uid=demo2 result.sublist[].expiry:str"),
    ("presence().count", "GET /presence/online/{group}/type/1", ..., "result:int"),
    ("push().updateUserNickname", "PUT /users/demo1", {"nickname": "x"}, ""),
    ("push().setNotificationDisplayStyle", "PUT /users/demo1",
     {"notification_display_style": "1"}, ""),
    ("push().openNotificationNoDisturbing", "PUT /users/demo1",
     {"notification_no_disturbing": True, "notification_no_disturbing_start": "1",
      "notification_no_disturbing_end": "5"}, ""),
    ("push().updateUserNicknames", "PUT /push/nickname",
     [{"username": "demo1", "push_nickname": "x"}], ""),
    ("push().offlineSetting", "PUT /users/demo1/notification/user/demo2",
     {"type": "NONE", "ignoreDuration": "1000"}, ""),
    ("mute().muteUser", "POST /mutes",
     {"username": "demo1", "chat": 10, "groupchat": -1, "chatroom": 0}, ""),
    ("mute().detail", "GET /mutes/demo3", ...,
     "data.userid=demo#app_demo3 data.chat:int data.groupchat:int data.chatroom:int"
     " data.unixtime:int"),
    ("mute().muteList", "GET /mutes?pageNum=1&pageSize=10", ..., "data.data[].username=demo3"),
)  # fmt: skip
