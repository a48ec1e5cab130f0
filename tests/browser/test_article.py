"""What a tester does first, by the console's pages alone, while two clients are connected.

Two users who are friends; one-to-one, also to somebody who is offline; a group; a chatroom. With
script and without. Then each type of message from the Send page, as a client gets it.
"""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Site
from tests.browser.live_clients import LiveClients, LiveUser
from tests.browser.test_shell import sign_in

pytestmark = pytest.mark.browser

Json = dict[str, Any]
PASSWORD = "123456"
EXT = {"no": 1, "nested": {"list": [1, None, "二"]}}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)


@dataclass
class Desk:
    """A tester at the console: signed in, with an app of their own."""

    page: Page
    site: Site
    app: str

    def go(self, path: str) -> None:
        self.page.goto(f"{self.site.base}/console/apps/article/{self.app}/{path}")

    def fill(self, fields: dict[str, str], submit: str) -> None:
        for test, value in fields.items():
            self.page.fill(f"[data-test={test}]", value)
        self.page.click(f"[data-test={submit}]")

    def create_app(self) -> None:
        self.page.goto(self.site.url("/console/apps/new/"))
        self.fill({"app-org": "article", "app-name": self.app}, "app-create-submit")
        expect(self.page.locator("[data-test=new-appkey]")).to_have_text(f"article#{self.app}")

    def create_user(self, name: str) -> None:
        self.go("users/new/")
        self.fill({"user-username": name, "user-password": PASSWORD}, "user-create-submit")
        expect(self.page.locator("[data-test=user-name]")).to_have_text(name)

    def befriend(self, name: str, friend: str) -> None:
        self.go(f"users/u/{name}/roster/")  # the form is open while there are no friends
        self.fill({"roster-friends": friend}, "roster-add-submit")
        row = self.page.locator("[data-test=roster-row]")
        expect(row).to_have_attribute("data-id", friend)

    def create_room(self, path: str, fields: dict[str, str]) -> str:
        """A group or a chatroom; its id, as the page shows it."""
        self.go(path)
        self.fill(fields, "room-create-submit")
        return self.page.locator("[data-test=room-id]").inner_text()

    def send_text(self, to_type: str, to: str, text: str, sender: str = "") -> str:
        """From the Send page; the message's id."""
        self.go("send/")
        self.page.check(f"[name=to_type][value={to_type}]")
        fields = {"send-from": sender, "send-to": to, "send-text": text}
        self.fill({**fields, "send-ext": json.dumps(EXT)}, "send-submit")
        return self.sent()

    def sent(self) -> str:
        expect(self.page.locator("[data-test=send-item]")).to_have_count(1)
        return self.page.locator("[data-test=message-id]").inner_text()

    def clients(self) -> LiveClients:
        return LiveClients(self.site.server.ws_url, f"article#{self.app}")


with_and_without_script = pytest.fixture(params=[True, False], ids=["script", "plain"])


