"""Of which platform a device is."""

import pytest

from chat.domain.devices import platform_of


@pytest.mark.parametrize(
    ("device", "client", "platform"),
    [
        ("webim_1700000000000", "", "web"),
        ("webim", "", "web"),
        ("android_8f0c", "web", "android"),
        ("ios_1", "", "ios"),
        ("phone", "ios", "ios"),
        ("desk", "comet", "web"),
        ("native-12", "bot", "other"),
        ("android", "", "android"),
        ("androids_1", "", "other"),
    ],
)
def test_a_device_is_of_the_platform_that_its_name_or_client_says(device, client, platform):
    assert platform_of(device, client) == platform
