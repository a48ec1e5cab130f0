"""A server with its people that a whole suite shares: one of each kind that is asked for."""

import os
import re
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.people import People, make_people
from tests.e2e.servers import KINDS, Server, kinds_asked

World = tuple[Server, People]

_MARKS = {"workers": (pytest.mark.redis, pytest.mark.postgres)}
_SHARED = re.compile(rf"(.*/(?:scenarios|sdk1?)/).*[\[-]({'|'.join(KINDS)})[-\]]")


def world_of(*kinds: str) -> Callable[..., Iterator[World]]:
    """The fixture `world` of a suite that runs over these kinds, unless others are asked for."""
    params = [pytest.param(kind, marks=_MARKS.get(kind, ())) for kind in kinds_asked(*kinds)]

    @pytest.fixture(scope="session", params=params)
    def world(
        request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[World]:
        kind = request.param
        server = Server(tmp_path_factory.mktemp(kind) / "data", kind=kind)
        versions = os.environ.get("IM_SDK_VERSIONS", "").split(",")
        people = make_people(server, users=1200 + 110 * max(len(versions) - 2, 0))
        server.start()
        yield server, people
        server.stop()

    return world


def is_left_out(item: pytest.Item) -> bool:
    """Whether a test is not played over its kind of server, because nobody asked for that."""
    if "IM_TEST_SERVERS" in os.environ or item.get_closest_marker("one_server") is None:
        return False
    assert isinstance(item, pytest.Function)
    return bool(item.callspec.params["world"] != kinds_asked("lane")[0])


def suite_and_kind(nodeid: str) -> str:
    """What the tests of one suite over one server have in common; "" for tests of no such suite."""
    found = _SHARED.match(nodeid)
    return f"{found[1]} over {found[2]}" if found else ""
