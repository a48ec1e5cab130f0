"""Logging in with a real SDK, being refused, and being thrown out."""

import asyncio

import httpx
import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.people import APPKEY, PASSWORD
from tests.e2e.sdk.clients import Refused, is_early, tells_too_many_devices

pytestmark = pytest.mark.e2e


async def refused_open(sdk, **asked):
    """The type of the error that an application sees."""
    answer = sdk.start_order(call="open", args=[{"user": sdk.user, **asked}])
    try:
        # 4.0 to 4.8 resolve open() when they have a token: the provision's refusal comes later.
        resolves_early = is_early(sdk.version) and "accessToken" in asked
        if not sdk.old and not resolves_early:
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


@pytest.mark.parametrize(
    ("act", "shown"),
    [
        (("DELETE", "/users/{}", None), 207),
        (("PUT", "/users/{}/password", {"newpassword": "654321"}), 216),
        (("GET", "/users/{}/disconnect", None), 217),
        (("POST", "/users/{}/deactivate", None), 217),
    ],
    ids=["deleted", "password", "disconnect", "deactivated"],
)
async def test_who_is_thrown_out_is_told_why(online, names, server, people, act, shown):
    sdk = await online(names(1)[0])
    method, path, body = act
    async with RestClient(
        server.base_url, APPKEY, people.client_id, people.client_secret
    ) as backend:
        await backend.call(method, path.format(sdk.user), body)
    assert await kicked(sdk) == shown


async def test_the_token_of_another_user_is_refused(started, names, server, people):
    one, two = names(2)
    async with RestClient(
        server.base_url, APPKEY, people.client_id, people.client_secret
    ) as backend:
        token = await backend.user_token(one, "123456")
    sdk = await started(two)
    more = {"appKey": APPKEY} if sdk.old else {}
    assert await refused_open(sdk, accessToken=token, **more) == (40 if sdk.old else 28)


async def test_a_token_logs_in(started, names, server, people):
    name = names(1)[0]
    async with RestClient(
        server.base_url, APPKEY, people.client_id, people.client_secret
    ) as backend:
        token = await backend.user_token(name, "123456")
    sdk = await started(name)
    await sdk.open(pwd=None, accessToken=token)


async def test_an_expired_token_is_refused(started, names, server, people):
    name = names(1)[0]
    async with RestClient(
        server.base_url, APPKEY, people.client_id, people.client_secret
    ) as backend:
        asked = {"grant_type": "password", "username": name, "password": PASSWORD, "ttl": 1}
        token = (await backend.call("POST", "/token", asked))["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with asyncio.timeout(10):
            while await answers(f"{backend.base_url}/users/{name}", headers):
                continue
    sdk = await started(name)
    more = {"appKey": APPKEY} if sdk.old else {}
    assert await refused_open(sdk, accessToken=token, **more) == (40 if sdk.old else 56)


async def answers(url, headers):
    async with httpx.AsyncClient() as client:
        return (await client.get(url, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("act", "shown"),
    [(("DELETE", "/users/{}"), 204), (("POST", "/users/{}/deactivate"), 57)],
    ids=["gone", "banned"],
)
async def test_who_may_not_be_here_is_refused(started, names, server, people, act, shown):
    name = names(1)[0]
    async with RestClient(
        server.base_url, APPKEY, people.client_id, people.client_secret
    ) as backend:
        token = await backend.user_token(name, PASSWORD)
        method, path = act
        await backend.call(method, path.format(name))
    sdk = await started(name)
    more = {"appKey": APPKEY} if sdk.old else {}
    assert await refused_open(sdk, accessToken=token, **more) == (40 if sdk.old else shown)


async def test_what_an_app_has_no_room_for_is_refused(started, people, version):
    app = people.take_tight_app()
    await (await started("one", appkey=app, deviceId="a")).open()
    too_many = 214 if tells_too_many_devices(version) else 2
    for name, shown in (("one", too_many), ("two", 50)):
        sdk = await started(name, appkey=app, deviceId="b")
        answer = sdk.start_order(call="open", args=[{"user": name, "pwd": PASSWORD, "appKey": app}])
        error = await sdk.expect("onError")
        assert error["type"] == (40 if sdk.old else shown)
        answer.cancel()


async def test_who_is_displaced_reads_what_the_new_device_says(started, online, names):
    name = names(1)[0]
    first = await online(name, deviceId="same", autoReconnectNumMax=0)
    if first.old:
        pytest.skip("3.x says nothing at log-in")
    second = await started(name, deviceId="same")
    await second.call("setLoginInfoCustomExt", "my phone")
    await second.open()
    error = await first.expect("onError")
    assert error["type"] == 206
    assert error["data"]["loginInfoCustomExt"] == "my phone"
