"""Request ⇄ command and outcome ⇄ answer: messages and people."""

from chat.domain.answers import (
    ConversationItem,
    ConversationPage,
    HistoryPage,
    LoggedIn,
    RosterItem,
    Sent,
    SyncPage,
    Unread,
)
from chat.domain.bodies import Body
from chat.domain.commands import (
    AnswerContact,
    BlockUsers,
    ClientInfo,
    Command,
    ListConversations,
    ListRoster,
    LogIn,
    MarkDelivered,
    MarkRead,
    ReadHistory,
    RecallMessage,
    RemoveContact,
    RequestContact,
    SendMessage,
    SendTyping,
    Sync,
    UnblockUser,
)
from chat.domain.entries import EntryState
from chat.domain.targets import (
    ToSelf,
    ToUser,
)
from tests.wire.native.vectors import GROUP, HELLO, HELLO_JSON, ID, PAIR, TIME, G, Json, R, entry

# request (without ref), command, outcome, answer (without re and ok; the asker is demo2)
LOGIN: tuple[Json, Command, object, Json] = (
    {
        "op": "login",
        "appkey": "demo#app",
        "token": "YWMtx",
        "device": "d1",
        "client": {"type": "web", "sdk": "imadmin.js", "version": "1"},
        "unknown": "ignored",
    },
    LogIn("demo#app", "", "YWMtx", "", "d1", ClientInfo("web", "imadmin.js", "1")),
    LoggedIn("demo2", 2, "d1", TIME, 3),
    {"user": "demo2", "device": "d1", "server_time": TIME, "heartbeat_s": 30, "unread": 3},
)

EXCHANGES: list[tuple[Json, Command, object, Json]] = [
    (
        {
            "op": "send",
            "to": {"type": "user", "id": "Demo1"},
            "body": {"type": "txt", "msg": "hi"},
            "ext": {"a": [1]},
            "id": "c9",
            "online_only": True,
        },
        SendMessage(ToUser("demo1"), Body("txt", {"msg": "hi"}), {"a": [1]}, "c9", True),
        Sent(ID, TIME),
        {"id": str(ID), "time": TIME},
    ),
    (
        {"op": "send", "to": GROUP, "body": {"type": "custom", "customEvent": "gift"}},
        SendMessage(G, Body("custom", {"customEvent": "gift"})),
        Sent(ID, TIME),
        {"id": str(ID), "time": TIME},
    ),
    (
        {"op": "send", "to": {"type": "chatroom", "id": R.room_id}, "body": {"type": "x-new"}},
        SendMessage(R, Body("x-new", {})),
        Sent(ID, TIME),
        {"id": str(ID), "time": TIME},
    ),
    (
        {"op": "sync"},
        Sync(),
        SyncPage((entry(HELLO),), "cur", True),
        {
            "events": [
                {
                    "ev": "message",
                    "message": HELLO_JSON,
                    "time": TIME,
                    "id": str(ID),
                    "conversation": {"type": "user", "id": "demo1"},
                }
            ],
            "next": "cur",
            "more": True,
        },
    ),
    (
        {"op": "sync", "conversation": GROUP, "after": str(ID), "limit": 1000},
        Sync(G, str(ID), 200),
        SyncPage((), "", False),
        {"events": [], "next": "", "more": False},
    ),
    (
        {"op": "sync", "after": "cur"},
        Sync(None, "cur"),
        SyncPage((), "", False),
        {"events": [], "next": "", "more": False},
    ),
    (
        {"op": "sync", "conversation": {"type": "personal", "id": "demo2"}},
        Sync(ToSelf()),
        SyncPage((), "", False),
        {"events": [], "next": "", "more": False},
    ),
    (
        {"op": "history", "conversation": {"type": "user", "id": "demo1"}, "before": "-1"},
        ReadHistory(ToUser("demo1")),
        HistoryPage((entry(HELLO, state=EntryState.RECALLED),), True, 1),
        {"messages": [HELLO_JSON | {"recalled": True}], "end": True, "total": 1},
    ),
    (
        {"op": "history", "conversation": GROUP, "before": "77", "limit": 20},
        ReadHistory(G, 77, 20),
        HistoryPage((), False, 9),
        {"messages": [], "end": False, "total": 9},
    ),
    (
        {"op": "delivered", "conversation": GROUP, "up_to": str(ID)},
        MarkDelivered(G, ID, receipt=True),
        Unread(4),
        {"unread": 4},
    ),
    (
        {"op": "read", "conversation": {"type": "user", "id": "demo1"}, "up_to": "5"},
        MarkRead(ToUser("demo1"), 5),
        Unread(0),
        {"unread": 0},
    ),
    ({"op": "recall", "id": str(ID)}, RecallMessage(ID), None, {}),
    (
        {"op": "conversations", "limit": 2},
        ListConversations("", 2),
        ConversationPage(
            (ConversationItem(PAIR, ToUser("demo1"), entry(HELLO), 2, 0, ID, True, TIME),), "n"
        ),
        {
            "items": [
                {
                    "conversation": {"type": "user", "id": "demo1"},
                    "last_message": HELLO_JSON,
                    "unread": 2,
                    "read_up_to": None,
                    "peer_read_up_to": str(ID),
                    "pinned": True,
                    "time": TIME,
                }
            ],
            "next": "n",
        },
    ),
    ({"op": "typing", "to": GROUP}, SendTyping(G), None, {}),
    (
        {"op": "roster"},
        ListRoster(),
        [RosterItem("demo1", "friends", "boss", "")],
        {"items": [{"user": "demo1", "state": "friends", "remark": "boss", "message": ""}]},
    ),
    (
        {"op": "roster.add", "user": "demo1", "message": "me"},
        RequestContact("demo1", "me"),
        True,
        {},
    ),
    ({"op": "roster.accept", "user": "demo1"}, AnswerContact("demo1", True), None, {}),
    ({"op": "roster.decline", "user": "demo1"}, AnswerContact("demo1", False), None, {}),
    ({"op": "roster.remove", "user": "demo1"}, RemoveContact("demo1"), True, {}),
    ({"op": "block", "user": "demo1"}, BlockUsers(("demo1",)), ["demo1"], {"data": ["demo1"]}),
    ({"op": "unblock", "user": "demo1"}, UnblockUser("demo1"), True, {}),
]
