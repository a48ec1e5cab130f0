"""A call that the reference shows."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Call:
    """`path` is below /{org}/{app}, or from the root when `root`; it may have a query.

    Names in braces, there and in `body`, stand for ids that differ from run to run: SAMPLES has
    what the reference prints for them. `by` is who calls: the app, nobody (""), or a user.
    `form` is a multipart file's name.
    """

    summary: str
    method: str
    path: str
    body: Any = None
    by: str = "app"
    root: bool = False
    form: str = ""
    status: int = 200  # another one where there is no such feature, as the answer says

    @property
    def key(self) -> str:
        return f"{self.method} {self.path} {self.summary}"

    @property
    def address(self) -> str:
        return self.path.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.path.partition("?")[2], keep_blank_values=True))


def call(summary: str, line: str, body: Any = None, **more: Any) -> Call:
    """`line`: "POST /users"."""
    method, path = line.split(" ", 1)
    return Call(summary, method, path, body, **more)


# The ids that the reference prints.
SAMPLES = {
    "group": "259817360123905",
    "closed": "259817360123906",
    "room": "259817360123907",
    "thread": "259817360123909",
    "message": "1297401234567890123",
    "group_message": "1297401234567890131",
    "file": "5f0a3c0e-7d5b-4b0e-9a55-0d9e7a1f2b3c",
    "shared": "5f0a3c0e-7d5b-4b0e-9a55-0d9e7a1f2b3d",
    "room_shared": "5f0a3c0e-7d5b-4b0e-9a55-0d9e7a1f2b3e",
    "hour": "2025010108",
    "signed": "Expires=1735689600&Signature=q8Zt",
    "date": "202501010800",
    "client_id": "YXA6GBszZjFfBYbhAcYYIs_ij0Zo",
    "client_secret": "YXA6HM1W2Ayt2SkqG5RkWSMOoSTJ",
    "now_ms": "1735689600123",
}
