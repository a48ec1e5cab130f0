"""What a server process sets when it begins to serve."""

import gc

from imadmin import asgi, serving


def test_what_is_loaded_when_it_serves_is_not_collected_any_more(monkeypatch):
    monkeypatch.setattr(asgi, "begin", lambda: None)  # its threads would outlive the test
    before, told = gc.get_threshold(), []
    try:
        serving._ready(lambda: told.append(gc.get_freeze_count()))
        assert told[0] > 10_000
        assert gc.get_threshold() == (serving.COLLECT_AFTER, *before[1:])
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
