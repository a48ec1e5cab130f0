"""The `published` fixture: what was handed to chat.live.fanout.publish, told to nobody."""

import pytest

from chat.domain.audience import Audience
from chat.domain.events import Event
from chat.live import fanout


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Event, Audience]]:
    """Every (event, audience) published while the test runs, in order."""
    captured: list[tuple[Event, Audience]] = []
    monkeypatch.setattr(
        fanout, "_outlet", lambda event, audience: captured.append((event, audience))
    )
    return captured
