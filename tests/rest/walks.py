"""Lists that are read by cursors, as a walk sees them: a page, and how things come and go."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.wire.msync.pb import msync_pb2 as pb
from tests.rest.api import Api
from tests.rest.test_chatrooms import make_room
from tests.rest.test_groups import make_group

Page = tuple[list[str], str]  # the names of its items, and the next cursor ("" at the end)
PEOPLE = [f"p{number}" for number in range(10)]
Changes = Sequence[Sequence[tuple[bool, str]]]  # between two pages: who comes (True) or goes
_CHANGES = st.lists(st.tuples(st.booleans(), st.sampled_from(PEOPLE)), max_size=4)


def walking(max_examples: int) -> Callable[[Any], Any]:
    """A test of walks: of a `limit`, who is `there` at first, and the `changes`."""

    def decorated(test: Any) -> Any:
        test = given(
            limit=st.integers(1, 4),
            there=st.lists(st.sampled_from(PEOPLE), min_size=3, unique=True),
            changes=st.lists(_CHANGES, max_size=6),
        )(test)
        unhealthy = [HealthCheck.function_scoped_fixture]
        profile = settings(
            max_examples=max_examples, deadline=None, suppress_health_check=unhealthy
        )
        return profile(test)

    return decorated


def walk(
    page: Callable[[str], Page], change: Callable[[bool, str], object], changes: Changes
) -> tuple[list[str], set[str]]:
    """Every item seen, and those that left at least once meanwhile."""
    seen: list[str] = []
    left: set[str] = set()
    cursor = ""
    for number in range(1000):
        names, cursor = page(cursor)
        seen += names
        if not cursor:
            return seen, left
        for is_added, name in changes[number] if number < len(changes) else ():
            change(is_added, name)
            if not is_added:
                left.add(name)
    raise AssertionError("the walk does not end")


@dataclass
class Walked:
    """`add` and `remove` take a name of PEOPLE; doing either twice does nothing."""

    api: Api
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make what the list belongs to."""

    def page(self, cursor: str, limit: int) -> Page:
        raise NotImplementedError

    def add(self, name: str) -> None:
        raise NotImplementedError

    def remove(self, name: str) -> None:
        raise NotImplementedError

    def change(self, is_added: bool, name: str) -> None:
        (self.add if is_added else self.remove)(name)

    def named(self, ids: list[str]) -> list[str]:
        """The names of ids; what was there before the walk is called by its id."""
        names = {known: name for name, known in self.ids.items()}
        return [names.get(found, found) for found in ids]


class Users(Walked):
    def page(self, cursor: str, limit: int) -> Page:
        answer = self.api.get(f"/users?limit={limit}&cursor={cursor}").json
        return [one["username"] for one in answer["entities"]], answer.get("cursor", "")

    def add(self, name: str) -> None:
        self.api.post("/users", {"username": f"w{name}", "password": "1"})

    def remove(self, name: str) -> None:
        self.api.delete(f"/users/w{name}")


class Rooms(Walked):
    """Groups or chatrooms, all of the app's or the public ones."""

    address, key, rooms = "/chatrooms", "id", "chatrooms"

    def page(self, cursor: str, limit: int) -> Page:
        answer = self.api.get(f"{self.address}?limit={limit}&cursor={cursor}").json
        return self.named([one[self.key] for one in answer["data"]]), answer.get("cursor", "")

    def add(self, name: str) -> None:
        if name not in self.ids:
            make = make_room if self.rooms == "chatrooms" else make_group
            self.ids[name] = make(self.api)

    def remove(self, name: str) -> None:
        if name in self.ids:
            self.api.delete(f"/{self.rooms}/{self.ids.pop(name)}")


class Groups(Rooms):
    address, key, rooms = "/chatgroups", "groupid", "chatgroups"


class PublicGroups(Groups):
    address = "/publicchatgroups"


