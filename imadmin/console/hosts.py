"""Which Host headers the console answers to: cookies make it a target of DNS rebinding."""

from django.conf import settings

from imadmin.hosts import own_addresses, own_names

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def host_name(host: str) -> str:
    """The name without port, brackets and a trailing dot; lower-case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".") if host.count(":") == 1 else host.rstrip(".")


def lan_addresses() -> tuple[str, ...]:
    """Addresses by which other machines may reach this one."""
    return tuple(address for address in own_addresses() if address not in LOOPBACK)


def is_console_host(host: str) -> bool:
    """True for this machine's names and addresses, the public URL's host, and those in
    IM_ALLOWED_HOSTS (`.example.com` covers sub-domains)."""
    if settings.TRUST_ANY_HOST:
        return True
    name = host_name(host)
    if not name:
        return False
    if name in LOOPBACK or name in own_names() or name in own_addresses():
        return True
    allowed = (*settings.CONSOLE_HOSTS, settings.PUBLIC_HOST)
    return any(_matches(name, pattern.lower()) for pattern in allowed)


def _matches(name: str, pattern: str) -> bool:
    if pattern.startswith("."):
        return name == pattern[1:] or name.endswith(pattern)
    return name == host_name(pattern)
