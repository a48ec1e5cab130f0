"""The values that the vectors are made of, and event ⇄ frame."""

from typing import Any

from chat.domain.affiliations import Affiliation
from chat.domain.answers import (
    RoomInfo,
)
from chat.domain.bodies import Body
from chat.domain.entries import Entry
from chat.domain.errors import ForcedOffline
from chat.domain.events import (
    Closing,
    Event,
    Fact,
    GroupMessageRead,
    Kicked,
    Logged,
    MessageEdited,
    MessagePosted,
    MessageRecalled,
    PresenceChanged,
    ReactionChanged,
    ReceiptGiven,
    RoomChange,
    RoomChanged,
    RosterChange,
    RosterChanged,
    Typing,
    to_entry_parts,
)
from chat.domain.own_changes import OwnChange, OwnChanged
from chat.domain.pins import MessagePinned
from chat.domain.targets import (
    Conversation,
    ThreadPlace,
    ToChatroom,
    ToGroup,
)
from chat.domain.threads import ThreadChange, ThreadChanged, ThreadMoved

Json = dict[str, Any]

G, R = ToGroup("100000000000001"), ToChatroom("200000000000002")
GROUP = {"type": "group", "id": "100000000000001"}
PAIR = Conversation.pair("demo1", "demo2")
IN_GROUP = Conversation.room("group", G.group_id, 42)
IN_ROOM = Conversation.room("chatroom", R.room_id, 43)
IN_THREAD = Conversation.room("thread", "300000000000003", 44)
LUNCH = ThreadPlace(G.group_id, 5, "lunch")
PERSONAL = Conversation.personal("demo2", 2)
ID = 1234567890123456789
TIME = 1_735_689_600_000


def entry(fact: Fact, conversation: Conversation = PAIR, **more: Any) -> Entry:
    kind, type_name, payload = to_entry_parts(fact)
    values: Json = {
        "id": ID,
        "app_id": 1,
        "conversation": conversation,
        "seq": 7,
        "kind": kind,
        "type": type_name,
        "sender": "demo1",
        "payload": payload,
        "created_ms": TIME,
        "client_id": "c1",
    }
    return Entry(**(values | more))


def room(**more: Any) -> RoomInfo:
    values: Json = {
        "kind": "group",
        "room_id": G.group_id,
        "row_id": 42,
        "name": "qa",
        "description": "x",
        "owner": "demo1",
        "public": True,
        "members_only": False,
        "allow_invites": False,
        "invite_need_confirm": True,
        "max_members": 200,
        "member_count": 2,
        "muted_all": False,
        "disabled": False,
        "custom": "",
        "avatar": "",
        "announcement": "",
        "created_ms": TIME,
        "modified_ms": TIME,
        "my_rank": Affiliation.OWNER,
    }
    return RoomInfo(**(values | more))


HELLO = MessagePosted(Body("txt", {"msg": "hello"}), {"k": 1})
HELLO_JSON = {
    "id": str(ID),
    "conversation": {"type": "user", "id": "demo1"},
    "from": "demo1",
    "to": {"type": "user", "id": "demo2"},
    "body": {"type": "txt", "msg": "hello"},
    "ext": {"k": 1},
    "time": TIME,
    "client_id": "c1",
}


def told(fact: Fact, conversation: Conversation = PAIR, **more: Any) -> Logged:
    return Logged(entry(fact, conversation, **more), fact)


_PEER = {"id": str(ID), "conversation": {"type": "user", "id": "demo1"}}
_IN_GROUP = {"id": str(ID), "conversation": GROUP}
_IN_THREAD = {"id": str(ID), "conversation": {"type": "thread", "id": IN_THREAD.room_id}}
NOODLES = MessagePosted(Body("txt", {"msg": "hello"}), {"k": 1}, thread=LUNCH)
_NOODLES_JSON = HELLO_JSON | {
    "conversation": _IN_THREAD["conversation"],
    "to": _IN_THREAD["conversation"],
    "thread": {"group": G.group_id, "message_id": "5", "name": "lunch"},
}
_LUNCH_JSON = {
    "ev": "thread",
    "thread": IN_THREAD.room_id,
    "group": G.group_id,
    "message_id": "5",
    "name": "lunch",
    "by": "demo1",
    "time": TIME,
}
_IN_ROOM = {"id": str(ID), "conversation": {"type": "chatroom", "id": R.room_id}}
_OWN = {"id": str(ID), "conversation": {"type": "personal", "id": "demo2"}}

