"""What is not relayed because no other process follows the topic, and how that ends."""

import asyncio
from typing import Any, cast
from unittest.mock import Mock

import pytest

from chat.domain.audience import Audience
from chat.domain.events import Event, RoomChange
from chat.domain.targets import Conversation
from chat.live import listener as listening
from chat.live import others as module
from chat.live.listener import Listener
from chat.live.others import Others
from chat.live.packing import pack_moved, unpack_moved
from tests.live.test_registry import APP, G, change, message

HERE, THERE = "u.1", "u.2"
BOTH = (HERE, THERE)
AT = 1_700_000_000_000


@pytest.fixture
def others() -> Others:
    return Others()


def relayed(others: Others, event: Event) -> list[str]:
    return list(others.topics_for(event, BOTH))


def test_what_nobody_got_is_not_relayed_again(others):
    assert relayed(others, message(1)) == [HERE, THERE]
    others.sent(others.number(), HERE, 0)
    others.sent(others.number(), THERE, 1)
    assert relayed(others, message(2)) == [THERE]


@pytest.mark.parametrize("is_echo_first", [False, True])
def test_one_receiver_is_nobody_else_if_the_message_came_back(others, is_echo_first):
    number = others.number()
    if is_echo_first:
        others.came_back(number)
    others.sent(number, HERE, 1)
    assert relayed(others, message(1)) == ([THERE] if is_echo_first else [HERE, THERE])
    if not is_echo_first:
        others.came_back(number)
        assert relayed(others, message(2)) == [THERE]


def test_two_receivers_are_somebody_else(others):
    first, second = others.number(), others.number()
    others.came_back(first)
    others.sent(first, HERE, 2)
    others.sent(second, HERE, 2)
    others.came_back(second)
    assert relayed(others, message(1)) == [HERE, THERE]


def test_only_what_can_be_read_from_its_log_is_left_out(others):
    others.sent(others.number(), HERE, 0)
    others.sent(others.number(), THERE, 0)
    assert relayed(others, message(1)) == []
    assert relayed(others, change(2, RoomChange.MEMBERS_ADDED, "demo2")) == [HERE, THERE]


def test_an_announcement_ends_it_and_is_told_what_was_left_out(others, monkeypatch):
    monkeypatch.setattr(module, "_now_ms", lambda: AT)
    others.sent(others.number(), HERE, 0)
    others.sent(others.number(), THERE, 0)
    elsewhere = Conversation.pair("demo1", "demo2")
    for event in (message(2), message(7, conversation=elsewhere)):
        relayed(others, event)
    others.topics_for(message(1), (HERE,))
    assert sorted(others.followed({THERE: AT}), key=lambda moved: moved[2]) == [
        (APP, G, 2),
        (APP, elsewhere, 7),
    ]
    assert others.followed({THERE: AT, HERE: AT})[0] == (APP, G, 1)
    assert relayed(others, message(4)) == [HERE, THERE]
    assert others.followed({"u.9": AT}) == []


def test_what_was_left_out_before_it_was_followed_is_read_at_the_log_in(others, monkeypatch):
    others.sent(others.number(), HERE, 0)
    for seq in (1, 2, 3, 4):
        monkeypatch.setattr(module, "_now_ms", lambda at_ms=AT + seq: at_ms)
        others.topics_for(message(seq), (HERE,))
    assert others.followed({HERE: AT + 3}) == [(APP, G, 3)]
    assert others.followed({HERE: AT + 5}) == []


@pytest.mark.parametrize("receivers", [0, 1])
def test_what_was_counted_before_an_announcement_is_old_news(others, receivers):
    """The answer to the command comes by another connection than the announcement."""
    number = others.number()
    others.came_back(number)
    others.followed({HERE: AT})
    others.sent(number, HERE, receivers)
    assert relayed(others, message(1)) == [HERE, THERE]
    others.sent(others.number(), HERE, 0)
    assert relayed(others, message(2)) == [THERE]


def test_it_lapses(others, monkeypatch):
    monkeypatch.setattr(module, "ALONE_S", 0.0)
    others.sent(others.number(), HERE, 0)
    assert relayed(others, message(1)) == [HERE, THERE]


def test_after_a_silence_of_the_layer_everything_is_relayed(others):
    others.sent(others.number(), HERE, 0)
    others.forget()
    assert relayed(others, message(1)) == [HERE, THERE]


def test_what_was_left_out_long_ago_is_not_told(others, monkeypatch):
    others.sent(others.number(), HERE, 0)
    relayed(others, message(1))
    monkeypatch.setattr(module, "LATELY_S", -1.0)
    others.tidy()
    assert others.followed({HERE: 0}) == []


def test_logs_that_moved_survive_the_way():
    moved = [(APP, G, 3), (APP, Conversation.pair("demo1", "demo2"), 1 << 40)]
    assert unpack_moved(pack_moved(moved)) == moved
    with pytest.raises(ValueError, match="not logs"):
        unpack_moved(b"\x91\x01")


class Layer:
    """Tells of one receiver of everything; keeps what is told to one process."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        self.told.put_nowait((channel, message))


async def test_a_process_that_begins_to_follow_is_told_which_logs_moved(monkeypatch):
    layer, sent = Layer(), asyncio.Queue[dict[str, Any]]()

    async def send(_layer, messages):
        for one in messages.values():
            sent.put_nowait(one)
        return dict.fromkeys(messages, 0)

    monkeypatch.setattr(listening, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(listening, "send", send)
    here = Listener(cast(Any, None), cast(Any, None), cast(Any, None))
    there = Listener(cast(Any, None), cast(Any, None), cast(Any, None))
    here.publish(message(1), Audience((HERE,)))
    await asyncio.wait_for(sent.get(), 10)
    await asyncio.sleep(0)  # the answer is taken in
    here.publish(message(2), Audience((HERE,)))
    follows = {"type": "follows", "by": "there", "channel": "to there", "names": {HERE: 0}}
    here._heard_from_layer(follows)
    channel, told = await asyncio.wait_for(layer.told.get(), 10)
    assert (channel, told["type"]) == ("to there", "moved")
    sequencer = Mock()
    monkeypatch.setattr(there, "_sequencer", sequencer)
    there._heard_from_layer(told)
    sequencer.is_behind.assert_called_once_with(APP, G, 2)
    sequencer.catch_up.assert_called_once_with(APP, G, after=1)
    here.publish(message(3), Audience((HERE,)))
    await asyncio.wait_for(sent.get(), 10)  # it is relayed again
    assert sent.empty()


async def test_what_nobody_understands_ends_nothing(monkeypatch, caplog):
    monkeypatch.setattr(listening, "get_channel_layer", Layer)
    here = Listener(cast(Any, None), cast(Any, None), cast(Any, None))
    for said in ({"type": "relay"}, {"type": "moved", "logs": b"?"}, {"type": "new"}, {}):
        here._heard_from_layer({"by": "there"} | said)
    assert caplog.text.count("was not understood") == 2
