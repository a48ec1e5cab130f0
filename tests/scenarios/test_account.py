"""What ends a log-in is told with its reason, as far as the wire has words for it, and done.

Over every pair of wires where two devices or users take part, and on each wire where one does.
"""

import pytest

from tests.e2e.people import PASSWORD
from tests.scenarios.pairs import on_each_wire

pytestmark = pytest.mark.e2e


async def test_a_changed_password_ends_every_log_in(stage, backend):
    [name] = stage.people.take(1)
    phone, tablet = await stage.online(name, "phone"), await stage.online(name, "tablet")
    await backend.call("PUT", f"/users/{name}/password", {"newpassword": "654321"})
    for device in (phone, tablet):
        await device.thrown_out("password_changed")
        await device.kept_out("wrong_password")


@on_each_wire
async def test_a_forced_log_out_makes_its_tokens_void(stage, backend):
    [name] = stage.people.take(1)
    device = stage.device(name, token=await backend.user_token(name, PASSWORD))
    await device.connect()
    await backend.call("GET", f"/users/{name}/disconnect")
    await device.thrown_out("forced_offline")
    await device.kept_out("unauthenticated")


@on_each_wire
async def test_a_banned_user_is_thrown_out_and_stays_out(stage, backend):
    [name] = stage.people.take(1)
    device = await stage.online(name)
    await backend.call("POST", f"/users/{name}/deactivate")
    await device.thrown_out("user_disabled")
    await device.kept_out("user_disabled")


async def test_a_deleted_user_is_thrown_out_and_leaves_its_groups(stage, backend):
    demo1, demo2 = await stage.cast(2)
    g = await demo1.create_group("qa", [demo2.user])
    await demo2.told("group", "members_added", g, demo2.user)
    await backend.call("DELETE", f"/users/{demo2.user}")
    await demo2.thrown_out("account_removed")
    await demo2.kept_out("unknown_login")
    await demo1.told("group", "member_left", g, demo2.user)
    assert await demo1.group_members(g) == [{"owner": demo1.user}]


@on_each_wire
async def test_the_same_device_again_ends_the_one_before(stage):
    [name] = stage.people.take(1)
    first = await stage.online(name, "phone")
    second = await stage.online(name, "phone")
    await first.thrown_out("device_replaced")
    await second.silent()


async def test_what_rest_does_in_a_group_is_told_to_who_is_connected(stage, backend):
    demo1, demo2 = await stage.cast(2)
    g = await backend.create_group(demo1.user, "qa")
    await demo1.told("group", "created", g, demo1.user)
    await backend.add_group_member(g, demo2.user)
    for device in (demo1, demo2):
        await device.told("group", "members_added", g, demo2.user)
    await backend.remove_group_member(g, demo2.user)
    for device in (demo1, demo2):
        await device.told("group", "members_removed", g, demo2.user)


async def test_where_a_user_has_one_device_the_next_ends_it(stage, change_app):
    change_app(multi_device="off")
    [name] = stage.people.take(1)
    first = await stage.online(name, "phone")
    second = await stage.online(name, "tablet")
    await first.thrown_out("device_replaced")
    await second.silent()
