"""The rows about messages and what is one user's own."""

from dataclasses import replace

from tests.scenarios.told.cases import NOTHING, Call, Case

_HI = {"type": "txt", "body": {"msg": "hi"}}
_CHAT, _GROUP, _ROOM = ("chat: message hi",), ("group: message hi",), ("room: message hi",)


def _send(kind: str, to: str, **more: object) -> Call:
    return Call("POST", f"/messages/{kind}", {"from": "{owner}", "to": [to], **_HI, **more})


_TO_ONE = _send("users", "{one}")
_SENT = _send("users", "{one}", sync_device=True)
_KEPT = Call("POST", "/messages/users", _SENT.body, keeps="m")
_KEPT_GROUP = Call("POST", "/messages/chatgroups", _send("", "{g}").body, keeps="m")
_KEPT_ROOM = Call("POST", "/messages/chatrooms", _send("", "{r}").body, keeps="m")


def _recall(to: str, chat_type: str, **more: object) -> Call:
    asked = {"msg_id": "{m}", "to": to, "chat_type": chat_type, "from": "{owner}"}
    return Call("POST", "/messages/msg_recall", asked | more)


def _edit(**more: object) -> Call:
    asked = {"user": "{owner}", "new_msg": {"type": "txt", "msg": "new"}} | more
    return Call("PUT", "/messages/rewrite/{m}", asked)


_TAKEN, _CHANGED = ("recalled it",), ("edit 1 of it: new",)
_BOTH_SIDES = ("owner", "one")
_MEMBERS = ("owner", "one", "other")


