"""What several tests of actions on rooms use."""

import pytest

from chat.domain.answers import RoomInfo
from chat.domain.targets import ToChatroom, ToGroup


@pytest.fixture
def in_group(group: RoomInfo) -> ToGroup:
    """Group G as the target of a command."""
    return ToGroup(group.room_id)


@pytest.fixture
def in_room(chatroom: RoomInfo) -> ToChatroom:
    """Chatroom R as the target of a command."""
    return ToChatroom(chatroom.room_id)
