"""The rows about users: accounts, contacts, blocks, presence."""

from dataclasses import replace

from tests.scenarios.told.cases import NOTHING, Call, Case

_FRIENDS = Call("POST", "/users/{owner}/contacts/users/{one}")
_PARTED = Call("DELETE", "/users/{owner}/contacts/users/{one}")
_BLOCK = Call("POST", "/users/{owner}/blocks/users", {"usernames": ["{one}"]})
_UNBLOCK = Call("DELETE", "/users/{owner}/blocks/users/{one}")
_NEWS = {"owner": ("no friend one",), "one": ("no friend owner",)}
_MADE = {"owner": ("friend one",), "one": ("friend owner",)}
_IMPORT = "/users/{owner}/contacts/import?isSendNotice="
# What the SDK is told of a removal: the pushed roster, and what applications listen to.
_PARTED_XMPP = ("no friend {}", "unsubscribe by {}", "unsubscribed by {}")


def _parted_from(name: str) -> tuple[str, ...]:
    return tuple(said.format(name) for said in _PARTED_XMPP)


CONTACTS = [
    Case("befriend", "contact", _FRIENDS, _MADE, after=[_PARTED]),
    Case("befriend", "again, tells nobody", _FRIENDS, given=[_FRIENDS], after=[_PARTED]),
    Case(
        "3.3.6",
        "import without a notice",
        Call("POST", _IMPORT + "false", {"usernames": ["{one}"]}),
        after=[_PARTED],
    ),
    Case(
        "3.3.6",
        "import with a notice",
        Call("POST", _IMPORT + "true", {"usernames": ["{one}"]}),
        _MADE,
        after=[_PARTED],
    ),
    Case("unfriend", "contact", _PARTED, _NEWS, given=[_FRIENDS],
         xmpp={"one": _parted_from("owner")}),
    # Own other devices are not among those whom MSYNC tells of what one does (msync.md 6.3).
    Case("unfriend", "by the user", replace(_PARTED, by="owner"), _NEWS, given=[_FRIENDS],
         msync={"owner": ()}, xmpp={"one": _parted_from("owner")}),
    Case("unfriend", "who is none, tells nobody", _PARTED),
    Case("block", "user", _BLOCK, {"owner": ("blocks",)}, after=[_UNBLOCK]),
    Case("block", "unblock", _UNBLOCK, {"owner": ("blocks",)}, given=[_BLOCK]),
]  # fmt: skip


def _end(name: str, call: Call, reason: str, msync: str) -> Case:
    """The first generation knows one end for them all (webim1-xmpp.md 4.2)."""

    def closed(word: str) -> dict[str, tuple[str, ...]]:
        return {"guest": (f"closed: {word}",)}

    told, xmpp = closed(reason), closed("User removed")
    return Case("end", name, call, told, "guest", msync=closed(msync), xmpp=xmpp)


_DELETE = Call("DELETE", "/users/{guest}")
_OWN_ROOMS = (
    Call("POST", "/chatgroups", {"groupname": "own", "public": True, "owner": "{guest}",
                                 "members": ["{one}"]}, keeps="g"),
    Call("POST", "/chatrooms", {"name": "own", "description": "", "owner": "{guest}",
                                "members": ["{one}"]}, keeps="r"),
)  # fmt: skip
_LEFT = ("group: guest left (by guest)", "room: guest left (by guest)")
ACCOUNTS = [
    Case(
        "register",
        "user",
        Call("POST", "/users", {"username": "told-{owner}", "password": "123456"}),
        after=[Call("DELETE", "/users/told-{owner}")],
    ),
    # MSYNC and the first generation have no word of their own for it.
    _end("deactivate", Call("POST", "/users/{guest}/deactivate"), "user_disabled",
         "forced_offline"),
    _end("delete user", _DELETE, "account_removed", "account_removed"),
    _end("force offline", Call("GET", "/users/{guest}/disconnect"), "forced_offline",
         "forced_offline"),
    _end("change password",
         Call("PUT", "/users/{guest}/password", {"newpassword": "654321"}), "password_changed",
         "password_changed"),
    Case("3.2.10", "one device", Call("DELETE", "/users/{guest}/disconnect/webim_web_1"),
         needs="guest", msync={"guest": ("closed: forced_offline",)}),
    Case(
        "3.2.5",
        "of rooms and rosters",
        _DELETE,
        {
            "owner": _LEFT,
            "one": (*_LEFT, "no friend guest"),
            "other": _LEFT,
            "guest": ("closed: account_removed",),
        },
        "guest group room",
        given=[Call("POST", "/users/{guest}/contacts/users/{one}")],
        native={"guest": (*_LEFT, "closed: account_removed")},
        xmpp={"one": (*_LEFT, *_parted_from("guest")), "guest": ("closed: User removed",)},
    ),
    Case(
        "3.2.5",
        "and of what they own",
        _DELETE,
        {
            "one": ("group: destroyed (by guest)", "room: destroyed (by guest)"),
            "guest": ("group: destroyed (by guest)", "room: destroyed (by guest)",
                      "closed: account_removed"),
        },
        "guest",
        given=_OWN_ROOMS,
        xmpp={"guest": ("group: destroyed", "room: destroyed", "closed: User removed")},
        destroys=True,
    ),
]  # fmt: skip

_WATCH = Call("POST", "/users/{other}/presence/60", {"usernames": ["{one}"]})
_AWAY = Call("POST", "/users/{one}/presence/tv/7", {"ext": "away"})
_SHOWN = ("presence of one: away, tv 7",)

_MUTES = {"username": "{one}"}
MUTES = [
    Case(
        "mutes",
        kind,
        Call("POST", "/mutes", _MUTES | {kind: 60}),
        needs=needs,
        after=[Call("POST", "/mutes", _MUTES | {kind: 0})],
        silences={"type": type_, "id": target},
    )
    for kind, needs, type_, target in (
        ("chat", "", "user", "{owner}"),
        ("groupchat", "group", "group", "{g}"),
        ("chatroom", "room", "chatroom", "{r}"),
    )
]

# No presence of contacts goes to the first generation (webim1-xmpp.md rule 17).
PRESENCE = [
    Case(
        "presence",
        "set",
        _AWAY,
        {"one": _SHOWN, "other": _SHOWN},  # the publisher too (msync.md 6.4)
        given=[_WATCH],
        after=[Call("DELETE", "/users/{other}/presence", ["{one}"])],
        xmpp=NOTHING,
    ),
    Case("presence", "set, and nobody watches", _AWAY, {"one": _SHOWN}, xmpp=NOTHING),
]
