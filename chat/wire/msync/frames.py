"""Addresses, and whole frames down: built so that a batch is joined from ready bytes.

Source: specs/msync.md 3.2, 3.5, 4.2, 5.2 and the vectors of section 12.
"""

from collections.abc import Sequence
from functools import lru_cache

from google.protobuf.message import DecodeError

from chat.wire.msync.pb import msync_pb2 as pb

USER_DOMAIN = "easemob.com"
ROOM_DOMAIN = "conference.easemob.com"

# What every frame down starts with: version 0, command (field 8), then payload (field 9).
_COMMAND = {
    pb.MSync.SYNC: b"\x08\x00\x40\x00",
    pb.MSync.UNREAD: b"\x08\x00\x40\x01",
    pb.MSync.NOTICE: b"\x08\x00\x40\x02",
    pb.MSync.PROVISION: b"\x08\x00\x40\x03",
    pb.MSync.LOGOUT: b"\x08\x00\x40\x04",
}
_PAYLOAD = b"\x4a"  # field 9, length-delimited
_SYNC = _COMMAND[pb.MSync.SYNC] + _PAYLOAD  # to look the command up takes longer than the rest
_METAS = b"\x22"  # CommSyncDL.metas, field 4
_STATUS_OK = b"\x0a\x02\x08\x00"  # CommSyncDL.status with error_code OK
# Written by hand below, as the vectors have them: CommSyncDL.next_key (0x28), queue (0x32),
# is_last (0x38), timestamp (0x40).
_OK = pb.Status(error_code=pb.Status.OK)


def user_jid(appkey: str, name: str, resource: str = "") -> pb.Jid:
    return jid(appkey, name, USER_DOMAIN, resource)


def room_jid(appkey: str, room_id: str) -> pb.Jid:
    return jid(appkey, room_id, ROOM_DOMAIN)


def jid(appkey: str, name: str, domain: str, resource: str = "") -> pb.Jid:
    if resource:
        return pb.Jid(app_key=appkey, name=name, domain=domain, client_resource=resource)
    return pb.Jid(app_key=appkey, name=name, domain=domain)


@lru_cache(10_000)
def encoded_jid(appkey: str, name: str, domain: str, resource: str = "") -> bytes:
    """The same encoded, for what is joined from ready bytes."""
    return jid(appkey, name, domain, resource).SerializeToString()


def set_from(message: "pb.Meta | pb.MessageBody | pb.MucBody | pb.RosterBody", jid: pb.Jid) -> None:
    """Set the field that Python cannot name."""
    getattr(message, "from").CopyFrom(jid)


def decode(frame: bytes) -> pb.MSync | None:
    """The envelope of a frame up; None for what is not one."""
    try:
        return pb.MSync.FromString(frame)
    except DecodeError:
        return None


@lru_cache(4096)
def varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


# The last 14 bits of a longer varint.
_LOW = [bytes((low & 0x7F | 0x80, low >> 7 | 0x80)) for low in range(1 << 14)]


def _rising(number: int) -> bytes:
    """The varint of a key: each is a new one, and its upper part stays for a while."""
    if number < 1 << 14:
        return varint(number)
    return _LOW[number & 0x3FFF] + varint(number >> 14)


@lru_cache(10_000)
def _queue(name: bytes) -> bytes:
    """CommSyncDL.queue, of an encoded Jid."""
    return b"\x32" + varint(len(name)) + name


def frame(command: "pb.MSync.Command", payload: bytes) -> bytes:
    """An MSync of one payload, without building the message."""
    return _COMMAND[command] + _PAYLOAD + varint(len(payload)) + payload


def provision(
    resource: str, code: "pb.Status.ErrorCode", reason: str = "", expires_ms: int = 0
) -> bytes:
    """The answer to a log-in. `expires_ms` is the token's absolute end, 0 for none."""
    status = pb.Status(error_code=code, reason=reason) if reason else pb.Status(error_code=code)
    answer = pb.Provision(status=status, resource=resource)
    if expires_ms:
        answer.auth_token = f'{{"expires_in":{expires_ms}}}'
    return frame(pb.MSync.PROVISION, answer.SerializeToString())


def unread(queues: Sequence[tuple[bytes, int]], now_ms: int) -> bytes:
    """Which queues, by their encoded Jids, hold what is not acknowledged; also the answer to a
    heartbeat."""
    listed = [pb.MetaQueue(queue=pb.Jid.FromString(name), n=n) for name, n in queues]
    answer = pb.CommUnreadDL(status=_OK, unread=listed, timestamp=now_ms)
    return frame(pb.MSync.UNREAD, answer.SerializeToString())


def batch(name: bytes, metas: Sequence[bytes], next_key: int, now_ms: int) -> bytes:
    """Items of a queue (R10): encoded metas, a key to acknowledge, never `is_last`. `name` is the
    queue's encoded Jid."""
    parts = [_STATUS_OK]
    for meta in metas:
        parts += _METAS, varint(len(meta)), meta
    parts += b"\x28", _rising(next_key), _queue(name), b"\x38\x00\x40", varint(now_ms)
    payload = b"".join(parts)
    return _SYNC + varint(len(payload)) + payload


def drained(name: bytes, now_ms: int) -> bytes:
    """Nothing is left in the queue of that encoded Jid."""
    payload = b"%b%b\x38\x01\x40%b" % (_STATUS_OK, _queue(name), varint(now_ms))
    return _SYNC + varint(len(payload)) + payload


def acknowledged(
    meta_id: int, server_id: int, now_ms: int, status: pb.Status = _OK, extra: bytes = b""
) -> bytes:
    """The answer to one meta up (R9); `extra` is an encoded meta, where one is allowed."""
    answer = pb.CommSyncDL(meta_id=meta_id, server_id=server_id, timestamp=now_ms)
    if extra:
        answer.metas.add().ParseFromString(extra)
    head = _STATUS_OK if status is _OK else pb.CommSyncDL(status=status).SerializeToString()
    payload = head + answer.SerializeToString()
    return _SYNC + varint(len(payload)) + payload


def kicked(
    appkey: str, username: str, meta_id: int, operation: "pb.StatisticsBody.Operation", now_ms: int,
    reason: str = "",
) -> bytes:  # fmt: skip
    """The one batch that carries `is_last` with an item: the device leaves anyway (3.5)."""
    body = pb.StatisticsBody(operation=operation)
    if reason:
        body.reason = reason
    me = user_jid(appkey, username)
    meta = pb.Meta(
        id=meta_id,
        to=me,
        timestamp=now_ms,
        ns=pb.Meta.STATISTIC,
        payload=body.SerializeToString(),
    )
    set_from(meta, user_jid(appkey, "admin"))
    answer = pb.CommSyncDL(status=_OK, metas=[meta], queue=me, is_last=True, timestamp=now_ms)
    return frame(pb.MSync.SYNC, answer.SerializeToString())


def logged_out() -> bytes:
    return frame(pb.MSync.LOGOUT, pb.Logout(status=_OK).SerializeToString())
