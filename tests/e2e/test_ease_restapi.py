"""PyPI ease-restapi 1.3, unmodified, against a real server: every public function (rest.md 4.3).

What Python 3 or today's `requests` forbids is shown to fail before anything is sent.
"""

from types import SimpleNamespace
from typing import Any

import pytest
import requests

from tests.e2e.people import FreshApp
from tests.e2e.servers import Server
from tests.e2e.worlds import World

pytestmark = pytest.mark.e2e

config: Any = pytest.importorskip("ease_restapi.config")
ease: Any = pytest.importorskip("ease_restapi.service")

USERS = ("ann", "bob", "cat")


@pytest.fixture(scope="module")
def made(world: World) -> FreshApp:
    return world[1].take_app()


@pytest.fixture(scope="module")
def auth(world: World, made: FreshApp) -> Any:
    config.HOST_SERVER = world[0].base_url
    config.APP_ORG, config.APP_NAME = made.appkey.split("#")
    config.CLIENT_ID, config.CLIENT_SECRET = made.client_id, made.client_secret
    config.REST_API_DEBUG = False
    signed_in = ease.AppClientAuth(config.CLIENT_ID, config.CLIENT_SECRET)
    for name in USERS:
        done(ease.create_user_credit(signed_in, name, "123456"))
    return signed_in


@pytest.fixture
def group_id(auth: Any) -> str:
    made = ease.build_group_data("g", "about", "ann", True, members=["bob"])
    return str(done(ease.create_group(auth, made))["data"]["groupid"])


def files_of(server: Server) -> str:
    return f"{server.base_url}/{config.APP_ORG}/{config.APP_NAME}/chatfiles"


def done(outcome: tuple[bool, Any]) -> Any:
    """The JSON of a call that must have succeeded."""
    success, answer = outcome
    assert success, answer
    return answer


def test_tokens_of_the_app_and_of_a_user(server, auth):
    assert auth.get_token() == auth.get_token()
    assert auth.token.expires_in > 0
    admin = ease.AppAdminAccountAuth("ann", "123456")
    assert done(ease.pickup_user(admin, "ann"))["entities"][0]["username"] == "ann"


def test_users_are_made_read_changed_and_deleted(server, auth):
    made = done(ease.create_user_open("Open1", "123456"))
    assert made["entities"][0]["username"] == "open1"
    several = [{"username": f"many{n}", "password": "123456"} for n in range(3)]
    assert len(done(ease.create_users(auth, several))["entities"]) == 3
    done(ease.modify_nickname(auth, "open1", "Nick"))
    assert done(ease.pickup_user(auth, "open1"))["entities"][0]["nickname"] == "Nick"
    done(ease.passwd_user(auth, "open1", "new-one", "123456"))
    again = ease.AppAdminAccountAuth("open1", "new-one")
    assert again.get_token() != "None"
    assert done(ease.delete_user(auth, "open1"))["entities"][0]["username"] == "open1"
    success, text = ease.pickup_user(auth, "open1")
    assert not success
    assert "service_resource_not_found" in text


def test_users_are_listed_page_by_page(server, auth):
    found: list[str] = []
    cursor = None
    while True:
        page = done(ease.pickup_users(auth, limit=2, cursor=cursor))
        found += [user["username"] for user in page["entities"]]
        cursor = page.get("cursor")
        if cursor is None:
            break
    assert set(USERS) <= set(found)
    assert len(found) == len(set(found))
    assert done(ease.select_users(auth))["entities"]
    assert done(ease.select_users(auth, "select * where username='ann'"))["entities"]


def test_contacts_and_block_list(server, auth):
    assert done(ease.create_friend(auth, "ann", "bob"))["entities"][0]["username"] == "bob"
    assert done(ease.detail_friend(auth, "ann"))["data"] == ["bob"]
    done(ease.delete_friend(auth, "ann", "bob"))
    assert done(ease.detail_friend(auth, "ann"))["data"] == []
    assert done(ease.add_user_blacklist(auth, "ann", ["bob"]))["data"] == ["bob"]
    assert done(ease.pickup_user_blacklist(auth, "ann"))["data"] == ["bob"]
    done(ease.del_user_blacklist(auth, "ann", "bob"))
    assert done(ease.pickup_user_blacklist(auth, "ann"))["data"] == []


