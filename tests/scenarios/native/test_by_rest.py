"""What a backend's calls make connected clients see at once (rest.md 1.10)."""

import pytest

from imadmin.testclient.native import Refused

pytestmark = pytest.mark.e2e


async def test_an_edit_reaches_both_sides_and_later_a_device_that_was_away(cast, stage, backend):
    demo1, demo2 = await cast(2)
    sent = await demo1.send_text(demo2.user, "old", ext={"a": 1})
    await demo2.expect("message")
    new = {"type": "txt", "msg": "new"}
    asked = {"user": demo1.user, "new_msg": new, "new_ext": {"b": 2}}
    await backend.call("PUT", f"/messages/rewrite/{sent['id']}", asked)
    for client in (demo1, demo2):
        event = await client.expect("edited")
        assert (event["message_id"], event["by"], event["count"]) == (sent["id"], demo1.user, 1)
        assert (event["body"], event["ext"]) == (new, {"a": 1, "b": 2})
    page = await demo2.history(demo1.user)
    [shown] = page["messages"]
    assert (shown["body"], shown["edited"]["by"]) == (new, demo1.user)
    tablet = await stage.online(demo2.user, "tablet")
    assert "edited" in [event["ev"] for event in await tablet.sync()]


async def test_an_import_tells_nobody_and_is_in_history(cast, backend):
    demo1, demo2 = await cast(2)
    asked = {"from": demo1.user, "target": demo2.user, "type": "txt", "body": {"msg": "old"}}
    asked["msg_timestamp"] = 1_700_000_000_000
    done = await backend.call("POST", "/messages/users/import", asked)
    await demo1.expect_silence()
    await demo2.expect_silence()
    [shown] = (await demo2.history(demo1.user))["messages"]
    assert (shown["id"], shown["time"]) == (done["data"]["msg_id"], 1_700_000_000_000)
    await demo1.send_text(demo2.user, "next")
    await demo2.expect_texts(["next"])


async def test_a_directed_message_reaches_those_it_names(cast, backend):
    demo1, demo2, demo3 = await cast(3)
    group = await backend.create_group(demo1.user, "g", [demo2.user, demo3.user])
    for client in (demo1, demo2, demo3):
        await client.expect("group")
    asked = {"from": demo1.user, "to": [group], "users": [demo2.user], "type": "txt"}
    await backend.call("POST", "/messages/chatgroups/users", asked | {"body": {"msg": "psst"}})
    await demo2.expect_texts(["psst"])
    await demo3.expect_silence()


async def test_a_broadcast_reaches_who_is_in_any_chatroom(cast, stage, backend):
    [demo1] = await cast(1)
    room = await backend.create_chatroom(demo1.user, "lobby")
    await demo1.ask("room.join", id=room)
    msg = {"type": "txt", "msg": "to all"}
    await backend.call("POST", "/messages/chatrooms/broadcast", {"from": "admin", "msg": msg})
    event = await demo1.expect("message")
    assert event["message"]["conversation"] == {"type": "chatroom", "id": room}
    assert event["message"]["body"] == msg


async def test_contacts_made_and_ended_by_rest_are_told_to_both(cast, backend):
    demo1, demo2 = await cast(2)
    await backend.add_friend(demo1.user, demo2.user)
    for client, other in ((demo1, demo2), (demo2, demo1)):
        event = await client.expect("roster")
        assert (event["kind"], event["user"]) == ("added", other.user)
    await backend.call("DELETE", f"/users/{demo1.user}/contacts/users/{demo2.user}")
    for client in (demo1, demo2):
        assert (await client.expect("roster"))["kind"] == "removed"


async def test_members_see_what_is_done_to_their_group(cast, backend):
    demo1, demo2, demo3 = await cast(3)
    group = await backend.create_group(demo1.user, "g", [demo2.user])
    path = f"/chatgroups/{group}"
    await demo2.expect("group", {"kind": "members_added"})
    await backend.add_group_member(group, demo3.user)
    for client in (demo2, demo3):
        await client.expect("group", {"kind": "members_added"})
    for method, rest, body, kind in (
        ("POST", "/admin", {"newadmin": demo2.user}, "admin_added"),
        ("DELETE", f"/admin/{demo2.user}", None, "admin_removed"),
        ("POST", "/mute", {"usernames": [demo3.user], "mute_duration": 60_000}, "muted"),
        ("DELETE", f"/mute/{demo3.user}", None, "unmuted"),
        ("POST", "/ban", None, "muted_all"),
        ("DELETE", "/ban", None, "unmuted_all"),
        ("POST", f"/white/users/{demo3.user}", None, "allowed"),
        ("DELETE", f"/white/users/{demo3.user}", None, "disallowed"),
        ("POST", "/announcement", {"announcement": "hi"}, "announced"),
        ("PUT", "", {"groupname": "other"}, "updated"),
        ("POST", "/disable", None, "disabled"),
        ("POST", "/enable", None, "enabled"),
        ("PUT", "", {"newowner": demo2.user}, "owner_changed"),
    ):
        await backend.call(method, path + rest, body)
        for client in (demo2, demo3):
            event = await client.expect("group", {"kind": kind})
            assert event["group"] == group
    files = {"file": ("a.txt", b"hello", "text/plain")}
    shared = (await backend.call("POST", f"{path}/share_files", files=files))["data"]
    event = await demo3.expect("group", {"kind": "file_shared"})
    assert (event["file_id"], event["file_name"]) == (shared["file_id"], "a.txt")
    await backend.call("DELETE", f"{path}/share_files/{shared['file_id']}")
    await demo3.expect("group", {"kind": "file_removed"})
    await backend.remove_group_member(group, demo3.user)
    for client in (demo2, demo3):
        await client.expect("group", {"kind": "members_removed"})
    await backend.call("DELETE", path)
    await demo2.expect("group", {"kind": "destroyed"})


async def test_presence_set_by_rest_is_told_to_who_watches(cast, backend):
    demo1, demo2 = await cast(2)
    await demo1.ask("presence.subscribe", users=[demo2.user], ttl_s=60)
    await backend.call("POST", f"/users/{demo2.user}/presence/tv/7", {"ext": "away"})
    event = await demo1.expect("presence", {"user": demo2.user, "ext": "away"})
    assert event["devices"]["tv"] == "7"


async def test_a_user_muted_in_the_app_is_told_so_when_they_send(cast, backend):
    demo1, demo2 = await cast(2)
    await demo1.send_text(demo2.user, "before")
    await backend.call("POST", "/mutes", {"username": demo1.user, "chat": 60})
    await demo1.expect_silence()
    with pytest.raises(Refused) as refusal:
        await demo1.send_text(demo2.user, "after")
    assert refusal.value.code == "user_muted_in_app"
    await backend.call("POST", "/mutes", {"username": demo1.user, "chat": 0})
    await demo1.send_text(demo2.user, "again")
    await demo2.expect_texts(["before", "again"])
