"""What the backend does to a group or a chatroom is told to who is in it, on every wire (1.10)."""

from typing import Any

import pytest

from imadmin.testclient.native import Refused
from imadmin.testclient.rest import RestRefused
from tests.e2e.conftest import people, server, world
from tests.scenarios.backend_acts import (
    Scene,
    Told,
    expect_told,
    forget,
    heard,
    said_and_refused,
    scene,
)
from tests.scenarios.test_across_generations import Client

__all__ = ["people", "scene", "server", "world"]

pytestmark = pytest.mark.e2e

# (method, path below the group or chatroom, body, in each wire's words, whether somebody is
# concerned). {} is the member who is concerned; of others the first generation tells nothing.
Step = tuple[str, str, Any, Told, bool]
STEPS: list[Step] = [
    ("POST", "/admin", {"newadmin": "{}"}, Told("admin_added", "add_admin", "add_admin"), True),
    ("DELETE", "/admin/{}", None, Told("admin_removed", "remove_admin", "remove_admin"), True),
    ("POST", "/mute", {"usernames": ["{}"], "mute_duration": 60_000},
     Told("muted", "add_mute", "add_mute"), True),
    ("DELETE", "/mute/{}", None, Told("unmuted", "remove_mute", "remove_mute"), True),
    ("POST", "/ban", None, Told("muted_all", "ban_group"), False),
    ("DELETE", "/ban", None, Told("unmuted_all", "remove_ban_group"), False),
    ("POST", "/white/users/{}", None, Told("allowed", "add_user_white_list"), True),
    ("DELETE", "/white/users/{}", None, Told("disallowed", "remove_user_white_list"), True),
    ("POST", "/announcement", {"announcement": "at 5"},
     Told("announced", "update_announcement"), False),
]  # fmt: skip
OF_GROUPS: list[Step] = [
    ("PUT", "", {"groupname": "other"}, Told("updated", "update"), False),
    ("POST", "/disable", None, Told("disabled", "disable_group"), False),
    ("POST", "/enable", None, Told("enabled", "able_group"), False),
    ("PUT", "", {"newowner": "{}"}, Told("owner_changed", "assign_owner"), True),
]
OF_CHATROOMS: list[Step] = [
    ("PUT", "", {"name": "other"}, Told("updated", "update"), False),
    ("PUT", "", {"newowner": "{}"}, Told("owner_changed", "assign_owner"), True),
]
CAME = Told("members_added", "presence", "available")
LEFT = Told("members_removed", "absence", "unavailable")
DESTROYED = Told("destroyed", "destroy", "item")


def filled(value: Any, name: str) -> Any:
    """`value` with the name in each {}."""
    match value:
        case str():
            return value.replace("{}", name)
        case list():
            return [filled(one, name) for one in value]
        case dict():
            return {key: filled(one, name) for key, one in value.items()}
    return value


async def play(scene: Scene, steps: list[Step], path: str, place: str, told: list[Client]) -> None:
    """Each step, seen by the owner, the member whom it concerns, and another."""
    owner, member, other = told
    room = path.rpartition("/")[2]
    for method, below, body, words, concerns in steps:
        await scene.call(method, path + filled(below, member.user), filled(body, member.user))
        await expect_told(member, words, place, room, member.user if concerns else "")
        # MSYNC tells what concerns one member to nobody else but the staff (msync.md 6.2).
        is_hidden = concerns and scene.wire == "msync" and words.msync != "assign_owner"
        if scene.wire != "xmpp":
            onlooker = owner if is_hidden else other
            await expect_told(onlooker, words, place, room, member.user if concerns else "")
        if is_hidden:
            assert await heard(other) == []
        forget(owner, member, other)


async def test_group_made_changed_and_destroyed(scene: Scene) -> None:
    owner, member, other = await scene.cast(3)
    group = await scene.backend.create_group(owner.user, "g", [member.user])
    path = f"/chatgroups/{group}"
    added = Told("members_added", "direct_joined", "invite")
    await expect_told(member, added, "group", group)
    await scene.backend.add_group_member(group, other.user)
    await expect_told(other, added, "group", group)
    await expect_told(member, CAME, "group", group, other.user)
    await play(scene, [*STEPS, *OF_GROUPS], path, "group", [owner, member, other])
    await scene.backend.remove_group_member(group, other.user)
    # The first generation reads who was removed from an attribute of the notice.
    await expect_told(other, Told("members_removed", "kick", "item"), "group", group)
    removed = Told("members_removed", "absence", "item")
    await expect_told(member, removed, "group", group, other.user)
    forget(other)
    await scene.call("DELETE", path)
    await expect_told(owner, DESTROYED, "group", group)
    await expect_told(member, DESTROYED, "group", group)
    assert await heard(other) == []


async def test_shared_file_and_member_attributes(scene: Scene) -> None:
    owner, member = await scene.cast(2)
    group = await scene.backend.create_group(owner.user, "g", [member.user])
    path = f"/chatgroups/{group}"
    files = {"file": ("a.txt", b"hello", "text/plain")}
    stored = (await scene.call("POST", f"{path}/share_files", files=files))["data"]
    await expect_told(member, Told("file_shared", "upload_file"), "group", group)
    await scene.call("DELETE", f"{path}/share_files/{stored['file_id']}")
    await expect_told(member, Told("file_removed", "delete_file"), "group", group)
    attributes = f"/metadata/chatgroup/{group}/user/{owner.user}"
    await scene.call("PUT", attributes, {"metaData": {"title": "boss"}})
    words = Told("member_attributes", "group_member_metadata_update")
    await expect_told(member, words, "group", group)


async def test_chatroom_changed_and_destroyed(scene: Scene) -> None:
    owner, member, other = await scene.cast(3)
    names = [member.user, other.user]
    room = await scene.backend.create_chatroom(owner.user, "lobby", names)
    path = f"/chatrooms/{room}"
    for client in (owner, member, other):
        await heard(client)
    forget(owner, member, other)
    await play(scene, [*STEPS, *OF_CHATROOMS], path, "room", [owner, member, other])
    attributes = f"/metadata/chatroom/{room}/user/{owner.user}"
    await scene.call("PUT", attributes, {"metaData": {"k": "v"}})
    await expect_told(member, Told("attributes_set", "set_metadata"), "room", room)
    await scene.call("DELETE", attributes, {"keys": ["k"]})
    words = Told("attributes_removed", "delete_metadata")
    await expect_told(member, words, "room", room)
    await scene.call("DELETE", f"{path}/users/{other.user}")
    await expect_told(other, Told("members_removed", "kick", "item"), "room", room)
    await expect_told(member, LEFT, "room", room, other.user)
    forget(other)
    await scene.call("DELETE", path)
    await expect_told(member, DESTROYED, "room", room)
    assert await heard(other) == []


async def test_disabled_group_takes_no_message_until_enabled(scene: Scene) -> None:
    owner, member = await scene.cast(2)
    group = await scene.backend.create_group(owner.user, "g", [member.user])
    place = {"type": "group", "id": group}
    await scene.call("POST", f"/chatgroups/{group}/disable")
    with pytest.raises(Refused):
        await said_and_refused(member, place)
    with pytest.raises(RestRefused):
        await scene.backend.send([group], {"msg": "?"}, target_type="chatgroups")
    await scene.call("POST", f"/chatgroups/{group}/enable")
    await scene.backend.send([group], {"msg": "on"}, target_type="chatgroups")
    assert (await member.expect("message"))["message"]["body"]["msg"] == "on"
    await member.send_text(place, "again")
    await owner.expect("message", {"message.body.msg": "on"})
    await owner.expect("message", {"message.body.msg": "again"})
