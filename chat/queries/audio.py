"""Voice messages for players that know mp3 only: transcoding on download (rest.md 3.7.2)."""

import logging
import tempfile
from dataclasses import replace
from typing import IO, Any

import av
from av.audio.resampler import AudioResampler
from django.core.files.base import File

from chat.queries.files import OpenedFile

logger = logging.getLogger(__name__)

MP3 = "audio/mpeg"
_ALREADY = frozenset({"audio/mp3", MP3})
RATE_HZ = 22_050
MAX_S = 600  # longer ones go out as they are: a request must end
IN_MEMORY_BYTES = 1024 * 1024
# A recorder may write its tags in any encoding. PyAV 19 reads them all, and knows no such option.
_OLD_PYAV = int(av.__version__.partition(".")[0]) < 19
_ANY_TAGS: dict[str, Any] = {"metadata_errors": "ignore"} if _OLD_PYAV else {}


def as_mp3(opened: OpenedFile) -> OpenedFile:
    """The same sound as mp3; the file itself where it is that already, or cannot be decoded.

    What it does not return it closes.
    """
    if opened.content_type in _ALREADY:
        return opened
    made = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 (given away)
    try:
        _transcode(opened.content, made)
    except (av.FFmpegError, ValueError, IndexError) as exc:
        logger.info("file %s stays as it is: %s", opened.etag, type(exc).__name__)
        made.close()
        opened.content.seek(0)
        return opened
    opened.content.close()
    size = made.tell()
    name = f"{opened.filename.rpartition('.')[0] or opened.filename or 'audio'}.mp3"
    return replace(
        opened,
        filename=name,
        content_type=MP3,
        size=size,
        etag=f"{opened.etag}-mp3",
        content=File(made, name),
    )


def _transcode(source: Any, target: IO[bytes]) -> None:
    """Raises FFmpegError, ValueError, IndexError: it holds no sound that a decoder reads."""
    with av.open(source, **_ANY_TAGS) as incoming:
        sound = incoming.streams.audio[0]
        with av.open(target, "w", format="mp3") as outgoing:
            stream = outgoing.add_stream("mp3", rate=RATE_HZ, layout="mono")
            resampler = AudioResampler(format=stream.format, layout="mono", rate=RATE_HZ)
            for frame in incoming.decode(sound):
                if frame.time is not None and frame.time > MAX_S:
                    raise ValueError("too long")
                for piece in resampler.resample(frame):
                    outgoing.mux(stream.encode(piece))
            for piece in resampler.resample(None):
                outgoing.mux(stream.encode(piece))
            outgoing.mux(stream.encode(None))
    target.seek(0, 2)
