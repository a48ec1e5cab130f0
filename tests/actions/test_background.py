"""The threads beside the requests go on after errors, and end when asked to."""

import threading
import time

from django.db import OperationalError

from chat.actions import background
from chat.actions.background import BackgroundLoop

DEADLINE_S = 10


def test_a_loop_survives_errors_and_ends_when_asked(monkeypatch, caplog):
    monkeypatch.setattr(background, "FAILED_PAUSE_S", 0.2)
    done = threading.Event()
    turns: list[int] = []
    at: list[float] = []

    def turn(stop):
        turns.append(len(turns))
        at.append(time.monotonic())
        match len(turns):
            case 1:
                raise OperationalError("no database")
            case 2:
                raise ValueError("a bug")
        done.set()
        return 60.0

    loop = BackgroundLoop("testing", turn, first_s=0)
    loop.start()
    loop.start()
    assert done.wait(DEADLINE_S)
    loop.stop(DEADLINE_S)
    assert turns == [0, 1, 2]
    assert at[2] - at[0] >= 0.4, "it did not pause after an error"
    assert "testing wait for the database: no database" in caplog.text
    assert "a round of testing failed" in caplog.text
