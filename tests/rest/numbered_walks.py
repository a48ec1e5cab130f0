"""Lists that are read by page numbers, as a walk sees them (rest.md 1.7, ADR 0012)."""

from typing import Any, ClassVar

from tests.rest.test_chatrooms import make_room
from tests.rest.test_groups import make_group
from tests.rest.walks import Page, Rooms, Walked, send


class Numbered(Walked):
    """A cursor of these is the next page's number. It ends, as the vendor's SDKs end it, with a
    page that is not full."""

    first = 1
    names: ClassVar = ("pagenum", "pagesize")

    def page(self, cursor: str, limit: int) -> Page:
        number = int(cursor or self.first)
        number_name, size_name = self.names
        found = self.numbered(f"{number_name}={number}&{size_name}={limit}")
        return found, str(number + 1) if len(found) == limit else ""

    def numbered(self, query: str) -> list[str]:
        raise NotImplementedError


class NumberedMembers(Numbered):
    newest_first = False

    def __post_init__(self) -> None:
        self.path = f"/chatrooms/{make_room(self.api)}/users"

    def numbered(self, query: str) -> list[str]:
        order = "&sort=desc" if self.newest_first else ""
        return [
            next(iter(one.values())) for one in self.api.get(f"{self.path}?{query}{order}").data
        ]

    def add(self, name: str) -> None:
        self.api.post(f"{self.path}/{name}")

    def remove(self, name: str) -> None:
        self.api.delete(f"{self.path}/{name}")


class NewestMembers(NumberedMembers):
    newest_first = True


class NumberedRooms(Numbered, Rooms):
    key, path = "id", "/chatrooms"

    def numbered(self, query: str) -> list[str]:
        answer = self.api.get(f"{self.path}?{query}").json
        return self.named([one[self.key] for one in answer.get("data") or answer["entities"]])


class JoinedRooms(NumberedRooms):
    path = "/users/demo1/joined_chatrooms"


class JoinedGroups(NumberedRooms):
    key, path, rooms = "groupid", "/users/demo1/joined_chatgroups", "chatgroups"


class RichJoinedGroups(JoinedGroups):
    first, key, path = 0, "groupId", "/chatgroups/user/demo1"


class SuperAdmins(Numbered):
    def numbered(self, query: str) -> list[str]:
        return list(self.api.get(f"/chatrooms/super_admin?{query}").data)

    def add(self, name: str) -> None:
        self.api.post("/chatrooms/super_admin", {"superadmin": name})

    def remove(self, name: str) -> None:
        self.api.delete(f"/chatrooms/super_admin/{name}")


class SharedFiles(Numbered):
    """The newest first."""

    def __post_init__(self) -> None:
        self.path = f"/chatgroups/{make_group(self.api)}/share_files"

    def numbered(self, query: str) -> list[str]:
        return self.named([one["file_id"] for one in self.api.get(f"{self.path}?{query}").data])

    def add(self, name: str) -> None:
        if name not in self.ids:
            made = self.api.upload(self.path, b"x", f"{name}.txt")
            self.ids[name] = made.data["file_id"]

    def remove(self, name: str) -> None:
        if file_id := self.ids.pop(name, None):
            self.api.delete(f"{self.path}/{file_id}")


class Mutes(Numbered):
    names: ClassVar = ("pageNum", "pageSize")

    def numbered(self, query: str) -> list[str]:
        return [one["username"] for one in self.api.get(f"/mutes?{query}").data["data"]]

    def add(self, name: str) -> None:
        self.api.post("/mutes", {"username": name, "chat": 600})

    def remove(self, name: str) -> None:
        self.api.post("/mutes", {"username": name, "chat": 0})


class Watched(Numbered):
    """Whose presence demo1 watches."""

    names: ClassVar = ("pageNum", "pageSize")

    def numbered(self, query: str) -> list[str]:
        answer = self.api.get(f"/users/demo1/presence/sublist?{query}").json
        return [one["uid"] for one in answer["result"]["sublist"]]

    def add(self, name: str) -> None:
        self.api.post("/users/demo1/presence/3600", {"usernames": [name]})

    def remove(self, name: str) -> None:
        self.api.delete("/users/demo1/presence", {"usernames": [name]})


class NumberedConversations(Numbered):
    """The newest first, as the client SDKs ask for them."""

    names: ClassVar = ("pageNum", "pageSize")

    def numbered(self, query: str) -> list[str]:
        listed = self.api.get(f"/users/demo2/user_channels/page?{query}").data["channel_infos"]
        return [one["channel_id"].partition("_")[2].partition("@")[0] for one in listed]

    def add(self, name: str) -> None:
        if name not in self.ids:
            self.ids[name] = send(self.api, "users", "demo2", by=name)

    def remove(self, name: str) -> None:
        if self.ids.pop(name, None):
            body: dict[str, Any] = {"channel": name, "type": "chat", "delete_roam": False}
            self.api.delete("/users/demo2/user_channel", body)


NUMBERED: dict[str, type[Walked]] = {
    "numbered members": NumberedMembers,
    "newest members": NewestMembers,
    "numbered chatrooms": NumberedRooms,
    "joined chatrooms": JoinedRooms,
    "joined groups": JoinedGroups,
    "joined groups with details": RichJoinedGroups,
    "super admins": SuperAdmins,
    "shared files": SharedFiles,
    "app-wide mutes": Mutes,
    "watched users": Watched,
    "numbered conversations": NumberedConversations,
}
