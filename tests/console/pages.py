"""What the tests of the data pages share: addresses, posting, and reading the audit."""

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry


def url(name: str, **kwargs: Any) -> str:
    """A page of demo#app."""
    return reverse(f"console:{name}", kwargs={"org": "demo", "app": "app", **kwargs})


def text_of(response: Any) -> str:
    return str(response.content.decode())


def addresses(response: Any, of: str = r"href|action|formaction") -> list[str]:
    """The paths that a page leads and posts to; in it they are relative to the page."""
    found = re.findall(rf'\s(?:{of})="([^"]*)"', text_of(response))
    return [urljoin(response.request["PATH_INFO"], unescape(one)) for one in found]


def post(client: Client, name: str, data: dict[str, Any] | None = None, **kwargs: Any) -> Any:
    return client.post(url(name, **kwargs), data or {}, headers={"accept-language": "en"})


def done(response: Any) -> str:
    """The change was made: where the answer sends the browser."""
    assert response.status_code == 303, response.content.decode()
    return str(response.headers["Location"])


def refused(response: HttpResponse, sentence: str) -> None:
    assert response.status_code == 422
    assert sentence in response.content.decode()


def audited(action: str) -> AuditEntry:
    """The only entry of that code."""
    entry = AuditEntry.objects.get(action=action, allowed=True)
    assert (entry.via, entry.actor) == ("console", "operator")
    return entry
