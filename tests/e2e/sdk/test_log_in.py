"""Logging in with a real SDK, being refused, and being thrown out."""

import asyncio

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.people import APPKEY
from tests.e2e.sdk.clients import Refused

pytestmark = pytest.mark.e2e


async def refused_open(sdk, **asked):
    """The type of the error that an application sees."""
    answer = sdk.start_order(call="open", args=[{"user": sdk.user, **asked}])
    try:
        if not sdk.old:
            with pytest.raises(Refused) as refused:
                await asyncio.wait_for(answer, 15)
            return refused.value.type
        return (await sdk.expect("onError"))["type"]
    finally:
        answer.cancel()


async def test_a_wrong_token_is_refused(started, names):
    sdk = await started(names(1)[0])
    more = {"appKey": APPKEY} if sdk.old else {}
    assert await refused_open(sdk, accessToken="YWMtnonsense", **more) == (40 if sdk.old else 28)


async def test_a_wrong_password_is_refused(started, names):
    sdk = await started(names(1)[0])
    more = {"appKey": APPKEY} if sdk.old else {}
    assert await refused_open(sdk, pwd="wrong", **more) == 1


async def kicked(sdk):
    return (await sdk.expect("onError"))["type"]


async def test_the_same_device_again_displaces(online, names):
    name = names(1)[0]
    first = await online(name, deviceId="same", autoReconnectNumMax=0)
    await online(name, deviceId="same")
    assert await kicked(first) == 206


async def test_the_fifth_device_displaces_the_first(online, names):
    name = names(1)[0]
    first = await online(name, deviceId="d0")
    for n in range(1, 5):
        await online(name, deviceId=f"d{n}")
    assert await kicked(first) == 206


@pytest.fixture
def rest(server, people):
    return RestClient(server.base_url, APPKEY, people.client_id, people.client_secret)
