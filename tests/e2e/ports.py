"""Free ports, and waiting for what cannot tell us."""

import select
import socket


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def select_pause(seconds: float) -> None:
    """A short wait between two looks at something that cannot notify us."""
    select.select([], [], [], seconds)
