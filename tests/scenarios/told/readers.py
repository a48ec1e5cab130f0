"""What a client was told, in words that are the same for every wire.

A term says what happened in roles instead of names: "group: one came", and who did it where the
wire tells that. Each reader knows its wire's spec only, and gives [] for what is no news.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, order=True)
class Told:
    """`by` is empty where the wire does not say who did it."""

    what: str
    by: str = ""

    def fits(self, expected: "Told") -> bool:
        return self.what == expected.what and self.by in ("", expected.by)

    def __str__(self) -> str:
        return f"{self.what} (by {self.by})" if self.by else self.what


@dataclass(frozen=True)
class Ears:
    """Who listens, and the role of each name and id."""

    me: str
    roles: dict[str, str]

    def say(self, name: object) -> str:
        return self.roles.get(str(name), str(name))

    def told(self, what: str, by: object = "") -> Told:
        return Told(what, self.say(by) if by else "")


def in_short(body: Json) -> str:
    return str(body.get("msg") or body.get("action") or body["type"])


# The native wire (specs/native.md)


def native(event: Json, ears: Ears) -> list[Told]:
    reader = _NATIVE.get(event["ev"])
    return reader(event, ears) if reader else [Told(f"unknown {event}")]


def _message(event: Json, ears: Ears) -> list[Told]:
    said = event["message"]
    to = said["to"]
    place = "chat" if to["type"] == "user" else ears.say(to["id"])
    return [ears.told(f"{place}: message {in_short(said['body'])}", said["from"])]


def _recalled(event: Json, ears: Ears) -> list[Told]:
    info = f", {event['info']}" if event.get("info") else ""
    return [ears.told(f"recalled {ears.say(event['message_id'])}{info}", event["by"])]


def _edited(event: Json, ears: Ears) -> list[Told]:
    assert event["time"]
    which = ears.say(event["message_id"])
    return [ears.told(f"edit {event['count']} of {which}: {in_short(event['body'])}", event["by"])]


_ROSTER = {"added": "friend {}", "removed": "no friend {}", "declined": "declined by {}",
           "request": "asked by {}", "blocked": "blocks", "unblocked": "blocks"}  # fmt: skip


def _roster(event: Json, ears: Ears) -> list[Told]:
    accepts = ", who accepts" if event.get("answers") else ""
    return [Told(_ROSTER[event["kind"]].format(ears.say(event["user"])) + accepts)]


def _kicked(event: Json, ears: Ears) -> list[Told]:
    return [Told(f"closed: {event['code']}")]


_DONE_TO = {
    "admin_added": "{} is admin",
    "admin_removed": "{} is no admin",
    "muted": "{} is muted",
    "unmuted": "{} may speak",
    "allowed": "{} is allowed",
    "disallowed": "{} is not allowed",
    "member_left": "{} left",
    "owner_changed": "{} owns it",
}
_DONE = {
    "destroyed": "destroyed",
    "muted_all": "all are muted",
    "unmuted_all": "all may speak",
    "disabled": "disabled",
    "enabled": "enabled",
    "file_removed": "a file is gone",
    "file_shared": "a file is there",
}


def _room(event: Json, ears: Ears) -> list[Told]:
    kind, users, by = event["kind"], event["users"], event["by"]
    place = ears.say(event[event["ev"]])
    names = [ears.say(user) for user in users]
    match kind:
        case "members_added" | "member_joined":
            said = [f"{name} came" for name in names if name != ears.me]
            if ears.me in names:
                said = ["you are in"]
        case "members_removed" | "members_blocked":
            said = ["you are out"] if ears.me in names else [f"{name} left" for name in names]
        case "announced":
            said = [f"announced {event['announcement'] or 'nothing'}"]
        case "updated":
            said = [f"is called {event['name']}"]
        case "attributes_set" | "attributes_removed" | "member_attributes":
            of = f" of {names[0]}" if kind == "member_attributes" else ""
            said = [f"{kind}{of} {json.dumps(event['properties'])}"]
        case "members_unblocked":
            said = [f"{name} is unblocked" for name in names]
        case _ if kind in _DONE:
            said = [_DONE[kind]]
        case _:
            assert kind != "muted" or event["expires_ms"]
            said = [_DONE_TO[kind].format(name) for name in names]
    return [ears.told(f"{place}: {one}", by) for one in said]


def _presence(event: Json, ears: Ears) -> list[Told]:
    return [_present(event["user"], event["ext"], event["devices"], ears)]


def _present(user: str, ext: str, devices: Json, ears: Ears) -> Told:
    return Told(f"presence of {ears.say(user)}: {ext}, tv {devices.get('tv')}")


def _reaction(event: Json, ears: Ears) -> list[Told]:
    count, users = event["count"], ", ".join(map(ears.say, event["users"]))
    said = f"reaction {event['reaction']} {event['kind']}, {count} of {users}"
    return [ears.told(f"{said} to {ears.say(event['message_id'])}", event["by"])]


def _thread(event: Json, ears: Ears) -> list[Told]:
    if "users" in event:
        return _room(event, ears)
    if event["kind"] == "moved":
        last = in_short(event["last"]["body"]) if event["last"] else "nothing"
        said = f"has {event['messages']}, last {last}"
    else:
        said = f"{event['kind']} as {event['name']}"
    return [ears.told(f"{ears.say(event['group'])}: thread {said}", event["by"])]


def _own(event: Json, ears: Ears) -> list[Told]:
    of = event["target"]
    return [Told(f"own {event['kind']}: {ears.say(of['id']) if of else 'everything'}")]


_NATIVE: dict[str, Callable[[Json, Ears], list[Told]]] = {
    "message": _message,
    "recalled": _recalled,
    "edited": _edited,
    "roster": _roster,
    "kicked": _kicked,
    "group": _room,
    "room": _room,
    "thread": _thread,
    "presence": _presence,
    "reaction": _reaction,
    "own": _own,
}


# MSYNC (specs/msync.md 5.3, 6)

_OPERATIONS = {
    "create": "you are in",
    "direct_joined": "you are in",
    "kick": "you are out",
    "destroy": "destroyed",
    "allow": "{to} is unblocked",
    "add_admin": "{to} is admin",
    "remove_admin": "{to} is no admin",
    "add_mute": "{to} is muted",
    "remove_mute": "{to} may speak",
    "add_user_white_list": "{to} is allowed",
    "remove_user_white_list": "{to} is not allowed",
    "assign_owner": "{to} owns it",
    "ban_group": "all are muted",
    "remove_ban_group": "all may speak",
    "disable_group": "disabled",
    "able_group": "enabled",
    "upload_file": "a file is there",
    "delete_file": "a file is gone",
    "thread_create": "you are in",
    "thread_join": "you are in",
    "thread_destroy": "destroyed",
    "thread_kick": "you are out",
}


def msync(event: Json, ears: Ears) -> list[Told]:
    match event["ev"]:
        case "group" | "room" | "thread":
            return _operation(event, ears)
        case "notice":
            return _NOTICES[event["notice"]["type"]](event["notice"], ears)
        case "recalled" | "edited":
            sides = [ears.say(event["by"]), ears.say(event["to"])]
            assert ears.me in sides or sides[1] in ("group", "room"), f"not for {ears.me}: {sides}"
            return native(event, ears)
        case _:
            return native(event, ears)


def _operation(event: Json, ears: Ears) -> list[Told]:
    kind, by, info = event["kind"], event["by"], event["info"]
    to = ears.say(event["users"][0]) if event["users"] else ""
    match kind:
        case "presence" | "absence":
            assert event["members"]
            moved = "came" if kind == "presence" else "left"
            said, by = f"{ears.say(by)} {moved}", ""
        case "update_announcement" | "delete_announcement":
            said = f"announced {event['reason'] or 'nothing'}"
        case "update" | "thread_update":
            said = f"is called {info.get('name') or event['name']}"
        case "set_metadata" | "delete_metadata":
            assert info["result"]["successKeys"] == list(info["properties"])
            done = "set" if kind == "set_metadata" else "removed"
            said = f"attributes_{done} {json.dumps(info['properties'])}"
        case "group_member_metadata_update":
            of = ears.say(info["username"])
            said = f"member_attributes of {of} {json.dumps(info['properties'])}"
        case _:
            # What the SDK shows of a mute is its end (msync.md 6.2).
            assert kind != "add_mute" or json.loads(event["ext"])["user_mute_time"]
            said = _OPERATIONS[kind].format(to=to)
    return [ears.told(f"{ears.say(event[event['ev']])}: {said}", by)]


def _presence_notice(notice: Json, ears: Ears) -> list[Told]:
    [seen] = notice["data"]["values"]
    return [_present(seen["uid"], seen["ext"], seen["status"], ears)]


def _reaction_notice(notice: Json, ears: Ears) -> list[Told]:
    told = []
    for changed in notice["data"]:
        [one] = changed["reactions"]
        [done] = one["op"]
        kind = {"create": "added", "delete": "removed"}[done["reactionType"]]
        as_event = {"ev": "reaction", "kind": kind, "users": one["userList"]}
        as_event |= {"message_id": changed["messageId"], "by": done["operator"]}
        told += _reaction(as_event | one, ears)
    return told


def _thread_notice(notice: Json, ears: Ears) -> list[Told]:
    data = notice["data"]
    group = ears.say(data["muc_parent_id"])
    kinds = {"create": "created", "update": "renamed", "delete": "destroyed"}
    if data["operation"] == "update_msg":
        last = data["last_message"]
        text = last["payload"]["bodies"][0]["msg"] if last else "nothing"
        said = f"has {data['message_count']}, last {text}"
    else:
        said = f"{kinds[data['operation']]} as {data['name']}"
    return [ears.told(f"{group}: thread {said}", data["from"])]


def _roaming_notice(notice: Json, ears: Ears) -> list[Told]:
    return [Told(f"own history_removed: {ears.say(notice['data']['to'])}")]


def _conversation_notice(notice: Json, ears: Ears) -> list[Told]:
    assert notice["data"]["op"] == "del"
    return [Told(f"own conversation_removed: {ears.say(notice['data']['id'])}")]


def _silent_notice(notice: Json, ears: Ears) -> list[Told]:
    [value] = notice["values"]
    of = value.get("user") or value.get("group")
    return [Told(f"own silenced: {ears.say(of) if of else 'everything'}")]


_NOTICES: dict[str, Callable[[Json, Ears], list[Told]]] = {
    "presence": _presence_notice,
    "reaction": _reaction_notice,
    "thread": _thread_notice,
    "roaming_delete": _roaming_notice,
    "conv": _conversation_notice,
    "user_notification_mute": _silent_notice,
}
