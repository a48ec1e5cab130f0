"""A small world in which every call of the reference leads to something, made by REST calls alone.

It works in a test's process and against a server: whoever builds it says how a call is made.
"""

import struct
import zlib
from typing import Any, Protocol

PASSWORD = "123456"
USERS = ("demo1", "demo2", "demo3", "demo4", "demo5", "stranger")

Names = dict[str, str]


class Caller(Protocol):
    def say(self, line: str, body: Any = ..., *, by: str = "app") -> Any:
        """The decoded answer of "POST /users", which must be a success."""

    def upload(self, path: str, filename: str, content: bytes) -> Any:
        """The same of a multipart POST by the app."""


def png(width: int = 64, height: int = 64) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    rows = b"".join(b"\x00" + bytes([row % 256, 90, 160]) * width for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


FILES = {"picture.png": png(), "note.txt": b"hello"}


def build(caller: Caller) -> Names:
    """The ids that the reference's calls name; all users have PASSWORD."""
    say = caller.say
    say("POST /users", [{"username": name, "password": PASSWORD} for name in USERS])
    say("PUT /users/demo1", {"nickname": "Demo One"})
    say("POST /users/demo1/contacts/users/demo2")
    say("PUT /user/demo1/contacts/users/demo2", {"remark": "from QA"})
    say("POST /users/demo1/contacts/users/demo4")
    say("POST /users/demo3/contacts/apply", {"usernames": ["demo1"]}, by="demo3")
    say("POST /users/demo1/blocks/users", {"usernames": ["stranger"]})
    say("PUT /metadata/user/demo1", {"nickname": "Tom", "sign": "hi"})
    say("POST /mutes", {"username": "demo3", "chat": 96, "chatroom": -1})
    say("POST /users/demo2/presence/web_1/1", {"ext": "here"})
    say("POST /users/demo1/presence/3600", {"usernames": ["demo2"]})
    names = _rooms(caller)
    names |= _messages(caller, names)
    names |= _threads(caller, names["group"])
    _push(caller)
    return names


def _rooms(caller: Caller) -> Names:
    say = caller.say
    members = ["demo2", "demo3", "demo5"]
    group = {"groupname": "qa", "public": True, "owner": "demo1", "members": members}
    made = say("POST /chatgroups", group)["data"]["groupid"]
    room = {"name": "lobby", "description": "d", "owner": "demo1", "members": members}
    chatroom = say("POST /chatrooms", room)["data"]["id"]
    for at in (f"/chatgroups/{made}", f"/chatrooms/{chatroom}"):
        say(f"POST {at}/admin", {"newadmin": "demo2"})
        say(f"POST {at}/blocks/users/demo5")
        say(f"POST {at}/white/users/demo3")
        say(f"POST {at}/mute", {"usernames": ["demo3"], "mute_duration": 86_400_000})
        say(f"POST {at}/announcement", {"announcement": "Meeting at 5"})
    shared = [
        caller.upload(f"{at}/share_files", "note.txt", FILES["note.txt"])["data"]["file_id"]
        for at in (f"/chatgroups/{made}", f"/chatrooms/{chatroom}")
    ]
    closed = {"groupname": "closed", "public": True, "owner": "demo1", "membersonly": True}
    asked = say("POST /chatgroups", closed)["data"]["groupid"]
    say(f"POST /chatgroups/{asked}/apply", {"message": "me"}, by="demo5")
    say(f"POST /chatgroups/{asked}/invite", {"usernames": ["demo4"]}, by="demo1")
    say(f"PUT /metadata/chatgroup/{made}/user/demo2", {"metaData": {"title": "tester"}})
    say(f"PUT /metadata/chatroom/{chatroom}/user/demo1", {"metaData": {"score": "9"}})
    say("POST /chatrooms/super_admin", {"superadmin": "demo2"})
    ids = {"group": made, "room": chatroom, "closed": asked}
    return {**ids, "shared": shared[0], "room_shared": shared[1]}


def _messages(caller: Caller, names: Names) -> Names:
    say, group = caller.say, names["group"]
    text = {"from": "demo1", "type": "txt", "body": {"msg": "hello"}}
    say("POST /messages/users", {**text, "from": "demo2", "to": ["demo1"]})
    message = say("POST /messages/users", {**text, "to": ["demo2"], "ext": {"k": 1}})["data"]
    asking = {**text, "to": [group], "need_group_ack": True}
    in_group = say("POST /messages/chatgroups", asking)["data"][group]
    say("POST /messages/chatrooms", {**text, "to": [names["room"]]})
    say("POST /reaction/user/demo2", {"msgId": message["demo2"], "message": "ok"})
    pin = {"to": "demo1", "type": "chat", "pin_msg_id": message["demo2"]}
    say("POST /sdk/user/demo2/user_channel/pin", pin, by="demo2")
    marked = {"mark": "mark_1", "targets": [{"to": "demo1", "type": "chat"}]}
    say("POST /sdk/user/demo2/user_channels/mark", marked, by="demo2")
    stored = caller.upload("/chatfiles", "picture.png", FILES["picture.png"])["entities"][0]
    return {"message": message["demo2"], "group_message": in_group, "file": stored["uuid"]}


def _threads(caller: Caller, group: str) -> Names:
    say = caller.say
    text = {"from": "demo3", "type": "txt", "body": {"msg": "hello"}}
    below = say("POST /messages/chatgroups", {**text, "to": [group]})["data"][group]
    made = {"group_id": group, "name": "lunch", "msg_id": below, "owner": "demo3"}
    thread = say("POST /thread", made)["data"]["thread_id"]
    say(f"POST /thread/{thread}/users", {"usernames": ["demo1"]})
    say("POST /messages/chatgroups", {**text, "to": [thread]})
    return {"thread": thread}


def _push(caller: Caller) -> None:
    say = caller.say
    device = {"device_id": "d1", "device_token": "t1", "notifier_name": "fcm"}
    say("PUT /users/demo1/push/binding", device)
    say("PUT /users/demo1/notification/user/demo2", {"type": "NONE"})
    say("PUT /users/demo1/notification/language", {"translationLanguage": "DE"})
    patterns = {"title_pattern": "New", "content_pattern": "{0}"}
    say("POST /notification/template", {"name": "hello", **patterns})
    say("PUT /users/demo1/notification/template", {"templateName": "hello"})