EVENTS: list[tuple[Event, Json]] = [
    (told(HELLO), _PEER | {"ev": "message", "time": TIME, "message": HELLO_JSON}),
    (
        told(MessagePosted(Body("cmd", {"action": "go"})), IN_GROUP),
        _IN_GROUP
        | {
            "ev": "message",
            "time": TIME,
            "message": HELLO_JSON
            | {
                "conversation": GROUP,
                "to": GROUP,
                "body": {"type": "cmd", "action": "go"},
                "ext": {},
            },
        },
    ),
    (
        told(NOODLES, IN_THREAD),
        _IN_THREAD | {"ev": "message", "time": TIME, "message": _NOODLES_JSON},
    ),
    (
        told(ThreadChanged(ThreadChange.DELETED, IN_THREAD.room_id, "lunch", 5, 3), IN_GROUP),
        _IN_GROUP | _LUNCH_JSON | {"kind": "destroyed", "messages": 3},
    ),
    (
        ThreadMoved(IN_THREAD.room_id, LUNCH, "demo1", TIME, 3, entry(NOODLES, IN_THREAD)),
        _LUNCH_JSON | {"kind": "moved", "messages": 3, "last": _NOODLES_JSON},
    ),
    (
        ThreadMoved(IN_THREAD.room_id, LUNCH, "demo1", TIME, 1, None),
        _LUNCH_JSON | {"kind": "moved", "messages": 1, "last": None},
    ),
    (
        told(
            RoomChanged(
                RoomChange.MEMBER_JOINED,
                "thread",
                IN_THREAD.room_id,
                ("demo3",),
                {"name": "lunch", "members": 2, "parent": G.group_id},
            ),
            IN_THREAD,
        ),
        _IN_THREAD
        | {
            "ev": "thread",
            "kind": "member_joined",
            "thread": IN_THREAD.room_id,
            "parent": G.group_id,
            "name": "lunch",
            "members": 2,
            "by": "demo1",
            "user": "demo3",
            "users": ["demo3"],
        },
    ),
    (
        told(ReceiptGiven("read", 5)),
        _PEER | {"ev": "receipt", "kind": "read", "by": "demo1", "up_to": "5"},
    ),
    (
        told(ReceiptGiven("delivered", 6)),
        _PEER | {"ev": "receipt", "kind": "delivered", "by": "demo1", "up_to": "6"},
    ),
    (
        told(MessageRecalled(5, "oops")),
        _PEER | {"ev": "recalled", "message_id": "5", "by": "demo1", "info": "oops"},
    ),
    (
        told(GroupMessageRead(G.group_id, 5, "demo3", 2, "seen"), PERSONAL),
        _OWN
        | {
            "ev": "receipt",
            "kind": "group_read",
            "group": G.group_id,
            "by": "demo3",
            "message_id": "5",
            "count": 2,
        },
    ),
    (
        told(MessageEdited(5, Body("txt", {"msg": "new"}), {"k": 1}, 2, "demo2", TIME - 9)),
        _PEER
        | {
            "ev": "edited",
            "message_id": "5",
            "by": "demo1",
            "body": {"type": "txt", "msg": "new"},
            "ext": {"k": 1},
            "count": 2,
            "time": TIME,
        },
    ),
    *(
        (
            told(RosterChanged(change, "demo1", "hi"), PERSONAL),
            _OWN
            | {
                "ev": "roster",
                "kind": change.value,
                "user": "demo1",
                "message": "hi",
                "by_me": False,
            },
        )
        for change in RosterChange
    ),
    *(
        (
            told(RoomChanged(change, "group", G.group_id, ("demo3",), {"name": "qa"}), IN_GROUP),
            _IN_GROUP
            | {
                "ev": "group",
                "kind": change.value,
                "group": G.group_id,
                "by": "demo1",
                "user": "demo3",
                "users": ["demo3"],
                "name": "qa",
            },
        )
        for change in RoomChange
    ),
    (
        told(
            RoomChanged(RoomChange.MEMBER_JOINED, "chatroom", R.room_id, (), {"members": 3}),
            IN_ROOM,
        ),
        _IN_ROOM
        | {
            "ev": "room",
            "kind": "member_joined",
            "room": R.room_id,
            "by": "demo1",
            "user": "demo1",
            "users": [],
            "members": 3,
        },
    ),
    *(
        (
            told(ReactionChanged(5, "👍", added, 2, ("demo1", "demo3"))),
            _PEER
            | {
                "ev": "reaction",
                "kind": kind,
                "message_id": "5",
                "reaction": "👍",
                "by": "demo1",
                "count": 2,
                "users": ["demo1", "demo3"],
            },
        )
        for added, kind in ((True, "added"), (False, "removed"))
    ),
    *(
        (
            told(MessagePinned(5, pinned), IN_GROUP),
            _IN_GROUP | {"ev": "pin", "kind": kind, "message_id": "5", "by": "demo1", "time": TIME},
        )
        for pinned, kind in ((True, "added"), (False, "removed"))
    ),
    *(
        (
            told(OwnChanged(change, G, {"mark": "marked"}), PERSONAL),
            _OWN | {"ev": "own", "kind": change.value, "target": GROUP, "mark": "marked"},
        )
        for change in OwnChange
    ),
    (
        told(OwnChanged(OwnChange.SILENCED), PERSONAL),
        _OWN | {"ev": "own", "kind": "silenced", "target": None},
    ),
    (
        Typing(PAIR, "demo1"),
        {"ev": "typing", "conversation": {"type": "user", "id": "demo1"}, "user": "demo1"},
    ),
    (
        PresenceChanged("demo1", True, "1", "", {"d1": "1"}),
        {
            "ev": "presence",
            "user": "demo1",
            "online": True,
            "status": "1",
            "ext": "",
            "devices": {"d1": "1"},
        },
    ),
]

ENDINGS: list[tuple[Event, Json, int]] = [
    (
        Kicked(ForcedOffline()),
        {
            "ev": "kicked",
            "code": "forced_offline",
            "message": "An administrator ended this log-in.",
        },
        4403,
    ),
    (Closing(2), {"ev": "closing", "retry_after_s": 2}, 1001),
]
