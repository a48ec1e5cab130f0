"""What only groups have (requests, files), only chatrooms (attributes), and several at once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.domain.actor import Actor, AppRef
from accounts.models import Operator
from accounts.queries.im_users import UserInfo
from chat.actions.room_members import invite_members, join_room
from chat.actions.rooms import create_room
from chat.domain.answers import RoomInfo
from chat.domain.commands import CreateRoom, InviteMembers, JoinRoom
from chat.domain.targets import ToChatroom, ToGroup
from chat.queries.room_attributes import room_attributes
from chat.queries.rooms import is_member, open_requests, search_rooms
from chat.queries.shared_files import list_shared_files
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, refused, text_of, url

Acting = Callable[..., Actor]


@pytest.fixture
def client(operator: Operator, browse: SignIn) -> Client:
    return browse(operator)


@pytest.fixture
def closed_group(app: AppRef, demo1: UserInfo, demo2: UserInfo) -> str:
    """Joining needs approval, the invited must confirm."""
    command = CreateRoom("group", "Closed", owner="demo1", public=True, members_only=True,
                         invite_need_confirm=True)  # fmt: skip
    return create_room(Actor(app), command).room_id


def test_application_is_answered_for_the_group(
    client: Client, app: AppRef, closed_group: str, demo2: UserInfo, acting: Acting
):
    target = ToGroup(closed_group)
    for accept, is_in in (("0", False), ("1", True)):
        join_room(acting(demo2), JoinRoom(target, message="<b>let me in</b>"))
        page = text_of(client.get(url("group_requests", rid=closed_group)))
        assert 'data-id="demo2"' in page
        assert "&lt;b&gt;let me in" in page
        answer = {"user": "demo2", "accept": accept}
        done(post(client, "group_requests_answer", answer, rid=closed_group))
        assert is_member(app, target, "demo2") is is_in
        assert open_requests(app, target) == []
    assert audited("group.request.decline").diff == {"user": ["demo2", None]}
    assert audited("group.request.accept").diff == {"user": [None, "demo2"]}


def test_invitation_is_answered_as_the_invited(
    client: Client, app: AppRef, closed_group: str, demo1: UserInfo, demo2: UserInfo, acting: Acting
):
    target = ToGroup(closed_group)
    for accept, is_in in (("0", False), ("1", True)):
        invite_members(acting(demo1), InviteMembers(target, ("demo2",)))
        page = text_of(client.get(url("group_requests", rid=closed_group)))
        assert "demo1" in page.split('data-test="request-row"')[1]
        answer = {"user": "demo2", "accept": accept}
        done(post(client, "group_requests_answer", answer, rid=closed_group))
        assert is_member(app, target, "demo2") is is_in
    assert audited("group.invitation.decline").diff == {"user": ["demo2", None]}
    assert audited("group.invitation.accept").diff == {"user": [None, "demo2"]}


def test_answer_that_comes_too_late_is_refused(client: Client, closed_group: str):
    answer = post(
        client, "group_requests_answer", {"user": "demo2", "accept": "1"}, rid=closed_group
    )
    refused(answer, "There is no open request of demo2.")


def test_file_is_shared_listed_fetched_and_taken_away(client: Client, app: AppRef, group: RoomInfo):
    rid = group.room_id
    upload = SimpleUploadedFile("计划 <1>.html", b"<script>1</script>", "text/html")
    done(post(client, "group_files_add", {"file": upload}, rid=rid))
    [shared], _ = list_shared_files(app, ToGroup(rid), limit=10)
    page = text_of(client.get(url("group_files", rid=rid)))
    assert f'data-id="{shared.file_id}"' in page
    assert "计划 &lt;1&gt;.html" in page
    fetched = client.get(url("file", uuid=shared.file_id))
    assert b"".join(getattr(fetched, "streaming_content")) == b"<script>1</script>"  # noqa: B009
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert fetched.headers["Content-Type"] == "application/octet-stream"
    done(post(client, "group_files_remove", {"file_id": shared.file_id}, rid=rid))
    assert list_shared_files(app, ToGroup(rid), limit=10)[0] == []
    assert audited("group.file.add").diff == {"file": [None, "计划 <1>.html"]}
    assert audited("group.file.remove").diff == {"file": ["计划 <1>.html", None]}
    refused(post(client, "group_files_add", {}, rid=rid), "This field is required")


def test_chatroom_attribute_is_set_changed_and_removed(
    client: Client, app: AppRef, chatroom: RoomInfo
):
    rid = chatroom.room_id
    for value in ("one", "<two>"):
        done(post(client, "room_attributes_set", {"key": "topic", "value": value}, rid=rid))
    assert room_attributes(app, ToChatroom(rid)) == {"topic": "<two>"}
    assert "&lt;two&gt;" in text_of(client.get(url("room_attributes", rid=rid)))
    bad = {"key": "a b", "value": "x"}
    refused(post(client, "room_attributes_set", bad, rid=rid), "Use letters, digits")
    done(post(client, "room_attributes_remove", {"key": "topic"}, rid=rid))
    assert room_attributes(app, ToChatroom(rid)) == {}
    assert audited("room.attributes.remove").target_id == rid


def test_copy_as_of_an_attribute_is_what_rest_takes(
    client: Client, chatroom: RoomInfo, app: AppRef, rest: Any
):
    page = client.get(url("room_attributes_set", rid=chatroom.room_id) + "?key=topic&value=x")
    curl = page.context["twin"].samples[0].text
    path = f"/metadata/chatroom/{chatroom.room_id}/user/admin/forced"
    assert f"-X PUT http://testserver/demo/app{path}" in curl.replace("'", "")
    body = {"metaData": {"topic": "x"}, "autoDelete": "NO_DELETE"}
    assert rest.put(path, json=body).status == 200
    assert room_attributes(app, ToChatroom(chatroom.room_id)) == {"topic": "x"}


def test_several_groups_are_named_then_deleted(client: Client, app: AppRef, demo1: UserInfo):
    ids = [
        create_room(Actor(app), CreateRoom("group", name, owner="demo1")).room_id
        for name in ("One", "Two", "Three")
    ]
    page = post(client, "group_bulk", {"rooms": ids[:2], "act": "delete"})
    assert text_of(page).count('data-test="bulk-room"') == 2
    assert len(search_rooms(app, "group").items) == 3
    confirmed = {"rooms": [*ids[:2], "gone"], "act": "delete", "confirm": "yes"}
    assert done(post(client, "group_bulk", confirmed)) == url("groups")
    assert [room.room_id for room in search_rooms(app, "group").items] == ids[2:]
    sent = done(post(client, "group_bulk", {"rooms": ids, "act": "send"}))
    assert sent == url("send") + f"?to_type=group&to={ids[2]}"
    for nothing in ({"act": "delete"}, {"rooms": ["gone"], "act": "delete"}, {"rooms": ids[2:]}):
        assert done(post(client, "group_bulk", nothing)) == url("groups")
    assert len(search_rooms(app, "group").items) == 1


def test_ticked_members_fill_the_form_of_an_act(client: Client, group: RoomInfo):
    address = url("group_mutes_add", rid=group.room_id)
    page = client.get(f"{address}?usernames=demo2&usernames=demo3")
    assert page.context["form"]["usernames"].value() == "demo2, demo3"


def test_act_says_what_clients_hear(client: Client, group: RoomInfo):
    page = text_of(client.get(url("group_members_add", rid=group.room_id)))
    assert "memberPresence" in page


def test_viewer_sees_the_tabs_without_their_forms(
    viewer: Operator, browse: SignIn, group: RoomInfo, chatroom: RoomInfo
):
    tabs = [("room_attributes", chatroom.room_id)]
    tabs += [(f"group_{tab}", group.room_id) for tab in ("requests", "files", "members")]
    for name, rid in tabs:
        page = browse(viewer).get(url(name, rid=rid))
        assert page.status_code == 200
        main = text_of(page).split("<main")[1].split("</main>")[0]
        assert "<form" not in main, name


def test_tabs_of_the_other_kind_are_404(client: Client, group: RoomInfo, chatroom: RoomInfo):
    base = "/console/apps/demo/app/"
    assert client.get(f"{base}groups/{group.room_id}/attributes/").status_code == 404
    assert client.get(f"{base}rooms/{chatroom.room_id}/files/").status_code == 404
