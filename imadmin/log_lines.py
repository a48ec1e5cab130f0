"""Log lines as JSON objects, one a line (IM_LOG_FORMAT=json)."""

import logging
from datetime import UTC, datetime

import msgspec


class JsonLines(logging.Formatter):
    """`time`, `level`, `logger`, `message`, `process`, and `error` with the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()
