"""kill -9 in the middle of acknowledged sends: nothing acknowledged is lost or doubled."""

import json
import random
import sqlite3
import threading
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

SENDS = 2000
WINDOW = 50


@dataclass
class Sender:
    """One client that sends numbered texts and remembers which were acknowledged, as what."""

    server: Server
    appkey: str
    acked: dict[str, str] = field(default_factory=dict)  # client id → message id

    def run(self, client_ids: list[str], kill_after: int) -> None:
        """Send them all, pipelined; the server dies once `kill_after` of them are acked."""
        with connect(f"{self.server.ws_url}/ws/native/", open_timeout=20) as socket:
            log_in(socket, self.appkey, "ann", "laptop")
            pending = iter(client_ids)
            in_flight = 0
            try:
                while True:
                    while in_flight < WINDOW and (client_id := next(pending, None)) is not None:
                        socket.send(json.dumps(text_to_bob(client_id)))
                        in_flight += 1
                    if in_flight == 0:
                        return
                    answer = json.loads(socket.recv(timeout=30))
                    if "re" not in answer:
                        continue
                    assert answer["ok"], answer
                    in_flight -= 1
                    self.acked[answer["re"]] = answer["id"]
                    if len(self.acked) == kill_after:
                        threading.Thread(target=self.server.kill).start()
            except ConnectionClosed:
                return


def text_to_bob(client_id: str) -> dict[str, object]:
    return {
        "op": "send",
        "ref": client_id,
        "id": client_id,
        "to": {"type": "user", "id": "bob"},
        "body": {"type": "txt", "msg": f"text {client_id}"},
    }


def log_in(socket, appkey: str, user: str, device: str) -> None:
    socket.send(
        json.dumps(
            {
                "op": "login",
                "ref": "login",
                "appkey": appkey,
                "user": user,
                "password": "123456",
                "device": device,
            }
        )
    )
    answer = json.loads(socket.recv(timeout=20))
    assert answer["ok"], answer


def stored_seqs_and_ids(server: Server) -> list[tuple[str, int, int]]:
    """(conversation, seq, id) of every entry, as the database file has them."""
    database = sqlite3.connect(server.data_dir / "imadmin.sqlite3")
    try:
        return database.execute(
            "SELECT conversation_id, seq, id FROM chat_entryrow ORDER BY conversation_id, seq"
        ).fetchall()
    finally:
        database.close()


def history_of_bob(server: Server, appkey: str) -> list[dict[str, Any]]:
    """All messages that bob's client can page back to, newest first."""
    found: list[dict[str, Any]] = []
    with connect(f"{server.ws_url}/ws/native/", open_timeout=20) as socket:
        log_in(socket, appkey, "bob", "reader")
        before = "-1"
        while True:
            request = {"op": "history", "ref": "h", "before": before, "limit": 100}
            request["conversation"] = {"type": "user", "id": "ann"}
            socket.send(json.dumps(request))
            while (page := json.loads(socket.recv(timeout=20))).get("re") != "h":
                continue
            assert page["ok"], page
            found += page["messages"]
            if page["end"]:
                return found
            before = page["messages"][-1]["id"]


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "data").start()
    yield server
    server.stop()


@pytest.mark.parametrize("rounds", [4, pytest.param(10, marks=pytest.mark.soak)])
def test_killed_server_keeps_every_acknowledged_message_once(server, rounds):
    made = server.create_app("kill#app", "--open-registration")
    for name in ("ann", "bob"):
        httpx.post(
            f"{server.base_url}/kill/app/users", json={"username": name, "password": "123456"}
        ).raise_for_status()
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    sender = Sender(server, made["appkey"])
    for round_number in range(rounds):
        wanted = [f"{round_number}-{n}" for n in range(SENDS)]
        before = len(sender.acked)
        sender.run(wanted, kill_after=before + chance.randrange(1, SENDS))
        server.start()
        check(server, sender, f"seed {seed}, round {round_number}, after the kill")
        # What was not acknowledged is sent again under its client id, as a client would.
        sender.run([i for i in wanted if i not in sender.acked], kill_after=-1)
        check(server, sender, f"seed {seed}, round {round_number}, after sending again")
    stored = history_of_bob(server, made["appkey"])
    texts = [message["body"]["msg"] for message in stored]
    assert len(texts) == len(set(texts)) == rounds * SENDS
    ids = [int(message["id"]) for message in stored]
    assert ids == sorted(ids, reverse=True)
    assert set(sender.acked.values()) == {message["id"] for message in stored}


def check(server: Server, sender: Sender, moment: str) -> None:
    """Every acknowledged id is stored once, ids rise, and no conversation has a gap."""
    rows = stored_seqs_and_ids(server)
    ids = [row[2] for row in rows]
    assert len(ids) == len(set(ids)), moment
    assert {int(i) for i in sender.acked.values()} <= set(ids), moment
    by_conversation: dict[str, list[tuple[int, int]]] = {}
    for conversation, seq, entry_id in rows:
        by_conversation.setdefault(conversation, []).append((seq, entry_id))
    for entries in by_conversation.values():
        assert [seq for seq, _ in entries] == list(range(1, len(entries) + 1)), moment
        assert [i for _, i in entries] == sorted(i for _, i in entries), moment
