"""Webhooks of a real server: asked before a message is stored, told afterwards, even killed."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from chat.webhooks.payloads import sign
from imadmin.testclient.native import NativeClient, Refused
from tests.e2e.servers import Server
from tests.webhooks.receiver import Receiver, receiver

pytestmark = [pytest.mark.e2e, pytest.mark.endpoint("K1", "K2")]

# Each app's rule: kind, and what it wants. They are made before the server starts, because a
# process remembers an app's rules for two seconds.
RULES = {
    "asked": ("pre", "chat"),
    "silent": ("pre", "chat"),
    "told": ("post", "chat"),
    "status": ("post", "userStatus"),
    "killed": ("post", "chat"),
}


# One process: each would load the whole product.
ALL_OF = """
from django.core.management import call_command
for command in {}:
    call_command(*command)
    print("---")
"""


@dataclass(frozen=True)
class Stage:
    """A running server; `hooks` and `secrets` by app."""

    server: Server
    hooks: dict[str, Receiver]
    secrets: dict[str, str]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    server = Server(tmp_path_factory.mktemp("webhooks") / "data")
    hooks, commands = {}, []
    with ExitStack() as stack:
        for app, (kind, selector) in RULES.items():
            hooks[app] = stack.enter_context(receiver())
            commands.append(["create_app", f"hook#{app}", "--open-registration", "--json"])
            flags = ["--kind", kind, "--on", selector]
            # A busy machine must not decide what this test is about.
            flags += ["--wait-ms", "5000"] if kind == "pre" else []
            flags += ["--silent"] if app == "silent" else []
            commands.append(["webhook", f"hook#{app}", "add", "r", hooks[app].url, *flags])
        printed = server.manage("shell", "-v0", "-c", ALL_OF.format(commands)).stdout
        made = [json.loads(one) for one in printed.split("---\n")[:-1]]
        secrets = {app: rule["secret"] for app, rule in zip(RULES, made[1::2], strict=True)}
        server.start()
        for app in RULES:
            for user in ("ann", "bob"):
                body = {"username": user, "password": "123456"}
                httpx.post(f"{server.base_url}/hook/{app}/users", json=body).raise_for_status()
        yield Stage(server, hooks, secrets)
        server.stop()


@pytest.fixture
def client(stage: Stage) -> Callable[..., NativeClient]:
    """`client("told", "ann")`: a device of a user, which must connect itself."""

    def make(app: str, user: str) -> NativeClient:
        url = f"{stage.server.ws_url}/ws/native/"
        device = f"{user}-{time.monotonic_ns()}"
        return NativeClient(url, f"hook#{app}", user, password="123456", device=device)

    return make


async def send(device: NativeClient, text: str) -> dict[str, Any]:
    to = {"type": "user", "id": "bob"}
    return await device.ask("send", to=to, body={"type": "txt", "msg": text})


async def test_customers_server_refuses_and_changes_what_clients_send(stage, client):
    hook = stage.hooks["asked"]
    ann, bob = client("asked", "ann"), client("asked", "bob")
    await ann.connect()
    await bob.connect()
    hook.answers = [(200, {"valid": False, "code": "no such words"})]
    with pytest.raises(Refused) as refused:
        await send(ann, "bad")
    assert (refused.value.code, refused.value.message) == ("rejected", "no such words")
    asked = hook.expect()
    assert (asked["from"], asked["to"], asked["chat_type"]) == ("ann", "bob", "chat")
    assert asked["payload"]["bodies"][0] == {"type": "txt", "msg": "bad"}
    signature = sign(asked["callId"], stage.secrets["asked"], asked["timestamp"])
    assert asked["security"] == signature

    changed = {"bodies": [{"type": "txt", "msg": "***"}]}
    hook.answers = [(200, {"valid": True, "payload": changed})]
    await send(ann, "worse")
    told = await bob.expect("message", {"message.from": "ann"})
    assert told["message"]["body"]["msg"] == "***"
    page = await bob.ask("history", conversation={"type": "user", "id": "ann"}, before="-1")
    assert [message["body"]["msg"] for message in page["messages"]] == ["***"]
    await ann.close()
    await bob.close()


async def test_refusal_that_is_not_reported_looks_like_success(stage, client):
    stage.hooks["silent"].answers = [(200, {"valid": False, "code": "never shown"})]
    ann, bob = client("silent", "ann"), client("silent", "bob")
    await ann.connect()
    await bob.connect()
    await send(ann, "dropped")
    stage.hooks["silent"].answers = [(200, {"valid": True})]
    await send(ann, "kept")
    told = await bob.expect("message", {"message.from": "ann"})
    assert told["message"]["body"]["msg"] == "kept"
    await ann.close()
    await bob.close()


async def test_message_is_told_with_a_right_signature(stage, client):
    ann = client("told", "ann")
    await ann.connect()
    sent = await send(ann, "hello")
    told = stage.hooks["told"].expect()
    assert (told["msg_id"], told["from"], told["to"]) == (sent["id"], "ann", "bob")
    assert (told["chat_type"], told["eventType"]) == ("chat", "chat_offline")
    assert told["payload"]["bodies"] == [{"type": "txt", "msg": "hello"}]
    assert told["security"] == sign(told["callId"], stage.secrets["told"], told["timestamp"])
    await ann.close()


async def test_log_in_log_out_and_replacement_are_told(stage, client):
    hook = stage.hooks["status"]
    ann = client("status", "ann")
    await ann.connect()
    told = hook.expect()
    assert (told["reason"], told["status"]) == ("login", "online")
    assert told["user"] == f"hook#status_ann@easemob.com/{ann.device}"
    assert told["security"] == sign(told["callId"], stage.secrets["status"], told["timestamp"])

    again = client("status", "ann")
    again.device = ann.device
    await again.connect()
    await ann.closed()
    reasons = {hook.expect()["reason"], hook.expect()["reason"]}
    assert reasons == {"login", "replaced"}
    await again.close()
    assert hook.expect()["reason"] == "logout"
    await ann.close()


async def test_killed_server_tells_what_it_had_not_told(stage, client):
    hook = stage.hooks["killed"]
    hook.hold.clear()  # what is being told now gets no answer before the server dies
    ann = client("killed", "ann")
    await ann.connect()
    sent = {(await send(ann, str(number)))["id"] for number in range(20)}
    hook.expect()
    stage.server.kill()
    await ann.drop()
    end_claims(stage.server)
    hook.hold.set()
    stage.server.start()
    told: set[str] = set()
    while told != sent:
        told.add(hook.expect(30)["msg_id"])


def end_claims(server: Server) -> None:
    """Let time pass: what the dead process had taken is free again after two minutes and a half."""
    with closing(sqlite3.connect(server.data_dir / "imadmin.sqlite3")) as database, database:
        database.execute("UPDATE chat_webhookdelivery SET claimed_until = NULL")
