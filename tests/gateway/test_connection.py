"""The engine: states, the order of commands, the window, the outbox."""

import pytest

from accounts.domain.tokens import make_dynamic
from chat.domain.answers import LoggedIn
from chat.domain.commands import ListRoster
from chat.domain.errors import AccountRemoved, DeviceReplaced, ForcedOffline, ImError, Muted
from chat.domain.events import Closing, Kicked, PresenceChanged
from chat.gateway import connection as engine
from chat.gateway.connection import SEND_WINDOW, State
from chat.wire.base import FrameCache
from tests.gateway.engine import DEMO1, Played, active, ask, finish, opened, send, texts

HELLO = PresenceChanged("demo2", online=True)


@pytest.fixture
def services() -> Played:
    return Played()


def test_before_log_in_only_log_in_runs(services):
    connection, wire = opened(services)
    ask(connection, "roster")
    assert wire.read()[0]["error"]["code"] == "not_logged_in"
    assert services.runs == []
    assert connection.state is State.PENDING


def test_a_log_in_makes_it_active_and_it_is_told_events_only_then(services):
    connection, wire = opened(services)
    ask(connection, "login", appkey="demo#app", token="t")
    [(_, command, then)] = services.log_ins
    connection.become(DEMO1, command, 1000)
    connection.offer(HELLO, FrameCache())
    assert wire.read() == []
    then(LoggedIn("demo1", 1, "phone", 1, 0))
    connection.offer(HELLO, FrameCache())
    assert [frame.get("ev") for frame in wire.read()] == [None, "presence"]


@pytest.mark.parametrize(
    ("proof", "kind"),
    [
        ({"token": make_dynamic("demo#app", "demo1", 1, 2, "id", "secret")}, "dynamic"),
        ({"token": "YWMtx"}, "token"),
        ({"user": "demo1", "password": "p"}, "password"),
    ],
)
def test_a_connection_says_what_it_was_proved_by(services, proof, kind):
    connection, _ = opened(services)
    ask(connection, "login", appkey="demo#app", **proof)
    [(_, command, _)] = services.log_ins
    connection.become(DEMO1, command, 1000)
    assert connection.signed_by == kind


def test_a_kick_while_the_log_in_is_answered_refuses_it(services):
    connection, wire = opened(services)
    ask(connection, "login", appkey="demo#app", token="t")
    [(_, command, then)] = services.log_ins
    connection.become(DEMO1, command, 1000)
    connection.offer(Kicked(ForcedOffline()), FrameCache())
    then(LoggedIn("demo1", 1, "phone", 1, 0))
    assert wire.read()[0]["error"]["code"] == "forced_offline"
    assert (connection.state, connection.close_code) == (State.CLOSING, 4403)
    assert connection in services.left


@pytest.mark.parametrize(("reason", "code"), [(DeviceReplaced(), 4409), (AccountRemoved(), 4410)])
def test_a_kick_is_told_and_closes(services, reason, code):
    connection, wire = active(services)
    connection.offer(Kicked(reason), FrameCache())
    assert wire.read() == [{"ev": "kicked", "code": reason.code, "message": str(reason)}]
    assert connection.close_code == code
    assert services.left == [connection]


def test_sends_are_pipelined_up_to_the_window(services):
    connection, wire = active(services)
    for n in range(SEND_WINDOW + 3):
        send(connection, str(n))
    assert texts(services) == [str(n) for n in range(SEND_WINDOW)]
    finish(services.sends[0])
    assert texts(services)[-1] == str(SEND_WINDOW)
    assert [frame["re"] for frame in wire.read()] == ["0"]


def test_another_command_waits_for_the_sends_before_it_and_holds_back_those_after(services):
    connection, _ = active(services)
    send(connection, "a")
    ask(connection, "roster")
    send(connection, "b")
    assert (texts(services), services.runs) == (["a"], [])
    finish(services.sends[0])
    assert [command for command, _ in services.runs] == [ListRoster()]
    assert texts(services) == ["a"]
    finish(services.runs[0], [])
    assert texts(services) == ["a", "b"]


def test_commands_run_one_at_a_time(services):
    connection, _ = active(services)
    ask(connection, "roster", "1")
    ask(connection, "roster", "2")
    assert len(services.runs) == 1
    finish(services.runs[0], [])
    assert len(services.runs) == 2


def test_a_cold_send_holds_back_the_sends_after_it_until_it_ends(services):
    connection, _ = active(services)
    send(connection, "warm")
    services.is_warm = False
    send(connection, "cold")
    services.is_warm = True
    send(connection, "after")
    finish(services.sends[0])  # an earlier send's end frees nothing
    assert texts(services) == ["warm", "cold"]
    finish(services.sends[1])
    assert texts(services) == ["warm", "cold", "after"]


