"""Exports of message moderation are refused in words (rest.md 3.14)."""

import pytest

pytestmark = pytest.mark.django_db

REFUSED = (403, "forbidden_op", "message moderation is not a part of this server")


@pytest.mark.endpoint("K5", "K6", "K7")
def test_every_call_is_403(api):
    assert api.post("/moderation/record/message/export", {}).error == REFUSED
    assert api.get("/moderation/export/files?page=0&size=10").error == REFUSED
    assert api.get("/moderationfiles/3f2504e0-4f89-41d3-9a0c-0305e82c3301").error == REFUSED
