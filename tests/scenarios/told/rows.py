"""What rest.md says that connected clients must see of a REST call, as data."""

# 1.10, row by row: the REST action, and who is told.
ROWS = {
    "send": (
        "send / import message",
        "recipients (import: nobody live, history only); the sender's own devices only when"
        " `sync_device` is true",
    ),
    "recall": (
        "recall, modify",
        "recipients' devices (and the sender's, `sync_device` default true for recall)",
    ),
    "befriend": (
        "add contact",
        "both users: contact added (no request/accept step, no confirmation needed)",
    ),
    "unfriend": ("remove contact", "both users: contact removed"),
    "block": (
        "user block/unblock",
        "nobody else; the owner's other devices get a roster/privacy change (unverified)",
    ),
    "register": ("register user", "nobody"),
    "end": (
        "deactivate, delete user, force offline, change password",
        "that user's devices are closed with the matching reason (deactivated/removed/kicked by"
        " server/password changed)",
    ),
    "enter": (
        "create group with members; add member",
        "each added user: joined/added notice; existing members: member-joined",
    ),
    "remove": ("remove member", "removed user: kicked notice; others: member-left"),
    "destroy": ("group/room destroyed", "all members"),
    "change": (
        "change owner, add/remove admin, mute/unmute, mute all, allow list, announcement, shared"
        " file, info update",
        "members (or the member concerned and the admins)",
    ),
    "disable": ("group disable/enable", "all members"),
    "presence": ("presence set", "subscribers"),
    "attributes": ("room attribute set/removed", "room members"),
    "react": ("reaction, thread operations", "members of the conversation/group"),
    "mutes": ("`/mutes`", "nobody; next sends fail"),
}

# What single endpoints add to it: the section, and its words.
MORE = {
    "3.2.5": "Groups and rooms owned by the user are deleted with it; it disappears from every"
    " other group, room, roster",
    "3.2.10": "only that device is closed",
    "3.3.6": "`isSendNotice=false`",
    "3.6.1": "`routetype` `ROUTE_ONLINE`: deliver only to devices online now",
    "3.6.4": "Only the listed members (and the sender's devices) receive it",
    "3.6.5": "Reaches members of every room of the app",
    "3.6.6": "`recallMessageExtensionInfo`: string, carried to clients",
    "3.6.7": 'Clients get a "modified message" event with edit count, operator, time',
    "3.6.11": "One-way conversation deletion",
    "3.6.13": "`isNotify` (default true: the user's devices drop them too)",
    "3.8.6": "Threads go too",
    "3.8.10": "While disabled members neither send nor receive",
    "3.8.13": "Removes the thread memberships",
    "3.8.15": "The user is removed from the group",
    "3.8.20": "Member attributes",
    "3.12": "silent settings",
}
