"""This machine's own names and addresses."""

import functools
import ipaddress
import socket


@functools.cache
def own_addresses() -> tuple[str, ...]:
    """Addresses of this machine, loopback first, found without asking another one."""
    found = {"127.0.0.1", "::1"}
    try:
        infos = socket.getaddrinfo(socket.gethostname(), None)
    except OSError:
        infos = []
    found.update(str(info[4][0]).split("%")[0] for info in infos)
    # Connecting a datagram socket sends nothing; it only chooses the address of the route.
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((target, 9))
                found.add(str(probe.getsockname()[0]).split("%")[0])
        except OSError:
            continue
    return tuple(sorted(found, key=lambda a: (not ipaddress.ip_address(a).is_loopback, a)))


@functools.cache
def own_names() -> frozenset[str]:
    """The host names by which this machine is rightly called."""
    name = socket.gethostname().lower()
    return frozenset({"localhost", name, f"{name}.local", name.split(".")[0]})


def loopback_url(host: str, port: int) -> str:
    """How a server that listens on `host` is reached from its own machine."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104  (compared, not listened on)
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