def _all(roles: tuple[str, ...], terms: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(roles, terms)


MESSAGES = [
    Case("send", "to a user", _TO_ONE, {"one": _CHAT}),
    Case("send", "to a user, sync_device", _SENT, _all(_BOTH_SIDES, _CHAT)),
    Case("send", "to a group", _send("chatgroups", "{g}"), _all(("one", "other"), _GROUP), "group"),
    Case(
        "send",
        "to a group, sync_device",
        _send("chatgroups", "{g}", sync_device=True),
        _all(_MEMBERS, _GROUP),
        "group",
    ),
    Case("send", "to a chatroom", _send("chatrooms", "{r}"), _all(("one", "other"), _ROOM), "room"),
    Case(
        "send",
        "to a chatroom, sync_device",
        _send("chatrooms", "{r}", sync_device=True),
        _all(_MEMBERS, _ROOM),
        "room",
    ),
    Case(
        "send",
        "the old way",
        Call(
            "POST",
            "/messages",
            {"target_type": "users", "target": ["{one}"], "from": "{owner}"}
            | {"msg": {"type": "txt", "msg": "hi"}},
        ),
        {"one": _CHAT},
    ),
    Case(
        "send",
        "import to a user",
        Call("POST", "/messages/users/import", {"from": "{owner}", "target": "{one}", **_HI}),
    ),
    Case(
        "send",
        "import to a group",
        Call("POST", "/messages/chatgroups/import", {"from": "{owner}", "target": "{g}", **_HI}),
        needs="group",
    ),
    Case("3.6.1", "online only", _send("users", "{one}", routetype="ROUTE_ONLINE"), {"one": _CHAT}),
    Case(
        "3.6.4",
        "to one of a group",
        _send("chatgroups/users", "{g}", users=["{one}"]),
        {"one": _GROUP},
        "group",
    ),
    Case(
        "3.6.4",
        "to one of a group, sync_device",
        _send("chatgroups/users", "{g}", users=["{one}"], sync_device=True),
        _all(_BOTH_SIDES, _GROUP),
        "group",
    ),
    Case(
        "3.6.4",
        "to one of a chatroom",
        _send("chatrooms/users", "{r}", users=["{one}"]),
        {"one": _ROOM},
        "room",
    ),
    Case(
        "3.6.5",
        "broadcast",
        Call(
            "POST",
            "/messages/chatrooms/broadcast",
            {"from": "admin", "msg": {"type": "txt", "msg": "hi"}},
        ),
        _all(_MEMBERS, _ROOM),
        "room",
        by="admin",
    ),
    # The first generation knows neither recalls nor edits (webim1-xmpp.md 5.5).
    Case(
        "recall",
        "of a user",
        _recall("{one}", "chat"),
        _all(_BOTH_SIDES, _TAKEN),
        given=[_KEPT],
        xmpp=NOTHING,
    ),
    Case(
        "recall",
        "without sync_device",
        _recall("{one}", "chat", sync_device=False),
        {"one": _TAKEN},
        given=[_KEPT],
        xmpp=NOTHING,
    ),
    Case(
        "recall",
        "by admin",
        _recall("{one}", "chat", **{"from": "admin"}),
        _all(_BOTH_SIDES, _TAKEN),
        given=[_KEPT],
        by="admin",
        xmpp=NOTHING,
    ),
    Case(
        "recall",
        "in a group",
        _recall("{g}", "groupchat"),
        _all(_MEMBERS, _TAKEN),
        "group",
        given=[_KEPT_GROUP],
        xmpp=NOTHING,
    ),
    Case(
        "recall",
        "in a group, without sync_device",
        _recall("{g}", "groupchat", sync_device=False),
        _all(("one", "other"), _TAKEN),
        "group",
        given=[_KEPT_GROUP],
        xmpp=NOTHING,
    ),
    Case(
        "recall",
        "in a chatroom",
        _recall("{r}", "chatroom"),
        _all(_MEMBERS, _TAKEN),
        "room",
        given=[_KEPT_ROOM],
        xmpp=NOTHING,
    ),
    Case(
        "recall",
        "the old way",
        Call("POST", "/messages/recall", {"msgs": [_recall("{one}", "chat").body]}),
        _all(_BOTH_SIDES, _TAKEN),
        given=[_KEPT],
        xmpp=NOTHING,
    ),
    Case(
        "3.6.6",
        "with a word of the app",
        _recall("{one}", "chat", recallMessageExtensionInfo="sorry"),
        _all(_BOTH_SIDES, ("recalled it, sorry",)),
        given=[_KEPT],
        xmpp=NOTHING,
    ),
    Case(
        "recall",
        "modify",
        _edit(),
        _all(_BOTH_SIDES, _CHANGED),
        given=[_KEPT],
        xmpp=NOTHING,
    ),
    Case(
        "recall",
        "modify in a group",
        _edit(),
        _all(_MEMBERS, _CHANGED),
        "group",
        given=[_KEPT_GROUP],
        xmpp=NOTHING,
    ),
    Case(
        "3.6.7",
        "again, by the app itself",
        _edit(user=None),
        _all(_BOTH_SIDES, ("edit 2 of it: new",)),
        given=[_KEPT, _edit()],
        by="admin",
        xmpp=NOTHING,
    ),
]

_REACTION = {"msgId": "{m}", "message": "like"}
_LIKED = ("reaction like added, 1 of one to it",)
_UNLIKED = ("reaction like removed, 0 of  to it",)
REACTIONS = [
    Case(
        "react",
        "reaction to a user's message",
        Call("POST", "/reaction/user/{one}", _REACTION),
        _all(_BOTH_SIDES, _LIKED),
        given=[_KEPT],
        by="one",
        xmpp=NOTHING,
    ),
    Case(
        "react",
        "reaction in a group",
        Call("POST", "/reaction/user/{one}", _REACTION),
        _all(_MEMBERS, _LIKED),
        "group",
        given=[_KEPT_GROUP],
        by="one",
        xmpp=NOTHING,
    ),
    Case(
        "react",
        "reaction taken back",
        Call("DELETE", "/reaction/user/{one}?msgId={m}&message=like"),
        _all(_MEMBERS, _UNLIKED),
        "group",
        given=[_KEPT_GROUP, Call("POST", "/reaction/user/{one}", _REACTION)],
        by="one",
        xmpp=NOTHING,
    ),
]

_TALK = {"channel": "{one}", "type": "chat", "delete_roam": False}
_HISTORY = "/rest/message/roaming"
_HIDE = _HISTORY + "/chat/user/{owner}?userId={one}&msgIdList={m}"


def _own(row: str, name: str, call: Call, *told: str, needs: str = "") -> Case:
    """Told to the user's own devices only, and none of the first generation."""
    kept = _KEPT_GROUP if needs else _KEPT
    return Case(row, name, call, {"owner": told}, needs, given=[kept], xmpp=NOTHING)


_SILENT, _NO_MORE = {"type": "NONE"}, "own history_removed: {}"
OWN = [
    _own(
        "3.6.11",
        "conversation",
        Call("DELETE", "/users/{owner}/user_channel", _TALK),
        "own conversation_removed: one",
    ),
    _own(
        "3.6.11",
        "conversation with its history",
        Call("DELETE", "/users/{owner}/user_channel", _TALK | {"delete_roam": True}),
        "own conversation_removed: one",
        _NO_MORE.format("one"),
    ),
    _own("3.6.13", "messages", Call("DELETE", _HIDE), _NO_MORE.format("one")),
    _own("3.6.13", "messages, isNotify=false", Call("DELETE", _HIDE + "&isNotify=false")),
    _own(
        "3.6.13",
        "messages of a group",
        Call("DELETE", _HISTORY + "/group/user/{owner}?groupId={g}&msgIdList={m}"),
        _NO_MORE.format("group"),
        needs="group",
    ),
    _own(
        "3.6.13",
        "messages by time",
        Call("POST", _HISTORY + "/chat/user/{owner}/time?userId={one}&delTime=9999999999999"),
        _NO_MORE.format("one"),
    ),
    # MSYNC has no notice of all history at once (msync.md 6.4).
    replace(
        _own(
            "3.6.13",
            "everything",
            Call("POST", _HISTORY + "/user/{owner}/delete/all"),
            _NO_MORE.format("everything"),
        ),
        msync=NOTHING,
    ),
    _own(
        "3.12",
        "of a user",
        Call("PUT", "/users/{owner}/notification/user/{one}", _SILENT),
        "own silenced: one",
    ),
    _own(
        "3.12",
        "of a group",
        Call("PUT", "/users/{owner}/notification/chatgroup/{g}", _SILENT),
        "own silenced: group",
        needs="group",
    ),
    _own(
        "3.12",
        "of everything",
        Call("PUT", "/users/{owner}/notification/user/{owner}", {"ignoreInterval": "21:30-08:00"}),
        "own silenced: everything",
    ),
]
