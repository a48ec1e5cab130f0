"""The PHP client's methods as data (rest.md 4.2), in the words of sdk_java.py.

A POST without parameters carries `[]`. What the client sends wrongly, so that the vendor refuses
it too, is here where the server takes it all the same.
"""

from typing import Any

from tests.rest.sdk_java import Row

_MADE = {"groupname": "qa", "desc": "x", "public": True, "maxusers": 200, "approval": False,
         "owner": "demo1", "members": ["demo2"]}  # fmt: skip
_ROOM = {"name": "n", "description": "d", "maxusers": 200, "owner": "demo1", "members": ["demo2"]}
_MANY = '{"usernames":["stranger"]}'
_WRAPPED_ROOM = '{"name":"n","description":"d","maxusers":200,"owner":"demo1","members":["demo2"]}'


def _message(msg: dict[str, Any]) -> dict[str, Any]:
    return {"target_type": "users", "target": ["demo2"], "msg": msg, "from": "demo1"}


PHP: tuple[Row, ...] = (
    ("token", "POST /token",
     {"grant_type": "client_credentials", "client_id": "{client_id}",
      "client_secret": "{client_secret}"}, "access_token:str expires_in:int"),
    ("user.register one", "POST /users", {"username": "zoe", "password": "1"},
     "entities[].username=zoe error:absent"),
    ("user.register list", "POST /users", [{"username": "zoe", "password": "1"}],
     "entities[].username=zoe error:absent"),
    ("user.all", "GET /users?limit=2&cursor=", ..., "entities[].username:str cursor:str"),
    ("user.one", "GET /users/demo1", ..., "entities[].username=demo1"),
    ("user.remove", "DELETE /users/demo4", ..., ""),
    ("user.batchRemove", "DELETE /users?limit=1", ..., "entities[].username:str"),
    ("user.resetPassword", "PUT /users/demo1/password", {"newpassword": "x"}, ""),
    ("user.updateNickname", "PUT /users/demo1", {"nickname": "x"}, "entities[].nickname=x"),
    ("user.addFriend", "POST /users/demo1/contacts/users/stranger", [],
     "entities[].username=stranger"),
    ("user.removeFriend", "DELETE /users/demo1/contacts/users/demo2", ...,
     "entities[].username=demo2"),
    ("user.friends", "GET /users/demo1/contacts/users", ..., "data[]:str"),
    ("user.blocks", "GET /users/demo1/blocks/users", ..., "data[]:str"),
    ("user.block", "POST /users/demo1/blocks/users", {"usernames": ["demo3"]}, "data[]=demo3"),
    ("user.unblock", "DELETE /users/demo1/blocks/users/stranger", ..., ""),
    ("user.isOnline", "GET /users/demo1/status", ..., "data.demo1=offline"),
    ("user.offlineMsgCount", "GET /users/demo2/offline_msg_count", ..., "data.demo2:int"),
    ("user.offlineMsgStatus", "GET /users/demo2/offline_msg_status/{message}", ..., ""),
    ("user.disable", "POST /users/demo1/deactivate", [], ""),
    ("user.enable", "POST /users/demo1/activate", [], ""),
    ("user.disconnect", "GET /users/demo1/disconnect", ..., "data.result=true"),
    ("group.all", "GET /chatgroups?query[limit]=2&query[cursor]=", ..., "data[].groupid:str"),
    ("group.detail", "GET /chatgroups/{group},{closed}", ..., "data[].id:str"),
    ("group.create", "POST /chatgroups", [_MADE], "data.groupid:str"),
    ("group.update", "PUT /chatgroups/{group}",
     {"groupname": "n", "description": "d", "maxusers": 300},
     "data.groupname=true data.description=true data.maxusers=true"),
    ("group.transfer", "PUT /chatgroups/{group}", {"newowner": "demo2"}, "data.newowner=true"),
    ("group.remove", "DELETE /chatgroups/{group}", ..., "data.success=true"),
    ("group.members", "GET /chatgroups/{group}/users", ..., "data[].*:str"),
    ("group.join", "POST /chatgroups/{group}/users/stranger", [], "data.result=true"),
    ("group.out", "DELETE /chatgroups/{group}/users/demo3", ..., "data.result=true"),
    ("group.batchOut", "DELETE /chatgroups/{group}/users/demo2,demo3", ..., "data[].result=true"),
    ("group.getUserGroups", "GET /users/demo1/joined_chatgroups", ..., "data[].groupid:str"),
    ("group.batchJoin", "POST /chatgroups/{group}/users", {"body": _MANY},
     "data.newmembers[]=stranger"),
    ("group.batchBlock", "POST /chatgroups/{group}/blocks/users",
     {"body": '{"usernames":["demo3"]}'}, "data[].result=true"),
    ("group.blocks", "GET /chatgroups/{group}/blocks/users", ..., "data[]=demo5"),
    ("group.block", "POST /chatgroups/{group}/blocks/users/demo3", [], "data.result=true"),
    ("group.unblock", "DELETE /chatgroups/{group}/blocks/users/demo5", ..., "data.result=true"),
    ("group.batchUnblock", "DELETE /chatgroups/{group}/blocks/users/demo5,demo4", ...,
     "data[].result:bool"),
    ("chatroom.all", "GET /chatrooms", ..., "data[].id:str"),
    ("chatroom.detail", "GET /chatrooms/{room}", ..., "data[].id={room}"),
    ("chatroom.update", "PUT /chatrooms/{room}",
     {"name": "n", "description": "d", "maxusers": 300}, "data.name=true data.maxusers=true"),
    ("chatroom.remove", "DELETE /chatrooms/{room}", ..., "data.success=true"),
    ("chatroom.getUserRooms", "GET /users/demo1/joined_chatrooms", ..., "data[].id:str"),
    ("chatroom.join", "POST /chatrooms/{room}/users/stranger", [], "data.result=true"),
    ("chatroom.out", "DELETE /chatrooms/{room}/users/demo3", ..., "data.result=true"),
    ("chatroom.batchOut", "DELETE /chatrooms/{room}/users/demo2,demo3", ..., "data[].result=true"),
    ("chatroom.create", "POST /chatrooms", {"body": _WRAPPED_ROOM}, "data.id:str"),
    ("chatroom.create plain", "POST /chatrooms", _ROOM, "data.id:str"),
    ("chatroom.batchJoin", "POST /chatrooms/{room}/users", {"body": _MANY},
     "data.newmembers[]=stranger"),
    ("message.send Text", "POST /messages", _message({"type": "txt", "msg": "hi"}),
     "data.demo2=success"),
    ("message.send Image", "POST /messages",
     _message({"type": "img", "url": "http://h/f", "filename": "a.png", "secret": "s",
               "size": {"width": 480, "height": 720}}), "data.demo2=success"),
    ("message.send Voice", "POST /messages",
     _message({"type": "audio", "url": "http://h/f", "filename": "a.amr", "length": 10,
               "secret": "s"}), "data.demo2=success"),
    ("message.send Video", "POST /messages",
     _message({"type": "video", "url": "http://h/f", "filename": "a.mp4", "thumb": "http://h/t",
               "length": 0, "secret": "s", "file_length": 58103, "thumb_secret": "t"}),
     "data.demo2=success"),
    ("message.send Cmd", "POST /messages", _message({"type": "cmd", "action": "a"}),
     "data.demo2=success"),
    ("chat.history", "GET /chatmessages?limit=2&cursor=&sql=x", ...,
     "entities[].msg_id:str cursor:str"),
)  # fmt: skip
