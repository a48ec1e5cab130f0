"""Which platform a device is of, and which devices of a user make room for one more."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from accounts.domain.app_settings import AppSettings

# How the vendor's SDKs begin a device's name (rest.md 1.3), and what clients call themselves.
_BY_NAME = {"webim": "web", "web": "web", "android": "android", "ios": "ios"}
_BY_CLIENT = {"web": "web", "m": "web", "comet": "web", "android": "android", "ios": "ios"}


class Device(Protocol):
    """A connected device. `client`: what it says it is (`ClientInfo.type`)."""

    @property
    def device(self) -> str: ...
    @property
    def client(self) -> str: ...


D = TypeVar("D", bound=Device)


def platform_of(device: str, client: str) -> str:
    """web, android, ios or other: by the device's name, else by what the client says it is."""
    return _BY_NAME.get(device.split("_", 1)[0]) or _BY_CLIENT.get(client, "other")


def too_many(settings: AppSettings, device: str, client: str, others: Sequence[D]) -> list[D]:
    """Those of a user's other devices, the oldest first, that an app has no room for beside this
    one: first of its platform, then of all."""
    if not others:
        return []
    platform = platform_of(device, client)
    most = getattr(settings, f"max_{platform}_devices")
    same = [one for one in others if platform_of(one.device, one.client) == platform]
    gone = same[: max(len(same) + 1 - most, 0)]
    left = [one for one in others if one not in gone]
    in_all = settings.max_devices if settings.multi_device else 1
    return [*gone, *left[: max(len(left) + 1 - in_all, 0)]]
