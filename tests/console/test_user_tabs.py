"""What a user's devices do and have, and what an operator does about it."""

import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actions.im_apps import change_settings
from accounts.domain.actor import Actor, AppRef
from accounts.models import Operator
from accounts.queries.im_users import UserInfo, get_user
from accounts.queries.profiles import get_profile
from chat.actions.blocks import block_users
from chat.actions.messages import post_message_now
from chat.actions.receipts import mark_delivered
from chat.actions.rooms import create_room
from chat.actions.roster import add_contact
from chat.domain.answers import HistoryPage, RoomInfo
from chat.domain.bodies import Body
from chat.domain.commands import (
    AddContact,
    BlockUsers,
    CreateRoom,
    MarkDelivered,
    ReadHistory,
    SendMessage,
    Sync,
)
from chat.domain.entries import EntryKind
from chat.domain.events import Closing
from chat.domain.targets import ToGroup, ToUser
from chat.live.online import DeviceOnline, records
from chat.queries import tallies
from chat.queries.conversations import waiting_messages
from chat.queries.history import read_history, sync
from chat.queries.user_mutes import mutes_of_user
from chat.store import cursors
from chat.store.clock import now_ms
from chat.store.unread import Reader
from imadmin.console.views import im_user_detail
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, refused, text_of, url


@pytest.fixture
def client(operator: Operator, browse: SignIn, demo1: UserInfo, demo2: UserInfo) -> Client:
    return browse(operator)


def send(app: AppRef, count: int = 1) -> list[int]:
    """Messages of demo1 to demo2."""
    actor = Actor(app, "demo1", 0)
    return [
        post_message_now(
            actor, SendMessage(ToUser("demo2"), Body("txt", {"msg": f"n{n}"}), client_id=f"c{n}")
        ).message_id
        for n in range(count)
    ]


def send_more(app: AppRef) -> list[int]:
    """One more, of a client that numbers on."""
    command = SendMessage(ToUser("demo2"), Body("txt", {"msg": "later"}), client_id="later")
    return [post_message_now(Actor(app, "demo1", 0), command).message_id]


def history(app: AppRef, reader: str) -> HistoryPage:
    """What demo1 reads of the conversation with demo2."""
    user = get_user(app, reader)
    return read_history(Actor(app, reader, user.id), ReadHistory(ToUser("demo2"), limit=10))


def rows(client: Client, tab: str, test: str, query: str = "") -> int:
    return text_of(client.get(url(f"user_{tab}", u="demo2") + query)).count(f'data-test="{test}"')


def test_UD_1_message_waits_in_the_queue_until_a_device_has_it(
    client: Client, app: AppRef, demo2: UserInfo
):
    assert rows(client, "queue", "queue-row") == 0
    (sent,) = send(app)
    page = text_of(client.get(url("user_queue", u="demo2")))
    assert f'data-id="{sent}"' in page
    assert "n0" in page
    mark_delivered(Actor(app, "demo2", demo2.id, device="d"), MarkDelivered(ToUser("demo1"), sent))
    cursors.flush()
    assert rows(client, "queue", "queue-row") == 0


def test_UD_2_unread_is_three_after_three_and_none_when_marked(client: Client, app: AppRef):
    last = send(app, 3)[-1]
    page = text_of(client.get(url("user_conversations", u="demo2")))
    assert 'data-test="unread">3<' in page
    [line] = re.findall(r'name="line" value="([^"]*)" data-test="conversation-read"', page)
    assert line == f"user:demo1:{last}"
    for bad in ("user:demo1", "user:demo1:x", "group:demo1:1:2", ":"):
        answer = post(client, "user_conversations_read", {"line": bad}, u="demo2")
        assert answer.status_code == 422
    answer = post(client, "user_conversations_read", {"line": line}, u="demo2")
    assert done(answer) == url("user_conversations", u="demo2")
    page = text_of(client.get(url("user_conversations", u="demo2")))
    assert 'data-test="unread">0<' in page
    assert audited("conv.read").target_id == "demo2"


def test_conversation_leaves_the_list_until_somebody_writes(client: Client, app: AppRef):
    form = {"chat": "user", "name": "demo1", "up_to": send(app)[0]}
    done(post(client, "user_conversations_delete", form, u="demo2"))
    assert rows(client, "conversations", "conversation-row") == 0
    assert rows(client, "messages", "message-row") == 1
    assert audited("conv.delete").target_id == "demo2"


def test_conversation_of_a_group_that_is_not_there_is_refused(client: Client, app: AppRef):
    form = {"chat": "group", "name": "nowhere", "up_to": 1}
    assert post(client, "user_conversations_read", form, u="demo2").status_code == 422


