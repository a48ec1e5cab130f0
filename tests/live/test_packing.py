"""What is relayed arrives as it was."""

import pytest

from chat.domain.audience import Audience
from chat.domain.entries import EntryFlag, EntryState
from chat.domain.errors import DeviceReplaced
from chat.domain.events import Closing, Kicked, PresenceChanged, Typing
from chat.live.packing import pack, unpack
from tests.live.test_registry import G
from tests.wire.native.vectors import EVENTS, HELLO, PAIR, told

AUDIENCE = Audience(("u.1", "r.2"), ("demo1",), (1, "phone"), 3, "tablet")


@pytest.mark.parametrize("event", [event for event, _ in EVENTS])
def test_an_event_and_its_audience_come_back_equal(event):
    assert unpack(pack(event, AUDIENCE)) == (event, AUDIENCE)


def test_every_field_of_an_entry_comes_back():
    event = told(
        HELLO,
        PAIR,
        sender_device="d",
        about="x",
        only=("a", "b"),
        flags=EntryFlag.ONLINE_ONLY | EntryFlag.COUNTS,
        raw=b"\x00\xff",
        state=EntryState.RECALLED,
        seen_a=3,
        seen_b=4,
    )
    assert unpack(pack(event, Audience(()))) == (event, Audience(()))


@pytest.mark.parametrize(
    "event", [Typing(G, "demo1"), PresenceChanged("demo1", online=False), Closing(3)]
)
def test_what_is_not_stored_comes_back_too(event):
    assert unpack(pack(event, AUDIENCE))[0] == event


def test_a_kick_comes_back_with_its_reason_and_params():
    event, _ = unpack(pack(Kicked(DeviceReplaced(note="phone"), "p.1", 5), AUDIENCE))
    assert isinstance(event, Kicked)
    assert isinstance(event.reason, DeviceReplaced)
    assert (event.reason.params, event.connection, event.before_ms) == ({"note": "phone"}, "p.1", 5)


@pytest.mark.parametrize(
    "packed", [b"", b"\xc1", b"\x90", b"\x92\x91\xa1x\x90", pack(Closing(), AUDIENCE)[:-3]]
)
def test_what_cannot_be_read_is_a_value_error(packed):
    with pytest.raises(ValueError):
        unpack(packed)
