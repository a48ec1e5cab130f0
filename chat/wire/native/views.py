"""Domain values → the JSON objects of this wire."""

from typing import Any

from chat.domain.affiliations import Affiliation
from chat.domain.answers import (
    ConversationItem,
    MemberInfo,
    PresenceInfo,
    RoomInfo,
    RosterItem,
)
from chat.domain.entries import Entry, EntryState
from chat.domain.events import MessagePosted, fact_of
from chat.domain.targets import (
    Conversation,
    Place,
    ToChatroom,
    ToGroup,
    ToSelf,
    ToThread,
    ToUser,
)

Json = dict[str, Any]

RANKS = {
    Affiliation.OWNER: "owner",
    Affiliation.ADMIN: "admin",
    Affiliation.MEMBER: "member",
    Affiliation.SUPER: "super_admin",
}


def place_json(place: Place, me: str) -> Json:
    """What a conversation is to `me`; the personal log is named by its owner."""
    match place:
        case ToUser(username):
            return {"type": "user", "id": username}
        case ToGroup(group_id):
            return {"type": "group", "id": group_id}
        case ToChatroom(room_id):
            return {"type": "chatroom", "id": room_id}
        case ToThread(thread_id):
            return {"type": "thread", "id": thread_id}
        case ToSelf():
            return {"type": "personal", "id": me}


def conversation_json(conversation: Conversation, me: str) -> Json:
    return place_json(conversation.seen_by(me), me)


def message_json(entry: Entry, me: str) -> Json:
    """A message entry as `me` sees it. `recalled` is there (true) once it was taken back."""
    fact = fact_of(entry)
    assert isinstance(fact, MessagePosted)
    conversation = entry.conversation
    to = (
        {"type": "user", "id": conversation.other_than(entry.sender)}
        if conversation.kind == "pair"
        else place_json(conversation.seen_by(me), me)
    )
    made = {
        "id": str(entry.id),
        "conversation": conversation_json(conversation, me),
        "from": entry.sender,
        "to": to,
        "body": fact.body.to_payload(),
        "ext": fact.ext or {},
        "time": entry.created_ms,
        "client_id": entry.client_id,
    }
    if entry.state is EntryState.RECALLED:
        made["recalled"] = True
    if fact.thread is not None:
        place = fact.thread
        made["thread"] = {"group": place.group_id, "message_id": str(place.message_id),
                          "name": place.name}  # fmt: skip
    if fact.edited is not None:
        edit = fact.edited
        made["edited"] = {"count": edit.count, "by": edit.by, "time": edit.at_ms}
    return made


def conversation_item_json(item: ConversationItem, me: str) -> Json:
    last = item.last_message
    return {
        "conversation": place_json(item.place, me),
        "last_message": message_json(last, me) if last else None,
        "unread": item.unread,
        "read_up_to": str(item.read_up_to) if item.read_up_to else None,
        "peer_read_up_to": str(item.peer_read_up_to) if item.peer_read_up_to else None,
        "pinned": item.pinned,
        "time": item.updated_ms,
    }


def roster_item_json(item: RosterItem) -> Json:
    return {
        "user": item.username,
        "state": item.state,
        "remark": item.remark,
        "message": item.message,
    }


def room_json(room: RoomInfo) -> Json:
    """The keys of rest.md 3.8.4 (3.9.3 for chatrooms) but for the member list, which has its own
    op; `permission` is the asker's rank."""
    made: Json = {
        "id": room.room_id,
        "name": room.name,
        "description": room.description,
        "custom": room.custom,
        "avatar": room.avatar,
        "owner": room.owner,
        "public": room.public,
        "membersonly": room.members_only,
        "allowinvites": room.allow_invites,
        "invite_need_confirm": room.invite_need_confirm,
        "mute": room.muted_all,
        "disabled": room.disabled,
        "maxusers": room.max_members,
        "affiliations_count": room.member_count,
        "announcement": room.announcement,
        "created": room.created_ms,
        "permission": RANKS.get(room.my_rank, "none"),
    }
    if room.kind == "group":
        made["groupid"] = room.room_id
    return made


def listed_room_json(room: RoomInfo) -> Json:
    """An element of a list: rest.md 3.8.7, 3.9.4."""
    if room.kind == "group":
        return {
            "groupid": room.room_id,
            "groupname": room.name,
            "owner": room.owner,
            "affiliations": room.member_count,
            "permission": RANKS.get(room.my_rank, "none"),
        }
    return {
        "id": room.room_id,
        "name": room.name,
        "owner": room.owner,
        "affiliations_count": room.member_count,
    }


def member_json(member: MemberInfo) -> Json:
    """rest.md 3.8.11: the key says the rank; `admin` is true for admins, who are members there."""
    if member.affiliation >= Affiliation.OWNER:
        return {"owner": member.username}
    made: Json = {"member": member.username}
    if member.affiliation == Affiliation.ADMIN:
        made["admin"] = True
    if member.muted_until_ms:
        made["muted_until"] = member.muted_until_ms
    return made


def presence_json(presence: PresenceInfo) -> Json:
    return {
        "user": presence.username,
        "online": presence.online,
        "status": presence.status,
        "ext": presence.ext,
        "devices": presence.devices,
        "last_seen": presence.last_seen_ms,
    }
