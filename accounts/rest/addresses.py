"""From where a request comes."""

import re

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The client's address; forwarded headers count only from trusted proxies."""
    direct = str(request.META.get("REMOTE_ADDR") or "")
    if direct in settings.TRUSTED_PROXIES:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1].strip()
        if re.fullmatch(r"[0-9A-Fa-f.:]{2,45}", forwarded):
            return str(forwarded)
    return direct
