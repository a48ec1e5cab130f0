"""Content types of stored files: what is kept of the one that was sent, and how it is served."""

import re

DEFAULT = "application/octet-stream"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")

# What a page of the console's origin could load and run, or be navigated to (design.md §7).
# The JavaScript types are those of the MIME Sniffing Standard.
_RUN_BY_BROWSERS = frozenset(
    {
        *("text/html", "application/xhtml+xml", "text/css", "application/wasm"),
        *("text/xsl", "application/xslt+xml", "message/rfc822"),
        *("text/jscript", "text/livescript"),
    }
)
_SCRIPT = re.compile(r"(text|application)/(x-)?(java|ecma)script[0-9.]*")
_SHOWN_INLINE = frozenset(
    {"image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/bmp"}
)


def kept_type(declared: str) -> str:
    """The type to store: lower-case, without parameters; the default for what is none."""
    kind = declared.partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) else DEFAULT


def served_type(kept: str) -> str:
    """The type to answer with: what a browser would run goes out as mere bytes."""
    runs = kept in _RUN_BY_BROWSERS or _SCRIPT.fullmatch(kept) or kept.startswith("multipart/")
    return DEFAULT if runs else kept


def is_shown_inline(kept: str) -> bool:
    """Whether a browser may show it in place; everything else is an attachment."""
    return kept in _SHOWN_INLINE or kept.startswith(("audio/", "video/"))
