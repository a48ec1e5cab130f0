"""What native clients read afterwards of a backend's calls; `told` has what they see at once."""

import asyncio
import itertools

import pytest

from imadmin.testclient.native import NativeClient, Refused

pytestmark = pytest.mark.e2e

DEADLINE_S = 10.0
PAUSE_S = 0.1


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


async def test_a_user_muted_in_the_app_is_told_so_when_they_send(cast, backend):
    """Another process learns of it within two seconds, so a message may still go through."""
    demo1, demo2 = await cast(2)
    await demo1.send_text(demo2.user, "before")
    await backend.call("POST", "/mutes", {"username": demo1.user, "chat": 60})
    await demo1.expect_silence()
    late = await send_until(demo1, demo2.user, "after", "user_muted_in_app")
    await backend.call("POST", "/mutes", {"username": demo1.user, "chat": 0})
    await send_until(demo1, demo2.user, "again", "")
    await demo2.expect_texts(["before", *["after"] * late, "again"])


async def send_until(sender: NativeClient, to: str, text: str, code: str) -> int:
    """Send until that is refused so ("": taken); how many tries ended otherwise."""
    async with asyncio.timeout(DEADLINE_S):
        for tries in itertools.count():
            try:
                await sender.send_text(to, text)
                outcome = ""
            except Refused as refusal:
                outcome = refusal.code
            if outcome == code:
                return tries
            await asyncio.sleep(PAUSE_S)
    raise AssertionError
