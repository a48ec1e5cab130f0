"""Conversations kept on a phone: the cache and the mini-program adapters, on a stand-in for `wx`.

The stand-in keeps its storage in a file, so a process that ends and one that starts are a reload.
"""

import json
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.browser_client.client import LIBRARY, Client, Json
from tests.e2e.people import APPKEY, PASSWORD, People
from tests.e2e.servers import ROOT, Server
from tests.requirements import need_command

pytestmark = pytest.mark.e2e

PICTURE = ROOT / "imadmin" / "console" / "demo" / "picture.png"
Make = Callable[..., Client]


@pytest.fixture
async def make(server: Server, people: People, tmp_path: Path) -> AsyncIterator[Make]:
    made: list[Client] = []

    def client(user: str, **options: Any) -> Client:
        made.append(Client(options.pop("line", server.ws_url), user, **options))
        return made[-1]

    yield client
    for one in made:
        await one.kill()


def to(client: Client) -> Json:
    return {"type": "user", "id": client.user}


def texts(messages: list[Json]) -> list[str | None]:
    return [message["body"].get("msg") for message in messages]


def shown(client: Client) -> list[str | None]:
    """What the application was given last."""
    changes = client.heard("changed")
    return texts(changes[-1]["messages"]) if changes else []


async def test_a_reload_shows_the_conversation_at_once_and_then_the_truth(
    make: Make, people: People, tmp_path: Path
):
    own, peer = people.take(2)
    phone = tmp_path / "phone.json"
    two = await make(peer).connected()
    one = await make(own, phone=str(phone)).connected()
    await one.call("cache.open", to(two))
    await one.call("sendText", to(two), "first")
    second = await two.call("sendText", to(one), "second")
    await one.wait(lambda: shown(one) == ["first", "second"])
    await one.kill()

    await two.call("recall", second["id"])
    await two.call("sendText", to(one), "third")
    one = await make(own, phone=str(phone)).start()
    kept = await one.call("cache.open", to(two))  # not connected yet
    assert texts(kept) == ["first", "second"]
    await one.call("connect")
    await one.wait(lambda: shown(one) == ["first", "third"])
    page = await one.call("history", to(two))
    kept = (await one.call("cache.read", to(two)))["messages"]
    assert [m["id"] for m in kept] == [m["id"] for m in page["messages"]][::-1]
    assert "second" not in phone.read_text()

    await two.call("read", to(one), kept[0]["id"])
    await one.wait(lambda: one.heard("changed")[-1]["readUpTo"] == kept[0]["id"])


async def test_keys_are_of_peer_group_and_self_and_old_messages_give_way(
    make: Make, people: People, tmp_path: Path
):
    own, peer = people.take(2)
    phone = tmp_path / "phone.json"
    two = await make(peer).connected()
    one = await make(own, phone=str(phone)).connected()
    made = await one.call("groupCreate", {"groupname": "g", "members": [peer]})
    group = {"type": "group", "id": made["data"]["groupid"]}
    await one.call("sendText", to(two), "to you")
    for n in range(25):
        await two.call("sendText", group, str(n))
    await one.wait(lambda: len(one.heard("message")) == 25)
    kept = (await one.call("cache.read", group))["messages"]
    assert texts(kept) == [str(n) for n in range(5, 25)]
    keys = set(json.loads(phone.read_text()))
    names = {f"{peer}+{own}", f"group+{group['id']}+{own}", f"+{own}"}
    assert keys == {f"im+{APPKEY}+{name}" for name in names}
    await one.call("cache.clear")
    assert json.loads(phone.read_text()) == {}