@with_and_without_script
def first_desk(site: Site, visit: OpenPage, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Signed in by the page, with and without script; demo1 and demo2 are friends."""
    with visit(signed_in=False, script=request.param) as page:
        sign_in(page, site)
        made = Desk(page, site, "script" if request.param else "plain")
        made.create_app()
        for name in ("demo1", "demo2"):
            made.create_user(name)
        made.befriend("demo1", "demo2")
        yield made


READY = """
from accounts.actions.im_apps import create_app
from accounts.actions.im_users import register_user
from accounts.domain.actor import Actor
from accounts.domain.ids import Appkey
from chat.actions.roster import add_contact
from chat.domain.commands import AddContact
for name in {apps}:
    app = create_app(Appkey("article", name)).app
    for user in ("demo1", "demo2"):
        register_user(app, user, "{password}")
    add_contact(Actor(app), AddContact(owner="demo1", username="demo2"))
"""


@pytest.fixture(scope="module")
def ready_apps(site: Site) -> list[str]:
    """What `first_desk` makes by the pages, for the tests that begin after that."""
    made = [f"ready{number}" for number in range(8)]
    site.server.manage("shell", "-v0", "-c", READY.format(apps=made, password=PASSWORD))
    return made


@with_and_without_script
def desk(
    site: Site, visit: OpenPage, ready_apps: list[str], request: pytest.FixtureRequest
) -> Iterator[Desk]:
    with visit(script=request.param) as page:
        yield Desk(page, site, ready_apps.pop())


def test_one_to_one(first_desk: Desk):
    desk = first_desk
    desk.go("users/u/demo2/roster/")
    expect(desk.page.locator("[data-test=roster-row]")).to_have_attribute("data-id", "demo1")
    with desk.clients() as clients:
        demo1, demo2 = clients.log_in("demo1", PASSWORD), clients.log_in("demo2", PASSWORD)
        for speaker, listener, name in ((demo1, demo2, "demo2"), (demo2, demo1, "demo1")):
            said = speaker.say({"type": "user", "id": name}, f"你好 {name}")
            assert listener.hears(said)["body"] == {"type": "txt", "msg": f"你好 {name}"}
        for sender, name, listener in (("demo1", "demo2", demo2), ("demo2", "demo1", demo1)):
            sent = desk.send_text("user", name, f"从控制台到 {name}", sender)
            heard = listener.hears(sent)
            assert (heard["from"], heard["ext"]) == (sender, EXT)
            assert heard["body"] == {"type": "txt", "msg": f"从控制台到 {name}"}
        from_admin = desk.send_text("user", "demo1", "公告")
        assert demo1.hears(from_admin)["from"] == "admin"
        for user in (demo1, demo2):
            user.hears_nothing_more()


def test_one_to_one_to_somebody_offline(desk: Desk):
    sent = [desk.send_text("user", "demo2", f"第 {n} 条", "demo1") for n in range(3)]
    with desk.clients() as clients:
        demo2 = clients.log_in("demo2", PASSWORD)
        missed = demo2.missed()
        assert [message["id"] for message in missed] == sent
        assert [message["body"]["msg"] for message in missed] == ["第 0 条", "第 1 条", "第 2 条"]
        demo2.confirm({"type": "user", "id": "demo1"}, sent[-1])
        demo2.comes_back()
        assert demo2.missed() == []
        demo2.hears_nothing_more()


def test_group(desk: Desk):
    group = desk.create_room(
        "groups/new/", {"name": "测试群", "owner": "demo1", "members": "demo2"}
    )
    with desk.clients() as clients:
        demo1, demo2 = clients.log_in("demo1", PASSWORD), clients.log_in("demo2", PASSWORD)
        reaches_both(desk, "group", group, demo1, demo2)
        said = demo1.say({"type": "group", "id": group}, "大家好")
        assert demo2.hears(said)["from"] == "demo1"


def test_SND_4_chatroom(desk: Desk):
    """Created with super admin demo1 and admin demo2; the console's message reaches who joined."""
    room = desk.create_room(
        "rooms/new/", {"name": "测试聊天室", "owner": "demo1", "admins": "demo2"}
    )
    desk.page.click("[data-test=tab-admins]")
    expect(desk.page.locator("[data-test=admins-row]")).to_have_attribute("data-id", "demo2")
    with desk.clients() as clients:
        demo1, demo2 = clients.log_in("demo1", PASSWORD), clients.log_in("demo2", PASSWORD)
        for user in (demo1, demo2):
            user.join_chatroom(room)
        reaches_both(desk, "chatroom", room, demo1, demo2)
        said = demo2.say({"type": "chatroom", "id": room}, "大家好")
        assert demo1.hears(said)["from"] == "demo2"


def reaches_both(desk: Desk, kind: str, room_id: str, *users: LiveUser) -> None:
    sent = desk.send_text(kind, room_id, "从控制台")
    for user in users:
        heard = user.hears(sent)
        assert heard["to"] == {"type": kind, "id": room_id}
        assert heard["body"] == {"type": "txt", "msg": "从控制台"}
        assert (heard["from"], heard["ext"]) == ("admin", EXT)
        user.hears_nothing_more()


PLAIN_TYPES: dict[str, tuple[Json, Json]] = {
    "txt": ({"text": "换行\n  <b>&amp; 😀"}, {"msg": "换行\n  <b>&amp; 😀"}),
    "loc": (
        {"lat": "39.9087", "lng": "116.3974", "addr": "天安门"},
        {"lat": 39.9087, "lng": 116.3974, "addr": "天安门"},
    ),
    "cmd": ({"action": "refresh"}, {"action": "refresh"}),
    "custom": (
        {
            "custom_event": "order/paid",
            "custom_exts_key": ["id", "名"],
            "custom_exts_value": ["10086", "值"],
        },
        {"customEvent": "order/paid", "customExts": {"id": "10086", "名": "值"}},
    ),
}
MEDIA_TYPES: dict[str, tuple[str, Json, Json]] = {
    "img": ("图 1.png", {}, {"size": {"width": 1, "height": 1}}),
    "audio": ("a.amr", {"length": "3"}, {"length": 3}),
    "video": ("v.mp4", {"length": "12"}, {"length": 12}),
    "file": ("说明.pdf", {}, {}),
}


@pytest.fixture
def table(desk: Desk) -> Iterator[tuple[Desk, LiveUser]]:
    with desk.clients() as clients:
        yield desk, clients.log_in("demo2", PASSWORD)


def test_SND_5_each_type_arrives_with_equal_body_and_ext(
    table: tuple[Desk, LiveUser], tmp_path: Path
):
    desk, demo2 = table
    for kind, (fields, body) in PLAIN_TYPES.items():
        heard = demo2.hears(compose(desk, kind, fields))
        assert heard["body"] == {"type": kind, **body}
        assert heard["ext"] == EXT
    for kind, (filename, fields, body) in MEDIA_TYPES.items():
        upload = tmp_path / filename
        upload.write_bytes(PNG)
        heard = demo2.hears(compose(desk, kind, fields, upload))
        address, secret = heard["body"].pop("url"), heard["body"].pop("secret")
        assert heard["body"] == {
            "type": kind, "filename": filename, "file_length": len(PNG), **body,
        }  # fmt: skip
        assert heard["ext"] == EXT
        asked = urllib.request.Request(address, headers={"share-secret": secret})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert answer.read() == PNG
    demo2.hears_nothing_more()


def compose(desk: Desk, kind: str, fields: Json, upload: Path | None = None) -> str:
    """Send one message of a type from demo1 to demo2; its id."""
    desk.go("send/?to_type=user&from=demo1&to=demo2")
    desk.page.check(f"[name=type][value={kind}]")
    for name, value in fields.items():
        for number, one in enumerate([value] if isinstance(value, str) else value):
            desk.page.fill(f"[name={name}] >> nth={number}", one)
    if upload is not None:
        desk.page.set_input_files("[name=upload]", upload)
    desk.fill({"send-ext": json.dumps(EXT)}, "send-submit")
    return desk.sent()
