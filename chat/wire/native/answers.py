"""A command's outcome → the answer's fields (beside `re` and `ok`)."""

from typing import Any

from chat.domain.answers import (
    ConversationPage,
    HistoryPage,
    Joined,
    LoggedIn,
    MemberOutcome,
    MemberPage,
    RoomInfo,
    RoomPage,
    Sent,
    SyncPage,
    Unread,
)
from chat.domain.commands import (
    BlockUsers,
    Command,
    CreateRoom,
    DestroyRoom,
    GetRoom,
    InviteMembers,
    JoinRoom,
    LeaveRoom,
    ListRoster,
    MuteAll,
    MuteMembers,
    RemoveMembers,
    SetAdmin,
    SetAnnouncement,
    SubscribePresence,
    TransferRoom,
    UnmuteMembers,
    UpdateRoom,
)
from chat.domain.events import logged
from chat.domain.targets import ToGroup
from chat.wire.native.events import event_json
from chat.wire.native.threads import thread_answer
from chat.wire.native.views import (
    conversation_item_json,
    listed_room_json,
    member_json,
    message_json,
    presence_json,
    room_json,
    roster_item_json,
)

Json = dict[str, Any]

HEARTBEAT_S = 30

# Room fields → REST's names in an update's answer (rest.md 3.8.2).
_UPDATED = {
    "name": "groupname",
    "members_only": "membersonly",
    "allow_invites": "allowinvites",
    "max_members": "maxusers",
}


def answer_json(command: Command, outcome: object, me: str) -> Json:
    """What the op is answered with; {} where success is all there is to say."""
    match outcome:
        case LoggedIn():
            return _logged_in(outcome)
        case Sent(message_id, created_ms):
            return {"id": str(message_id), "time": created_ms}
        case Unread(unread):
            return {"unread": unread}
        case SyncPage(entries, after, more):
            events = [event_json(logged(entry), me) for entry in entries]
            return {"events": events, "next": after, "more": more}
        case HistoryPage(entries, end, total):
            messages = [message_json(entry, me) for entry in entries]
            return {"messages": messages, "end": end, "total": total}
        case ConversationPage(items, after):
            return {"items": [conversation_item_json(i, me) for i in items], "next": after}
        case _:
            about_thread = thread_answer(command, outcome)
            if about_thread is not None:
                return about_thread
            return _rooms_and_people(command, outcome, me)


def _logged_in(outcome: LoggedIn) -> Json:
    return {
        "user": outcome.username,
        "device": outcome.device,
        "server_time": outcome.server_time_ms,
        "heartbeat_s": HEARTBEAT_S,
        "unread": outcome.unread,
    }


def _rooms_and_people(command: Command, outcome: object, me: str) -> Json:
    match command, outcome:
        case CreateRoom(), RoomInfo():
            return {"data": {"groupid": outcome.room_id}}
        case JoinRoom(target), Joined(pending):
            joined = {"result": True, "action": "apply" if pending else "add_member", "user": me}
            return {"data": joined | _id_of(target), "pending": pending}
        case _, RoomPage(rooms, after):
            return {"data": [listed_room_json(room) for room in rooms], "cursor": after}
        case _, MemberPage(members, after):
            return {"data": [member_json(member) for member in members], "cursor": after}
        case GetRoom(), RoomInfo():
            return {"data": [room_json(outcome)]}
        case _, list():
            return _listed(command, outcome, me)
        case _:
            return _done(command, me)


def _listed(command: Command, outcome: list[Any], me: str) -> Json:
    """Outcomes that are lists; what is in them follows from the command."""
    match command:
        case ListRoster():
            return {"items": [roster_item_json(item) for item in outcome]}
        case SubscribePresence():
            return {"items": [presence_json(item) for item in outcome]}
        case RemoveMembers(target) | InviteMembers(target):
            action = "invite" if isinstance(command, InviteMembers) else "remove_member"
            return {"data": [_outcome(item, action) | _id_of(target) for item in outcome]}
        case MuteMembers():
            return {
                "data": [
                    {"result": True, "expire": mute.expires_ms, "user": mute.username}
                    for mute in outcome
                ]
            }
        case _:
            return _done(command, me)


def _done(command: Command, me: str) -> Json:
    """REST's `data` of calls whose answer follows from the request alone."""
    match command:
        case UpdateRoom(_, changes):
            return {"data": {_UPDATED.get(key, key): True for key in changes}}
        case SetAnnouncement(target):
            return {"data": {"id": _id_of(target)["id"], "result": True}}
        case LeaveRoom(target):
            left = {"result": True, "action": "remove_member", "user": me}
            return {"data": left | _id_of(target)}
        case SetAdmin(_, username, on):
            return {"data": {"result": "success", "newadmin" if on else "oldadmin": username}}
        case MuteAll(_, on):
            return {"data": {"mute": on}}
        case UnmuteMembers(_, names):
            return {"data": [{"result": True, "user": name} for name in names]}
        case TransferRoom():
            return {"data": {"newowner": True}}
        case DestroyRoom(target):
            return {"data": {"success": True} | _id_of(target)}
        case BlockUsers(names):
            return {"data": list(names)}
        case _:
            return {}


def _outcome(outcome: MemberOutcome, action: str) -> Json:
    made: Json = {"result": outcome.done, "action": action, "user": outcome.username}
    return made if outcome.done else made | {"reason": outcome.reason}


def _id_of(target: object) -> Json:
    """Groups carry both spellings, chatrooms `id` alone (rest.md 3.9)."""
    if isinstance(target, ToGroup):
        return {"id": target.group_id, "groupid": target.group_id}
    return {"id": getattr(target, "room_id", "")}
