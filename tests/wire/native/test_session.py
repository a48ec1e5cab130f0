"""The native session: every request, answer and event, the states, and the closes."""

import json
from typing import Any, get_args

import pytest

from accounts.domain.errors import Unauthenticated, UserDisabled
from chat.domain.answers import LoggedIn, Sent
from chat.domain.commands import SendMessage
from chat.domain.errors import (
    AccountRemoved,
    DeviceReplaced,
    ImError,
    Muted,
    PasswordChanged,
    StoreUnavailable,
)
from chat.domain.events import Event, Fact, Kicked, Logged
from chat.wire.base import Close, FrameCache, Output, Run, Send
from chat.wire.native.errors import NATIVE_ERRORS
from chat.wire.native.requests import PARSERS
from chat.wire.native.session import NativeSession
from tests.wire.native import vectors
from tests.wire.native.exchanges import EXCHANGES, LOGIN
from tests.wire.native.room_exchanges import ROOM_EXCHANGES
from tests.wire.native.thread_exchanges import THREAD_EXCHANGES
from tests.wire.native.vectors import ENDINGS, EVENTS, HELLO, TIME, Json

ALL = [*EXCHANGES, *ROOM_EXCHANGES, *THREAD_EXCHANGES]


def session() -> NativeSession:
    made = NativeSession(lambda: TIME)
    assert made.opened(0.0) == []
    return made


def active() -> NativeSession:
    """Logged in as demo2."""
    made = session()
    run = run_of(ask(made, LOGIN[0]))
    made.answer(run.ref, LOGIN[2])
    return made


def ask(on: NativeSession, request: Json, ref: str = "r1", now: float = 1.0) -> list[Output]:
    return on.receive(json.dumps(request | {"ref": ref}), now)


def run_of(outputs: list[Output]) -> Run:
    [run] = outputs
    assert isinstance(run, Run)
    return run


def sent(outputs: list[Output]) -> list[Json]:
    frames = [json.loads(out.frame) for out in outputs if isinstance(out, Send)]
    assert all(isinstance(frame, dict) for frame in frames)
    return frames


def closes(outputs: list[Output]) -> list[int]:
    return [out.code for out in outputs if isinstance(out, Close)]


def error_of(outputs: list[Output]) -> str:
    [frame] = sent(outputs)
    assert frame["ok"] is False
    code: str = frame["error"]["code"]
    return code


@pytest.mark.parametrize(
    ("request_", "command", "outcome", "answer"),
    ALL,
    ids=[f"{n}-{exchange[0]['op']}" for n, exchange in enumerate(ALL)],
)
def test_a_request_is_its_command_and_the_outcome_its_answer(request_, command, outcome, answer):
    on = active()
    run = run_of(ask(on, request_))
    assert run.command == command
    assert sent(on.answer(run.ref, outcome)) == [{"re": "r1", "ok": True} | answer]


def test_every_op_has_a_vector():
    shown = {exchange[0]["op"] for exchange in [LOGIN, *ALL]}
    assert shown == set(PARSERS)


def test_every_event_and_fact_has_a_vector():
    shown = [event for event, _frame in EVENTS] + [event for event, _frame, _code in ENDINGS]
    assert {type(event) for event in shown} == set(get_args(Event))
    facts = {type(event.fact) for event in shown if isinstance(event, Logged)}
    assert facts == set(get_args(Fact))


def test_log_in_is_answered_with_who_one_is():
    on = session()
    run = run_of(ask(on, LOGIN[0]))
    assert run.command == LOGIN[1]
    assert sent(on.answer(run.ref, LOGIN[2])) == [{"re": "r1", "ok": True} | LOGIN[3]]


@pytest.mark.parametrize(
    ("event", "frame"), EVENTS, ids=[f"{n}-{one[1]['ev']}" for n, one in enumerate(EVENTS)]
)
def test_an_event_is_told_as_its_frame(event, frame):
    assert sent(active().deliver(event, FrameCache())) == [frame]


@pytest.mark.parametrize(("event", "frame", "code"), ENDINGS)
def test_an_end_is_told_before_the_close(event, frame, code):
    on = active()
    outputs = on.deliver(event, FrameCache())
    assert sent(outputs) == [frame]
    assert closes(outputs) == [code]
    assert on.receive("{}", 2.0) == []


@pytest.mark.parametrize(
    ("reason", "code"),
    [(DeviceReplaced(), 4409), (AccountRemoved(), 4410), (PasswordChanged(), 4411)],
)
def test_every_kick_has_its_close_code(reason, code):
    assert closes(active().deliver(Kicked(reason), FrameCache())) == [code]


