"""Message history as hour files, and the query of old clients (rest.md 3.6.9, 3.6.10)."""

import gzip
import json
import re
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta, timezone

from django.core.files.base import File
from django.core.signing import Signer
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument, NotFound, Unauthenticated
from accounts.rest.base import AppView
from accounts.rest.envelope import Json
from chat.domain.entries import Entry
from chat.queries.exports import has_messages, messages_between, query_messages
from chat.queries.files import OpenedFile
from chat.rest.file_answers import file_answer
from chat.rest.message_forms import chat_type, exported, payload_of, receiver
from chat.rest.paging import page_size
from chat.store.clock import now_ms
from chat.store.rows import id_at

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LINK_S = 3600
IN_MEMORY_BYTES = 1024 * 1024
MAX_QUERY = 1000
_HOUR = re.compile(r"[0-9]{10}", re.ASCII)
_SIGNER = Signer(salt="chat.rest.exports")


class NoHistoryFile(NotFound):
    code = "no_history_file"
    template = "Failed to find chat message history download url for appkey: {appkey}, time: {time}"


class HistoryLinkView(AppView):
    """GET /{org}/{app}/chatmessages/{hour}: a link to the hour's file, yyyyMMddHH

    The hour is one of the app's zone (its setting `export_utc_offset_h`).
    """

    rate = "exports"
    token = "app"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, org: str, app: str, hour: str) -> HttpResponse:
        start = self._start_ms(hour)
        if not has_messages(self.app, start, start + HOUR_MS):
            raise NoHistoryFile(appkey=str(self.app.appkey), time=hour)
        expires = int(time.time()) + LINK_S
        signature = _signature(self.app.id, hour, expires)
        address = request.build_absolute_uri(f"{request.path}/file")
        return self.envelope(data=[{"url": f"{address}?Expires={expires}&Signature={signature}"}])

    def _start_ms(self, hour: str) -> int:
        """When the hour begins. Raises IllegalArgument: none, unfinished, or too long ago."""
        said = f"illegal arguments: appkey: {self.app.appkey}, time: {hour}"
        start = hour_ms(hour, self.app.settings.export_utc_offset_h)
        if start is None:
            raise IllegalArgument(detail=said)
        kept_ms = self.app.settings.retention_days * DAY_MS
        now = now_ms()
        if start + HOUR_MS > now or (kept_ms > 0 and start + HOUR_MS < now - kept_ms):
            more = ", maybe chat message history is expired or unstored"
            raise IllegalArgument(detail=said + more)
        return start


class HistoryFileView(AppView):
    """GET /{org}/{app}/chatmessages/{hour}/file?Expires&Signature: gzip, one JSON object a line"""

    token = "none"  # noqa: S105 (the link is the proof)

    def get(self, request: Request, org: str, app: str, hour: str) -> HttpResponseBase:
        expires = request.query_params.get("Expires", "")
        known = expires.isascii() and expires.isdigit() and len(expires) < 12
        given = request.query_params.get("Signature", "").encode("utf-8", "replace")
        if not known or int(expires) < time.time():
            raise Unauthenticated
        if not constant_time_compare(given, _signature(self.app.id, hour, int(expires)).encode()):
            raise Unauthenticated
        start = hour_ms(hour, self.app.settings.export_utc_offset_h)
        if start is None:
            raise NoHistoryFile(appkey=str(self.app.appkey), time=hour)
        content = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 (the answer closes it)
        with gzip.GzipFile(fileobj=content, mode="wb", mtime=0) as packed:
            for entry in messages_between(self.app, start, start + HOUR_MS):
                line = json.dumps(exported(entry), ensure_ascii=False)
                packed.write(line.encode() + b"\n")
        size = content.tell()
        opened = OpenedFile(
            f"{hour}.gz", "application/gzip", size, f"{hour}-{size}", File(content, f"{hour}.gz")
        )
        return file_answer(request._request, opened, cross_origin=True)


class LegacyHistoryView(AppView):
    """GET /{org}/{app}/chatmessages?ql&limit&cursor: messages by time

    `ql` knows timestamp bounds, from, to and the order; what it cannot read it ignores.
    """

    rate = "exports"
    token = "app"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, org: str, app: str) -> HttpResponse:
        query = request.query_params
        asked = _Query(query.get("ql") or query.get("sql") or "")
        limit = page_size(query.get("limit"), 10, MAX_QUERY)
        cursor = query.get("cursor", "")
        place = int(cursor) if re.fullmatch(r"[0-9]{1,18}|[1-8][0-9]{18}", cursor) else 0
        after, below = asked.after, asked.below
        if place and asked.newest_first:
            below = min(below or place, place)
        elif place:
            after = max(after, place)
        found = query_messages(
            self.app,
            after=after,
            below=below,
            sender=asked.sender,
            receiver=asked.receiver,
            newest_first=asked.newest_first,
            limit=limit + 1,
        )
        page = found[:limit]
        more = str(page[-1].id) if len(found) > limit else ""
        return self.envelope([_entity(entry) for entry in page], count=len(page), cursor=more)


class _Query:
    """What an old client's `ql` asks for."""

    def __init__(self, ql: str) -> None:
        bounds = dict(re.findall(r"timestamp\s*([<>])\s*=?\s*([0-9]{1,13})", ql, re.IGNORECASE))
        names = dict(re.findall(r"\b(from|to)\s*=\s*'([^']{1,64})'", ql, re.IGNORECASE))
        self.after = id_at(int(bounds[">"]) + 1) - 1 if ">" in bounds else 0
        self.below = id_at(int(bounds["<"])) if "<" in bounds else 0
        self.sender = names.get("from", "").lower()
        self.receiver = names.get("to", "").lower()
        self.newest_first = bool(re.search(r"timestamp\s+desc", ql, re.IGNORECASE))


def hour_ms(hour: str, utc_offset_h: int) -> int | None:
    """The Unix time in ms at which yyyyMMddHH begins in a zone; None for no such hour."""
    if not _HOUR.fullmatch(hour):
        return None
    try:
        zone = timezone(timedelta(hours=utc_offset_h))
        begins = datetime.strptime(hour, "%Y%m%d%H").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return int(begins.timestamp() * 1000)


def _signature(app_id: int, hour: str, expires: int) -> str:
    return _SIGNER.signature(f"{app_id}/{hour}/{expires}")


def _entity(entry: Entry) -> Json:
    made: Json = {
        "uuid": str(uuid.UUID(int=entry.id)),
        "type": "chatmessage",
        "created": entry.created_ms,
        "modified": entry.created_ms,
        "timestamp": entry.created_ms,
        "from": entry.sender,
        "to": receiver(entry),
        "msg_id": str(entry.id),
        "chat_type": chat_type(entry),
        "payload": payload_of(entry),
    }
    return made if entry.conversation.kind == "pair" else made | {"groupId": receiver(entry)}
