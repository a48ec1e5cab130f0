"""Two users of a real SDK write to each other."""

import pytest

pytestmark = pytest.mark.e2e


async def test_a_text_arrives_with_its_ext(online, names):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    ext = {"k": "v", "n": 1, "deep": {"a": [1, None]}, "yes": True, "f": 1.5}
    message_id = await alice.send_text(two, "你好", ext=ext)
    got = await bob.expect("onTextMessage", {"id": message_id})
    assert (got["data"] if bob.old else got["msg"]) == "你好"
    assert got["from"] == one
    assert got["ext"] == ext
