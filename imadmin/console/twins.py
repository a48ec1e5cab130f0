"""The REST calls that do what the console's forms do (console.md §6.1)."""

import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.domain.actor import AppRef
from chat.domain.targets import RoomKind
from imadmin.console.apitwin import Call, path

Json = dict[str, Any]
ROOT = {"group": "chatgroups", "chatroom": "chatrooms"}


def _portions(names: Sequence[str], size: int) -> list[Sequence[str]]:
    return [names[start : start + size] for start in range(0, len(names), size)]


def user_new(data: Json) -> list[Call]:
    body = {"username": data["username"], "password": "<password>"}
    if data.get("nickname"):
        body["nickname"] = data["nickname"]
    return [Call("POST", "/users", body)]


def user_batch(app: AppRef, names: Sequence[str], data: Json) -> list[Call]:
    """The users, then what the form adds to them; of the pairs of friends the first one's."""
    calls = [
        Call("POST", "/users", [{"username": name, "password": "<password>"} for name in part])
        for part in _portions(names, app.settings.max_batch_users)
    ]
    if data["befriend"]:
        note = _("and so for every pair of them")
        calls += [
            Call("POST", path("users", names[0], "contacts", "users", friend), note=note)
            for friend in names[1:]
        ]
    for root, room_id in (("chatgroups", data["group"]), ("chatrooms", data["room"])):
        if room_id:
            calls += [
                Call("POST", path(root, room_id, "users"), {"usernames": list(part)})
                for part in _portions(names, app.settings.max_batch_members)
            ]
    return calls


def nickname(_app: AppRef, username: str, data: Json) -> list[Call]:
    return [Call("PUT", path("users", username), {"nickname": data["nickname"]})]


def password(_app: AppRef, username: str, _data: Json) -> list[Call]:
    return [Call("PUT", path("users", username, "password"), {"newpassword": "<password>"})]


def ban(_app: AppRef, username: str, _data: Json) -> list[Call]:
    return [Call("POST", path("users", username, "deactivate"))]


def unban(_app: AppRef, username: str, _data: Json) -> list[Call]:
    return [Call("POST", path("users", username, "activate"))]


def mute(_app: AppRef, username: str, data: Json) -> list[Call]:
    asked = {name: data.get(name) or "" for name in ("chat", "groupchat", "chatroom")}
    hours = str(data.get("hours") or 0)
    asked = {name: f"{int(hours) * 3600}" if text == "hours" else text
             for name, text in asked.items()}  # fmt: skip
    chosen = {name: int(text) for name, text in asked.items() if text.lstrip("-").isdigit()}
    body = {"username": username, **(chosen or {"chat": -1})}
    return [Call("POST", path("mutes"), body)]


def force_offline(_app: AppRef, username: str, data: Json) -> list[Call]:
    device = data.get("device") or ""
    if device and not device.startswith("<"):
        return [Call("DELETE", path("users", username, "disconnect", device))]
    return [Call("GET", path("users", username, "disconnect"))]


def user_delete(_app: AppRef, username: str, _data: Json) -> list[Call]:
    return [Call("DELETE", path("users", username))]


def friends_add(_app: AppRef, username: str, data: Json) -> list[Call]:
    return [
        Call("POST", path("users", username, "contacts", "users", friend))
        for friend in data["friends"]
    ]


def friend_remove(_app: AppRef, username: str, data: Json) -> list[Call]:
    return [Call("DELETE", path("users", username, "contacts", "users", data["friend"]))]


def block_add(_app: AppRef, username: str, data: Json) -> list[Call]:
    body = {"usernames": list(data["users"])}
    return [Call("POST", path("users", username, "blocks", "users"), body)]


def block_remove(_app: AppRef, username: str, data: Json) -> list[Call]:
    return [Call("DELETE", path("users", username, "blocks", "users", data["user"]))]


def join(kind: RoomKind) -> Any:
    """Put one user into a group or chatroom."""

    def calls(_app: AppRef, username: str, data: Json) -> list[Call]:
        return [Call("POST", path(ROOT[kind], data["room"], "users", username))]

    return calls


def profile(_app: AppRef, username: str, data: Json) -> list[Call]:
    body = {data["attribute"]: data["value"]}
    return [Call("PUT", path("metadata", "user", username), body)]


def conversation_delete(_app: AppRef, username: str, data: Json) -> list[Call]:
    kind = "groupchat" if data["chat"] == "group" else "chat"
    body = {"channel": data["name"], "type": kind, "delete_roam": False}
    return [Call("DELETE", path("users", username, "user_channel"), body)]


def group_new(app: AppRef, data: Json) -> list[Call]:
    """One call to make it, members beyond the first 60 in calls of their own."""
    first, *others = _portions(data["members"], app.settings.max_batch_members) or [()]
    body = {**group_fields(data), "owner": data["owner"], "members": list(first)}
    more = [
        Call("POST", "/chatgroups/<groupid>/users", {"usernames": list(part)}) for part in others
    ]
    return [Call("POST", "/chatgroups", body), *more]


def group_fields(data: Json) -> Json:
    return {
        "groupname": data["name"],
        "description": data["description"],
        "maxusers": data["maxusers"],
        "custom": data["custom"],
        "public": data["public"],
        "membersonly": data["membersonly"],
        "allowinvites": data["allowinvites"],
        "invite_need_confirm": data["invite_need_confirm"],
    }


def chatroom_fields(data: Json) -> Json:
    return {
        "name": data["name"],
        "description": data["description"],
        "maxusers": data["maxusers"],
        "custom": data["custom"],
    }


