"""GET /metrics: what all workers of this machine counted, in Prometheus' text format."""

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from imadmin import env
from imadmin.console.hosts import LOOPBACK, host_name

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


def metrics(request: HttpRequest) -> HttpResponse:
    """For this machine itself, or whoever has IM_METRICS_TOKEN as a bearer token."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    if not (_has_token(request) or _is_local(request)):
        return HttpResponse("From this machine, or with IM_METRICS_TOKEN.\n", status=403,
                            content_type="text/plain")  # fmt: skip
    registry = REGISTRY
    if env.text(env.METRICS_DIR):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return HttpResponse(
        generate_latest(registry),
        content_type=CONTENT_TYPE_LATEST,
        headers={"Cache-Control": "no-store"},
    )


def _has_token(request: HttpRequest) -> bool:
    kind, _, offered = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    is_bearer = kind.lower() == "bearer"
    return bool(wanted) and is_bearer and secrets.compare_digest(offered.encode(), wanted.encode())


def _is_local(request: HttpRequest) -> bool:
    """A caller on this machine by a name of loopback: not a proxy's client, nor a web page that
    had its own name resolved to 127.0.0.1."""
    try:
        peer = ip_address(request.META.get("REMOTE_ADDR") or "")
    except ValueError:
        return False
    through_proxy = any(name in request.META for name in _FORWARDED)
    name = host_name(request.META.get("HTTP_HOST") or "")
    return peer.is_loopback and not through_proxy and name in LOOPBACK


@contextlib.contextmanager
def metrics_of_workers(
    data_dir: Path,
) -> Iterator[tuple[dict[str, str], Callable[[int], None]]]:
    """The environment in which workers count together, and what to tell when one ended."""
    place = tempfile.mkdtemp(prefix="metrics-", dir=data_dir)
    try:
        yield (
            env.whole() | {env.METRICS_DIR: place},
            lambda pid: mark_process_dead(pid, place),  # type: ignore[no-untyped-call]
        )
    finally:
        shutil.rmtree(place, ignore_errors=True)
