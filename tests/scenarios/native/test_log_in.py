"""Logging in, being displaced, presence, and what goes wrong."""

import asyncio
import json

import httpx
import pytest

from imadmin.testclient.hearing import Lost
from imadmin.testclient.native import NativeClient, Refused
from tests.e2e.people import PASSWORD

pytestmark = pytest.mark.e2e


async def test_a_wrong_password_is_refused_and_closed(stage):
    [name] = stage.people.take(1)
    client = stage.client(name)
    client.password = "wrong"
    with pytest.raises(Refused) as refusal:
        await client.connect()
    assert refusal.value.code == "wrong_password"
    assert await client.closed() == 4401


@pytest.mark.parametrize(
    ("appkey", "user", "token", "code"),
    [
        ("demo#app", "nobody-here", "", "unknown_login"),
        ("no#app", "u0", "", "app_not_found"),
        ("demo", "u0", "", "app_not_found"),
        ("demo#app", "u0", "YWMtnonsense", "unauthenticated"),
    ],
)
async def test_what_proves_nothing_is_refused(stage, appkey, user, token, code):
    client = stage.client(user)
    client.appkey, client.token = appkey, token
    with pytest.raises(Refused) as refusal:
        await client.connect()
    assert refusal.value.code == code
    assert await client.closed() == 4401


async def test_the_server_names_a_device_and_knows_it_again(stage):
    [name] = stage.people.take(1)
    client = await stage.online(name)
    device = client.device
    assert device
    await client.drop()
    assert (await client.reconnect())["device"] == device


async def test_the_same_device_displaces_its_earlier_log_in(stage):
    [name] = stage.people.take(1)
    first = await stage.online(name, "phone")
    second = await stage.online(name, "phone")
    kicked = await first.expect("kicked")
    assert kicked["code"] == "device_replaced"
    assert await first.closed() == 4409
    await second.ping()


async def test_the_fifth_device_displaces_the_oldest_and_virtual_ones_count_for_nothing(stage):
    [name] = stage.people.take(1)
    devices = [await stage.online(name, f"d{n}") for n in range(4)]
    virtual = await stage.online(name, "console-1")
    await devices[0].ping()
    fifth = await stage.online(name, "d4")
    assert (await devices[0].expect("kicked"))["code"] == "device_replaced"
    assert await devices[0].closed() == 4409
    for client in (*devices[1:], virtual, fifth):
        await client.ping()


async def _together(stage, devices: list[str]) -> list[NativeClient]:
    """The clients that still are logged in after all have done so at the same moment."""
    [name] = stage.people.take(1)
    grant = {"grant_type": "password", "username": name, "password": PASSWORD}
    async with httpx.AsyncClient(base_url=stage.server.base_url) as rest:
        answer = await rest.post("/demo/app/token", json=grant)
    clients = [stage.client(name, device) for device in devices]
    for client in clients:
        client.token = answer.json()["access_token"]
        await client.open()
    await asyncio.gather(*(client.log_in() for client in clients), return_exceptions=True)
    last = await stage.online(name, "console-1")  # what was said before is heard by now
    await last.ping()
    left = []
    for client in clients:
        try:
            await client.ping()
        except (Lost, Refused, OSError):
            assert await client.closed() == 4409
        else:
            left.append(client)
    return left


async def test_of_one_device_s_log_ins_at_the_same_moment_one_stays(stage):
    assert len(await _together(stage, ["phone"] * 8)) == 1


async def test_of_devices_at_the_same_moment_four_stay(stage):
    assert len(await _together(stage, [f"d{n}" for n in range(8)])) == 4


async def test_presence_is_told_to_who_asked_for_it(stage):
    name1, name2 = stage.people.take(2)
    watcher = await stage.online(name1)
    [seen] = (await watcher.ask("presence.subscribe", users=[name2], ttl_s=60))["items"]
    assert (seen["user"], seen["online"]) == (name2, False)
    demo2 = await stage.online(name2, "phone")
    event = await watcher.expect("presence", {"user": name2, "online": True})
    assert event["devices"] == {"phone": "1"}
    await demo2.ask("presence.set", status="100", ext="busy")
    event = await watcher.expect("presence", {"status": "100"})
    assert (event["ext"], event["devices"]) == ("busy", {"phone": "100"})
    await demo2.close()
    await watcher.expect("presence", {"user": name2, "online": False})
    await watcher.ask("presence.unsubscribe", users=[name2])
    await demo2.reconnect()
    await watcher.ping()
    assert not [event for event in watcher.events if event["ev"] == "presence"]


async def test_frames_that_are_no_requests_end_in_1007(stage):
    [client] = await stage.cast(1)
    for _ in range(3):
        await client.send_raw("{")
    assert await client.closed() == 1007


async def test_a_binary_frame_ends_in_1003_and_a_large_one_in_1009(stage):
    one, other = await stage.cast(2)
    await one.send_raw(b"{}")
    assert await one.closed() == 1003
    await other.send_raw(json.dumps({"op": "ping", "pad": "x" * 70_000}))
    assert await other.closed() == 1009


async def test_an_unknown_op_is_an_error_and_ends_nothing(stage):
    [client] = await stage.cast(1)
    with pytest.raises(Refused) as refusal:
        await client.ask("fly")
    assert refusal.value.code == "unknown_op"
    await client.ping()
