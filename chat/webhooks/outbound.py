"""Calling an address that a user gave: the address judged is the address connected to.

The name is resolved once, every address is judged, and the connection goes to a judged one with
the name kept for Host and TLS; redirects are not followed and proxy variables are ignored.
"""

import ipaddress
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

MAX_ANSWER_BYTES = 64 * 1024
# Cloud metadata services that are not link-local.
_METADATA = {ipaddress.ip_address("100.100.100.200"), ipaddress.ip_address("fd00:ec2::254")}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenAddress(Exception):
    """Why the server does not call an address, in one sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `text` is at most MAX_ANSWER_BYTES."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """An address that may be called: the URL's parts and one judged IP."""

    scheme: str
    host: str
    port: int
    path: str
    ip: str


def judge(url: str, *, allow_private: bool) -> Judged:
    """Resolve a URL and judge all its addresses.

    Raises:
        ForbiddenAddress: not http(s), not resolvable, or an address that must not be called.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise ForbiddenAddress("The address is not a URL.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ForbiddenAddress("The address must start with http:// or https:// and name a host.")
    if parts.username or parts.password:
        raise ForbiddenAddress("The address must not carry a name or password.")
    try:
        infos = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ForbiddenAddress(f"The host {parts.hostname} cannot be resolved.") from None
    found = [str(info[4][0]).split("%")[0] for info in infos]
    for text in found:
        if why := _why_forbidden(_unwrapped(ipaddress.ip_address(text)), allow_private):
            raise ForbiddenAddress(f"The host {parts.hostname} has {why} address.")
    path = parts.path or "/"
    return Judged(
        parts.scheme,
        parts.hostname,
        port,
        f"{path}?{parts.query}" if parts.query else path,
        found[0],
    )


def _unwrapped(address: Address) -> Address:
    """An IPv4 address inside an IPv6 one is judged as itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address.teredo:
            return address.teredo[1]
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _why_forbidden(address: Address, allow_private: bool) -> str:
    if address in _METADATA:
        return "a cloud metadata"
    if address.is_link_local:
        return "a link-local"
    if address.is_unspecified:
        return "an unspecified"
    if address.is_multicast:
        return "a multicast"
    if not address.is_loopback and address.is_reserved:
        return "a reserved"
    return "a private" if address.is_private and not allow_private else ""


def post_json(url: str, content: bytes, *, timeout_s: float, allow_private: bool) -> Answer:
    """POST JSON; one try.

    Raises:
        ForbiddenAddress: see judge.
        httpx.HTTPError: no answer in time, or none that is HTTP.
    """
    target = judge(url, allow_private=allow_private)
    bracketed = f"[{target.ip}]" if ":" in target.ip else target.ip
    default_port = 443 if target.scheme == "https" else 80
    host = target.host if target.port == default_port else f"{target.host}:{target.port}"
    give_up_at = time.monotonic() + timeout_s  # httpx bounds each read, not all of them
    with (
        httpx.Client(trust_env=False, follow_redirects=False, timeout=timeout_s) as client,
        client.stream(
            "POST",
            f"{target.scheme}://{bracketed}:{target.port}{target.path}",
            content=content,
            headers={"Host": host, "Content-Type": "application/json", "User-Agent": "imadmin"},
            extensions={"sni_hostname": target.host},
        ) as answer,
    ):
        kept = bytearray()
        for chunk in answer.iter_bytes():
            kept += chunk[: MAX_ANSWER_BYTES - len(kept)]
            if time.monotonic() > give_up_at:
                raise httpx.ReadTimeout("the answer took too long")
            if len(kept) >= MAX_ANSWER_BYTES:
                break
        return Answer(answer.status_code, kept.decode("utf-8", "replace"))
