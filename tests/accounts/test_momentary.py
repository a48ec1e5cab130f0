"""What is remembered for a moment: renewed by one before it ends, gone when it is forgotten."""

import pytest

from accounts.queries import momentary
from accounts.queries.momentary import FRESH_S, Momentary


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(momentary, "time", made)
    return made


def test_it_is_known_for_its_time_and_no_longer(clock):
    known: Momentary[str] = Momentary()
    assert known.peek(1) is None
    known.put(1, "a")
    clock.now += FRESH_S - 0.01
    assert known.peek(1) == "a"
    assert known.peek(2) is None
    clock.now += 0.02
    assert known.peek(1) is None


def test_one_caller_renews_it_when_half_its_time_is_over(clock):
    known: Momentary[str] = Momentary()
    assert not known.claim(1, clock.now)  # nobody has asked for it yet
    known.put(1, "a")
    assert not known.claim(1, clock.now)
    clock.now += FRESH_S / 2
    assert [known.claim(1, clock.now) for _ in range(3)] == [True, False, False]
    assert known.peek(1) == "a"
    assert known.read(1, lambda: "b") == "b"
    assert known.peek(1) == "b"
    clock.now += FRESH_S / 2
    assert known.claim(1, clock.now)


def test_what_is_forgotten_while_it_is_read_stays_forgotten(clock):
    known: Momentary[str] = Momentary()

    def read() -> str:
        known.forget(1)  # changed meanwhile
        return "old"

    assert known.read(1, read) == "old"
    assert known.peek(1) is None


def test_all_is_forgotten(clock):
    known: Momentary[str] = Momentary()
    known.put(1, "a")
    known.put(2, "b")
    known.forget_all()
    assert known.peek(1) is known.peek(2) is None
