"""A message's Content ⇄ the JSON payload that every other exit reads.

Both ways lose nothing that the other side could show. What a Content carries beyond that stays in
the entry's `raw`, which is what MSYNC clients get back (R15).
Source: specs/msync.md 5.1, specs/rest.md 3.6.1.
"""

from collections.abc import Callable
from typing import Any

from chat.domain.bodies import Body, parse_body
from chat.domain.errors import IllegalBody
from chat.wire.msync import ext
from chat.wire.msync.pb import msync_pb2 as pb

Json = dict[str, Any]
Content = pb.MessageBody.Content

_INT32_MAX = (1 << 31) - 1


def body_of(content: Content) -> Body:
    """The typed body of a Content up. Raises IllegalBody."""
    read = _READERS.get(content.type)
    if read is None:
        raise IllegalBody(detail=f"content type {content.type} is unknown")
    kind, fields = read(content)
    return parse_body(kind, fields)


def content_of(body: Body) -> Content:
    """A Content for a body that came from another wire. A type of ours that this wire does not
    know goes down as a custom message of its name."""
    write = _WRITERS.get(body.type)
    if write is None:
        exts = {key: value for key, value in body.fields.items() if isinstance(value, str)}
        return Content(type=Content.CUSTOM, custom_event=body.type, custom_exts=ext.from_json(exts))
    return write(body.fields)


# Up


def _text_up(c: Content) -> tuple[str, Json]:
    fields: Json = {"msg": c.text}
    if c.HasField("sub_type") and c.sub_type == Content.SUB_COMBINE:
        fields |= {
            "subType": "sub_combine",
            "title": c.title,
            "summary": c.summary,
            "combineLevel": c.combine_level,
            **_file_up(c),
        }
    return "txt", fields


def _file_up(c: Content) -> Json:
    fields: Json = {"url": c.remote_path}
    if c.HasField("display_name"):
        fields["filename"] = c.display_name
    if c.HasField("secret_key"):
        fields["secret"] = c.secret_key
    if c.HasField("file_length"):
        fields["file_length"] = c.file_length
    return fields


def _size_up(size: "Content.Size") -> Json:
    return {"width": _number(size.width), "height": _number(size.height)}


def _image_up(c: Content) -> tuple[str, Json]:
    fields = _file_up(c)
    if c.HasField("size"):
        fields["size"] = _size_up(c.size)
    if c.HasField("thumbnail_remote_path"):
        fields["thumb"] = c.thumbnail_remote_path
    if c.HasField("thumbnail_secret_key"):
        fields["thumb_secret"] = c.thumbnail_secret_key
    return "img", fields


def _video_up(c: Content) -> tuple[str, Json]:
    _, fields = _image_up(c)
    if c.HasField("duration"):
        fields["length"] = c.duration
    return "video", fields


def _voice_up(c: Content) -> tuple[str, Json]:
    fields = _file_up(c)
    if c.HasField("duration"):
        fields["length"] = c.duration
    return "audio", fields


def _location_up(c: Content) -> tuple[str, Json]:
    fields: Json = {"lat": _number(c.latitude), "lng": _number(c.longitude), "addr": c.address}
    if c.HasField("building_name"):
        fields["buildingName"] = c.building_name
    return "loc", fields


def _custom_up(c: Content) -> tuple[str, Json]:
    # The SDKs send texts; what an old one typed otherwise becomes its text.
    pairs = ext.to_json(c.custom_exts or c.params)
    exts = {k: v if isinstance(v, str | bytes) else str(v) for k, v in pairs.items()}
    return "custom", {"customEvent": c.custom_event, "customExts": exts}


_READERS: dict[int, Callable[[Content], tuple[str, Json]]] = {
    Content.TEXT: _text_up,
    Content.IMAGE: _image_up,
    Content.VIDEO: _video_up,
    Content.LOCATION: _location_up,
    Content.VOICE: _voice_up,
    Content.FILE: lambda c: ("file", _file_up(c)),
    Content.COMMAND: lambda c: ("cmd", {"action": c.action}),
    Content.CUSTOM: _custom_up,
}


# Down


def _text_down(f: Json) -> Content:
    made = Content(type=Content.TEXT, text=_str(f.get("msg")))
    if f.get("subType") == "sub_combine":
        made.sub_type = Content.SUB_COMBINE
        made.title, made.summary = _str(f.get("title")), _str(f.get("summary"))
        made.combine_level = _int(f.get("combineLevel"))
        _put_file(made, f)
    return made


def _put_file(made: Content, f: Json) -> Content:
    made.remote_path = _str(f.get("url"))
    made.display_name = _str(f.get("filename"))
    made.secret_key = _str(f.get("secret"))
    if "file_length" in f:
        made.file_length = _int(f["file_length"])
    return made


def _put_picture(made: Content, f: Json) -> Content:
    _put_file(made, f)
    size = f.get("size")
    if isinstance(size, dict):
        made.size.width = _float(size.get("width"))
        made.size.height = _float(size.get("height"))
    if f.get("thumb"):
        made.thumbnail_remote_path = _str(f["thumb"])
    if f.get("thumb_secret"):
        made.thumbnail_secret_key = _str(f["thumb_secret"])
    return made


def _put_length(made: Content, f: Json) -> Content:
    made.duration = _int(f.get("length"))
    return made


def _location_down(f: Json) -> Content:
    made = Content(
        type=Content.LOCATION,
        latitude=_float(f.get("lat")),
        longitude=_float(f.get("lng")),
        address=_str(f.get("addr")),
    )
    if f.get("buildingName"):
        made.building_name = _str(f["buildingName"])
    return made


def _custom_down(f: Json) -> Content:
    exts = f.get("customExts")
    pairs = ext.from_json(exts) if isinstance(exts, dict) else []
    return Content(type=Content.CUSTOM, custom_event=_str(f.get("customEvent")), custom_exts=pairs)


_WRITERS: dict[str, Callable[[Json], Content]] = {
    "txt": _text_down,
    "img": lambda f: _put_picture(Content(type=Content.IMAGE), f),
    "video": lambda f: _put_length(_put_picture(Content(type=Content.VIDEO), f), f),
    "audio": lambda f: _put_length(_put_file(Content(type=Content.VOICE), f), f),
    "file": lambda f: _put_file(Content(type=Content.FILE), f),
    "loc": _location_down,
    "cmd": lambda f: Content(type=Content.COMMAND, action=_str(f.get("action"))),
    "custom": _custom_down,
}


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _str(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _float(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0


def _int(value: object) -> int:
    """A number that int32 holds; what a sender wrote otherwise goes down as the nearest."""
    number = _float(value)
    if number != number:
        return 0
    return int(max(-_INT32_MAX, min(_INT32_MAX, number)))