class RoomMembers(Walked):
    def __post_init__(self) -> None:
        self.path = f"/chatrooms/{make_room(self.api)}/users"

    def page(self, cursor: str, limit: int) -> Page:
        answer = self.api.get(f"{self.path}?version=v3&limit={limit}&cursor={cursor}").json
        return answer["data"], answer.get("cursor", "")

    def add(self, name: str) -> None:
        self.api.post(f"{self.path}/{name}")

    def remove(self, name: str) -> None:
        self.api.delete(f"{self.path}/{name}")


def send(api: Api, kind: str, to: str, by: str = "demo1") -> str:
    text = {"from": by, "to": [to], "type": "txt", "body": {"msg": "x"}}
    sent: dict[str, str] = api.post(f"/messages/{kind}", text).data
    return sent[to]


class Reactions(Walked):
    """Who reacted so to a group's message."""

    def __post_init__(self) -> None:
        people = [f"p{number}" for number in range(10)]
        self.message = send(self.api, "chatgroups", make_group(self.api, members=people))

    def page(self, cursor: str, limit: int) -> Page:
        place = f"msgId={self.message}&message=ok&limit={limit}&cursor={cursor}"
        answer = self.api.get(f"/reaction/user/p0/detail?{place}").data
        return answer["userList"], answer.get("cursor", "")

    def add(self, name: str) -> None:
        body = {"msgId": self.message, "message": "ok"}
        self.api.post(f"/reaction/user/{name}", body)

    def remove(self, name: str) -> None:
        self.api.delete(f"/reaction/user/{name}?msgId={self.message}&message=ok")


class Conversations(Walked):
    """A user's list, the newest first: who comes back comes to its top."""

    def page(self, cursor: str, limit: int) -> Page:
        path = f"/sdk/user/demo2/user_channels/list?limit={limit}&cursor={cursor}"
        data = self.api.get(path).data
        return [one["session_to"] for one in data["channel_infos"]], data.get("cursor", "")

    def add(self, name: str) -> None:
        if name not in self.ids:
            self.ids[name] = send(self.api, "users", "demo2", by=name)

    def remove(self, name: str) -> None:
        if self.ids.pop(name, None):
            body = {"channel": name, "type": "chat", "delete_roam": False}
            self.api.delete("/users/demo2/user_channel", body)


class Messages(Walked):
    """What walks through one chat's messages have in common."""

    def add(self, name: str) -> None:
        if name not in self.ids:
            self.ids[name] = send(self.api, "users", "demo2")

    def remove(self, name: str) -> None:
        """Hidden from demo2 and recalled: in no list any more."""
        if sent := self.ids.pop(name, None):
            hidden = f"userId=demo1&msgIdList={sent}"
            self.api.delete(f"/rest/message/roaming/chat/user/demo2?{hidden}")
            recall: dict[str, Any] = {"msg_id": sent, "to": "demo2", "from": "demo1"}
            self.api.post("/messages/msg_recall", recall | {"chat_type": "chat", "force": True})


class OldHistory(Messages):
    def page(self, cursor: str, limit: int) -> Page:
        answer = self.api.get(f"/chatmessages?limit={limit}&cursor={cursor}").json
        found = [one["msg_id"] for one in answer["entities"]]
        return self.named(found), answer.get("cursor", "")


class Roaming(Messages):
    """The newest first. Its reader is demo2, whose token `as_user` gives."""

    reader: Api

    def page(self, cursor: str, limit: int) -> Page:
        body = {"queue": "demo1@easemob.com", "start": cursor or "-1", "pull_number": limit}
        data = self.reader.post("/users/demo2/messageroaming", body).data
        metas = [pb.Meta.FromString(base64.b64decode(one["msg"])) for one in data["msgs"]]
        return self.named([str(meta.id) for meta in metas]), (
            "" if data["is_last"] else data["next_key"]
        )


LISTS: dict[str, type[Walked]] = {
    "users": Users,
    "chatrooms": Rooms,
    "groups": Groups,
    "public groups": PublicGroups,
    "chatroom members": RoomMembers,
    "reactions": Reactions,
    "conversations": Conversations,
    "old history": OldHistory,
    "history": Roaming,
}
