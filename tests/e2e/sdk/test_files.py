"""A real SDK uploads what it sends; what the other one is shown is there to be fetched."""

import io
import math
import wave
from pathlib import Path

import av
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


async def send_file(sdk, kind, to, path, mime, **more):
    """By the SDK, which uploads it first; a mini-program's host uploads it, and the SDK sends
    where it is."""
    if not sdk.version.startswith("mini-"):
        spec = {"path": str(path), "name": path.name, "type": mime}
        return await sdk.send(kind, to, file=spec, filename=path.name, **more)
    said = await sdk.upload(path)
    [stored] = said["entities"]
    url = f"{said['uri']}/{stored['uuid']}"
    body = {"type": kind, "url": url, "secret": stored["share-secret"], "filename": path.name}
    # The SDK takes an image's address from here, that of all else from the body.
    where = {"url": url} if kind == "img" else {}
    return await sdk.send(kind, to, filename=path.name, body=body | more, **where, **more)


@pytest.mark.parametrize(("kind", "name", "mime", "event", "more"), KINDS, ids=lambda v: str(v)[:6])
async def test_a_sent_file_is_fetched_by_who_got_it(
    online, names, tmp_path: Path, kind, name, mime, event, more
):
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    kept = tmp_path / name
    kept.write_bytes(CONTENT)
    message_id = await send_file(alice, kind, two, kept, mime, **more)
    shown = "onPictureMessage" if bob.old and kind == "img" else event
    got = await bob.expect(shown, {"id": message_id})
    if kind != "img":  # 4.x shows no name of an image
        assert got["filename"] == name
    answer = await fetch(got)
    assert answer.content == CONTENT


async def fetch(got, **headers):
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        secret = {"share-secret": got["secret"]} if got.get("secret") else {}
        answer = await browser.get(got["url"], headers=secret | headers)
    assert answer.status_code == 200
    return answer


def recorded_voice() -> bytes:
    """Half a second of a tone, as a WAV file."""
    made = io.BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        tone = (int(9000 * math.sin(n * 0.3)) for n in range(4000))
        out.writeframes(b"".join(one.to_bytes(2, "little", signed=True) for one in tone))
    return made.getvalue()


async def test_a_voice_is_fetched_as_mp3(online, names, tmp_path: Path):
    """Browsers cannot play what phones record: applications ask for mp3 (3.x says so itself)."""
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    kept = tmp_path / "voice.wav"
    kept.write_bytes(recorded_voice())
    message_id = await send_file(alice, "audio", two, kept, "audio/wav", length=1)
    got = await bob.expect("onAudioMessage", {"id": message_id})
    answer = await fetch(got, Accept="audio/mp3")
    assert answer.headers["content-type"] in ("audio/mp3", "audio/mpeg")
    with av.open(io.BytesIO(answer.content)) as heard:
        assert heard.streams.audio[0].codec_context.name.startswith("mp3")


async def test_messages_are_forwarded_as_one(online, names, newer):
    """The SDK packs them in a file; who gets the message unpacks it."""
    one, two = names(2)
    alice, bob = await online(one), await online(two)
    packed = []
    for text in ("first", "second"):
        message_id = await bob.send_text(one, text, ext={"n": 1})
        packed.append(await alice.expect("onTextMessage", {"id": message_id}))
    more = {"title": "Talk", "summary": "bob: first", "compatibleText": "too old to show it"}
    message_id = await alice.send("combine", two, messageList=packed, **more)
    got = await bob.expect("onCombineMessage", {"id": message_id})
    assert (got["title"], got["summary"], got["compatibleText"]) == tuple(more.values())
    if bob.version.startswith("mini-"):
        where = {"url": got["url"], "secret": got["secret"]}
        found = await bob.call("downloadAndParseCombineMessage", where)
        assert [message["msg"] for message in found] == ["first", "second"]
    else:  # Node has no reader of browsers' files
        packed_file = (await fetch(got)).content
        assert packed_file.startswith(b"cm")
        assert packed_file.index(b"first") < packed_file.index(b"second")
