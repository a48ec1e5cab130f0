"""What the customer's backend does to an account ends its connections, each with its own code."""

from collections.abc import AsyncIterator

import pytest

from imadmin.testclient.native import Refused
from imadmin.testclient.rest import RestClient
from tests.e2e.people import APPKEY, PASSWORD

pytestmark = pytest.mark.e2e


@pytest.fixture
async def backend(server, people) -> AsyncIterator[RestClient]:
    keys = people.client_id, people.client_secret
    async with RestClient(server.base_url, APPKEY, *keys) as made:
        yield made


async def test_a_changed_password_ends_every_log_in_with_4411(stage, backend):
    [name] = stage.people.take(1)
    phone, tablet = await stage.online(name, "phone"), await stage.online(name, "tablet")
    await backend.call("PUT", f"/users/{name}/password", {"newpassword": "654321"})
    for client in (phone, tablet):
        assert (await client.expect("kicked"))["code"] == "password_changed"
        assert await client.closed() == 4411


async def test_a_forced_log_out_ends_in_4403_and_its_tokens_are_void(stage, backend):
    [name] = stage.people.take(1)
    client = stage.client(name)
    client.token = await backend.user_token(name, PASSWORD)
    await client.connect()
    await backend.call("GET", f"/users/{name}/disconnect")
    assert (await client.expect("kicked"))["code"] == "forced_offline"
    assert await client.closed() == 4403
    with pytest.raises(Refused) as refusal:
        await client.reconnect()
    assert refusal.value.code == "unauthenticated"
    assert await client.closed() == 4401


async def test_a_banned_user_is_closed_with_4403_and_stays_out(stage, backend):
    [name] = stage.people.take(1)
    client = await stage.online(name)
    await backend.call("POST", f"/users/{name}/deactivate")
    assert await client.closed() == 4403
    with pytest.raises(Refused) as refusal:
        await client.reconnect()
    assert refusal.value.code == "user_disabled"
    assert await client.closed() == 4403


async def test_a_deleted_user_is_closed_with_4410_and_leaves_its_groups(stage, backend):
    demo1, demo2 = await stage.cast(2)
    g = await demo1.create_group("qa", [demo2.user])
    await demo2.expect("group", {"kind": "members_added"})
    await backend.call("DELETE", f"/users/{demo2.user}")
    assert (await demo2.expect("kicked"))["code"] == "account_removed"
    assert await demo2.closed() == 4410
    left = await demo1.expect("group", {"kind": "member_left"})
    assert (left["group"], left["user"]) == (g, demo2.user)


async def test_what_rest_does_in_a_group_is_told_to_who_is_connected(stage, backend):
    demo1, demo2 = await stage.cast(2)
    g = await backend.create_group(demo1.user, "qa")
    await demo1.expect("group", {"kind": "members_added", "group": g})
    await backend.add_group_member(g, demo2.user)
    await demo2.expect("group", {"kind": "members_added", "user": demo2.user})
    await backend.remove_group_member(g, demo2.user)
    await demo2.expect("group", {"kind": "members_removed", "user": demo2.user})
