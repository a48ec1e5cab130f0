"""The shapes in which groups and chatrooms are answered (rest.md 3.8, 3.9)."""

from collections.abc import Iterable
from typing import Any

from accounts.domain.actor import AppRef
from chat.domain.affiliations import Affiliation
from chat.domain.answers import MemberInfo, MemberOutcome, RoomInfo
from chat.domain.targets import RoomKind

Json = dict[str, Any]

# Groups name their id the same everywhere; chatrooms by two names (rest.md 3.9).
MEMBER_ID_KEY = {"group": "groupid", "chatroom": "id"}
LIST_ID_KEY = {"group": "groupid", "chatroom": "chatroomid"}


def member_entry(member: MemberInfo) -> Json:
    """`{"owner": name}` or `{"member": name}`; admins appear as members (rest.md 3.8.4)."""
    return {"owner" if member.affiliation is Affiliation.OWNER else "member": member.username}


def group_detail(room: RoomInfo, members: Iterable[MemberInfo]) -> Json:
    """An element of the details answer, members before the owner."""
    return {
        "id": room.room_id,
        "groupid": room.room_id,
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
        "affiliations": owner_last(members),
        "created": room.created_ms,
    }


def chatroom_detail(room: RoomInfo, members: Iterable[MemberInfo]) -> Json:
    return {
        "id": room.room_id,
        "name": room.name,
        "description": room.description,
        "membersonly": False,
        "allowinvites": False,
        "maxusers": room.max_members,
        "owner": room.owner,
        "created": room.created_ms,
        "custom": room.custom,
        "mute": room.muted_all,
        "affiliations_count": room.member_count,
        "affiliations": owner_last(members),
        "public": True,
        "disabled": False,
    }


def owner_last(members: Iterable[MemberInfo]) -> list[Json]:
    """Affiliations as details show them: the owner closes the list."""
    ordered = sorted(members, key=lambda member: member.affiliation is Affiliation.OWNER)
    return [member_entry(member) for member in ordered]


def permission_of(room: RoomInfo) -> str | None:
    """What a client is told of its own role (msync.md 8.3); None when it is not in the room."""
    named = {
        Affiliation.MEMBER: "member",
        Affiliation.ADMIN: "admin",
        Affiliation.OWNER: "owner",
    }
    return named.get(room.my_rank)


def group_list_item(app: AppRef, room: RoomInfo) -> Json:
    """An element of the app's group list: the owner carries the appkey (rest.md 3.8.5)."""
    modified = str(room.modified_ms)
    return {
        "groupid": room.room_id,
        "groupname": room.name,
        "owner": f"{app.appkey}_{room.owner}",
        "affiliations": room.member_count,
        "type": "group",
        "last_modified": modified,
        "lastModified": modified,
    }


def rich_group(room: RoomInfo) -> Json:
    """A group in its member's list (rest.md 3.8.8; msync.md 8.3 for what clients add)."""
    return {
        "id": room.room_id,
        "groupId": room.room_id,
        "name": room.name,
        "avatar": room.avatar,
        "owner": room.owner,
        "description": room.description,
        "disabled": room.disabled,
        "public": room.public,
        "allowinvites": room.allow_invites,
        "membersonly": room.members_only,
        "maxusers": room.max_members,
        "created": room.created_ms,
        "affiliations_count": room.member_count,
        "permission": permission_of(room),
    }


def chatroom_list_item(room: RoomInfo) -> Json:
    return {
        "id": room.room_id,
        "name": room.name,
        "owner": room.owner,
        "affiliations_count": room.member_count,
    }


def outcome(kind: RoomKind, room_id: str, action: str, done: MemberOutcome, id_key: str) -> Json:
    """One name of a batch; `reason` only where it failed."""
    answer: Json = {"result": done.done, "action": action}
    if not done.done:
        answer["reason"] = (
            done.reason or f"user: {done.username} doesn't exist in {kind}: {room_id}"
        )
    return {**answer, "user": done.username, id_key: room_id}