def chatroom_new(app: AppRef, data: Json) -> list[Call]:
    """The room, then its members (admins among them), then each admin."""
    people = list(dict.fromkeys([*data["admins"], *data["members"]]))
    calls = [Call("POST", "/chatrooms", {**chatroom_fields(data), "owner": data["owner"]})]
    calls += [
        Call("POST", "/chatrooms/<id>/users", {"usernames": list(part)})
        for part in _portions(people, app.settings.max_batch_members)
    ]
    return calls + [
        Call("POST", "/chatrooms/<id>/admin", {"newadmin": name}) for name in data["admins"]
    ]


class RoomTwins:
    """The calls about one room; groups and chatrooms differ in the first segment."""

    def __init__(self, kind: RoomKind) -> None:
        self.root = ROOT[kind]

    def settings(self, _app: AppRef, room_id: str, data: Json) -> list[Call]:
        fields = group_fields(data) if self.root == "chatgroups" else chatroom_fields(data)
        return [Call("PUT", path(self.root, room_id), fields)]

    def transfer(self, _app: AppRef, room_id: str, data: Json) -> list[Call]:
        return [Call("PUT", path(self.root, room_id), {"newowner": data["newowner"]})]

    def delete(self, _app: AppRef, room_id: str, _data: Json) -> list[Call]:
        return [Call("DELETE", path(self.root, room_id))]

    def admin_add(self, _app: AppRef, room_id: str, data: Json) -> list[Call]:
        return [Call("POST", path(self.root, room_id, "admin"), {"newadmin": data["user"]})]

    def admin_remove(self, _app: AppRef, room_id: str, data: Json) -> list[Call]:
        return [Call("DELETE", path(self.root, room_id, "admin", data["user"]))]

    def mute_all(self, _app: AppRef, room_id: str, data: Json) -> list[Call]:
        return [Call("POST" if data["on"] else "DELETE", path(self.root, room_id, "ban"))]

    def mute(self, app: AppRef, room_id: str, data: Json) -> list[Call]:
        duration = data.get("duration_ms", 3_600_000)
        return [
            Call("POST", path(self.root, room_id, "mute"),
                 {"usernames": list(part), "mute_duration": duration})
            for part in _portions(data["usernames"], app.settings.max_batch_members)
        ]  # fmt: skip

    def unmute(self, _app: AppRef, room_id: str, data: Json) -> list[Call]:
        return [Call("DELETE", path(self.root, room_id, "mute", ",".join(data["usernames"])))]

    def announce(self, _app: AppRef, room_id: str, data: Json) -> list[Call]:
        body = {"announcement": data["announcement"]}
        return [Call("POST", path(self.root, room_id, "announcement"), body)]

    def disable(self, _app: AppRef, room_id: str, _data: Json) -> list[Call]:
        return [Call("POST", path(self.root, room_id, "disable"))]

    def enable(self, _app: AppRef, room_id: str, _data: Json) -> list[Call]:
        return [Call("POST", path(self.root, room_id, "enable"))]

    def add_to(self, *segments: str) -> Any:
        """POST …/users, …/blocks/users or …/white/users with `usernames`."""

        def calls(app: AppRef, room_id: str, data: Json) -> list[Call]:
            return [
                Call("POST", path(self.root, room_id, *segments), {"usernames": list(part)})
                for part in _portions(data["usernames"], app.settings.max_batch_members)
            ]

        return calls

    def remove_from(self, *segments: str) -> Any:
        """DELETE the same with the names in the path."""

        def calls(app: AppRef, room_id: str, data: Json) -> list[Call]:
            return [
                Call("DELETE", path(self.root, room_id, *segments, ",".join(part)))
                for part in _portions(data["usernames"], app.settings.max_batch_members)
            ]

        return calls


def super_admins(data: Json) -> list[Call]:
    """Adding one, and removing it."""
    return [
        Call("POST", "/chatrooms/super_admin", {"superadmin": data["user"]}),
        Call("DELETE", path("chatrooms", "super_admin", data["user"])),
    ]


MESSAGES = {"user": "users", "group": "chatgroups", "chatroom": "chatrooms"}


def send(app: AppRef, spec: Json) -> list[Call]:
    """One call for as many targets as REST takes at once."""
    limits = app.settings
    most = {
        "user": limits.max_targets_users,
        "group": limits.max_targets_groups,
        "chatroom": limits.max_targets_rooms,
    }[spec["to_type"]]
    return [
        Call("POST", f"/messages/{MESSAGES[spec['to_type']]}", _send_body(spec, part))
        for part in _portions(spec["to"], most)
    ]


def _send_body(spec: Json, to: Sequence[str]) -> Json:
    options = spec["options"]
    made: Json = {"to": list(to), "type": spec["type"], "body": spec["body"]}
    if spec["from"]:
        made["from"] = spec["from"]
    if spec["ext"] is not None:
        made["ext"] = spec["ext"]
    if options["copy_to_sender"]:
        made["sync_device"] = True
    if options["online_only"]:
        made["routetype"] = "ROUTE_ONLINE"
    if options["level"]:
        made["chatroom_msg_level"] = options["level"]
    if options["need_group_ack"]:
        made["need_group_ack"] = True
    return made


def recall(message_id: str, chat: str, to: str, sender: str, *, force: bool) -> list[Call]:
    chat_type = {"user": "chat", "chatroom": "chatroom"}.get(chat, "groupchat")
    body = {"msg_id": message_id, "to": to, "chat_type": chat_type, "from": sender, "force": force}
    return [Call("POST", "/messages/msg_recall", body, note=_("recall it"))]


def as_json(value: Json | None) -> str:
    """An object as a form shows it; nothing stays nothing."""
    return json.dumps(value, ensure_ascii=False, indent=2) if value is not None else ""
