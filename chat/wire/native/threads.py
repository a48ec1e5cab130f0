"""`thread.…`: op → command, outcome → answer, in the names of the REST calls (rest.md 3.10)."""

from collections.abc import Callable
from typing import Any

from chat.domain.answers import ThreadInfo
from chat.domain.command_base import Command
from chat.domain.errors import IllegalArgument
from chat.domain.threads import (
    CreateThread,
    DestroyThread,
    JoinThread,
    LeaveThread,
    RemoveFromThread,
    RenameThread,
)
from chat.wire.native.fields import MAX_ROOM_ID, Fields

Json = dict[str, Any]

_OK: Json = {"status": "ok"}


def _thread_id(fields: Fields) -> str:
    return fields.text("id", most=MAX_ROOM_ID)


def _create(fields: Fields) -> CreateThread:
    group_id = fields.text("group_id", most=MAX_ROOM_ID)
    return CreateThread(group_id, fields.entry_id("msg_id"), fields.text("name"))


def _remove(fields: Fields) -> RemoveFromThread:
    names = fields.usernames("usernames", "users", "user")
    if not names:
        raise IllegalArgument(detail="usernames must name somebody")
    return RemoveFromThread(_thread_id(fields), names)


# Nobody is put into a thread by a client: that is the app's alone.
THREAD_PARSERS: dict[str, Callable[[Fields], Command]] = {
    "thread.create": _create,
    "thread.update": lambda f: RenameThread(_thread_id(f), f.text("name")),
    "thread.destroy": lambda f: DestroyThread(_thread_id(f)),
    "thread.join": lambda f: JoinThread(_thread_id(f)),
    "thread.leave": lambda f: LeaveThread(_thread_id(f)),
    "thread.remove": _remove,
}


def thread_answer(command: Command, outcome: object) -> Json | None:
    """REST's `data`; None for a command that is not about threads."""
    match command, outcome:
        case CreateThread(), ThreadInfo():
            return {"data": {"thread_id": outcome.thread_id}}
        case RenameThread(), ThreadInfo():
            return {"data": {"name": outcome.name}}
        case JoinThread(), ThreadInfo():
            return {"data": {**_OK, "detail": _detail(outcome)}}
        case ((DestroyThread() | LeaveThread()), _):
            return {"data": dict(_OK)}
        case RemoveFromThread(), list():
            return {"data": [{"result": one.done, "user": one.username} for one in outcome]}
        case _:
            return None


def _detail(thread: ThreadInfo) -> Json:
    return {
        "name": thread.name,
        "owner": thread.owner,
        "id": thread.thread_id,
        "msgId": str(thread.message_id),
        "groupId": thread.group_id,
        "created": thread.created_ms,
        "affiliations_count": thread.member_count,
    }
