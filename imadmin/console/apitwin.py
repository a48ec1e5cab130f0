"""The REST twin of a console act, as text to copy: curl, Python, Java, PHP.

One place makes the calls' bodies for every form, so that what is copied and what REST takes agree.
Secrets are never printed: the app's token is `$APP_TOKEN`.
"""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.domain.ids import Appkey
from imadmin.console.hosts import is_console_host
from imadmin.console.twin_code import as_java, as_php

BEARER = "$APP_TOKEN"
LONG_BYTES = 12_000


@dataclass(frozen=True)
class Call:
    """One REST call, `path` relative to /{org}/{app}.

    `note` is what it does (a comment above it). `token` is what goes into the header: the app's
    by default, empty for none.
    """

    method: str
    path: str
    body: Any = None
    note: str = ""
    token: str = BEARER
    expect: str = ""  # the answer's status, printed in the comment


@dataclass(frozen=True)
class Sample:
    name: str
    label: str
    text: str


@dataclass(frozen=True)
class Twin:
    """What "Copy as" shows: the same calls in each language. What `is_long` is not on the page but
    behind it: printed four times are, for one, a message to 600 users. (The answer to a POST has
    it whole, as no address leads back there.)"""

    samples: list[Sample] = field(default_factory=list)
    is_long: bool = False


def twin(request: HttpRequest, appkey: Appkey, calls: Sequence[Call]) -> Twin:
    """The calls in each language, against the address of this server."""
    base = f"{rest_base(request)}/{appkey.org}/{appkey.app}"
    samples = [
        Sample("curl", "curl", as_curl(base, calls)),
        Sample("python", "Python (requests)", as_python(base, calls)),
        Sample("java", "Java 11", as_java(base, calls)),
        Sample("php", "PHP", as_php(base, calls)),
    ]
    size = sum(len(sample.text.encode()) for sample in samples)
    made = Twin(samples, is_long=size > LONG_BYTES and request.method == "GET")
    request.twin = made  # type: ignore[attr-defined]
    return made


def asked_sample(request: HttpRequest) -> HttpResponse | None:
    """`?copy_as=java`: that sample of the page's twin alone, as plain text."""
    made, name = getattr(request, "twin", None), request.GET.get("copy_as", "")
    for sample in made.samples if made and name else ():
        if sample.name == name:
            return HttpResponse(sample.text, content_type="text/plain; charset=utf-8")
    return None


def rest_base(request: HttpRequest) -> str:
    """The REST base URL: IM_PUBLIC_URL, or the address by which the page was opened if that is
    this machine's too (a phone in the LAN cannot use 127.0.0.1)."""
    host = request.get_host()
    if settings.IS_HTTPS or not is_console_host(host):
        return str(settings.PUBLIC_URL)
    return f"{'https' if request.is_secure() else 'http'}://{host}"


def socket_base(request: HttpRequest) -> str:
    """The same address for WebSockets."""
    return rest_base(request).replace("http", "ws", 1)


def path(*segments: str) -> str:
    """A path of quoted segments: path("users", name) → /users/name"""
    return "".join(f"/{quote(segment, safe=',')}" for segment in segments)


def as_curl(base: str, calls: Sequence[Call]) -> str:
    return "\n\n".join(_curl(base, call) for call in calls) + "\n"


def as_python(base: str, calls: Sequence[Call]) -> str:
    """One script; the token comes from the environment."""
    lines = ["import os", "", "import requests", "", f"base = {base!r}"]
    if any(call.token == BEARER for call in calls):
        lines += ['headers = {"Authorization": f"Bearer {os.environ[\'APP_TOKEN\']}"}']
    else:
        lines.remove("import os")
        lines.pop(0)
    for call in calls:
        lines += ["", *_python(call)]
    return "\n".join(lines) + "\n"


def _curl(base: str, call: Call) -> str:
    lines = []
    if call.note or call.expect:
        lines.append(_comment(call))
    first = "curl" if call.method == "GET" else f"curl -X {call.method}"
    parts = [f"{first} {shlex.quote(base + call.path)}"]
    if call.token:
        # Double quotes: the shell puts the token in.
        parts.append(f'-H "Authorization: Bearer {call.token}"')
    if call.body is not None:
        parts.append("-H 'Content-Type: application/json'")
        parts.append(f"-d {shlex.quote(json.dumps(call.body, ensure_ascii=False))}")
    lines.append(" \\\n  ".join(parts))
    return "\n".join(lines)


def _python(call: Call) -> list[str]:
    lines = [_comment(call)] if call.note or call.expect else []
    arguments = [f'base + "{call.path}"']
    if call.token == BEARER:
        arguments.append("headers=headers")
    if call.body is not None:
        arguments.append(f"json={call.body!r}")
    arguments.append("timeout=10")
    lines.append(f"answer = requests.{call.method.lower()}({', '.join(arguments)})")
    lines.append("print(answer.status_code, answer.json())")
    return lines


def _comment(call: Call) -> str:
    expected = _("expect %(status)s") % {"status": call.expect} if call.expect else ""
    return "# " + " · ".join(part for part in (call.note, expected) if part)
