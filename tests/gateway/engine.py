"""A Connection with everything around it played by the test."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from accounts.domain.actor import Actor, AppRef
from accounts.domain.app_settings import AppSettings
from accounts.domain.ids import Appkey
from chat.domain.answers import LoggedIn, Sent
from chat.domain.commands import Command, LogIn, MarkReceived, SendMessage
from chat.gateway.connection import Connection, Then
from chat.wire.native.session import NativeSession

Json = dict[str, Any]

APP = AppRef(1, "uuid", Appkey("demo", "app"), AppSettings())
DEMO1 = Actor(APP, "demo1", 1, "phone", via="native")


@dataclass
class Played:
    """Services that remember what was asked; the test says how each ends."""

    log_ins: list[tuple[Connection, LogIn, Then]] = field(default_factory=list)
    sends: list[tuple[SendMessage, Then]] = field(default_factory=list)
    runs: list[tuple[Command, Then]] = field(default_factory=list)
    received_marks: list[MarkReceived] = field(default_factory=list)
    left: list[Connection] = field(default_factory=list)
    is_warm: bool = True

    def log_in(self, connection: Connection, command: LogIn, then: Then) -> None:
        self.log_ins.append((connection, command, then))

    def send(self, actor: Actor, command: SendMessage, then: Then) -> bool:
        self.sends.append((command, then))
        return self.is_warm

    def run(self, actor: Actor, command: Command, then: Then) -> None:
        self.runs.append((command, then))

    def received(self, actor: Actor, command: MarkReceived) -> None:
        self.received_marks.append(command)

    def gone(self, connection: Connection) -> None:
        self.left.append(connection)


class Wire:
    """The client's end: counts wake-ups, reads the outbox."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.wakes = 0
        self.pauses: list[bool] = []
        connection.transport = self

    def wake(self) -> None:
        self.wakes += 1

    def pause(self) -> None:
        self.pauses.append(True)

    def resume(self) -> None:
        self.pauses.append(False)

    def read(self) -> list[Json]:
        return [json.loads(frame) for frame in self.connection.take()]


def opened(services: Played) -> tuple[Connection, Wire]:
    connection = Connection(
        NativeSession(lambda: 1), services, wire="native", address="127.0.0.1:1"
    )
    wire = Wire(connection)
    connection.opened(0.0)
    return connection, wire


def active(services: Played) -> tuple[Connection, Wire]:
    connection, wire = opened(services)
    ask(connection, "login", appkey="demo#app", token="t")
    [(_, command, then)] = services.log_ins
    connection.become(DEMO1, command, 1000)
    then(LoggedIn("demo1", 1, "phone", 1, 0))
    assert wire.read()[0]["ok"] is True
    return connection, wire


def ask(connection: Connection, op: str, ref: str = "r", **fields: Any) -> None:
    connection.feed(json.dumps({"op": op, "ref": ref, **fields}), 1.0)


def send(connection: Connection, ref: str) -> None:
    to = {"type": "user", "id": "demo2"}
    ask(connection, "send", ref, to=to, body={"type": "txt", "msg": ref}, id=ref)


def texts(services: Played) -> list[str]:
    return [command.body.fields["msg"] for command, _ in services.sends]


def finish(call: tuple[Any, Callable[[object], None]], outcome: object = Sent(1, 1)) -> None:
    call[1](outcome)
