"""Request ⇄ command and outcome ⇄ answer: threads of groups."""

from chat.domain.answers import MemberOutcome, ThreadInfo
from chat.domain.commands import Command
from chat.domain.threads import (
    CreateThread,
    DestroyThread,
    JoinThread,
    LeaveThread,
    RemoveFromThread,
    RenameThread,
)
from tests.wire.native.vectors import ID, TIME, G, Json

T = "300000000000003"
LUNCH = ThreadInfo(T, 44, "lunch", "demo1", G.group_id, ID, TIME, 2)

THREAD_EXCHANGES: list[tuple[Json, Command, object, Json]] = [
    (
        {"op": "thread.create", "group_id": G.group_id, "msg_id": str(ID), "name": "lunch"},
        CreateThread(G.group_id, ID, "lunch"),
        LUNCH,
        {"data": {"thread_id": T}},
    ),
    (
        {"op": "thread.update", "id": T, "name": "lunch"},
        RenameThread(T, "lunch"),
        LUNCH,
        {"data": {"name": "lunch"}},
    ),
    (
        {"op": "thread.join", "id": T},
        JoinThread(T),
        LUNCH,
        {
            "data": {
                "status": "ok",
                "detail": {
                    "name": "lunch",
                    "owner": "demo1",
                    "id": T,
                    "msgId": str(ID),
                    "groupId": G.group_id,
                    "created": TIME,
                    "affiliations_count": 2,
                },
            }
        },
    ),
    (
        {"op": "thread.remove", "id": T, "usernames": ["Demo2", "demo3"]},
        RemoveFromThread(T, ("demo2", "demo3")),
        [MemberOutcome("demo2", True), MemberOutcome("demo3", False)],
        {"data": [{"result": True, "user": "demo2"}, {"result": False, "user": "demo3"}]},
    ),
    ({"op": "thread.leave", "id": T}, LeaveThread(T), None, {"data": {"status": "ok"}}),
    ({"op": "thread.destroy", "id": T}, DestroyThread(T), None, {"data": {"status": "ok"}}),
]