def test_a_pair_s_sides_each_see_the_other_and_a_room_s_frame_is_made_once():
    cache = FrameCache()
    one, other = active(), session()
    run = run_of(ask(other, LOGIN[0]))
    other.answer(run.ref, LoggedIn("demo1", 1, "d", TIME, 0))
    [to_demo2] = sent(one.deliver(vectors.told(HELLO), cache))
    [to_demo1] = sent(other.deliver(vectors.told(HELLO), cache))
    assert to_demo2["conversation"] == {"type": "user", "id": "demo1"}
    assert to_demo1["conversation"] == {"type": "user", "id": "demo2"}
    assert len(cache.frames) == 2
    in_group = vectors.told(HELLO, vectors.IN_GROUP)
    frames = {out.frame for on in (one, other) for out in on.deliver(in_group, cache)}  # type: ignore[union-attr]
    assert len(frames) == 1
    assert len(cache.frames) == 3


def test_ping_works_before_and_after_log_in():
    answer = {"re": "p", "ok": True, "server_time": TIME}
    assert sent(ask(session(), {"op": "ping"}, "p")) == [answer]
    assert sent(ask(active(), {"op": "ping"}, "p")) == [answer]


def test_before_log_in_nothing_else_is_accepted():
    assert error_of(ask(session(), {"op": "roster"})) == "not_logged_in"


def test_a_second_log_in_is_refused_and_the_first_stays():
    on = active()
    assert error_of(ask(on, LOGIN[0])) == "already_logged_in"
    assert isinstance(ask(on, {"op": "roster"})[0], Run)


def test_a_log_in_while_one_is_checked_is_refused():
    on = session()
    run_of(ask(on, LOGIN[0]))
    assert error_of(ask(on, LOGIN[0])) == "already_logged_in"


@pytest.mark.parametrize(("refusal", "code"), [(Unauthenticated(), 4401), (UserDisabled(), 4403)])
def test_a_refused_log_in_is_answered_and_closed(refusal, code):
    on = session()
    run = run_of(ask(on, LOGIN[0]))
    outputs = on.answer(run.ref, refusal)
    assert error_of(outputs) == refusal.code
    assert closes(outputs) == [code]


def test_a_log_in_that_failed_for_the_server_s_sake_may_be_tried_again():
    on = session()
    run = run_of(ask(on, LOGIN[0]))
    outputs = on.answer(run.ref, StoreUnavailable())
    assert closes(outputs) == []
    run_of(ask(on, LOGIN[0]))


def test_refusals_keep_the_request_s_ref_and_answers_may_come_in_any_order():
    on = active()
    first = run_of(ask(on, EXCHANGES[0][0], "a"))
    second = run_of(ask(on, EXCHANGES[0][0], "a"))
    assert first.ref != second.ref
    assert sent(on.answer(second.ref, Sent(2, TIME)))[0]["id"] == "2"
    [refused] = sent(on.answer(first.ref, Muted()))
    assert refused == {
        "re": "a",
        "ok": False,
        "error": {"code": "muted", "message": "You are muted here."},
    }
    assert on.answer(first.ref, Sent(1, TIME)) == []


def test_a_missing_ref_is_answered_with_null():
    [frame] = sent(active().receive('{"op":"ping"}', 1.0))
    assert frame["re"] is None


def test_an_unknown_op_is_an_error_however_often():
    on = active()
    for _ in range(5):
        assert error_of(ask(on, {"op": "fly"})) == "unknown_op"


@pytest.mark.parametrize(
    "frame",
    ["", "{", "[1]", '"x"', "null", '{"ref":"a"}', '{"op":1}', '{"op":"ping","ref":1}',
     '{"op":"ping","ref":"' + "x" * 200 + '"}', "[" * 60_000, '{"op":"\\ud800"'],
)  # fmt: skip
def test_the_third_bad_frame_ends_the_connection(frame):
    on = active()
    for _ in range(2):
        outputs = on.receive(frame, 1.0)
        assert error_of(outputs) == "bad_frame"
        assert closes(outputs) == []
    outputs = on.receive(frame, 1.0)
    assert error_of(outputs) == "bad_frame"
    assert closes(outputs) == [1007]


def test_a_binary_frame_ends_the_connection():
    assert closes(active().receive(b"{}", 1.0)) == [1003]