def test_UD_3_messages_page_by_ten_and_say_which_is_the_last(client: Client, app: AppRef):
    send(app, 30)
    query, shown = "", []
    for _page in range(3):
        page = client.get(url("user_messages", u="demo2") + query)
        shown.append((text_of(page).count('data-test="message-row"'), "last-page" in text_of(page)))
        query = page.context["page"].next_query
    assert shown == [(10, False), (10, False), (10, True)]
    assert query == ""


def test_user_tab_leaves_how_far_a_message_came_to_the_log(client: Client, app: AppRef):
    send(app)
    log, tab = client.get(url("messages")), client.get(url("user_messages", u="demo2"))
    assert "First device, ms" in text_of(log)
    assert "First device, ms" not in text_of(tab)
    assert f'href="{url("messages")}?from=demo2&amp;since=all"' in text_of(tab)


def test_viewer_sees_the_tabs_and_is_offered_no_change(
    viewer: Operator, browse: SignIn, app: AppRef, demo1: UserInfo, demo2: UserInfo
):
    client = browse(viewer)
    send(app)
    for tab in ("queue", "conversations", "messages"):
        page = text_of(client.get(url(f"user_{tab}", u="demo2")))
        assert "n0" in page
        assert "conversation-read" not in page


def test_mute_is_set_shown_and_lifted(client: Client, app: AppRef):
    done(post(client, "user_mute", {"groupchat": "3600", "chat": "-1"}, u="demo1"))
    assert {mute.kind for mute in mutes_of_user(app, "demo1")} == {"pair", "group"}
    assert text_of(client.get(url("user_detail", u="demo1"))).count('data-test="user-muted"') == 2
    assert audited("user.mute").target_id == "demo1"
    done(post(client, "user_mute", {"groupchat": "0", "chat": "0"}, u="demo1"))
    assert mutes_of_user(app, "demo1") == []


def test_mute_without_a_change_is_refused(client: Client, app: AppRef):
    refused(post(client, "user_mute", {}, u="demo1"), "Choose at least one change")


def test_profile_attribute_is_set_and_shown(client: Client, app: AppRef):
    form = {"attribute": "sign", "value": "<b>hi</b>"}
    done(post(client, "user_profile", form, u="demo1"))
    assert get_profile(app, "demo1") == {"sign": "<b>hi</b>"}
    assert "&lt;b&gt;hi&lt;/b&gt;" in text_of(client.get(url("user_detail", u="demo1")))
    assert audited("user.profile").diff == {"sign": [None, "<b>hi</b>"]}


def sync_of(app: AppRef, user: UserInfo, device: str) -> list[int]:
    """What a device of the user reads when it comes."""
    page = sync(Actor(app, user.username, user.id, device=device), Sync())
    return [entry.id for entry in page.entries if entry.kind is EntryKind.MESSAGE]


def test_message_taken_out_of_the_queue_comes_to_no_device(
    client: Client, app: AppRef, demo2: UserInfo
):
    first, second, third = send(app, 3)
    page = text_of(client.get(url("user_queue_delete", u="demo2") + f"?messages={second}"))
    assert str(second) in page
    answer = post(client, "user_queue_delete", {"messages": f"{second}, 77"}, u="demo2")
    assert done(answer) == url("user_queue", u="demo2")
    assert rows(client, "queue", "queue-row") == 2
    assert 'data-test="count-queue">2<' in text_of(client.get(url("user_detail", u="demo2")))
    assert audited("queue.delete").diff["queue"] == [3, 2]
    assert sync_of(app, demo2, "phone") == [first, third]
    assert [one.id for one in history(app, "demo1").entries][::-1] == [first, second, third]


def test_whole_queue_is_taken_out(client: Client, app: AppRef, demo2: UserInfo):
    send(app, 3)
    refused(post(client, "user_queue_delete", u="demo2"), "or tick all of them")
    refused(post(client, "user_queue_delete", {"messages": "x"}, u="demo2"), "up to 19 digits")
    done(post(client, "user_queue_delete", {"all": "on"}, u="demo2"))
    assert rows(client, "queue", "queue-row") == 0
    assert sync_of(app, demo2, "phone") == []
    (sent,) = send_more(app)
    assert sync_of(app, demo2, "phone") == [sent]


def test_deliver_now_sends_the_devices_away_for_a_moment(
    client: Client, app: AppRef, demo2: UserInfo, published, on_commit_now
):
    send(app)
    published.clear()
    done(post(client, "user_queue_deliver", u="demo2"))
    assert published == []
    records().put([DeviceOnline(app.id, demo2.id, "demo2", "phone", "msync", "web", "1.1.1.1", 1,
                                "ab.1")])  # fmt: skip
    assert 'data-test="queue-deliver"' in text_of(client.get(url("user_queue", u="demo2")))
    done(post(client, "user_queue_deliver", u="demo2"))
    [(event, audience)] = published
    assert (event, audience.device) == (Closing(1), "phone")
    assert audited("queue.deliver").diff["devices"] == [None, 1]


