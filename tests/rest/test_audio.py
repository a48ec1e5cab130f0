"""Voice messages as mp3, for players that know nothing else."""

import io
import math
import struct
import wave

import av
import pytest

from chat.actions.files import store_file
from chat.queries import audio
from chat.queries.audio import RATE_HZ

pytestmark = [pytest.mark.django_db, pytest.mark.endpoint("F2")]


def a_second_of_sound() -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        tone = [int(8000 * math.sin(n / 8)) for n in range(8000)]
        out.writeframes(struct.pack(f"<{len(tone)}h", *tone))
    return made.getvalue()


@pytest.fixture
def stored(app, settings, tmp_path):
    """`stored(b"…")`: the address of a kept file."""
    settings.MEDIA_ROOT = str(tmp_path)

    def keep(content: bytes, name="voice.wav", kind="audio/x-wav") -> str:
        info = store_file(
            app, uploaded_by="demo1", filename=name, content_type=kind, content=io.BytesIO(content)
        )
        return f"/demo/app/chatfiles/{info.uuid}"

    return keep


def get(client, address, **headers):
    return client.get(address, headers=headers)


def test_a_voice_message_comes_as_mp3_when_it_is_asked_for(client, stored):
    address = stored(a_second_of_sound())
    answer = get(client, address, accept="audio/mp3")
    content = b"".join(answer.streaming_content)
    assert (answer.status_code, answer["Content-Type"]) == (200, "audio/mpeg")
    assert answer["Content-Length"] == str(len(content))
    assert 'filename="voice.mp3"' in answer["Content-Disposition"]
    with av.open(io.BytesIO(content), "r") as sound:
        assert sound.format.name == "mp3"
        seconds = sum(frame.samples / RATE_HZ for frame in sound.decode(sound.streams.audio[0]))
    assert 0.9 < seconds < 1.3
    plain = get(client, address, accept="*/*")
    assert b"".join(plain.streaming_content) == a_second_of_sound()
    assert plain["ETag"] != answer["ETag"]


def test_tags_in_no_known_encoding_do_not_matter(client, stored):
    sound = a_second_of_sound()
    tags = b"INFOINAM" + struct.pack("<I", 4) + b"caf\xe9"
    tagged = sound[:12] + b"LIST" + struct.pack("<I", len(tags)) + tags + sound[12:]
    whole = tagged[:4] + struct.pack("<I", len(tagged) - 8) + tagged[8:]
    answer = get(client, stored(whole), accept="audio/mp3")
    answer.close()
    assert answer["Content-Type"] == "audio/mpeg"


@pytest.mark.parametrize("content", [b"", b"no sound at all", b"#!AMR\n" + b"\xff" * 40])
def test_what_no_decoder_reads_comes_as_it_is(client, stored, content):
    answer = get(client, stored(content, "a.amr", "audio/amr"), accept="audio/mp3")
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Type"] == "audio/amr"


def test_mp3_stays_untouched(client, stored):
    answer = get(client, stored(b"ID3", "a.mp3", "audio/mpeg"), accept="audio/mp3")
    assert b"".join(answer.streaming_content) == b"ID3"


def test_a_long_recording_comes_as_it_is(client, stored, monkeypatch):
    monkeypatch.setattr(audio, "MAX_S", 0.2)
    answer = get(client, stored(a_second_of_sound()), accept="audio/mp3")
    assert answer["Content-Type"] == "audio/x-wav"
