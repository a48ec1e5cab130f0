"""The library against the wire's own vectors, both ways, in Node and without a server.

What each of its methods writes is what the server takes for that operation; what the server tells,
each kind of event, reaches the application as it is, and once.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from chat.domain.answers import LoggedIn
from chat.wire.base import Run
from chat.wire.native.requests import PARSERS
from chat.wire.native.session import NativeSession
from tests.e2e.browser_client.client import LIBRARY
from tests.requirements import need_command
from tests.wire.native.exchanges import LOGIN
from tests.wire.native.vectors import ENDINGS, EVENTS, GROUP, TIME, G, R

Json = dict[str, Any]

PEER = {"type": "user", "id": "demo1"}
NAMES = ["demo1", "demo3"]
CALLS: list[tuple[str, list[Any]]] = [
    ("send", [GROUP, {"type": "custom", "customEvent": "gift"}, {"ext": {"a": 1}, "id": "c9"}]),
    ("sendText", [PEER, "hi", {"onlineOnly": True}]),
    ("sync", []),
    ("sync", [{"conversation": PEER, "after": "5", "limit": 20}]),
    ("history", [PEER]),
    ("history", [GROUP, "5", 100]),
    ("delivered", [PEER, "5"]),
    ("read", [GROUP, "5"]),
    ("recall", ["5"]),
    ("conversations", [{"after": "", "limit": 20}]),
    ("typing", [PEER]),
    ("roster", []),
    ("rosterAdd", ["demo1", "hi"]),
    *((name, ["demo1"]) for name in ("rosterAccept", "rosterDecline", "rosterRemove")),
    *((name, ["demo1"]) for name in ("block", "unblock")),
    ("groupCreate", [{"groupname": "g", "members": NAMES}]),
    ("groupUpdate", [G.group_id, {"groupname": "h"}]),
    ("groupList", [{"scope": "public", "limit": 5}]),
    ("groupJoin", [G.group_id, "hi"]),
    ("groupInvite", [G.group_id, NAMES, "come"]),
    ("groupAccept", [G.group_id]),
    ("groupAccept", [G.group_id, "demo1"]),
    ("groupDecline", [G.group_id, "demo1"]),
    ("groupRemove", [G.group_id, NAMES]),
    ("groupRole", [G.group_id, "demo1", "admin"]),
    ("groupMute", [G.group_id, {"usernames": NAMES, "mute_duration": 1000}]),
    ("groupTransfer", [G.group_id, "demo1"]),
    ("groupMembers", [G.group_id, {"limit": 5}]),
    *((f"group{act}", [G.group_id]) for act in ("Get", "Leave", "Destroy")),
    ("roomList", []),
    ("threadCreate", [{"group_id": G.group_id, "msg_id": "7", "name": "lunch"}]),
    ("threadUpdate", ["300000000000003", "lunch"]),
    ("threadRemove", ["300000000000003", NAMES]),
    *((f"thread{act}", ["300000000000003"]) for act in ("Join", "Leave", "Destroy")),
    *((f"room{act}", [R.room_id]) for act in ("Join", "Leave", "Get", "Members")),
    ("presenceSet", ["busy", "x"]),
    ("presenceSubscribe", [NAMES, 60]),
    ("presenceUnsubscribe", [NAMES]),
]


def test_without_a_websocket_the_log_in_is_refused():
    script = f"""
        import {{ ImClient }} from {json.dumps(LIBRARY.as_uri())};
        delete globalThis.WebSocket;
        const im = new ImClient({{ url: "ws://x/", appkey: "a#b", token: "t" }});
        await im.connect().catch((error) => console.log(error.code, im.state));
    """
    done = subprocess.run(
        [need_command("node"), "--input-type=module", "-e", script],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "no_socket closed\n"


def test_a_send_without_an_answer_times_out_and_goes_again_under_its_id():
    """The server keeps silent to the first send; nothing is sent twice under two ids."""
    script = f"""
        import {{ ImClient }} from {json.dumps(LIBRARY.as_uri())};
        const sends = [];
        class Line {{
          constructor() {{ queueMicrotask(() => this.onopen()); }}
          send(text) {{
            const {{ op, ref, id }} = JSON.parse(text);
            if (op === "send" && sends.push(id) === 1) return;
            const data = JSON.stringify({{ re: ref, ok: true, heartbeat_s: 30, events: [], id: "7" }});
            queueMicrotask(() => this.onmessage({{ data }}));
          }}
          close() {{}}
        }}
        const options = {{ url: "ws://x/", appkey: "a#b", token: "t", WebSocket: Line, sendTimeout: 5 }};
        const im = new ImClient(options);
        await im.connect();
        const failed = await im.sendText({{ type: "user", id: "x" }}, "hi").catch((error) => error);
        const sent = await im.resend(failed.client_id);
        console.log(JSON.stringify([failed.code, sent.id, sent.body, new Set(sends).size, sends.length]));
        process.exit(0);
    """  # noqa: E501
    done = subprocess.run(
        [need_command("node"), "--input-type=module", "-e", script],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == ["timeout", "7", {"type": "txt", "msg": "hi"}, 1, 2]


def play() -> Json:
    frames = [frame for _event, frame in EVENTS]
    frames += [frame for _event, frame, _code in ENDINGS]
    # An application is told a repeat once; these are one after the other in their logs.
    numbered = [
        frame | ({"id": str(n)} if "id" in frame else {}) for n, frame in enumerate(frames, 10)
    ]
    script = Path(__file__).with_name("line.mjs")
    given = json.dumps({"calls": CALLS, "events": numbered})
    done = subprocess.run(
        [need_command("node"), script, LIBRARY, given], capture_output=True, text=True, check=True
    )
    return {**json.loads(done.stdout), "told": numbered}


def test_every_method_writes_what_the_server_takes_and_every_event_comes_once():
    played = play()
    assert len([frame for frame in played["written"] if frame["op"] == "ping"]) > 2  # heartbeats
    session = NativeSession(lambda: TIME)
    session.opened(0.0)
    ops = set()
    for frame in played["written"]:
        outputs = session.receive(json.dumps(frame), 1.0)
        ops.add(frame["op"])
        if frame["op"] == "ping":
            continue
        assert [type(output) for output in outputs] == [Run], (frame, outputs)
        if isinstance(outputs[0], Run):
            outcome = LoggedIn("demo2", 2, "d1", TIME, 0) if frame["op"] == "login" else None
            session.answer(outputs[0].ref, outcome)
    assert ops == {*PARSERS, "ping"}
    sent = next(frame for frame in played["written"] if frame["op"] == "login")
    assert {**sent, "ref": ""} == {k: v for k, v in LOGIN[0].items() if k != "unknown"} | {
        "ref": ""
    }

    logged = [frame for frame in played["told"] if "id" in frame]
    passing = [frame for frame in played["told"] if "id" not in frame]
    assert [event for event in played["heard"] if "id" in event] == logged
    assert [event for event in played["heard"] if "id" not in event] == [*passing, *passing]