def test_UD_4_every_tab_has_its_address_and_says_how_many(
    client: Client, app: AppRef, demo1: UserInfo, demo2: UserInfo
):
    send(app, 2)
    add_contact(Actor(app), AddContact(owner="demo2", username="demo1"))
    block_users(Actor(app), BlockUsers(("demo1",), owner="demo2"))
    create_room(Actor(app), CreateRoom("group", "g", owner="demo2"))
    create_room(Actor(app), CreateRoom("chatroom", "c", owner="demo2"))
    names = ("detail", "roster", "groups", "rooms", "sessions", "conversations", "queue",
             "messages", "blocks")  # fmt: skip
    for name in names:
        answer = client.get(url(f"user_{name}", u="demo2"))
        text = text_of(answer)
        assert answer.status_code == 200
        here = re.findall(r'href="([^"]+)" aria-current="page"', text)
        assert "./" in here
        counts = re.findall(r'<span class="count"[^>]*>(\d+)</span>', text)
        # Friends, groups, chatrooms, sessions, conversations, queue, messages, blocks.
        assert counts == ["1", "1", "1", "0", "1", "2", "2", "1"], name


def test_messages_are_counted_as_the_tab_lists_them(
    client: Client, app: AppRef, demo1: UserInfo, demo2: UserInfo, monkeypatch
):
    """What the user sent anywhere, and what came one-to-one; receipts are none."""
    ids = send(app, 3)
    actor = Actor(app, "demo2", demo2.id)
    mark_delivered(actor, MarkDelivered(ToUser("demo1"), ids[-1]))
    room = create_room(Actor(app), CreateRoom("group", "g", owner="demo1", members=("demo2",)))
    for sender in (Actor(app, "demo1", demo1.id), actor):
        say = SendMessage(ToGroup(room.room_id), Body("txt", {"msg": "all"}))
        post_message_now(sender, say)

    def shown(name: str) -> str:
        page = text_of(client.get(url("user_messages", u=name)))
        assert page.count('data-test="message-row"') == 4
        return page.split('data-test="count-messages">')[1].split("<")[0]

    assert (shown("demo1"), shown("demo2")) == ("4", "4")
    for most in (4, 3):  # of its entries; and what the pair's running numbers tell
        monkeypatch.setattr(tallies, "MOST_LOOKED_AT", most)
        assert shown("demo1").endswith("+")


def test_user_with_many_logs_has_the_queues_count_on_its_own_tab_only(
    client: Client, app: AppRef, monkeypatch
):
    send(app, 2)
    monkeypatch.setattr(im_user_detail, "MANY_LOGS", 0)
    counted = {name: 'data-test="count-queue">2<' in text_of(client.get(url(name, u="demo2")))
               for name in ("user_detail", "user_queue", "user_conversations")}  # fmt: skip
    assert counted == {"user_detail": False, "user_queue": True, "user_conversations": False}


def test_user_is_watched_for_ten_minutes(client: Client, app: AppRef) -> None:
    def shows() -> bool:
        page = client.get(url("user_detail", u="demo1")).content.decode()
        assert ("Stop watching" in page) is ('data-test="user-watched"' in page)
        assert ("Watch for 10 minutes" in page) is ("Stop watching" not in page)
        return "Stop watching" in page

    assert not shows()
    done(post(client, "user_watch", {}, u="demo1"))
    assert audited("user.watch").target_id == "demo1"
    assert shows()
    done(post(client, "user_unwatch", {}, u="demo1"))
    assert audited("user.unwatch").target_id == "demo1"
    assert not shows()


def test_every_tab_is_headed_by_what_the_user_is(client: Client, app: AppRef, demo2: UserInfo):
    done(post(client, "user_nickname", {"nickname": "Second"}, u="demo2"))
    done(post(client, "user_mute", {"chat": "-1"}, u="demo2"))
    for tab in ("detail", "roster", "groups", "queue", "messages", "blocks"):
        page = text_of(client.get(url(f"user_{tab}", u="demo2")))
        assert 'data-test="user-nickname-value">Second<' in page
        assert demo2.uuid in page
        assert "user-muted-chip" in page


def test_overview_has_the_last_connections_and_messages(client: Client, app: AppRef):
    page = text_of(client.get(url("user_detail", u="demo2")))
    assert ("last-message" in page, "last-connection" in page) == (False, False)
    send(app, 7)
    user = get_user(app, "demo2")
    device = DeviceOnline(app.id, user.id, "demo2", "phone", "native", "", "", 1, "c.1")
    records().put([device])
    page = text_of(client.get(url("user_detail", u="demo2")))
    records().drop(device)
    assert page.count('data-test="last-message"') == 5
    assert page.count('data-test="last-connection"') == 1


