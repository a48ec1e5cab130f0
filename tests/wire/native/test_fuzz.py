"""Whatever comes in: no exception, at most one answer each, and nobody else's words in it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.domain.answers import LoggedIn
from chat.domain.errors import ImError, Muted
from chat.wire.base import Close, FrameCache, Output, Run, Send
from chat.wire.native.requests import PARSERS
from chat.wire.native.session import NativeSession
from tests.wire.native.exchanges import LOGIN
from tests.wire.native.room_exchanges import ROOM_EXCHANGES
from tests.wire.native.thread_exchanges import THREAD_EXCHANGES
from tests.wire.native.vectors import EVENTS, TIME

pytestmark = pytest.mark.fuzz

OPS = [*PARSERS, "ping", "fly"]
EXCHANGED = [*ROOM_EXCHANGES, *THREAD_EXCHANGES]
KEYS = sorted({key for exchange in EXCHANGED for key in exchange[0]} | set(LOGIN[0]) | {
    "to", "body", "ext", "conversation", "before", "after", "limit", "up_to", "type", "msg",
})  # fmt: skip

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["user", "group", "chatroom", "txt", "loc", "custom", "demo2", "-1", "1"]),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=12,
)
requests = st.dictionaries(st.sampled_from(KEYS), values, max_size=8).flatmap(
    lambda fields: st.sampled_from(OPS).map(lambda op: fields | {"op": op, "ref": "r"})
)


def active() -> NativeSession:
    on = NativeSession(lambda: TIME)
    on.opened(0.0)
    [run] = on.receive(json.dumps(LOGIN[0] | {"ref": "r"}), 0.0)
    assert isinstance(run, Run)
    on.answer(run.ref, LoggedIn("demo2", 2, "d", TIME, 0))
    return on


def check(outputs: list[Output]) -> None:
    for output in outputs:
        if isinstance(output, Send):
            answer = json.loads(output.frame)
            assert set(answer) >= {"re", "ok"}
        else:
            assert isinstance(output, Run | Close)


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_any_frame_is_answered_or_ends_the_connection(frame: str | bytes):
    on = active()
    outputs = on.receive(frame, 1.0)
    check(outputs)
    assert outputs


@settings(max_examples=400)
@given(requests, st.sampled_from([None, Muted(), ImError(), [], True, object()]))
def test_any_request_gets_exactly_one_answer(request: dict[str, Any], outcome: object):
    on = active()
    frame = json.dumps(request, allow_nan=True, ensure_ascii=True)
    outputs = on.receive(frame, 1.0)
    check(outputs)
    answers = [output for output in outputs if isinstance(output, Send)]
    for run in [output for output in outputs if isinstance(output, Run)]:
        answers += [out for out in on.answer(run.ref, outcome) if isinstance(out, Send)]
        assert on.answer(run.ref, outcome) == []
    assert len(answers) == 1


@given(st.sampled_from([event for event, _ in EVENTS]), requests)
def test_before_log_in_nothing_is_told_whatever_was_tried(event: Any, request: dict[str, Any]):
    on = NativeSession(lambda: TIME)
    on.opened(0.0)
    outputs = on.receive(json.dumps(request), 1.0)
    assert not [out for out in outputs if isinstance(out, Run) and request["op"] != "login"]
    assert on.deliver(event, FrameCache()) == []
