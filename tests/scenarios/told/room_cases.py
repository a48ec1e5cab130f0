"""The rows about groups, chatrooms and threads."""

from dataclasses import replace

from tests.scenarios.told.cases import NOTHING, Call, Case, Terms, in_chatroom

_MEMBERS = ("owner", "one", "other")
_G = "/chatgroups/{g}"


def _all(*terms: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(_MEMBERS, terms)


def _change(
    name: str,
    call: Call,
    term: str,
    *given: Call,
    msync: Terms | None = None,
    xmpp: Terms = NOTHING,
) -> Case:
    """Every member is told the same; the first generation has no stanza for most of it."""
    told = _all(f"group: {term}")
    return Case("change", name, call, told, "group", given=given, msync=msync, xmpp=xmpp)


def _staff(name: str, call: Call, term: str, *given: Call, xmpp: bool = True) -> Case:
    """MSYNC tells the one concerned, owner and admins; the first generation that one."""
    quiet: Terms = {"owner": (), "other": ()} if xmpp else NOTHING
    return _change(name, call, f"one {term}", *given, msync={"other": ()}, xmpp=quiet)


_ADMIN = Call("POST", _G + "/admin", {"newadmin": "{one}"})
_MUTE = Call("POST", _G + "/mute", {"usernames": ["{one}"], "mute_duration": 60_000})
_BAN = Call("POST", _G + "/ban")
_ALLOW = Call("POST", _G + "/white/users/{one}")
_SAY = Call("POST", _G + "/announcement", {"announcement": "hi"})
_FILE = {"file": ("a.txt", b"hello", "text/plain")}
_BOTH = [
    _staff("add admin", _ADMIN, "is admin"),
    _staff("remove admin", Call("DELETE", _G + "/admin/{one}"), "is no admin", _ADMIN),
    _staff("mute", _MUTE, "is muted"),
    _staff("unmute", Call("DELETE", _G + "/mute/{one}"), "may speak", _MUTE),
    _change("mute all", _BAN, "all are muted"),
    _change("unmute all", Call("DELETE", _G + "/ban"), "all may speak", _BAN),
    _staff("allow list", _ALLOW, "is allowed", xmpp=False),
    _staff("off the allow list", Call("DELETE", _G + "/white/users/{one}"), "is not allowed",
           _ALLOW, xmpp=False),
    _change("announcement", _SAY, "announced hi"),
    _change("announcement taken away", Call("POST", _G + "/announcement", {"announcement": ""}),
            "announced nothing", _SAY),
    _change("owner", Call("PUT", _G, {"newowner": "{one}"}), "one owns it"),
]  # fmt: skip
CHANGES = [
    *_BOTH,
    *(in_chatroom(case) for case in _BOTH),
    _change("info", Call("PUT", _G, {"groupname": "new"}), "is called new"),
    in_chatroom(
        _change("info", Call("PUT", _G, {"groupname": "new"}), "is called new"),
        call=Call("PUT", "/chatrooms/{r}", {"name": "new"}),
    ),
    _change("shared file", Call("POST", _G + "/share_files", files=_FILE), "a file is there"),
    _change("shared file removed", Call("DELETE", _G + "/share_files/{f}"), "a file is gone",
            Call("POST", _G + "/share_files", files=_FILE, keeps="f")),
    _change("info, by the owner on a device that is named",
            Call("PUT", _G + "?resource=webim_web_1", {"groupname": "new"}, by="owner"),
            "is called new", msync={"owner": ()}),
    _change("info, by the owner on no device",
            Call("PUT", _G, {"groupname": "new"}, by="owner"),
            "is called new", msync={"owner": ()}),
    Case("3.8.10", "members send nothing", Call("POST", _G + "/disable"), _all("group: disabled"),
         "group", xmpp=NOTHING, silences={"type": "group", "id": "{g}"}),
    Case("disable", "group", Call("POST", _G + "/disable"), _all("group: disabled"), "group",
         xmpp=NOTHING),
    Case("disable", "enable", Call("POST", _G + "/enable"), _all("group: enabled"), "group",
         given=[Call("POST", _G + "/disable")], xmpp=NOTHING),
    Case("3.8.20", "of a member", Call("PUT", "/metadata/chatgroup/{g}/user/{one}",
                                       {"metaData": {"k": "v"}}),
         _all('group: member_attributes of one {"k": "v"}'), "group", xmpp=NOTHING),
    Case("3.8.20", "by the member", Call("PUT", "/metadata/chatgroup/{g}/user/{one}",
                                         {"metaData": {"k": "v"}}, by="one"),
         _all('group: member_attributes of one {"k": "v"}'), "group", by="one",
         msync={"one": ()}, xmpp=NOTHING),
]  # fmt: skip

_MAKE = {"owner": "{owner}", "members": ["{one}"]}
_MAKE_GROUP = Call("POST", "/chatgroups", {"groupname": "new", "public": True, **_MAKE}, keeps="g")
_MAKE_ROOM = Call("POST", "/chatrooms", {"name": "new", "description": "", **_MAKE}, keeps="r")
_ADD = Call("POST", _G + "/users/{out}")
_ADD_TWO = Call("POST", _G + "/users", {"usernames": ["{out}", "{guest}"]})
_CAME = "group: out came"
_ENTERED = {"owner": (_CAME,), "one": (_CAME,), "other": (_CAME,), "out": ("group: you are in",)}
# The first generation's newcomer sees the own presence too (webim1-xmpp.md 8.1).
_ENTERED_XMPP = {"out": ("group: you are in", "group: out came")}
_GONE, _OUT = "group: one left", "group: you are out"
_LEFT = {"owner": (_GONE,), "other": (_GONE,), "one": (_OUT,)}
# Who is taken out of a chatroom is told as of a group, and the others by a presence (§9).
_KICK = Call("DELETE", _G + "/users/{one}")
_BLOCK = Call("POST", _G + "/blocks/users/{one}")
_UNBLOCK = Case(
    "3.8.15", "unblock", Call("DELETE", _G + "/blocks/users/{one}"),
    _all("group: one is unblocked"), "group", given=[_BLOCK],
    msync={"owner": (), "other": ()}, xmpp=NOTHING,
)  # fmt: skip
_KICK_BOTH = Call("DELETE", _G + "/users/{one},{other}")
_TWO_CAME = ("group: one came", "group: out came")
_BOTH_LEFT = {"owner": ("group: one left", "group: other left"), "one": (_OUT,), "other": (_OUT,)}
MEMBERS = [
    Case("enter", "create group", _MAKE_GROUP,
         {"owner": ("group: you are in",), "one": ("group: you are in",)},
         xmpp={"owner": ("group: owner came", "group: one came"),
               "one": ("group: you are in", "group: owner came", "group: one came")}),
    # Applications of the first generation join the chatrooms that they want to see.
    Case("enter", "create chatroom", _MAKE_ROOM,
         {"owner": ("room: you are in",), "one": ("room: you are in",)}, xmpp=NOTHING),
    Case("enter", "add member", _ADD, _ENTERED, "group", xmpp=_ENTERED_XMPP),
    in_chatroom(Case("enter", "add member", _ADD, _ENTERED, "group")),
    Case("enter", "add members", Call("POST", _G + "/users", {"usernames": ["{one}", "{out}"]}),
         {"owner": _TWO_CAME, "other": _TWO_CAME, "one": ("group: you are in",),
          "out": ("group: you are in",)}, "group", given=[_KICK],
         xmpp={"one": ("group: you are in", *_TWO_CAME), "out": ("group: you are in", *_TWO_CAME)}),
    Case("remove", "member", _KICK, _LEFT, "group"),
    Case("remove", "members", _KICK_BOTH, _BOTH_LEFT, "group"),
    in_chatroom(Case("remove", "members", _KICK_BOTH, _BOTH_LEFT, "group")),
    in_chatroom(Case("remove", "member", _KICK, _LEFT, "group")),
    Case("3.8.15", "block", _BLOCK, _LEFT, "group"),
    in_chatroom(Case("3.8.15", "block", _BLOCK, _LEFT, "group")),
    _UNBLOCK,
    in_chatroom(_UNBLOCK),
    # All members but the actor, MSYNC; the first generation every member (webim1-xmpp.md 8.1).
    Case("destroy", "by the owner", Call("DELETE", _G, by="owner"), _all("group: destroyed"),
         "group", msync={"owner": ()}, destroys=True),
    Case("destroy", "group", Call("DELETE", _G), _all("group: destroyed"), "group", destroys=True),
    in_chatroom(
        Case("destroy", "group", Call("DELETE", _G), _all("group: destroyed"), "group",
             destroys=True)
    ),
]  # fmt: skip

_SET = Call("PUT", "/metadata/chatroom/{r}/user/{one}", {"metaData": {"k": "v"}})
_KEYS = Call("DELETE", "/metadata/chatroom/{r}/user/{one}", {"keys": ["k"]})
_SET_TERM, _GONE_TERM = 'room: attributes_set {"k": "v"}', 'room: attributes_removed {"k": "v"}'
ATTRIBUTES = [
    Case("attributes", "set", _SET, _all(_SET_TERM), "room", xmpp=NOTHING),
    Case("attributes", "removed", _KEYS, _all(_GONE_TERM), "room", given=[_SET], xmpp=NOTHING),
    Case("attributes", "set by a member", Call("PUT", _SET.path, _SET.body, by="one"),
         _all(_SET_TERM), "room", by="one", msync={"one": ()}, xmpp=NOTHING),
    Case("attributes", "gone with its owner", Call("DELETE", "/chatrooms/{r}/users/{one}"),
         {"owner": ("room: one left", _GONE_TERM), "other": ("room: one left", _GONE_TERM),
          "one": ("room: you are out",)}, "room", given=[_SET],
         xmpp={"owner": ("room: one left",), "other": ("room: one left",)}),
]  # fmt: skip

_HI = {"type": "txt", "body": {"msg": "hi"}}
_MESSAGE = Call("POST", "/messages/chatgroups", {"from": "{owner}", "to": ["{g}"], **_HI},
                keeps="m")  # fmt: skip
_THREAD = Call("POST", "/thread", {"group_id": "{g}", "name": "topic", "msg_id": "{m}",
                                   "owner": "{one}"}, keeps="t")  # fmt: skip
_JOIN = Call("POST", "/thread/{t}/users", {"usernames": ["{other}"]})


def _thread(
    name: str,
    call: Call,
    told: Terms,
    *given: Call,
    native: Terms | None = None,
    msync: Terms | None = None,
) -> Case:
    """The first generation would take a thread for a group of its own."""
    case = Case("react", name, call, told, "group", given=(_MESSAGE, *given), by="one")
    return replace(case, native=native, msync=msync, xmpp=NOTHING)


def _news(term: str) -> dict[str, tuple[str, ...]]:
    return _all(f"group: thread {term}")


THREADS = [
    _thread("thread made", _THREAD,
            _news("created as topic") | {"one": ("group: thread created as topic",
                                                 "thread: you are in")}),
    _thread("thread renamed", Call("PUT", "/thread/{t}", {"name": "new"}),
            _news("renamed as new"), _THREAD,
            native={"one": ("group: thread renamed as new", "thread: is called new")},
            msync={"one": ("group: thread renamed as new", "thread: is called new")}),
    _thread("thread ended", Call("DELETE", "/thread/{t}"),
            _news("destroyed as topic"), _THREAD,
            native={"one": ("group: thread destroyed as topic",
                            "thread: destroyed (by owner)")}),
    _thread("put into a thread", _JOIN,
            {"one": ("thread: other came",), "other": ("thread: you are in",)}, _THREAD,
            msync={"one": ()}),
    _thread("taken out of a thread",
            Call("DELETE", "/thread/{t}/users", {"usernames": ["{other}"]}),
            {"one": ("thread: other left (by owner)",),
             "other": ("thread: you are out (by owner)",)}, _THREAD, _JOIN,
            msync={"one": ()}),
    _thread("message in a thread",
            Call("POST", "/messages/chatgroups", {"from": "{owner}", "to": ["{t}"], **_HI}),
            _news("has 1, last hi (by owner)")
            | {"one": ("group: thread has 1, last hi (by owner)",
                       "thread: message hi (by owner)")}, _THREAD),
    Case("3.8.6", "with the group", Call("DELETE", _G),
         _all("group: destroyed") | {"one": ("group: destroyed", "thread: destroyed")}, "group",
         given=[_MESSAGE, _THREAD], msync={"one": ("group: destroyed",)},
         xmpp={"one": ("group: destroyed",)}, destroys=True),
    Case("3.8.13", "with the member", _KICK,
         _LEFT | {"one": (_OUT, "thread: you are out")}, "group",
         given=[_MESSAGE, _THREAD], xmpp={"one": (_OUT,)}),
]  # fmt: skip
