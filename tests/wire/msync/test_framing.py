"""Binary, base64 and SockJS around the same session."""

import base64
import json

import pytest

from chat.wire.base import Close, Run, Send
from chat.wire.msync.framing import PlainFraming, SockJsFraming
from chat.wire.msync.session import MsyncSession
from tests.wire.msync.sdk import NOW_MS, provision


def session():
    return MsyncSession(lambda: NOW_MS)


def text_of(frame):
    return base64.b64encode(frame).decode()


def test_the_first_frame_decides_between_binary_and_base64():
    binary, text = PlainFraming(session()), PlainFraming(session())
    assert isinstance(binary.receive(provision(), 1.0)[0], Run)
    [run] = text.receive(text_of(provision()), 1.0)
    assert isinstance(run, Run)
    [answer, _] = text.answer(run.ref, None)
    assert isinstance(answer, Send)
    assert isinstance(answer.frame, str)


def test_sockjs_opens_beats_and_closes():
    made = SockJsFraming(session())
    assert made.opened(0.0) == [Send("o")]
    [run] = made.receive(json.dumps([text_of(provision())]), 1.0)
    assert isinstance(run, Run)
    answer, bye, close = made.answer(run.ref, None)
    assert isinstance(answer, Send)
    assert str(answer.frame).startswith('a["')
    assert bye == Send('c[3000,"bye"]')
    assert isinstance(close, Close)
    assert SockJsFraming(session()).receive("", 1.0) == []
    beating = SockJsFraming(session())
    beating.opened(0.0)
    assert Send("h") in beating.tick(26.0)


@pytest.mark.parametrize("frame", ["[", "{}", '["&"]', "[1]", b"x"])
def test_what_is_no_sockjs_frame_closes(frame):
    outputs = SockJsFraming(session()).receive(frame, 1.0)
    assert isinstance(outputs[-1], Close)


def test_text_that_is_no_base64_closes():
    assert isinstance(PlainFraming(session()).receive("%", 1.0)[-1], Close)