async def test_what_the_server_no_longer_has_goes(make: Make, people: People, tmp_path: Path):
    own, peer = people.take(2)
    phone = tmp_path / "phone.json"
    two = await make(peer).connected()
    one = await make(own, phone=str(phone)).connected()
    await one.call("sendText", to(two), "stays")
    await one.call("cache.open", to(two))
    await one.call("cache.read", to(two))
    key = f"im+{APPKEY}+{peer}+{own}"
    stored = json.loads(phone.read_text())
    record = json.loads(stored[key])
    record["messages"].append({**record["messages"][0], "id": "9" * 18, "body": {"msg": "gone"}})
    phone.write_text(json.dumps({**stored, key: json.dumps(record)}))
    assert texts(await one.call("cache.refresh", to(two))) == ["stays"]


async def test_a_phone_reconnects_and_gets_what_came_meanwhile(
    make: Make, people: People, server: Server, tmp_path: Path
):
    """A line that cannot be opened tells onError only, and is tried again."""
    own, peer = people.take(2)
    two = await make(peer).connected()
    phone = make(own, phone=str(tmp_path / "phone.json"), line="ws://127.0.0.1:9")
    await phone.start()
    phone.begin("connect").add_done_callback(lambda done: done.cancelled() or done.exception())
    await phone.wait(lambda: len(phone.heard("close")) >= 2)
    assert {end["final"] for end in phone.heard("close")} == {False}
    one = await make(own, phone=str(tmp_path / "phone.json")).connected()
    await two.call("sendText", to(one), "hello")
    await one.wait(lambda: one.heard("message"))
    await one.call("close")
    await two.call("sendText", to(one), "while away")
    await one.call("connect")
    await one.wait(lambda: len(one.heard("message")) == 2)


async def test_a_phone_uploads_and_asks_the_rest_api(
    make: Make, people: People, server: Server, tmp_path: Path
):
    (own,) = people.take(1)
    keys = (people.client_id, people.client_secret)
    async with RestClient(server.base_url, APPKEY, *keys) as backend:
        token = await backend.user_token(own, PASSWORD)
        one = await make(own, phone=str(tmp_path / "p.json"), token=token).start()
        stored = await one.call("upload", str(PICTURE))
        assert (await backend.download(stored["url"])).content == PICTURE.read_bytes()
        await one.call("rest", "PUT", f"metadata/user/{own}", {"color": "red"})
        assert (await one.call("rest", "GET", f"metadata/user/{own}"))["data"]["color"] == "red"


def test_a_full_store_loses_the_longest_unused_and_never_stops():
    """A place of 1,100 characters; each text takes 300 of them, the last one more than all."""
    script = f"""
        import {{ Emitter }} from {json.dumps(LIBRARY.as_uri())};
        import {{ ConversationCache }} from {json.dumps(LIBRARY.with_name("storage.js").as_uri())};
        const texts = new Map();
        const store = {{
          get: (key) => texts.get(key) ?? null,
          remove: (key) => texts.delete(key),
          set(key, text) {{
            const others = [...texts].filter(([one]) => one !== key);
            const size = others.reduce((sum, [, one]) => sum + one.length, text.length);
            if (size > 1100) throw new Error("QuotaExceededError");
            texts.set(key, text);
          }},
        }};
        const options = {{ appkey: "o#a" }};
        const im = Object.assign(new Emitter(), {{ user: "me", state: "closed", options }});
        const cache = new ConversationCache(im, store);
        const hear = (id, size) => {{
          const message = {{ id: "1", conversation: {{ type: "user", id }}, body: {{ msg: "x".repeat(size) }} }};
          im._emit("message", {{ message }});
        }};
        const count = async (id) => (await cache.read({{ type: "user", id }})).messages.length;
        const counts = async () => [await count("a"), await count("b"), await count("c")].join();
        hear("a", 300);
        hear("b", 300);
        const two = await counts();
        hear("c", 300);
        const three = await counts();
        hear("a", 2000);
        console.log(JSON.stringify([two, three, await counts()]));
    """  # noqa: E501
    done = subprocess.run(
        [need_command("node"), "--input-type=module", "-e", script],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == ["1,1,0", "0,1,1", "0,0,0"]
