"""Names and ids that fields suggest as one types, and flag."""

from typing import Any

import pytest
from django.test import Client

from accounts.actions.im_users import register_user
from accounts.domain.actor import AppRef
from accounts.models import Operator
from chat.actions.rooms import create_room
from chat.domain.commands import CreateRoom
from chat.domain.targets import RoomKind
from tests.console.conftest import SignIn
from tests.console.pages import text_of, url

pytestmark = pytest.mark.usefixtures("demo1", "demo2", "demo3")


@pytest.fixture
def client(viewer: Operator, browse: SignIn) -> Client:
    return browse(viewer)


@pytest.fixture
def rooms(demo1: Any, acting: Any) -> None:
    made: tuple[tuple[RoomKind, str, str], ...] = (
        ("group", "1000000000000011", "Demo group"),
        ("group", "G-two", "Demo two, the second"),
        ("chatroom", "1000000000000022", "Demo room"),
        ("chatroom", "R-hall", "演示大厅"),
    )
    for kind, room_id, name in made:
        create_room(acting(), CreateRoom(kind, name, owner="demo1", room_id=room_id))


def picks(client: Client, kind: str, to: str, **more: str) -> tuple[list[str], list[str]]:
    """What is suggested for the field `to`, and which words are flagged."""
    query = f"?of=to&kind={kind}" + ("&filter=on" if more.pop("filter", "") else "")
    answer = client.post(url("picks") + query, {"to": to, **more})
    assert answer.status_code == 200
    return [one.value for one in answer.context["picks"]], answer.context["unknown"]


def test_names_are_suggested_that_begin_like_the_last_word(client: Client, other_app: AppRef):
    register_user(other_app, "demo9", "p")
    assert picks(client, "user", "demo1, dem") == (["demo1", "demo2", "demo3"], [])
    assert picks(client, "to_type", "DEMO2 de", to_type="user")[0] == ["demo1", "demo2", "demo3"]
    for to in ("d", "demo1, "):
        assert picks(client, "user", to) == ([], [])


def test_names_of_nobody_are_flagged_at_once(client: Client):
    assert picks(client, "user", "demo1, ghost；demo2 x\0") == ([], ["ghost", "x"])
    assert picks(client, "user", "ghos") == ([], ["ghos"])  # no name begins so
    assert picks(client, "user", "ghost", filter="on") == ([], [])  # a filter may be nobody's


@pytest.mark.usefixtures("rooms")
@pytest.mark.parametrize(
    ("kind", "typed", "found"),
    [
        ("group", "demo", ["1000000000000011", "G-two"]),  # by name
        ("group", "Demo gr", ["1000000000000011"]),  # of several words
        ("group", "G-", ["G-two"]),
        ("group", "10000", ["1000000000000011"]),
        ("chatroom", "10000", ["1000000000000022"]),
        ("chatroom", "演示", ["R-hall"]),
        ("room", "1000", ["1000000000000011", "1000000000000022"]),
        ("group", "G-two 1000000000000011 demo t", ["G-two"]),
        ("group", "G-two, G-two", []),  # it stands there already
        ("group", "D", []),
        ("group", "demo_group", []),  # no wildcard
        ("chatroom", "g-", []),
    ],
)
def test_rooms_are_suggested_by_name_or_id(kind, typed, found, client: Client):
    assert picks(client, kind, typed)[0] == found


@pytest.mark.usefixtures("rooms")
def test_ids_of_no_room_are_flagged_at_once(client: Client):
    assert picks(client, "group", "G-two, 1000000000000022, Demo gr")[1] == ["1000000000000022"]
    assert picks(client, "to_type", "demo1 R-hall", to_type="chatroom")[1] == ["demo1"]
    assert picks(client, "to_type", "G-two nope", to_type="group") == ([], ["nope"])
    shown = client.post(url("picks") + "?of=to&kind=group", {"to": "nope"},
                        headers={"accept-language": "en"})  # fmt: skip
    assert "No such group: nope" in text_of(shown)
    assert picks(client, "room", "G-two R-hall nope, ") == ([], ["nope"])


@pytest.mark.usefixtures("rooms")
def test_a_suggestion_says_what_it_takes_the_place_of(client: Client):
    shown = text_of(client.post(url("picks") + "?of=to&kind=group", {"to": "x, Demo gr"}))
    assert 'data-pick="1000000000000011" data-typed="Demo gr"' in shown
    assert "Demo group <code>1000000000000011</code>" in shown


def test_fields_of_rooms_ask_and_work_as_plain_ids(owner: Operator, browse: SignIn):
    desk = browse(owner)
    for name, kwargs, kinds in (
        ("send", {}, ["user", "to_type"]),
        ("user_batch", {}, ["group", "chatroom"]),
        ("user_groups", {"u": "demo1"}, ["group"]),
        ("user_rooms", {"u": "demo1"}, ["chatroom"]),
        ("webhook_new", {}, ["user", "user", "room"]),
        ("groups", {}, ["user"]),
        ("sessions", {}, ["user"]),
        ("messages", {}, ["user", "user", "room"]),
    ):
        page = text_of(desk.get(url(name, **kwargs)))
        asked = [part.split("kind=")[1].split('"')[0].split("&")[0]
                 for part in page.split(f'hx-post="{url("picks")}')[1:]]  # fmt: skip
        assert asked == kinds, name
    # A filter's field must not put the address of its suggestions into the browser's.
    assert page.count('hx-push-url="false"') == 3
