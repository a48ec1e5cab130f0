"""What the backend does to users and their messages is told to whom it concerns (rest.md 1.10)."""

from typing import Any

import pytest

from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import NativeClient, Refused
from imadmin.testclient.xmpp import XmppClient
from tests.e2e.conftest import people, server, world
from tests.scenarios.backend_acts import (
    Json,
    Scene,
    forget,
    heard,
    nothing_heard,
    said_and_refused,
    scene,
)

__all__ = ["people", "scene", "server", "world"]

pytestmark = pytest.mark.e2e


def texts(events: list[Json]) -> list[str]:
    return [event["message"]["body"]["msg"] for event in events if event["ev"] == "message"]


@pytest.mark.parametrize("copies", [True, False], ids=["copied", "not-copied"])
async def test_message_reaches_recipients_and_the_sender_if_asked(
    scene: Scene, copies: bool
) -> None:
    sender, one, two = await scene.cast(3)
    names = [one.user, two.user]
    await scene.backend.send(names, {"msg": "hi"}, sender=sender.user, sync_device=copies)
    for client in (one, two):
        message = (await client.expect("message"))["message"]
        assert (message["from"], message["body"]["msg"]) == (sender.user, "hi")
    if copies:
        # One copy for each recipient: they are two messages.
        await sender.expect("message")
        await sender.expect("message")
    assert texts(await heard(sender)) == []


async def test_import_is_told_to_nobody(scene: Scene) -> None:
    one, two = await scene.cast(2)
    asked = {"from": one.user, "target": two.user, "type": "txt", "body": {"msg": "old"}}
    await scene.call("POST", "/messages/users/import", asked)
    await nothing_heard(one, two)


async def test_recall_takes_the_message_back_from_both(scene: Scene) -> None:
    one, two = await scene.cast(2)
    sent = await one.send_text(two.user, "oops")
    await two.expect("message")
    forget(one, two)
    await scene.backend.recall(sent["id"], two.user, sender=one.user)
    for client in (one, two):
        if isinstance(client, XmppClient):
            await nothing_heard(client)  # webim1-xmpp.md 5.5: it knows no recall
        else:
            assert (await client.expect("recalled"))["message_id"] == sent["id"]


async def test_edit_reaches_both(scene: Scene) -> None:
    one, two = await scene.cast(2)
    sent = await one.send_text(two.user, "old")
    await two.expect("message")
    new = {"type": "txt", "msg": "new"}
    await scene.call("PUT", f"/messages/rewrite/{sent['id']}", {"user": one.user, "new_msg": new})
    for client in (one, two):
        if isinstance(client, XmppClient):
            await client.ping()  # its generation knows no edits, and must live through one
        else:
            assert (await client.expect("edited"))["message_id"] == sent["id"]


async def test_contact_made_and_ended_is_told_to_both(scene: Scene) -> None:
    one, two = await scene.cast(2)
    await scene.backend.add_friend(one.user, two.user)
    for client, other in ((one, two), (two, one)):
        if isinstance(client, XmppClient):
            await client.expect("push", {"user": other.user, "state": "both"})
        else:
            await client.expect("roster", {"kind": "added", "user": other.user})
    await scene.call("DELETE", f"/users/{one.user}/contacts/users/{two.user}")
    for client, other in ((one, two), (two, one)):
        if isinstance(client, XmppClient):
            await client.expect("push", {"user": other.user, "state": "remove"})
        else:
            await client.expect("roster", {"kind": "removed", "user": other.user})


async def test_block_is_no_business_of_the_blocked(scene: Scene) -> None:
    one, two = await scene.cast(2)
    await scene.call("POST", f"/users/{one.user}/blocks/users", {"usernames": [two.user]})
    await scene.call("DELETE", f"/users/{one.user}/blocks/users/{two.user}")
    await nothing_heard(two)
    if isinstance(one, NativeClient):
        for kind in ("blocked", "unblocked"):
            await one.expect("roster", {"kind": kind, "user": two.user})