def test_a_refused_send_is_answered_and_the_next_goes_on(services):
    connection, wire = active(services)
    send(connection, "a")
    send(connection, "b")
    finish(services.sends[0], Muted())
    finish(services.sends[1])
    assert [(frame["re"], frame["ok"]) for frame in wire.read()] == [("a", False), ("b", True)]


def test_a_flood_is_refused_beyond_what_may_wait(services, monkeypatch):
    monkeypatch.setattr(engine, "MAX_WAITING", 2)
    connection, wire = active(services)
    ask(connection, "roster", "0")
    for n in "123":
        ask(connection, "roster", n)
    [refused] = wire.read()
    assert (refused["re"], refused["error"]["code"]) == ("3", "too_many_requests")


def flooded(services, monkeypatch):
    monkeypatch.setattr(engine, "SEND_WINDOW", 2)
    monkeypatch.setattr(engine, "HOLD_ABOVE", 4)
    monkeypatch.setattr(engine, "READ_ON_AT", 2)
    connection, wire = active(services)
    for n in range(6):
        send(connection, str(n))
    assert wire.pauses == []
    send(connection, "6")
    return connection, wire


def test_who_outruns_the_writer_is_held_until_enough_is_stored(services, monkeypatch):
    connection, wire = flooded(services, monkeypatch)
    assert (wire.pauses, connection.is_held) == ([True], True)
    for n in range(2):
        finish(services.sends[n])
    assert wire.pauses == [True]
    finish(services.sends[2])
    assert (wire.pauses, connection.is_held) == ([True, False], False)
    for n in range(3, 7):
        finish(services.sends[n])
    assert texts(services) == [str(n) for n in range(7)]
    assert [frame["re"] for frame in wire.read()] == [str(n) for n in range(7)]


def test_who_is_held_and_closed_is_read_again(services, monkeypatch):
    connection, wire = flooded(services, monkeypatch)
    connection.close(1001)
    assert (wire.pauses, connection.is_held) == ([True, False], False)


def test_a_full_outbox_closes_with_1013_and_drops_what_it_held(services, monkeypatch):
    monkeypatch.setattr(engine, "MAX_OUTBOX_FRAMES", 3)
    connection, wire = active(services)
    for _ in range(4):
        connection.offer(HELLO, FrameCache())
    assert (connection.state, connection.close_code) == (State.CLOSING, 1013)
    assert wire.read() == []
    assert services.left == [connection]


def test_an_outbox_full_of_bytes_closes_too(services, monkeypatch):
    monkeypatch.setattr(engine, "MAX_OUTBOX_BYTES", 100)
    connection, _ = active(services)
    for _ in range(2):
        connection.offer(HELLO, FrameCache())
    assert connection.close_code == 1013


def test_many_frames_of_one_turn_wake_the_transport_once(services):
    connection, wire = active(services)
    wire.wakes = 0
    for _ in range(5):
        connection.offer(HELLO, FrameCache())
    assert wire.wakes == 1
    assert len(wire.read()) == 5
    connection.offer(HELLO, FrameCache())
    assert wire.wakes == 2


def test_a_closing_connection_reads_nothing_and_is_told_nothing(services):
    connection, wire = active(services)
    send(connection, "a")
    connection.close(1000)
    ask(connection, "roster")
    connection.offer(HELLO, FrameCache())
    finish(services.sends[0])
    connection.tick(1000.0)
    connection.close(1001)
    assert (wire.read(), services.runs, connection.close_code) == ([], [], 1000)
    assert services.left == [connection]


def test_what_is_in_the_outbox_at_a_close_is_still_written(services):
    connection, wire = active(services)
    ask(connection, "ping")
    connection.close(1000)
    assert len(wire.read()) == 1


def test_a_lost_socket_drops_its_outbox(services):
    connection, wire = active(services)
    ask(connection, "ping")
    connection.lost(1006)
    assert wire.read() == []
    assert services.left == [connection]


def test_goodbye_is_said_before_the_close(services):
    connection, wire = active(services)
    connection.say_goodbye(Closing(1))
    assert wire.read() == [{"ev": "closing", "retry_after_s": 1}]
    assert connection.close_code == 1001


def test_without_log_in_the_tick_closes_after_15_s(services):
    connection, _ = opened(services)
    connection.tick(14.0)
    assert connection.state is State.PENDING
    connection.tick(16.0)
    assert connection.close_code == 4401


def test_an_end_before_the_log_in_s_outcome_is_harmless(services):
    connection, wire = opened(services)
    ask(connection, "login", appkey="demo#app", token="t")
    connection.lost(1006)
    services.log_ins[0][2](ImError())
    assert wire.read() == []


def test_a_session_that_breaks_ends_its_connection_only(services, monkeypatch):
    connection, _ = active(services)

    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(type(connection.session), "deliver", broken)
    connection.offer(HELLO, FrameCache())
    assert connection.close_code == 1011
