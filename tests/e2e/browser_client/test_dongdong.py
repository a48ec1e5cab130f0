"""The article's calls, in Node, on a real server."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator

import pytest

from imadmin.testclient.native import NativeClient
from imadmin.testclient.rest import RestClient
from tests.e2e.browser_client.client import LIBRARY, Client, Json
from tests.e2e.people import APPKEY, PASSWORD, People
from tests.e2e.servers import Server
from tests.requirements import need_command

pytestmark = pytest.mark.e2e

DONGDONG = LIBRARY.with_name("dongdong.js")


@pytest.fixture
async def backend(server: Server, people: People) -> AsyncIterator[RestClient]:
    keys = (people.client_id, people.client_secret)
    async with RestClient(server.base_url, APPKEY, *keys) as made:
        yield made


class Shop(Client):
    """A page on the 咚咚 facade; `do` calls a method whose callback is its answer."""

    async def do(self, name: str, *args: object) -> Json:
        result: Json = await self.call("callback", name, *args)
        return result


async def shop(server: Server, backend: RestClient, user: str, **config: object) -> Shop:
    token = await backend.user_token(user, PASSWORD)
    page = Shop(server.ws_url, user, token=token, facade=str(DONGDONG))
    await page.start()
    await page.call("connect", {"pin": user.upper(), "appId": "im.shop", "nickName": "N", **config})
    await page.wait(lambda: page.heard("open") or page.heard("error"))
    return page


@pytest.fixture
async def pages(server: Server, people: People, backend: RestClient) -> AsyncIterator[list[Shop]]:
    made = [await shop(server, backend, name) for name in people.take(2)]
    yield made
    for page in made:
        await page.kill()


async def test_the_articles_flow(pages: list[Shop]):
    owner, guest = pages
    invited = {"pin": guest.user.upper(), "app": "im.waiter", "nickName": "Waiter"}
    made = await owner.do(
        "createGroup",
        {"name": "Order 1", "intro": "i", "notice": "n", "kind": 1024, "canSearch": False,
         "max": 50, "sCode": "s", "bizExt": {"order": 1}, "invitees": [invited]},
    )  # fmt: skip
    assert made["code"] == 0, made
    gid, group = made["gid"], made["group"]
    assert (group["name"], group["notice"], group["bizExt"]) == ("Order 1", "n", {"order": 1})
    assert (group["kind"], group["sCode"], group["max"]) == (1024, "s", 50)

    text = await owner.do("sendTextMsg", "hello", gid)
    image = {"url": "https://img.example/1.png", "size": 7, "width": 3, "height": 4}
    await owner.do("sendImageMsg", image, gid)
    await owner.do("sendCustomMsg", "order_card", {"id": 1}, gid)
    await guest.wait(lambda: len(guest.heard("message")) == 3)
    first, second, third = guest.heard("message")
    assert (first["mid"], first["gid"], first["type"]) == (text["mid"], gid, "text")
    assert first["content"] == "hello"
    assert first["from"] == {
        "pin": owner.user, "app": "im.shop", "nickName": "N", "clientType": "m",
    }  # fmt: skip
    assert {key: second[key] for key in image} == image
    assert (third["type"], third["content"]) == ("order_card", {"id": 1})
    acks = owner.heard("chat_message_ack")
    assert acks[0]["mid"] == text["mid"]
    assert acks[0]["localId"] == text["localId"]

    page = await guest.do("pullHistoryMsg", -1, 2, gid)
    assert ([m["type"] for m in page["msgs"]], page["end"]) == (["order_card", "image"], False)
    rest = await guest.do("pullHistoryMsg", page["msgs"][-1]["mid"], 2, gid)
    assert ([m["content"] for m in rest["msgs"]], rest["end"]) == (["hello"], True)

    unread = await guest.do("getUnread")
    assert [(c["gid"], c["unread"]) for c in unread["conversations"]] == [(gid, 3)]
    assert (await guest.do("readMsg", third["mid"]))["unread"] == 0
    await owner.do("recallMsg", text["mid"])
    await guest.wait(lambda: bool(guest.heard("recall")))
    assert guest.heard("recall") == [{"mid": text["mid"]}]


async def test_an_existing_group_is_changed(pages: list[Shop]):
    owner, _ = pages
    made = await owner.do("createGroup", {"name": "a", "kind": 512})
    changed = await owner.do("createGroup", {"gid": made["gid"], "name": "b", "bizExt": "x"})
    assert changed["gid"] == made["gid"]
    assert (changed["group"]["name"], changed["group"]["kind"]) == ("b", 512)


async def test_one_to_one_is_read_and_refusals_have_their_code(pages: list[Shop]):
    one, _two = pages
    assert (await one.do("sendTextMsg", "where to?"))["code"] == "no_conversation"
    refused = await one.do("sendTextMsg", "x", "999999999999999")
    assert refused["code"] == "group_not_found"
    again = await one.do("resend", refused["localId"])
    assert again["code"] == "group_not_found"


async def test_the_peer_sees_what_was_read(server: Server, people: People, backend: RestClient):
    one_name, two_name = people.take(2)
    two = NativeClient(f"{server.ws_url}/ws/native/", APPKEY, two_name, password=PASSWORD)
    await two.connect()
    one = await shop(server, backend, one_name, toChat=two_name)
    try:
        sent = await one.do("sendTextMsg", "read me")
        assert sent["read"] is False
        place = {"type": "user", "id": one_name}
        await two.ask("read", conversation=place, up_to=sent["mid"])
        await one.wait(lambda: bool(one.heard("read")))
        assert one.heard("read") == [{"mid": sent["mid"], "by": two_name}]
        page = await one.do("pullHistoryMsg", -1, 1)
        assert page["msgs"][0]["read"] is True
    finally:
        await one.kill()
        await two.drop()


async def test_a_token_of_another_user_is_an_error(
    server: Server, people: People, backend: RestClient
):
    one, two = people.take(2)
    page = await shop(server, backend, one, pin=two)
    await page.wait(lambda: bool(page.heard("error")))
    assert page.heard("error")[0]["code"] == "wrong_user"
    await page.kill()


@pytest.mark.parametrize("pin", ["demo1", "张三", "a b@c", "_62_", "a_b", "_", "__62__", "x_f_y"])
def test_a_pin_becomes_a_username_and_comes_back(pin: str):
    script = (
        f"import {{usernameOf, pinOf}} from {json.dumps(DONGDONG.as_uri())};"
        f"const name = usernameOf({json.dumps(pin)});"
        "console.log(JSON.stringify([name, pinOf(name)]));"
    )
    done = subprocess.run(
        [need_command("node"), "--input-type=module", "-e", script],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    name, back = json.loads(done.stdout)
    assert back == pin
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.-")


async def test_an_image_is_uploaded_and_downloaded(server, people, backend):
    (name,) = people.take(1)
    page = await shop(server, backend, name)
    made = await page.call("upload", [137, 80, 78, 71])
    async with asyncio.timeout(10):
        got = await backend.download(made["url"])
    assert (made["size"], got.content) == (4, bytes([137, 80, 78, 71]))
    await page.kill()