async def test_new_user_is_told_to_nobody(scene: Scene) -> None:
    [one] = await scene.cast(1)
    await scene.backend.register(f"new-{one.user}-{scene.wire}", "123456")
    await nothing_heard(one)


@pytest.mark.parametrize("act", ["deactivate", "delete", "disconnect", "password"])
async def test_every_device_is_closed_with_the_reason(scene: Scene, act: str) -> None:
    one = await scene.online()
    two = await scene.online(one.user)
    method, path, body, reason = {
        "deactivate": ("POST", "/deactivate", None, "forced_offline"),
        "delete": ("DELETE", "", None, "account_removed"),
        "disconnect": ("GET", "/disconnect", None, "forced_offline"),
        "password": ("PUT", "/password", {"newpassword": "654321"}, "password_changed"),
    }[act]
    await scene.call(method, f"/users/{one.user}{path}", body)
    for client in (one, two):
        if not isinstance(client, XmppClient):
            assert (await client.expect("kicked"))["code"] == reason
        await client.closed()


async def test_presence_is_told_to_who_watches(scene: Scene) -> None:
    watcher, watched, other = await scene.cast(3)
    asked = [watched.user]
    await scene.call("POST", f"/users/{watcher.user}/presence/600", asked)
    await scene.call("POST", f"/users/{watched.user}/presence/tv/7", {"ext": "away"})
    if isinstance(watcher, NativeClient):
        event = await watcher.expect("presence", {"user": watched.user, "ext": "away"})
        assert event["devices"]["tv"] == "7"
    elif isinstance(watcher, MsyncClient):
        [value] = (await notice(watcher, "presence"))["values"]
        assert (value["uid"], value["ext"], value["status"]["tv"]) == (watched.user, "away", "7")
    await nothing_heard(other)


async def notice(client: MsyncClient, kind: str) -> Any:
    return (await client.expect("notice", {"notice.type": kind}))["notice"]["data"]


async def test_reaction_is_told_to_the_conversation(scene: Scene) -> None:
    one, two = await scene.cast(2)
    sent = await one.send_text(two.user, "hi")
    await two.expect("message")
    asked = {"msgId": sent["id"], "message": "grin"}
    await scene.call("POST", f"/reaction/user/{two.user}", asked)
    for client in (one, two):
        if isinstance(client, NativeClient):
            assert (await client.expect("reaction"))["message_id"] == sent["id"]
        elif isinstance(client, MsyncClient):
            [said] = await notice(client, "reaction")
            assert said["messageId"] == sent["id"]
        else:
            await client.ping()


async def test_thread_is_told_to_the_group(scene: Scene) -> None:
    one, two = await scene.cast(2)
    group = await scene.backend.create_group(one.user, "g", [two.user])
    sent = await one.send_text({"type": "group", "id": group}, "topic")
    await two.expect("message")
    asked = {"group_id": group, "name": "t", "msg_id": sent["id"], "owner": one.user}
    thread = (await scene.call("POST", "/thread", asked))["data"]["thread_id"]
    await scene.call("PUT", f"/thread/{thread}", {"name": "other"})
    await scene.call("DELETE", f"/thread/{thread}")
    if isinstance(two, MsyncClient):
        for operation in ("create", "update", "delete"):
            assert (await notice(two, "thread"))["operation"] == operation
    elif isinstance(two, NativeClient):
        for kind in ("created", "renamed", "destroyed"):
            await two.expect("thread", {"kind": kind})
    else:
        await two.ping()


async def test_mute_in_the_app_is_told_to_nobody_and_holds(scene: Scene) -> None:
    one, two = await scene.cast(2)
    await scene.call("POST", "/mutes", {"username": one.user, "chat": 60})
    await nothing_heard(one, two)
    with pytest.raises(Refused):
        await said_and_refused(one, {"type": "user", "id": two.user})
    assert texts(await heard(two)) == []