@pytest.mark.parametrize(("kind", "name"), [("group", "group"), ("chatroom", "room")])
def test_user_is_put_into_a_room_on_its_own_page(kind, name, client: Client, app: AppRef):
    room = create_room(Actor(app), CreateRoom(kind, "Four", owner="demo2"))
    here = url(f"user_{name}s", u="demo1")
    assert done(post(client, f"user_{name}s_add", {"room": room.room_id}, u="demo1")) == here
    assert audited(f"{name}.member.add").target_id == room.room_id
    refused(post(client, f"user_{name}s_add", {"room": "nowhere"}, u="demo1"), "nowhere")
    mute = {"usernames": "demo1", "duration": "forever"}
    done(post(client, f"{name}_mutes_add", mute, rid=room.room_id))
    row = text_of(client.get(here)).split('data-test="room-row"')[1]
    assert "for ever" in row.split('data-test="joined-mute"')[1].split("</td>")[0]
    assert "<time" in row


def test_queue_says_how_large_each_message_is(client: Client, app: AppRef, demo2: UserInfo):
    send(app)
    page = text_of(client.get(url("user_queue", u="demo2")))
    [size] = re.findall(r'data-test="queue-size">(\d+)<', page)
    queue = waiting_messages(app, Reader(demo2.id, "demo2", demo2.born_id))
    assert int(size) == len(json.dumps(queue.entries[0].payload, separators=(",", ":")))


def test_queue_says_how_full_it_is(client: Client, app: AppRef, demo2: UserInfo):
    """UD: the total against the cap."""

    def caps() -> list[str]:
        page = text_of(client.get(url("user_queue", u="demo2"), headers={"accept-language": "en"}))
        facts = page.split('data-test="queue-caps"')[1].split("</dl>")[0]
        found = re.findall(r"<dd>(.*?)</dd>", facts)
        return [re.sub(r"<[^>]*>", "", one).strip() for one in found]

    send(app, 3)
    assert caps() == ["3 / 500", "0 / 200"]
    change_settings(app, {"max_offline_pairs": 2, "max_offline_room": 0})
    assert caps() == ["2 / 2 full: older ones fall out", "0"]


@pytest.mark.parametrize("tab", ["detail", "conversations", "groups", "queue"])
def test_a_queue_that_is_over_its_caps_is_counted_on_its_own_tab_only(
    client: Client, app: AppRef, demo2: UserInfo, group: RoomInfo, tab: str
):
    """What has fallen out takes queries to tell, of which a page may take twelve."""
    send(app, 8)
    for _ in range(8):
        said = SendMessage(ToGroup(group.room_id), Body("txt", {"msg": "x"}), sender="demo1")
        post_message_now(Actor(app), said)
    change_settings(app, {"max_offline_pairs": 3, "max_offline_room": 2})
    with CaptureQueriesContext(connection) as captured:
        page = text_of(client.get(url(f"user_{tab}", u="demo2")))
    assert len(captured) <= 12
    assert page.count('data-test="queue-row"') == (5 if tab == "queue" else 0)
    assert ('data-test="count-queue">5<' in page) == (tab == "queue")
    assert 'data-test="user-waiting"' not in page


def test_conversations_are_shown_as_an_sdk_gets_them(
    client: Client, viewer: Operator, browse: SignIn, app: AppRef
):
    send(app, 2)
    [info] = client.get(url("user_conversations_json", u="demo2")).json()["data"]["channel_infos"]
    assert (info["session_to"], info["unread_num"]) == ("demo1", 2)
    change_settings(app, {"bodies_visible_to_viewers": False})
    answer = browse(viewer).get(url("user_conversations_json", u="demo2"))
    assert answer.status_code == 403


def test_mute_lasts_as_many_hours_as_are_given(client: Client, app: AppRef):
    asked = {"chat": "hours", "groupchat": "-1"}
    refused(post(client, "user_mute", asked, u="demo1"), "Give a number of hours.")
    done(post(client, "user_mute", {**asked, "hours": "5"}, u="demo1"))
    left = {mute.kind: mute.until_ms - now_ms() for mute in mutes_of_user(app, "demo1")}
    assert 4.9 < left["pair"] / 3_600_000 <= 5


def test_forced_offline_clients_are_told_what_was_chosen(
    client: Client, app: AppRef, demo2: UserInfo, published, on_commit_now
):
    devices = [
        DeviceOnline(app.id, demo2.id, "demo2", name, "native", "", "", 1, f"c.{name}")
        for name in ("phone", "pad")
    ]
    records().put(devices)
    done(post(client, "user_force_offline", {"kind": "removed", "device": "pad"}, u="demo2"))
    records().drop(*devices)
    [(event, audience)] = published
    assert (event.reason.code, audience.device) == ("account_removed", "pad")
    assert audited("session.kick").diff["kind"] == [None, "removed"]
