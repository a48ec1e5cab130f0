"""Keeps one-time links out of the logs: who reads a line could use what stands in the address."""

import logging
import re

MASK = "•••"
# Set-up codes, invitations and links for a new password (console.md §3 rule 8).
_SECRET = re.compile(r"(/console/(?:join|reset)/|[?&]code=)[^/&\s\"']+")


class MaskLinks(logging.Filter):
    """On a handler: the line is made here, once it is known to hold such a link."""

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.getMessage()
        masked = _SECRET.sub(rf"\g<1>{MASK}", line)
        if masked != line:
            record.msg, record.args = masked, ()
        return True