def test_groups(server, auth, group_id):
    assert done(ease.details_group(auth, group_id))["data"][0]["name"] == "g"
    done(ease.modify_group(auth, group_id, groupname="new", description="d", maxusers=300))
    assert done(ease.details_group(auth, group_id))["data"][0]["name"] == "new"
    assert group_id in [one["groupid"] for one in done(ease.pickup_groups(auth))["data"]]
    assert {"owner": "ann"} in done(ease.pickup_group_users(auth, group_id))["data"]
    assert done(ease.user_join_group(auth, group_id, "cat"))["data"]["result"] is True
    assert [g["groupid"] for g in done(ease.pickup_user_group(auth, "cat"))["data"]] == [group_id]
    assert done(ease.user_kick_group(auth, group_id, "cat"))["data"]["result"] is True
    added = done(ease.add_group_users(auth, group_id, ["cat"]))["data"]
    assert added["newmembers"] == ["cat"]
    assert done(ease.delete_group(auth, group_id))["data"]["success"] is True


def test_messages_of_every_kind_are_sent_and_counted(server, auth, group_id):
    place: dict[str, Any] = {"target": ["bob"], "username": "ann", "attr": "v"}
    file = {"url": f"{files_of(server)}/x", "filename": "f", "secret": "s"}
    video = {"thumb": "t", "length": 1, "file_length": 2, "thumb_secret": "s"}
    before = done(ease.offline_msg_count(auth, "bob"))["data"]["bob"]
    text = ease.MessageTxtData("hi", **place)()
    assert done(ease.send_txt_message(auth, text))["data"]["bob"]
    done(ease.send_img_message(auth, ease.MessageImgData(**file, **place)()))
    done(ease.send_audio_message(auth, ease.MessageAudioData(length=3, **file, **place)()))
    done(ease.send_video_message(auth, ease.MessageVideoData(**file, **video, **place)()))
    done(ease.send_transmission_message(auth, ease.MessageTransmissionData("act", **place)()))
    # Without a sender: `"from": null`, and the recipient sees admin.
    done(ease.send_txt_message(auth, ease.build_message_data("hi", ["bob"])))
    done(ease.send_txt_message(auth, ease.MessageTxtData("hi", [group_id], "chatgroups")()))
    assert done(ease.offline_msg_count(auth, "bob"))["data"]["bob"] > before
    assert done(ease.look_user_status(auth, "bob"))["data"] == {"bob": "offline"}


def test_what_todays_python_refuses_never_leaves_the_machine(server, auth, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"x")
    with picture.open("rb") as held:
        # The client opens the file itself and forgets it; a file object of ours is closed.
        monkeypatch.setattr("builtins.open", lambda *_args, **_kwargs: held)
        with pytest.raises(requests.exceptions.InvalidHeader):
            ease.upload_media(auth, str(picture))
    monkeypatch.undo()
    with pytest.raises(requests.exceptions.InvalidHeader):
        ease.download_thumbnail(auth, "x", "s")
    with pytest.raises(TypeError):
        ease.export_chat_message(auth, "order by timestamp desc")
    assert ease.export_chat_media() is None


def test_files_are_downloaded(server, auth, tmp_path, monkeypatch):
    token = {"Authorization": f"Bearer {auth.get_token()}"}
    sent = {"file": ("a.txt", b"content")}
    answer = requests.post(files_of(server), files=sent, headers=token, timeout=20).json()
    stored = SimpleNamespace(**answer["entities"][0])
    monkeypatch.chdir(tmp_path)
    assert ease.download_media(auth, stored.uuid, vars(stored).get("share-secret", "")) == 0
    assert (tmp_path / "download" / stored.uuid).read_bytes() == b"content"


def test_many_users_are_deleted(server, auth):
    for n in range(3):
        done(ease.create_user_credit(auth, f"gone{n}", "123456"))
    gone = done(ease.delete_users(auth, limit=2))["entities"]
    assert len(gone) == 2
    assert done(ease.delete_users(auth))["entities"]