@pytest.mark.parametrize("filler", ["x", "龘"])
def test_a_frame_above_64_kib_ends_the_connection(filler):
    fits = json.dumps({"op": "ping", "pad": ""})
    on = active()
    room = (64 * 1024 - len(fits.encode())) // len(filler.encode())
    just = json.dumps({"op": "ping", "pad": filler * room}, ensure_ascii=False)
    assert closes(on.receive(just, 1.0)) == []
    over = json.dumps({"op": "ping", "pad": filler * (room + 3)}, ensure_ascii=False)
    assert closes(on.receive(over, 1.0)) == [1009]


def test_without_log_in_the_connection_ends_after_15_s():
    on = session()
    assert on.tick(15.0) == []
    assert closes(on.tick(15.1)) == [4401]


def test_90_s_of_silence_end_the_connection_and_any_frame_counts():
    on = active()
    on.receive('{"op":"fly"}', 50.0)
    assert on.tick(140.0) == []
    assert closes(on.tick(140.1)) == [1000]


WRONG_FIELDS: list[Json] = [
    {"op": "send", "to": {"type": "user", "id": "demo1"}},
    {"op": "send", "to": {"type": "user", "id": "demo1"}, "body": {"type": "txt"}},
    {"op": "send", "to": {"type": "user", "id": "demo1"}, "body": {}},
    {"op": "send", "to": {"type": "x", "id": "y"}, "body": {"type": "txt", "msg": ""}},
    {"op": "send", "to": {"type": "personal"}, "body": {"type": "txt", "msg": ""}},
    {"op": "send", "to": "demo1", "body": {"type": "txt", "msg": ""}},
    {
        "op": "send",
        "to": {"type": "user", "id": "a/b"},
        "body": {"type": "txt", "msg": ""},
    },
    {
        "op": "send",
        "to": {"type": "user", "id": "demo1"},
        "body": {"type": "txt", "msg": ""},
        "ext": [],
    },
    {
        "op": "send",
        "to": {"type": "user", "id": "demo1"},
        "body": {"type": "txt", "msg": ""},
        "id": "x" * 65,
    },
    {
        "op": "send",
        "to": {"type": "user", "id": "demo1"},
        "body": {"type": "txt", "msg": ""},
        "id": "a\u0000b",
    },
    {
        "op": "send",
        "to": {"type": "user", "id": "demo1"},
        "body": {"type": "txt", "msg": ""},
        "online_only": 1,
    },
    {"op": "history", "conversation": {"type": "group"}},
    {"op": "history", "conversation": vectors.GROUP, "limit": 0},
    {"op": "history", "conversation": vectors.GROUP, "limit": True},
    {"op": "history", "conversation": vectors.GROUP, "before": 5},
    {"op": "recall", "id": "-1"},
    {"op": "recall", "id": "١"},
    {"op": "recall", "id": "9" * 20},
    {"op": "sync", "conversation": vectors.GROUP, "after": "cursor"},
    {"op": "group.update", "id": "1"},
    {"op": "group.role", "id": "1", "user": "demo1", "role": "owner"},
    {"op": "group.mute", "id": "1"},
    {"op": "group.create", "members": [1]},
    {"op": "group.create", "public": "yes"},
    {"op": "group.list", "scope": "all"},
    {"op": "roster.add", "user": ""},
    {"op": "roster.add", "user": "demo1", "message": "x" * 513},
    {"op": "presence.set"},
    {"op": "presence.subscribe", "users": []},
]


@pytest.mark.parametrize("request_", WRONG_FIELDS, ids=lambda r: r["op"])
def test_a_wrong_field_is_a_refusal_that_ends_nothing(request_: Any):
    outputs = ask(active(), request_)
    code = error_of(outputs)
    assert code in {"illegal_argument", "illegal_body", "illegal_username"}
    assert closes(outputs) == []


def test_a_log_in_without_a_proof_reaches_the_action_which_refuses_it():
    run = run_of(ask(session(), {"op": "login", "appkey": "demo#app"}))
    assert not isinstance(run.command, SendMessage)


def _all_refusals(base: type[ImError]) -> list[type[ImError]]:
    return [base, *(sub for cls in base.__subclasses__() for sub in _all_refusals(cls))]


def test_every_refusal_has_a_row():
    codes = {cls.code for cls in _all_refusals(ImError) if ".domain." in cls.__module__}
    assert codes - set(NATIVE_ERRORS) == set()
    assert set(NATIVE_ERRORS) - codes == set()
