"""A real SDK uploads what it sends; what the other one is shown is there to be fetched."""

from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.e2e

CONTENT = bytes(range(256)) * 40
KINDS = [
    ("img", "a.png", "image/png", "onImageMessage", {"width": 4, "height": 3}),
    ("audio", "a.amr", "audio/amr", "onAudioMessage", {"length": 3}),
    ("video", "a.mp4", "video/mp4", "onVideoMessage", {"length": 3}),
    ("file", "a.pdf", "application/pdf", "onFileMessage", {}),
]


@pytest.mark.parametrize(("kind", "name", "mime", "event", "more"), KINDS, ids=lambda v: str(v)[:6])
async def test_a_sent_file_is_fetched_by_who_got_it(
    online, names, version, tmp_path: Path, kind, name, mime, event, more
):
    if version.startswith("mini-"):
        pytest.skip("a mini-program uploads by its host")
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    kept = tmp_path / name
    kept.write_bytes(CONTENT)
    spec = {"path": str(kept), "name": name, "type": mime}
    message_id = await alice.send(kind, two, file=spec, filename=name, **more)
    shown = "onPictureMessage" if bob.old and kind == "img" else event
    got = await bob.expect(shown, {"id": message_id})
    if kind != "img":  # 4.x shows no name of an image
        assert got["filename"] == name
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        headers = {"share-secret": got["secret"]} if got.get("secret") else {}
        answer = await browser.get(got["url"], headers=headers)
    assert answer.status_code == 200
    assert answer.content == CONTENT
